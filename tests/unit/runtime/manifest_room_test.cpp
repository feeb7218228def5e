// How much clients may have the manifest describe: its snapshot is one frame.
#include <gtest/gtest.h>

#include "engine/base/limits.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint64_t kBytesMax = 3 * kMiB;  // fewer collections than ThreadSanitizer counts locks

class ManifestRoom : public EngineOnDisk {
 protected:
    using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;

    void SetUp() override { open(); }
    void open() {
        EngineSettings settings = without_background();
        settings.manifest_bytes_max = kBytesMax;
        open_engine(settings);
    }
    vz_status put(const Pairs& values) { return engine_->catalogue().put_values(values, {}).status().code(); }
    vz_status create(const std::string& name) {
        Schema schema = one_field(2);
        schema.metadata = "{\"description\":\"" + std::string(kMetadataBytesMax - 20, 'x') + "\"}";
        return engine_->catalogue().create(name, schema, {}).status().code();
    }
    // How many could be created before one was refused.
    uint32_t fill_with_collections() {
        uint32_t count = 0;
        while (create("c" + std::to_string(count)) == VZ_OK) ++count;
        return count;
    }

    uint64_t manifest_number() const {
        uint64_t number = 0;
        engine_->log().read_state([&](const ManifestState&, LocalLog::OwnFiles own) { number = own.manifest; });
        return number;
    }
};

TEST_F(ManifestRoom, values_have_a_bound_and_the_directory_opens_at_it) {
    constexpr uint32_t kBatch = 10;
    const std::string large(kValueBytesMax, 'x');
    vz_status last = VZ_OK;
    uint64_t kept = 0;
    for (uint32_t batch = 0; last == VZ_OK; ++batch) {
        ASSERT_LE(kept, kBytesMax);
        Pairs values;
        for (uint32_t i = 0; i < kBatch; ++i) values.emplace_back(std::to_string(batch * kBatch + i), large);
        last = put(values);
        if (last == VZ_OK) kept += kBatch * large.size();
    }
    EXPECT_EQ(last, VZ_LIMIT_EXCEEDED);
    EXPECT_GT(kept, kBytesMax - (kBatch + 2) * (large.size() + 100));

    // What is there may be written anew and taken away, also by a request that could not add.
    for (uint32_t i = 0; i < 100; ++i) {
        ASSERT_EQ(put({{"0", std::string(kValueBytesMax, static_cast<char>('a' + i % 26))}, {"1", std::nullopt}}),
                  VZ_OK)
            << i;
    }
    EXPECT_EQ(put({{"1", large}}), VZ_OK);
    open();
    EXPECT_EQ(engine_->catalogue().values("0").at(0).value.front(), 'a' + 99 % 26);
    Pairs more;
    for (uint32_t i = 0; i < kBatch; ++i) more.emplace_back("more" + std::to_string(i), large);
    EXPECT_EQ(put(more), VZ_LIMIT_EXCEEDED);
}

TEST_F(ManifestRoom, collections_have_it_too_and_dropping_one_makes_room_at_once) {
    const uint32_t count = fill_with_collections();
    EXPECT_EQ(create("one_more"), VZ_LIMIT_EXCEEDED);
    EXPECT_GT(count, (kBytesMax - kMiB) / kMetadataBytesMax);
    ASSERT_EQ(engine_->catalogue().drop("c0", false, {}).status().code(), VZ_OK);
    EXPECT_EQ(create("in_its_place"), VZ_OK);
    EXPECT_EQ(create("one_more"), VZ_LIMIT_EXCEEDED);

    open();
    EXPECT_EQ(engine_->catalogue().list().size(), count);
    EXPECT_EQ(create("one_more"), VZ_LIMIT_EXCEEDED);
    // What takes no room, and what makes some, goes on.
    ASSERT_EQ(engine_->catalogue().drop("c1", false, {}).status().code(), VZ_OK);
    EXPECT_EQ(create("one_more"), VZ_OK);
}

TEST_F(ManifestRoom, a_snapshot_describes_its_collections_once_more) {
    const uint32_t count = fill_with_collections();
    EXPECT_EQ(engine_->snapshots().create("all", {}).status().code(), VZ_LIMIT_EXCEEDED);
    for (uint32_t i = count / 3; i < count; ++i) {
        ASSERT_EQ(engine_->catalogue().drop("c" + std::to_string(i), false, {}).status().code(), VZ_OK);
    }
    EXPECT_EQ(engine_->snapshots().create("all", {}).status().code(), VZ_OK);
    open();
    EXPECT_EQ(engine_->catalogue().list().size(), count / 3);
}

TEST_F(ManifestRoom, what_is_refused_again_writes_no_snapshot_again) {
    fill_with_collections();
    const uint64_t before = manifest_number();
    for (int i = 0; i < 3; ++i) {
        // As the commit thread does when nothing is written for a while.
        engine_->log().step_idle();
        EXPECT_EQ(create("one_more"), VZ_LIMIT_EXCEEDED);
    }
    EXPECT_EQ(manifest_number(), before);
    ASSERT_EQ(engine_->catalogue().drop("c0", false, {}).status().code(), VZ_OK);
    EXPECT_EQ(create("in_its_place"), VZ_OK);
    EXPECT_NE(manifest_number(), before);
}

}  // namespace
}  // namespace vz
