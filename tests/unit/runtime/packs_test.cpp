// Many small collections share few files, and each is as safe in one as in a file of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/collection/read.hpp"
#include "engine/runtime/check.hpp"
#include "engine/runtime/inspect.hpp"
#include "engine/runtime/repair.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kCollections = 60;
constexpr uint32_t kPackDim = 24;

class Packs : public EngineOnDisk {
 protected:
    void SetUp() override {
        open("data");
        for (uint32_t i = 0; i < kCollections; ++i) {
            ASSERT_TRUE(engine_->catalogue().create(name(i), one_field(kPackDim, VZ_EUCLIDEAN), {}).ok());
            // Every tenth stays empty.
            for (uint32_t id = 0; i % 10 != 9 && id < 5 + i % 7; ++id) write(i, id, "first");
        }
    }
    void TearDown() override {
        if (engine_ == nullptr) return;
        EXPECT_TRUE(engine_->close().ok());
    }

    static std::string name(uint32_t i) { return "c" + std::to_string(i); }
    std::string path(const std::string& below = "") const { return directory_.path() + "/" + where_ + below; }

    void open(const std::string& where) {
        engine_.reset();
        where_ = where;
        auto engine = Engine::open(*files_, path(), without_background());
        ASSERT_TRUE(engine.ok()) << engine.status().error().message;
        engine_ = engine.take();
    }
    void reopen() {
        ASSERT_TRUE(engine_->close().ok());
        open(where_);
    }
    void write(uint32_t collection, uint32_t id, const std::string& note, uint32_t kind = VZ_UPSERT) {
        const std::string payload = R"({"note":")" + note + R"("})";
        const std::vector<float> values(kPackDim, static_cast<float>(id));
        const Status written =
            write_points(*engine_, name(collection), kind, {{std::to_string(id)}, values, {payload}});
        ASSERT_TRUE(written.ok()) << written.error().message;
        if (kind == VZ_UPSERT) {
            expected_[name(collection)][id] = payload;
        } else {
            expected_[name(collection)].erase(id);
        }
    }
    void checkpoint() {
        const auto done = engine_->checkpoints().take_all();
        ASSERT_TRUE(done.ok()) << done.status().error().message;
    }
    using Contents = std::map<std::string, std::map<uint32_t, std::string>>;
    // Of the collections that serve.
    Contents contents() {
        Contents all;
        for (const auto& collection : engine_->catalogue().list()) {
            if (!collection->health().ok()) continue;
            const ReadView view = collection->pin();
            for (const RowRef& row : scan_rows(view, nullptr, {}, 0, 10'000, {}).take().rows) {
                const auto id = static_cast<uint32_t>(row.part->id(row.row).high);
                EXPECT_EQ(row.part->vector(0, row.row)[kPackDim - 1], static_cast<float>(id));
                EXPECT_TRUE(all[collection->name()].emplace(id, row.part->payload(row.row)).second);
            }
        }
        return all;
    }
    Contents expected() {
        std::erase_if(expected_, [](const auto& each) { return each.second.empty(); });
        return expected_;
    }
    std::set<std::string> segment_files() {
        std::set<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator(path("/seg"))) {
            if (file.path().filename().string()[0] == 'S') names.insert(file.path().string());
        }
        return names;
    }
    void expect_clean() {
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        const auto found = check_directory(*files_, path(), {true});
        ASSERT_TRUE(found.ok());
        for (const CheckFinding& each : *found) ADD_FAILURE() << each.file << ": " << each.message;
        open(where_);
    }

    std::string where_;
    Contents expected_;
};

TEST_F(Packs, many_collections_share_a_file) {
    checkpoint();
    EXPECT_EQ(segment_files().size(), 1U);
    EXPECT_EQ(contents(), expected());
    reopen();
    EXPECT_EQ(contents(), expected());
    expect_clean();

    const auto told = inspect_file(*files_, *segment_files().begin());
    ASSERT_TRUE(told.ok());
    const auto segments = std::count_if(told->begin(), told->end(), [](const CheckFinding& each) {
        return each.status == VZ_OK && each.message.find(" of collection ") != std::string::npos;
    });
    EXPECT_EQ(segments, kCollections - kCollections / 10);
    EXPECT_TRUE(
        std::none_of(told->begin(), told->end(), [](const CheckFinding& each) { return each.status != VZ_OK; }));
}

