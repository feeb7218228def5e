// Snapshots: one cut of history under writes, files that outlive their collection, restores that copy nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <utility>

#include "engine/collection/read.hpp"
#include "engine/manifest/manifest.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

class Snapshots : public EngineOnDisk {
 protected:
    void SetUp() override {
        open();
        create("a");
        create("b");
    }
    void open() { open_engine({}); }
    void create(const char* name) { ASSERT_TRUE(engine_->catalogue().create(name, one_field(2), {}).ok()); }
    void write(const char* collection, uint32_t id, uint32_t kind = VZ_UPSERT) {
        const Status written = try_to_write(collection, id, kind);
        ASSERT_TRUE(written.ok()) << written.error().message;
    }
    Status try_to_write(const char* collection, uint32_t id, uint32_t kind = VZ_UPSERT) {
        return write_points(*engine_, collection, kind, {{std::to_string(id)}, {static_cast<float>(id), 2}});
    }
    // Ids in order; -1: there is no such collection.
    std::vector<int64_t> ids(const char* collection) {
        auto found = engine_->catalogue().resolve(collection);
        if (!found.ok()) return {-1};
        const ReadView view = (*found)->pin();
        std::vector<int64_t> all;
        for (const RowRef& row : scan_rows(view, nullptr, {}, 0, 10'000, {}).take().rows)
            all.push_back(static_cast<int64_t>(row.part->id(row.row).high));
        return all;
    }
    std::map<uint64_t, Lsn> versions(const char* collection) {
        const ReadView view = engine_->catalogue().resolve(collection).take()->pin();
        std::map<uint64_t, Lsn> all;
        for (const RowRef& row : scan_rows(view, nullptr, {}, 0, 10'000, {}).take().rows)
            all[row.part->id(row.row).high] = row.part->version(row.row);
        return all;
    }
    std::vector<int64_t> range(int64_t begin, int64_t end) {
        std::vector<int64_t> all;
        for (int64_t i = begin; i < end; ++i) all.push_back(i);
        return all;
    }
    vz_status snapshot(const char* name) { return engine_->snapshots().create(name, {}).status().code(); }
    vz_status restore(const char* name, std::string_view from, std::string_view to, bool replace) {
        return engine_->snapshots().restore(name, from, to, replace, {}).status().code();
    }
    size_t segment_files() {
        size_t count = 0;
        for (const auto& file : std::filesystem::directory_iterator(data_ + "/seg"))
            count += file.path().filename().string()[0] == 'S' ? 1 : 0;
        return count;
    }

    // One bit of a file, where the database has it mapped.
    static void rot(const std::string& path, uint64_t at) {
        std::filesystem::permissions(path, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekg(static_cast<std::streamoff>(at));
        const int byte = file.get();
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(byte ^ 4));
    }
    // The oldest sealed part of a collection, which has one.
    std::shared_ptr<Part> sealed(const char* collection) {
        return engine_->catalogue().resolve(collection).take()->parts()->back();
    }
    std::string file_of(const Part& part) const { return segment_path(data_, 'S', part.ref().file); }
    static uint64_t vector_place(const Part& part, uint32_t row) {
        return static_cast<uint64_t>(reinterpret_cast<const std::byte*>(part.vector(0, row)) -
                                     part.sealed()->mapping().bytes().data());
    }
};

TEST_F(Snapshots, keep_what_was_and_outlive_the_collection) {
    for (uint32_t i = 0; i < 20; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    EXPECT_EQ(snapshot("s"), VZ_ALREADY_EXISTS);
    for (uint32_t i = 0; i < 10; ++i) write("a", i, VZ_DELETE);
    for (uint32_t i = 20; i < 30; ++i) write("a", i);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    ASSERT_EQ(restore("s", "a", "old", false), VZ_OK);
    EXPECT_EQ(ids("old"), range(0, 20));
    EXPECT_EQ(ids("a"), range(10, 30));
    ASSERT_TRUE(engine_->catalogue().drop("a", false, {}).ok());
    ASSERT_TRUE(engine_->catalogue().drop("old", false, {}).ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    open();
    ASSERT_EQ(restore("s", "a", "", false), VZ_OK);
    EXPECT_EQ(ids("a"), range(0, 20));
    // The restored collection is one like any other.
    write("a", 100);
    write("a", 3, VZ_DELETE);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    open();
    EXPECT_EQ(ids("a").size(), 20U);
    ASSERT_EQ(restore("s", "a", "again", false), VZ_OK);
    EXPECT_EQ(ids("again"), range(0, 20));
}

TEST_F(Snapshots, a_restore_copies_no_byte_and_a_drop_frees_the_files) {
    for (uint32_t i = 0; i < 20; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    const size_t files = segment_files();
    ASSERT_EQ(restore("s", "a", "one", false), VZ_OK);
    ASSERT_EQ(restore("s", "a", "two", false), VZ_OK);
    EXPECT_EQ(segment_files(), files);
    for (const char* name : {"a", "one", "two"}) ASSERT_TRUE(engine_->catalogue().drop(name, false, {}).ok());
    ASSERT_TRUE(engine_->snapshots().drop("s", {}).ok());
    EXPECT_EQ(engine_->snapshots().drop("s", {}).status().code(), VZ_NOT_FOUND);
    EXPECT_EQ(restore("s", "", "", false), VZ_NOT_FOUND);
    EXPECT_EQ(segment_files(), 0U);
}

TEST_F(Snapshots, restore_in_place_is_one_step_and_keeps_aliases) {
    for (uint32_t i = 0; i < 5; ++i) write("a", i);
    const vz_alias_change alias = {{"now", 3}, {"a", 1}};
    ASSERT_TRUE(engine_->catalogue().apply_aliases({&alias, 1}, {}).ok());
    ASSERT_EQ(snapshot("s"), VZ_OK);
    for (uint32_t i = 5; i < 9; ++i) write("a", i);
    EXPECT_EQ(restore("s", "a", "", false), VZ_ALREADY_EXISTS);
    EXPECT_EQ(ids("a"), range(0, 9));
    ASSERT_EQ(restore("s", "a", "", true), VZ_OK);
    EXPECT_EQ(ids("a"), range(0, 5));
    EXPECT_EQ(ids("now"), range(0, 5));
    write("now", 77);
    open();
    EXPECT_EQ(ids("now").back(), 77);
    EXPECT_EQ(ids("a").size(), 6U);
}

TEST_F(Snapshots, take_no_name_from_an_alias_that_stays) {
    write("a", 1);
    write("b", 2);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    ASSERT_TRUE(engine_->catalogue().drop("b", false, {}).ok());
    const vz_alias_change alias = {{"b", 1}, {"a", 1}};
    ASSERT_TRUE(engine_->catalogue().apply_aliases({&alias, 1}, {}).ok());
    write("a", 3);
    const Status refused = engine_->snapshots().restore("s", "", "", true, {}).take_status();
    ASSERT_EQ(refused.code(), VZ_ALREADY_EXISTS);
    EXPECT_EQ(refused.error().reason, VZ_REASON_ALIAS);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(ids("a"), (std::vector<int64_t>{1, 3})) << "nothing was changed";
        EXPECT_EQ(ids("b"), (std::vector<int64_t>{1, 3}));
        write("a", 3);
        open();
    }
    const vz_alias_change gone = {{"b", 1}, {nullptr, 0}};
    ASSERT_TRUE(engine_->catalogue().apply_aliases({&gone, 1}, {}).ok());
    ASSERT_EQ(restore("s", "", "", true), VZ_OK);
    EXPECT_EQ(ids("a"), std::vector<int64_t>{1});
    EXPECT_EQ(ids("b"), std::vector<int64_t>{2});
}

TEST_F(Snapshots, a_collection_goes_before_an_alias_of_its_name) {
    engine_.reset();
    const Current current = read_current(*files_, data_).take();
    ManifestReading before = read_manifest(*files_, data_, current).take();
    const auto named = [&](const char* name) {
        return std::find_if(before.state.collections.begin(), before.state.collections.end(),
                            [&](const auto& each) { return each.second.name == name; })
            ->first;
    };
    before.state.aliases = {{"b", named("a")}, {"now", named("a")}};
    const uint64_t number = before.state.next_file + 1;
    before.state.next_file = number + 1;
    ASSERT_TRUE(
        Manifest::create(*files_, data_, current.database, number, 1, before.state, current.manifest, 4096).ok());
    for (int i = 0; i < 2; ++i) {
        open();
        EXPECT_EQ(engine_->catalogue().list().size(), 2U);
        EXPECT_EQ(engine_->catalogue().resolve("b").take()->name(), "b");
        EXPECT_EQ(engine_->catalogue().resolve("now").take()->name(), "a");
    }
    ASSERT_TRUE(engine_->catalogue().drop("b", false, {}).ok());
    open();
    EXPECT_EQ(ids("b"), std::vector<int64_t>{-1}) << "the alias is gone for good";
}

TEST_F(Snapshots, go_by_the_name_that_their_collection_has_now) {
    for (uint32_t i = 0; i < 5; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    ASSERT_EQ(restore("s", "a", "", true), VZ_OK);  // a collection of its own from here on
    ASSERT_TRUE(engine_->catalogue().rename("a", "moved", false, {}).ok());
    write("moved", 5);
    open();
    EXPECT_EQ(restore("s", "a", "", true), VZ_NOT_FOUND);
    ASSERT_EQ(restore("s", "moved", "", true), VZ_OK);
    EXPECT_EQ(ids("moved"), range(0, 5));
    EXPECT_EQ(ids("a"), std::vector<int64_t>{-1});
    // Two of one snapshot never come to bear one name.
    ASSERT_TRUE(engine_->catalogue().drop("b", false, {}).ok());
    ASSERT_TRUE(engine_->catalogue().rename("moved", "b", false, {}).ok());
    open();
    ASSERT_EQ(restore("s", "", "", true), VZ_OK);
    EXPECT_EQ(ids("moved"), range(0, 5));
    EXPECT_TRUE(ids("b").empty());
}

TEST_F(Snapshots, of_two_collections_are_one_cut_under_writes) {
    // One writer: what it wrote to b is also in a, but for the newest.
    std::atomic<bool> stop{false};
    std::atomic<uint32_t> written{0};
    std::thread writer([&] {
        for (uint32_t i = 0; !stop && i < 5'000; ++i) {
            write("a", i);
            write("b", i);
            written = i;
        }
    });
    while (written < 20) std::this_thread::yield();
    for (int i = 0; i < 8; ++i) ASSERT_EQ(snapshot(("s" + std::to_string(i)).c_str()), VZ_OK);
    stop = true;
    writer.join();
    open();
    for (int i = 0; i < 8; ++i) {
        const std::string name = "s" + std::to_string(i);
        ASSERT_EQ(restore(name.c_str(), "a", "a" + name, false), VZ_OK);
        ASSERT_EQ(restore(name.c_str(), "b", "b" + name, false), VZ_OK);
        const size_t in_a = ids(("a" + name).c_str()).size();
        const size_t in_b = ids(("b" + name).c_str()).size();
        EXPECT_TRUE(in_a == in_b || in_a == in_b + 1) << in_a << " " << in_b;
        EXPECT_EQ(ids(("a" + name).c_str()), range(0, static_cast<int64_t>(in_a)));
    }
}

TEST_F(Snapshots, of_all_are_taken_while_collections_go) {
    write("a", 1);
    write("b", 1);
    std::atomic<bool> stop{false};
    std::atomic<uint32_t> dropped{0};
    std::thread other([&] {
        while (!stop) {
            create("c");
            write("c", 1);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            EXPECT_TRUE(engine_->catalogue().drop("c", false, {}).ok());
            ++dropped;
        }
    });
    for (int i = 0; (i < 20 || dropped < 20) && !HasFailure(); ++i) {
        const auto made = engine_->snapshots().create("s" + std::to_string(i), {});
        EXPECT_TRUE(made.ok()) << made.status().error().message;
        const Status exported =
            engine_->snapshots().export_archive("", {}, [](std::span<const std::byte>) { return Status(); });
        EXPECT_TRUE(exported.ok()) << exported.error().message;
        const auto through = engine_->checkpoints().take_all();
        EXPECT_TRUE(through.ok()) << through.status().error().message;
    }
    stop = true;
    other.join();
    const vz_str gone[] = {{"c", 1}};
    EXPECT_EQ(engine_->snapshots().create("named", gone).status().code(), VZ_NOT_FOUND);
}

TEST_F(Snapshots, survive_compaction_of_what_they_pin) {
    for (uint32_t i = 0; i < 10; ++i) write("a", i);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    for (uint32_t i = 10; i < 20; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    for (uint32_t i = 0; i < 15; ++i) write("a", i, VZ_DELETE);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    const auto collection = engine_->catalogue().resolve("a").take();
    ASSERT_TRUE(*engine_->compaction().compact(*collection, true));
    EXPECT_EQ(ids("a"), range(15, 20));
    open();
    ASSERT_EQ(restore("s", "a", "", true), VZ_OK);
    EXPECT_EQ(ids("a"), range(0, 20));
}

TEST_F(Snapshots, that_are_damaged_replace_nothing) {
    for (uint32_t i = 0; i < 10; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    const std::string file = file_of(*sealed("a"));
    const uint64_t place = vector_place(*sealed("a"), 5);
    for (uint32_t i = 5; i < 20; ++i) write("a", i);
    const auto collection = engine_->catalogue().resolve("a").take();
    ASSERT_TRUE(engine_->checkpoints().take(*collection).ok());
    ASSERT_TRUE(*engine_->compaction().compact(*collection, true));
    rot(file, place);
    const Status refused = engine_->snapshots().restore("s", "a", "", true, {}).take_status();
    EXPECT_EQ(refused.code(), VZ_CORRUPTION);
    EXPECT_EQ(refused.error().reason, VZ_REASON_SNAPSHOT);
    EXPECT_STREQ(refused.error().field, "snapshot");
    EXPECT_TRUE(collection->health().ok());
    EXPECT_EQ(ids("a"), range(0, 20));
    rot(file, place);
    EXPECT_EQ(restore("s", "a", "", true), VZ_OK);
    EXPECT_EQ(ids("a"), range(0, 10));
}

TEST_F(Snapshots, without_one_of_their_files_replace_nothing) {
    for (uint32_t i = 0; i < 10; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    const std::string file = file_of(*sealed("a"));
    ASSERT_TRUE(engine_->catalogue().drop("a", false, {}).ok());
    open();
    ASSERT_TRUE(std::filesystem::remove(file));
    const Status refused = engine_->snapshots().restore("s", "a", "", false, {}).take_status();
    EXPECT_EQ(refused.code(), VZ_CORRUPTION);
    EXPECT_EQ(refused.error().reason, VZ_REASON_SNAPSHOT);
    EXPECT_EQ(ids("a"), std::vector<int64_t>{-1});
}

TEST_F(Snapshots, an_archive_carries_a_collection_into_another_database) {
    for (uint32_t i = 0; i < 300; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    for (uint32_t i = 0; i < 100; ++i) write("a", i, VZ_DELETE);
    const std::string now = directory_.path() + "/now.vecdb";
    const std::string then = directory_.path() + "/then.vecdb";
    ASSERT_TRUE(engine_->snapshots().export_archive_to(now, "", {}).ok());
    ASSERT_TRUE(engine_->snapshots().export_archive_to(then, "s", {}).ok());
    EXPECT_EQ(engine_->snapshots().export_archive_to(then, "s", {}).code(), VZ_ALREADY_EXISTS);
    EXPECT_EQ(engine_->snapshots().list().size(), 1U);
    engine_.reset();
    auto other = Engine::open(*files_, directory_.path() + "/other", {});
    ASSERT_TRUE(other.ok());
    engine_ = other.take();
    create("a");
    EXPECT_EQ(engine_->snapshots().import_archive(now, "a", "", false, {}).status().code(), VZ_ALREADY_EXISTS);
    ASSERT_TRUE(engine_->snapshots().import_archive(now, "a", "", true, {}).ok());
    ASSERT_TRUE(engine_->snapshots().import_archive(then, "a", "before", false, {}).ok());
    EXPECT_EQ(ids("a"), range(100, 300));
    EXPECT_EQ(ids("before"), range(0, 300));
    write("a", 500);
    write("before", 7, VZ_DELETE);
    engine_.reset();
    engine_ = Engine::open(*files_, directory_.path() + "/other", {}).take();
    EXPECT_EQ(ids("a").size(), 201U);
    EXPECT_EQ(ids("before").size(), 299U);
    const auto imported = engine_->catalogue().resolve("a").take();
    ASSERT_TRUE(engine_->checkpoints().take(*imported).ok());
    ASSERT_TRUE(*engine_->compaction().compact(*imported, true));
    EXPECT_EQ(ids("a").size(), 201U);
}

TEST_F(Snapshots, an_archive_pins_its_files_without_a_trace) {
    for (uint32_t i = 0; i < 50; ++i) write("a", i);
    const std::string killed = directory_.path() + "/killed";
    const std::string path = directory_.path() + "/a.vecdb";
    const std::string inner = directory_.path() + "/inner.vecdb";
    std::ofstream out(path, std::ios::binary);
    bool is_begun = false;
    const Status exported = engine_->snapshots().export_archive("", {}, [&](std::span<const std::byte> bytes) {
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (std::exchange(is_begun, true)) return Status();
        EXPECT_TRUE(engine_->snapshots().list().empty());
        std::filesystem::copy(data_, killed, std::filesystem::copy_options::recursive);
        EXPECT_TRUE(engine_->snapshots().export_archive_to(inner, "", {}).ok());
        EXPECT_TRUE(engine_->catalogue().drop("a", false, {}).ok());
        EXPECT_TRUE(engine_->checkpoints().take_all().ok());
        return Status();
    });
    out.close();
    ASSERT_TRUE(exported.ok()) << exported.error().message;
    EXPECT_EQ(segment_files(), 0U) << "nobody needs them any more";
    for (const std::string& archive : {path, inner}) {
        ASSERT_TRUE(engine_->snapshots().import_archive(archive, "a", "", true, {}).ok());
        EXPECT_EQ(ids("a"), range(0, 50));
    }
    engine_ = Engine::open(*files_, killed, {}).take();
    EXPECT_TRUE(engine_->snapshots().list().empty());
    EXPECT_EQ(ids("a"), range(0, 50));
}

TEST_F(Snapshots, that_are_dropped_while_they_are_exported_are_exported) {
    for (uint32_t i = 0; i < 50; ++i) write("a", i);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    ASSERT_TRUE(engine_->catalogue().drop("a", false, {}).ok());
    bool is_begun = false;
    const Status exported = engine_->snapshots().export_archive("s", {}, [&](std::span<const std::byte>) {
        return std::exchange(is_begun, true) ? Status() : engine_->snapshots().drop("s", {}).take_status();
    });
    EXPECT_TRUE(exported.ok()) << exported.error().message;
    EXPECT_EQ(segment_files(), 0U);
}

TEST_F(Snapshots, versions_rise_after_an_archive_of_a_longer_history) {
    for (uint32_t i = 0; i < 300; ++i) write("a", i % 10);
    const std::string archive = directory_.path() + "/a.vecdb";
    ASSERT_TRUE(engine_->snapshots().export_archive_to(archive, "", {}).ok());
    const auto open_other = [&] {
        engine_.reset();
        engine_ = Engine::open(*files_, directory_.path() + "/other", {}).take();
    };
    open_other();
    const auto imported = engine_->snapshots().import_archive(archive, "a", "", false, {});
    ASSERT_TRUE(imported.ok());
    std::map<uint64_t, Lsn> expected;
    for (uint64_t id = 0; id < 10; ++id) expected[id] = imported->lsn;
    EXPECT_EQ(versions("a"), expected);
    write("a", 3);
    EXPECT_GT(versions("a")[3], imported->lsn);
    expected[3] = versions("a")[3];
    open_other();
    EXPECT_EQ(versions("a"), expected) << "after a replay";
    const auto collection = engine_->catalogue().resolve("a").take();
    ASSERT_TRUE(engine_->checkpoints().take(*collection).ok());
    open_other();
    EXPECT_EQ(versions("a"), expected) << "of sealed rows";
    ASSERT_TRUE(*engine_->compaction().compact(*engine_->catalogue().resolve("a").take(), true));
    open_other();
    EXPECT_EQ(versions("a"), expected) << "of rows written anew";
}

TEST_F(Snapshots, a_restore_in_place_makes_no_point_older) {
    write("a", 1);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    write("a", 1);
    const Lsn before = versions("a")[1];
    ASSERT_EQ(restore("s", "a", "", true), VZ_OK);
    const Lsn after = versions("a")[1];
    EXPECT_GT(after, before);
    open();
    EXPECT_EQ(versions("a")[1], after);
}

TEST_F(Snapshots, an_archive_of_damaged_rows_is_not_left_behind) {
    for (uint32_t i = 0; i < 300; ++i) write("a", i);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    const std::string path = directory_.path() + "/a.vecdb";
    rot(file_of(*sealed("a")), vector_place(*sealed("a"), 200));
    EXPECT_EQ(engine_->snapshots().export_archive_to(path, "", {}).code(), VZ_CORRUPTION);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(engine_->snapshots().list().empty());
    rot(file_of(*sealed("a")), vector_place(*sealed("a"), 200));
    EXPECT_EQ(engine_->snapshots().export_archive_to(path, "", {}).code(), VZ_OK);
    ASSERT_TRUE(engine_->snapshots().import_archive(path, "a", "copy", false, {}).ok());
    EXPECT_EQ(ids("copy"), range(0, 300));
}

TEST_F(Snapshots, an_archive_of_what_is_read_only_holds_growing_rows) {
    for (uint32_t i = 0; i < 100; ++i) write("a", i);
    ASSERT_EQ(snapshot("sealed"), VZ_OK);
    for (uint32_t i = 0; i < 10; ++i) write("a", i, VZ_DELETE);
    ASSERT_TRUE(engine_->checkpoints().take(*engine_->catalogue().resolve("a").take()).ok());
    for (uint32_t i = 10; i < 20; ++i) write("a", i, VZ_DELETE);
    for (uint32_t i = 100; i < 150; ++i) write("a", i);
    for (uint32_t i = 0; i < 7; ++i) write("b", i);
    engine_.reset();  // as if killed: a close would seal
    const auto files = [&] {
        std::map<std::string, std::filesystem::file_time_type> all;
        for (const auto& each : std::filesystem::recursive_directory_iterator(data_))
            all[each.path()] = each.last_write_time();
        all.erase(data_ + "/LOCK");
        return all;
    };
    const auto before = files();
    EngineSettings settings;
    settings.read_only = true;
    open_engine(settings);
    const std::string path = directory_.path() + "/all.vecdb";
    const std::string one = directory_.path() + "/one.vecdb";
    const vz_str only = {"b", 1};
    ASSERT_EQ(engine_->snapshots().export_archive_to(path, "", {}).code(), VZ_OK);
    ASSERT_EQ(engine_->snapshots().export_archive_to(one, "", {&only, 1}).code(), VZ_OK);
    EXPECT_EQ(engine_->snapshots().export_archive_to(directory_.path() + "/none.vecdb", "none", {}).code(),
              VZ_NOT_FOUND);
    EXPECT_EQ(ids("a"), range(20, 150)) << "it goes on reading";
    engine_.reset();
    EXPECT_EQ(files(), before) << "no file was changed";
    engine_ = Engine::open(*files_, directory_.path() + "/other", {}).take();
    ASSERT_TRUE(engine_->snapshots().import_archive(path, "", "", false, {}).ok());
    ASSERT_TRUE(engine_->snapshots().import_archive(one, "", "copy", false, {}).ok());
    EXPECT_EQ(ids("a"), range(20, 150));
    EXPECT_EQ(ids("b"), range(0, 7));
    EXPECT_EQ(ids("copy"), range(0, 7));
}

TEST_F(Snapshots, an_archive_with_any_byte_changed_creates_nothing) {
    for (uint32_t i = 0; i < 5; ++i) write("a", i);
    const std::string path = directory_.path() + "/a.vecdb";
    const vz_str only = {"a", 1};
    ASSERT_TRUE(engine_->snapshots().export_archive_to(path, "", {&only, 1}).ok());
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const std::string bad = directory_.path() + "/bad.vecdb";
    const size_t before = segment_files();
    std::ofstream(bad, std::ios::binary) << bytes;
    for (size_t at = 0; at < bytes.size(); ++at) {
        std::fstream file(bad, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(bytes[at] ^ (1 << at % 8)));
        file.close();
        ASSERT_FALSE(engine_->snapshots().import_archive(bad, "", "copy", false, {}).ok()) << at;
        file.open(bad, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(bytes[at]);
    }
    for (const size_t size : {size_t{0}, size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
        std::filesystem::resize_file(bad, size);
        ASSERT_FALSE(engine_->snapshots().import_archive(bad, "", "copy", false, {}).ok()) << size;
        std::ofstream(bad, std::ios::binary) << bytes;
    }
    EXPECT_EQ(segment_files(), before);
    EXPECT_EQ(ids("copy"), std::vector<int64_t>{-1});
    EXPECT_TRUE(engine_->snapshots().import_archive(bad, "", "copy", false, {}).ok());
    EXPECT_EQ(ids("copy"), range(0, 5));
}

TEST_F(Snapshots, are_dropped_and_restored_once_under_one_request_id) {
    write("a", 1);
    ASSERT_EQ(snapshot("s"), VZ_OK);
    const vz_uuid restored = {{1}};
    const vz_uuid dropped = {{2}};
    const Lsn lsn = engine_->snapshots().restore("s", "a", "c", false, restored).take().lsn;
    ASSERT_TRUE(engine_->snapshots().drop("s", dropped).ok());
    open();
    EXPECT_TRUE(engine_->snapshots().drop("s", dropped).take().replayed);
    const EditOutcome again = engine_->snapshots().restore("s", "a", "c", false, restored).take();
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.lsn, lsn);
    EXPECT_EQ(engine_->snapshots().drop("s", {{3}}).status().code(), VZ_NOT_FOUND);
}

// A point that was acknowledged is not in a collection that was dropped because it had none.
TEST_F(Snapshots, is_empty_means_that_no_write_is_on_its_way) {
    for (int round = 0; round < 200; ++round) {
        create("c");
        Status written;
        std::thread writer([&] { written = try_to_write("c", 1); });
        const Status dropped = engine_->drop("c", true, {}).take_status();
        writer.join();
        ASSERT_NE(dropped.ok(), written.ok()) << round;
        if (written.ok()) {
            ASSERT_TRUE(engine_->drop("c", false, {}).ok());
        }
    }
}

}  // namespace
}  // namespace vz
