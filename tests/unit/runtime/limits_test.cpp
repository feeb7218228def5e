// What is more than a record holds is refused by the name of its limit, and changes nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

TEST(Limits, a_filter_that_selects_too_many_points) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EngineSettings settings;
    settings.background = false;
    const auto engine = Engine::open(*files, directory.path() + "/data", settings).take();
    ASSERT_TRUE(engine->catalogue().create("many", one_field(1), {}).ok());
    std::vector<std::string> texts;
    for (uint64_t i = 0; i <= kBatchPointsMax; ++i) texts.push_back(std::to_string(i));
    std::vector<vz_str> ids;
    for (const std::string& text : texts) ids.push_back({text.data(), text.size()});

    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    vz_write_answer answer = {};
    std::vector<Status> errors;
    constexpr uint64_t kBatch = 100'000;
    for (uint64_t i = 0; i < ids.size(); i += kBatch) {
        request.ids = &ids[i];
        request.count = std::min(kBatch, ids.size() - i);
        ASSERT_TRUE(engine->write("many", request, &answer, &errors).ok());
    }
    request.kind = VZ_DELETE;
    request.count = 0;
    request.ids = nullptr;
    constexpr std::string_view kAll = R"({"must_not":{"has_id":["none"]}})";
    request.filter = {kAll.data(), kAll.size()};
    const Status refused = engine->write("many", request, &answer, &errors);
    ASSERT_EQ(refused.code(), VZ_LIMIT_EXCEEDED);
    EXPECT_EQ(std::string(refused.error().field), "batch_points_max");
    EXPECT_EQ(refused.error().reason, VZ_REASON_FILTER);
    EXPECT_EQ(refused.error().expected, static_cast<int64_t>(kBatchPointsMax));
    EXPECT_EQ(refused.error().actual, static_cast<int64_t>(ids.size()));
    EXPECT_EQ(engine->catalogue().resolve("many").take()->points(), ids.size());
}

}  // namespace
}  // namespace vz