TEST_F(Packs, a_collection_stays_one_segment_and_old_files_go) {
    checkpoint();
    const std::string first = *segment_files().begin();
    for (uint32_t round = 0; round < 4; ++round) {
        for (uint32_t i = 0; i < kCollections / 4; ++i) {
            write(i, 100 + round, "round");
            write(i, 0, "again");
            if (round == 2) write(i, 1, "", VZ_DELETE);
        }
        checkpoint();
        EXPECT_EQ(contents(), expected()) << round;
        // The first one, with those that were not written since, and the last.
        EXPECT_EQ(segment_files().size(), 2U) << round;
        for (const auto& collection : engine_->catalogue().list()) EXPECT_LE(collection->pin().parts->size(), 2U);
    }
    EXPECT_TRUE(segment_files().contains(first));
    reopen();
    EXPECT_EQ(contents(), expected());
    // Less than half of the first is left once these are gone: what is left moves.
    for (uint32_t i = kCollections / 4; i < kCollections * 2 / 3; ++i) {
        ASSERT_TRUE(engine_->catalogue().drop(name(i), false, {}).ok());
        expected_.erase(name(i));
    }
    write(0, 900, "last");
    checkpoint();
    EXPECT_FALSE(segment_files().contains(first));
    EXPECT_EQ(contents(), expected());
    reopen();
    EXPECT_EQ(contents(), expected());
    expect_clean();
}

TEST_F(Packs, deletes_of_many_stand_in_one_file) {
    checkpoint();
    for (uint32_t i = 0; i < kCollections; ++i) {
        if (i % 10 != 9) write(i, 2, "", VZ_DELETE);
    }
    checkpoint();
    EXPECT_EQ(contents(), expected());
    const auto files = std::filesystem::directory_iterator(path("/seg"));
    EXPECT_LE(std::count_if(begin(files), end(files), [](const auto&) { return true; }), 2);
    reopen();
    EXPECT_EQ(contents(), expected());
    expect_clean();
}

TEST_F(Packs, snapshots_and_archives_carry_them) {
    ASSERT_TRUE(engine_->snapshots().create("s", {}).ok());
    EXPECT_EQ(segment_files().size(), 1U);
    const Contents then = expected();
    for (uint32_t i = 0; i < kCollections; ++i) write(i, 3, "later");
    checkpoint();
    const std::string archive = path("/all.vecdb");
    ASSERT_TRUE(engine_->snapshots().export_archive_to(archive, "s", {}).ok());
    for (uint32_t i = 0; i < kCollections; ++i) ASSERT_TRUE(engine_->catalogue().drop(name(i), false, {}).ok());
    ASSERT_TRUE(engine_->snapshots().restore("s", "", "", false, {}).ok());
    EXPECT_EQ(contents(), then);
    reopen();
    EXPECT_EQ(contents(), then);
    ASSERT_TRUE(engine_->close().ok());

    open("other");
    const auto imported = engine_->snapshots().import_archive(archive, "", "", false, {});
    ASSERT_TRUE(imported.ok()) << imported.status().error().message;
    EXPECT_EQ(contents(), then);
    reopen();
    EXPECT_EQ(contents(), then);
    expect_clean();
}

TEST_F(Packs, damage_sets_aside_those_it_lies_in) {
    checkpoint();
    const std::string file = *segment_files().begin();
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    // The footer of the last one.
    std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(-100, std::ios::end);
        bytes.put('x');
    }
    open(where_);
    const auto all = engine_->catalogue().list();
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& each) { return !each->health().ok(); }), 1);
    const Contents left = contents();
    EXPECT_EQ(left.size(), expected().size() - 1);
    for (const auto& [name, points] : left) EXPECT_EQ(points, expected_.at(name));
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    const auto lost = repair_directory(*files_, path());
    ASSERT_TRUE(lost.ok()) << lost.status().error().message;
    EXPECT_FALSE(lost->empty());
    open(where_);
    EXPECT_EQ(contents(), left);
}

// What moves to another file gets new checksums there: not before it was compared with its own.
TEST_F(Packs, one_that_rotted_is_set_aside_and_the_others_move) {
    checkpoint();
    const std::string file = *segment_files().begin();
    const auto sick = engine_->catalogue().resolve(name(3)).take();
    {
        std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        const auto* const first = reinterpret_cast<const char*>(sick->parts()->back()->vector(0, 0));
        const auto* const begin =
            reinterpret_cast<const char*>(sick->parts()->back()->sealed()->mapping().bytes().data());
        std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
        bytes.seekp(first - begin);
        bytes.put(static_cast<char>(*first ^ 4));
    }
    for (uint32_t i = 0; i < kCollections; ++i) write(i, 100, "second");
    checkpoint();
    EXPECT_EQ(sick->health().code(), VZ_CORRUPTION);
    EXPECT_TRUE(std::filesystem::exists(file));
    expected_.erase(name(3));
    EXPECT_EQ(contents(), expected());
    reopen();
    EXPECT_EQ(engine_->catalogue().resolve(name(3)).take()->health().code(), VZ_CORRUPTION);
    EXPECT_EQ(contents(), expected());
}

}  // namespace
}  // namespace vz
