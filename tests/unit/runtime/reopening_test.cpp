// What was acknowledged does not keep the directory from opening again.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "engine/collection/stats.hpp"
#include "engine/runtime/repair.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

class Reopening : public EngineOnDisk {
 protected:
    void SetUp() override { open(); }
    void open() { open_engine({}); }
};

TEST_F(Reopening, OfAFolderWithoutADatabaseMakesNothingInIt) {
    const std::string folder = directory_.path() + "/letters";
    std::filesystem::create_directories(folder + "/wal");
    std::ofstream(folder + "/mother.txt") << "Dear mother,";
    const auto names = [&] {
        std::set<std::string> all;
        for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) all.insert(each.path());
        return all;
    };
    const std::set<std::string> before = names();
    EngineSettings settings;
    settings.must_exist = true;
    EXPECT_EQ(Engine::open(*files_, folder, settings).status().code(), VZ_NOT_FOUND);
    settings = {};
    settings.read_only = true;
    EXPECT_EQ(Engine::open(*files_, folder, settings).status().code(), VZ_NOT_FOUND);
    EXPECT_EQ(repair_directory(*files_, folder).status().code(), VZ_NOT_FOUND);
    EXPECT_EQ(names(), before);
}

TEST_F(Reopening, AfterACollectionWithManyFieldsOfLongNames) {
    Schema schema;
    for (uint32_t i = 0; i < 64; ++i) {
        VectorFieldSchema field;
        field.id = schema.next_field_id++;
        field.name = std::string(253, 'n') + std::to_string(10 + i);
        field.dim = 2;
        field.metric = VZ_COSINE;
        schema.fields.push_back(field);
    }
    const auto created = engine_->catalogue().create("docs", schema, {});
    ASSERT_TRUE(created.ok()) << created.status().error().message;
    ASSERT_NO_FATAL_FAILURE(open());
    auto found = engine_->catalogue().resolve("docs");
    ASSERT_TRUE(found.ok());
    ASSERT_EQ((*found)->schema()->fields.size(), 64U);
    EXPECT_EQ((*found)->schema()->fields.back().name, schema.fields.back().name);
}

TEST_F(Reopening, AfterManyAliasesInOneRequest) {
    ASSERT_TRUE(engine_->catalogue().create("docs", one_field(2, VZ_COSINE), {}).ok());
    std::vector<std::string> names;
    for (int i = 0; i < 200; ++i) names.push_back("alias " + std::to_string(i));
    std::vector<vz_alias_change> changes;
    for (const std::string& name : names) changes.push_back({{name.data(), name.size()}, {"docs", 4}});
    const auto changed = engine_->catalogue().apply_aliases(changes, {});
    ASSERT_TRUE(changed.ok()) << changed.status().error().message;
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_TRUE(engine_->catalogue().resolve("alias 199").ok());
}

// More than fits the frame of a commit group.
TEST_F(Reopening, AfterManyCollectionsWithMuchMetadata) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the snapshot takes more locks at once than ThreadSanitizer's detector of deadlocks counts";
#endif
    Schema schema = one_field(2, VZ_COSINE);
    schema.metadata = "{\"text\":\"" + std::string(64'000, 'x') + "\"}";
    constexpr int kManyCollections = 650;
    for (int i = 0; i < kManyCollections; ++i)
        ASSERT_TRUE(engine_->catalogue().create("c" + std::to_string(i), schema, {}).ok());
    ASSERT_TRUE(engine_->snapshots().create("all", {}).ok());
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_EQ(engine_->catalogue().list().size(), static_cast<size_t>(kManyCollections));
    EXPECT_EQ(engine_->snapshots().list().size(), 1U);
}

TEST_F(Reopening, WhatTheNextOneWouldReplayIsKnown) {
    ASSERT_TRUE(engine_->catalogue().create("docs", one_field(2, VZ_COSINE), {}).ok());
    const auto unsealed_bytes = [&] { return engine_->catalogue().resolve("docs").take()->unsealed_bytes(); };
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(write_points(*engine_, "docs", VZ_UPSERT, {{"a"}, {1, 2}}).ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    EXPECT_EQ(unsealed_bytes(), 0U);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(write_points(*engine_, "docs", VZ_UPSERT, {{"a"}, {1, 2}}).ok());
    const uint64_t before = unsealed_bytes();
    EXPECT_GT(before, 0U);
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_EQ(unsealed_bytes(), before);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    EXPECT_EQ(unsealed_bytes(), 0U);
}

TEST_F(Reopening, TheTimeOfTheLastWriteIsKnown) {
    int64_t now = 1'700'000'000'000;
    EngineSettings settings = without_background();
    settings.now_ms = [&now] { return now; };
    const auto reopen = [&] {
        engine_.reset();
        open_engine(settings);
    };
    const auto updated_ms = [&] {
        vz_collection_stats stats = {};
        fill_stats(*engine_->catalogue().resolve("docs").take(), &stats);
        return stats.updated_ms;
    };
    reopen();
    ASSERT_TRUE(engine_->catalogue().create("docs", one_field(2, VZ_COSINE), {}).ok());
    EXPECT_EQ(updated_ms(), 0);
    now += 5;
    ASSERT_TRUE(write_points(*engine_, "docs", VZ_UPSERT, {{"a"}, {1, 2}}).ok());
    const int64_t written = now;
    now += 5;
    EXPECT_EQ(updated_ms(), written);
    reopen();  // from the log
    EXPECT_EQ(updated_ms(), written);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    ASSERT_TRUE(engine_->snapshots().create("s", {}).ok());
    reopen();  // from the manifest
    EXPECT_EQ(updated_ms(), written);
    EXPECT_EQ(engine_->snapshots().list()[0].collections[0].updated_ms, written);
}

}  // namespace
}  // namespace vz
