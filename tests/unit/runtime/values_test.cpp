// Values that frontends keep: how many bytes of them there may be.
#include <gtest/gtest.h>

#include "engine/base/limits.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz {
namespace {

class Values : public testing::Test {
 protected:
    using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;

    void SetUp() override { open(); }
    void open() {
        engine_.reset();
        EngineSettings settings;
        settings.background = false;
        auto engine = Engine::open(*files_, directory_.path() + "/data", settings);
        ASSERT_TRUE(engine.ok()) << engine.status().error().message;
        engine_ = engine.take();
    }
    vz_status put(const Pairs& values) { return engine_->catalogue().put_values(values, {}).status().code(); }

    std::unique_ptr<FileSystem> files_ = make_posix_file_system();
    const e2e::TemporaryDirectory directory_;
    std::unique_ptr<Engine> engine_;
};

TEST_F(Values, together_have_a_bound_and_the_directory_opens_at_it) {
    constexpr uint32_t kBatch = 500;
    const std::string large(kValueBytesMax, 'x');
    vz_status last = VZ_OK;
    uint64_t kept = 0;
    for (uint32_t batch = 0; last == VZ_OK; ++batch) {
        ASSERT_LE(kept, kValuesBytesMax);
        Pairs values;
        for (uint32_t i = 0; i < kBatch; ++i) values.emplace_back(std::to_string(batch * kBatch + i), large);
        last = put(values);
        if (last == VZ_OK) kept += kBatch * large.size();
    }
    EXPECT_EQ(last, VZ_LIMIT_EXCEEDED);
    EXPECT_GT(kept, kValuesBytesMax - (kBatch + 1) * (large.size() + 10));

    // What is there may be written anew and taken away, also by a request that could not add.
    EXPECT_EQ(put({{"0", std::string(kValueBytesMax, 'y')}, {"1", std::nullopt}}), VZ_OK);
    EXPECT_EQ(put({{"1", large}}), VZ_OK);
    open();
    EXPECT_EQ(engine_->catalogue().values("0").at(0).value.front(), 'y');
    Pairs more;
    for (uint32_t i = 0; i < kBatch; ++i) more.emplace_back("more" + std::to_string(i), large);
    EXPECT_EQ(put(more), VZ_LIMIT_EXCEEDED);
}

}  // namespace
}  // namespace vz
