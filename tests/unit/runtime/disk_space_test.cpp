// A disk that runs full: growth is refused in time, everything else goes on.
#include "engine/runtime/disk_space.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/collection/read.hpp"
#include "engine/io/forwarding.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/support/sim_fs.hpp"

namespace vz {
namespace {

constexpr uint64_t kBallast = 64 * kKiB;

TEST(DiskSpace, is_full_below_the_reserve_and_until_half_as_much_again) {
    SimFs files;
    DiskSpace space(files, "d", 100 * kMiB, kBallast, 0);
    files.set_free_bytes(100 * kMiB);
    EXPECT_TRUE(space.admit_growth().ok());
    files.set_free_bytes(100 * kMiB - 1);
    EXPECT_EQ(space.admit_growth().code(), VZ_DISK_FULL);
    files.set_free_bytes(150 * kMiB - 1);
    EXPECT_EQ(space.admit_growth().code(), VZ_DISK_FULL);
    files.set_free_bytes(150 * kMiB);
    EXPECT_TRUE(space.admit_growth().ok());
    EXPECT_TRUE(space.admit_file(50 * kMiB).ok());
    EXPECT_EQ(space.admit_file(50 * kMiB + 1).code(), VZ_DISK_FULL);
}

TEST(DiskSpace, keeps_a_ballast_and_makes_it_anew) {
    SimFs files;
    ASSERT_TRUE(files.make_directory("d").ok());
    const auto has_ballast = [&] { return files.exists("d/BALLAST").take(); };
    DiskSpace space(files, "d", 100 * kMiB, kBallast, 0);
    files.set_free_bytes(200 * kMiB);
    ASSERT_TRUE(space.open().ok());
    EXPECT_FALSE(has_ballast());
    files.set_free_bytes(201 * kMiB);
    EXPECT_TRUE(space.admit_growth().ok());
    EXPECT_TRUE(has_ballast());
    EXPECT_TRUE(space.give_up_ballast());
    EXPECT_FALSE(has_ballast());
    EXPECT_FALSE(space.give_up_ballast());
    // What it freed is not for upserts.
    files.set_free_bytes(150 * kMiB);
    EXPECT_EQ(space.admit_growth().code(), VZ_DISK_FULL);
    files.set_free_bytes(201 * kMiB);
    EXPECT_TRUE(space.admit_growth().ok());
    EXPECT_TRUE(has_ballast());
    // Found again, and half a one replaced.
    ASSERT_TRUE(DiskSpace(files, "d", 100 * kMiB, kBallast, 0).open().ok());
    EXPECT_TRUE(has_ballast());
    ASSERT_TRUE(DiskSpace(files, "d", 50 * kMiB, 2 * kBallast, 0).open().ok());
    EXPECT_EQ(files.open("d/BALLAST", OpenMode::kRead).take()->size().take(), 2 * kBallast);
}

class FullDisk : public testing::Test {
 protected:
    EngineSettings settings(bool background) const {
        EngineSettings settings;
        settings.background = background;
        settings.wal_file_first_bytes = 64 * kKiB;
        settings.wal_file_bytes = 128 * kKiB;
        settings.disk_reserve = 100 * kMiB;
        settings.ballast_bytes = kBallast;
        settings.manifest_bytes_max = manifest_bytes_max_;
        return settings;
    }
    void open(bool background, bool read_only = false) {
        EngineSettings chosen = settings(background);
        chosen.read_only = read_only;
        auto opened = Engine::open(disk_, "d", chosen);
        ASSERT_TRUE(opened.ok()) << opened.status().error().message;
        engine_ = opened.take();
    }
    void close() {
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
    // Of an open: what makes no room is known by then.
    uint64_t calls_before_a_file_is_made(bool background) { return calls_before(Call::Kind::kCreate, background); }
    uint64_t calls_before(Call::Kind kind, bool background) {
        const uint64_t begin = files_.calls();
        open(background);
        const std::vector<Call> calls = files_.call_log();
        uint64_t at = begin;
        while (calls.at(at).kind != kind) ++at;
        close();
        return at - begin;
    }
    // One point, in a sealed file, and a collection without any.
    void make_sealed() {
        open(false);
        create("c");
        create("b");
        ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
        ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        close();
    }
    // No file is made any more.
    void fill_disk() { disk_.is_full = true; }
    void make_room() {
        disk_.is_full = false;
        files_.clear_fault();
    }
    std::set<std::string> names() {
        std::set<std::string> all;
        for (const char* folder : {"d/", "d/wal/", "d/seg/", "d/tmp/"}) {
            for (const std::string& name : files_.list(folder).take()) all.insert(folder + name);
        }
        return all;
    }
    void expect_read_only(vz_status why) {
        EXPECT_EQ(points(), 2U);
        EXPECT_EQ(write(VZ_UPSERT, "c").code(), why);
        EXPECT_EQ(write(VZ_DELETE, "a").code(), why);
        EXPECT_EQ(engine_->catalogue().drop("c", false, {}).status().code(), why);
        EXPECT_EQ(engine_->checkpoints().take_all().status().code(), why);
        EXPECT_EQ(engine_->snapshots().create("s", {}).status().code(), why);
        EXPECT_EQ(points(), 2U);
    }

    void create(const char* name) { ASSERT_TRUE(engine_->catalogue().create(name, one_field(2), {}).ok()); }

    Status write(uint32_t kind, const std::string& id, const std::string& payload = "{}") {
        return write_points(*engine_, "c", kind, {{id}, {1, 2}, {payload}});
    }

    uint64_t points() const { return count_rows(engine_->catalogue().resolve("c").take()->pin(), nullptr, {}).take(); }

    vz_status put(const std::string& key, std::optional<std::string> value) {
        const std::pair<std::string, std::optional<std::string>> values[] = {{key, std::move(value)}};
        return engine_->catalogue().put_values(values, {}).status().code();
    }

    class FullFiles final : public ForwardingFileSystem {
     public:
        using ForwardingFileSystem::ForwardingFileSystem;
        Result<std::unique_ptr<File>> create(const std::string& path) override {
            if (is_full) return failure(VZ_DISK_FULL, "no room for %s", path.c_str());
            return ForwardingFileSystem::create(path);
        }
        std::atomic<bool> is_full = false;
    };

    SimFs files_{SimFs::History::kKept};
    FullFiles disk_{files_};
    uint64_t manifest_bytes_max_ = 0;
    std::unique_ptr<Engine> engine_;
};

TEST_F(FullDisk, takes_no_more_points_but_all_else) {
    open(false);
    create("c");
    ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
    ASSERT_TRUE(write(VZ_UPSERT, "b").ok());
    files_.set_free_bytes(kMiB);
    EXPECT_EQ(write(VZ_UPSERT, "x").code(), VZ_DISK_FULL);
    EXPECT_EQ(write(VZ_UPDATE, "a", R"({"n":1})").code(), VZ_DISK_FULL);
    EXPECT_TRUE(write(VZ_DELETE, "a").ok());
    EXPECT_TRUE(engine_->checkpoints().take_all().ok());
    create("other");
    EXPECT_TRUE(engine_->catalogue().drop("other", false, {}).ok());
    EXPECT_EQ(points(), 1U);
    files_.set_free_bytes(kGiB);
    EXPECT_TRUE(write(VZ_UPSERT, "x").ok());
    EXPECT_EQ(points(), 2U);
    ASSERT_TRUE(engine_->close().ok());
}

// Nobody else would: the writes that would fill them further are refused.
TEST_F(FullDisk, is_left_by_logs_whose_records_can_be_sealed) {
    open(true);
    create("c");
    const std::string payload = R"({"p":")" + std::string(40 * kKiB, 'p') + R"("})";
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(write(VZ_UPSERT, std::to_string(i), payload).ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    // It pins what comes behind it.
    ASSERT_TRUE(write(VZ_DELETE, "0").ok());
    for (int i = 20; i < 40; ++i) ASSERT_TRUE(write(VZ_UPSERT, std::to_string(i), payload).ok());
    const auto logs = [&] { return files_.list("d/wal").take().size(); };
    ASSERT_GE(logs(), 5U);
    files_.set_free_bytes(kMiB);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (write(VZ_UPSERT, "x").ok() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // it is looked at now and then
    while (logs() > 3 && std::chrono::steady_clock::now() < until) {
        EXPECT_EQ(write(VZ_UPSERT, "x").code(), VZ_DISK_FULL);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_LE(logs(), 3U);
    EXPECT_EQ(points(), 40U);
    files_.set_free_bytes(kGiB);
    while (!write(VZ_UPSERT, "x").ok() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(write(VZ_UPSERT, "x").ok());
    close();
}

TEST_F(FullDisk, a_collection_that_was_idle_needs_no_logs_of_that_time) {
    open(false);
    create("c");
    create("busy");
    const std::string payload = R"({"p":")" + std::string(40 * kKiB, 'p') + R"("})";
    ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(write_points(*engine_, "busy", VZ_UPSERT, {{std::to_string(i)}, {1, 2}, {payload}}).ok());
    ASSERT_TRUE(write(VZ_DELETE, "a").ok());
    const auto logs = [&] { return files_.list("d/wal").take().size(); };
    ASSERT_GE(logs(), 5U);
    ASSERT_TRUE(engine_->checkpoints().take(*engine_->catalogue().resolve("busy").take()).ok());
    EXPECT_LE(logs(), 3U);  // with the spare one
    engine_.reset();
    open(false);
    EXPECT_EQ(points(), 0U);
    close();
}

TEST_F(FullDisk, ends_no_writing_where_a_shorter_manifest_would_make_room) {
    manifest_bytes_max_ = kMiB;
    open(false);
    const std::string large(kValueBytesMax, 'x');
    uint32_t count = 0;
    while (put(std::to_string(count), large) == VZ_OK) ++count;
    ASSERT_EQ(put("0", std::nullopt), VZ_OK);
    // Growth is admitted, and a manifest has no room.
    files_.set_free_bytes(100 * kMiB);
    files_.inject({Fault::Kind::kDiskFull, Fault::Span::kForever, files_.calls()});
    EXPECT_EQ(put("more", large), VZ_DISK_FULL);
    EXPECT_TRUE(engine_->log().health().ok());
    files_.clear_fault();
    EXPECT_EQ(put("1", std::nullopt), VZ_OK);
    files_.set_free_bytes(kGiB);
    EXPECT_EQ(put("more", large), VZ_OK);
    ASSERT_TRUE(engine_->close().ok());
}

// A manifest that has grown is written anew. Where there is no room for that it goes on, and is written anew later.
TEST_F(FullDisk, ends_no_writing_where_a_manifest_should_be_shorter) {
    const std::string large(kValueBytesMax, 'x');
    const auto manifests = [&] {
        std::set<std::string> found;
        for (const std::string& name : files_.list("d").take()) {
            if (name.starts_with("MANIFEST")) found.insert(name);
        }
        return found;
    };
    // The same value again and again: what is written anew is short.
    const auto puts_until_it_is_new = [&] {
        const std::set<std::string> first = manifests();
        uint32_t puts = 0;
        while (manifests() == first && puts < 1000) {
            EXPECT_EQ(put("k", large), VZ_OK);
            ++puts;
        }
        return puts;
    };
    open(false);
    puts_until_it_is_new();  // from now on a snapshot is what each begins with
    const uint32_t puts = puts_until_it_is_new();
    ASSERT_GT(puts, 10U);
    ASSERT_LT(puts, 1000U);
    // The calls of such a put, from the first on that makes the new file to the rename that makes it the manifest.
    for (uint32_t i = 1; i < puts; ++i) ASSERT_EQ(put("k", large), VZ_OK);
    const uint64_t begin = files_.calls();
    ASSERT_EQ(put("k", large), VZ_OK);
    std::vector<uint64_t> offsets;
    const std::vector<Call> calls = files_.call_log();
    for (uint64_t at = begin; at < calls.size(); ++at) {
        if (!offsets.empty() || calls[at].kind == Call::Kind::kCreate) offsets.push_back(at - begin);
        if (calls[at].kind == Call::Kind::kRename) break;
    }
    ASSERT_GE(offsets.size(), 6U);
    for (const uint64_t offset : offsets) {
        for (uint32_t i = 1; i < puts; ++i) ASSERT_EQ(put("k", large), VZ_OK);
        const std::set<std::string> before = manifests();
        ASSERT_EQ(before.size(), 1U);
        files_.inject({Fault::Kind::kDiskFull, Fault::Span::kForever, files_.calls() + offset});
        EXPECT_EQ(put("k", large), VZ_OK) << offset;
        EXPECT_TRUE(files_.fault_fired()) << offset;
        EXPECT_TRUE(engine_->log().health().ok()) << offset;
        files_.clear_fault();
        EXPECT_EQ(manifests(), before) << offset;
        // Known to be full: nothing is tried. Else it is tried again when the file has grown.
        files_.set_free_bytes(kMiB);
        for (uint32_t i = 0; i < puts; ++i) ASSERT_EQ(put("k", large), VZ_OK);
        EXPECT_EQ(manifests(), before) << offset;
        files_.set_free_bytes(kGiB);
        EXPECT_EQ(put("k", large), VZ_OK);
        EXPECT_NE(manifests(), before) << offset;
        EXPECT_EQ(manifests().size(), 1U) << offset;
    }
    // Behind the rename nobody knows which is on the disk, and writing ends.
    for (uint32_t i = 1; i < puts; ++i) ASSERT_EQ(put("k", large), VZ_OK);
    files_.inject({Fault::Kind::kIoError, Fault::Span::kOnce, files_.calls() + offsets.back() + 1});
    EXPECT_EQ(put("k", large), VZ_OUTCOME_UNKNOWN);
    EXPECT_EQ(put("k", large), VZ_READ_ONLY);
    EXPECT_EQ(std::string(engine_->log().refusal().error().message).find("d/"), std::string::npos);
    files_.clear_fault();
    engine_.reset();
    open(false);
    close();
}

TEST_F(FullDisk, without_room_for_a_log_is_opened_to_be_read) {
    for (const bool background : {false, true}) {
        open(background);
        create(background ? "b" : "c");
        if (!background) {
            ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
            ASSERT_TRUE(engine_->checkpoints().take_all().ok());
            ASSERT_TRUE(write(VZ_UPSERT, "b").ok());
        }
        close();
        const uint64_t calls_before = calls_before_a_file_is_made(background);
        const std::set<std::string> before = names();
        files_.inject({Fault::Kind::kDiskFull, Fault::Span::kForever, files_.calls() + calls_before});
        open(background);
        EXPECT_TRUE(files_.fault_fired());
        expect_read_only(VZ_DISK_FULL);
        close();
        files_.clear_fault();
        std::set<std::string> after = names();
        after.insert("d/BALLAST");  // given up
        EXPECT_TRUE(after == before);
    }
    open(true);
    EXPECT_TRUE(write(VZ_UPSERT, "d").ok());
    EXPECT_EQ(points(), 3U);
    close();
}

// At whatever step of the opening the disk was full, what was begun there is taken back and begun again.
TEST_F(FullDisk, goes_on_once_there_is_room_for_a_log) {
    open(false);
    create("c");
    ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    close();
    uint64_t points_before = 1;
    const uint64_t first = calls_before_a_file_is_made(true), last = calls_before(Call::Kind::kRename, true);
    ASSERT_GT(last, first + 6);
    for (uint64_t step = first; step <= last; ++step) {
        files_.inject({Fault::Kind::kDiskFull, Fault::Span::kForever, files_.calls() + step});
        open(true);
        EXPECT_EQ(write(VZ_UPSERT, "x").code(), VZ_DISK_FULL) << step;
        files_.clear_fault();
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        const std::string id = "at " + std::to_string(step);
        while (write(VZ_UPSERT, id).code() == VZ_DISK_FULL) {
            ASSERT_LT(std::chrono::steady_clock::now(), patience) << step;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        EXPECT_EQ(points(), ++points_before) << step;
        if (step % 2 == 0) engine_.reset();  // as if killed
        if (step % 2 == 0) open(true);
        EXPECT_EQ(points(), points_before) << step;
        EXPECT_EQ(put("k", std::to_string(step)), VZ_OK);
        EXPECT_TRUE(engine_->checkpoints().take_all().ok());
        close();
    }
    open(false);
    EXPECT_EQ(points(), points_before);
    std::set<std::string> expected = {"d/BALLAST", "d/CURRENT", "d/IDENTITY", "d/LOCK"};
    engine_->log().read_state([&](const ManifestState& state, LocalLog::OwnFiles own) {
        expected.insert(manifest_path("d", own.manifest));
        for (const WalState& wal : state.wals) expected.insert(wal_path("d", wal.number));
        for_each_segment(state, [&](const SegmentRef& ref) { expected.insert(segment_path("d", 'S', ref.file)); });
    });
    EXPECT_EQ(names(), expected);
    close();
}

// With all that there is in sealed files, a checkpoint has nothing to do: it takes nothing away either.
TEST_F(FullDisk, who_only_reads_removes_nothing) {
    make_sealed();
    std::set<std::string> before = names();
    for (const bool background : {false, true}) {
        for (const bool read_only : {true, false}) {
            if (!read_only) fill_disk();
            open(background, read_only);
            EXPECT_FALSE(engine_->log().has_begun());
            EXPECT_TRUE(engine_->checkpoints().take_all().ok());
            EXPECT_TRUE(engine_->checkpoints().take(*engine_->catalogue().resolve("c").take()).ok());
            engine_->maintenance().note_dropped();
            uint64_t bytes = 0;
            EXPECT_TRUE(engine_->snapshots()
                            .export_archive("", {},
                                            [&](std::span<const std::byte> more) {
                                                bytes += more.size();
                                                return Status();
                                            })
                            .ok());
            EXPECT_GT(bytes, 0U);
            EXPECT_EQ(points(), 1U);
            close();
            make_room();
            if (!read_only) before.erase("d/BALLAST");  // given up
            EXPECT_EQ(names(), before);
        }
    }
    open(false);
    EXPECT_EQ(points(), 1U);
    EXPECT_TRUE(write(VZ_UPSERT, "b").ok());
    close();
}

// A log that could not begin for another reason than a full disk: CURRENT may name either manifest, and both stay.
TEST_F(FullDisk, where_a_log_failed_to_begin_nothing_is_removed) {
    make_sealed();
    bool has_begun = false;
    uint64_t failed = 0;
    for (uint64_t step = 0; !has_begun; ++step) {
        fill_disk();
        open(false);
        ASSERT_TRUE(engine_->log().waits_for_room());
        make_room();
        files_.inject({Fault::Kind::kIoError, Fault::Span::kOnce, files_.calls() + step});
        has_begun = engine_->log().begin(64 * kKiB).ok();
        if (!has_begun) {
            ++failed;
            EXPECT_EQ(engine_->checkpoints().take_all().ok(), true) << step;
            engine_->maintenance().note_dropped();
            EXPECT_FALSE(write(VZ_UPSERT, "b").ok()) << step;
        }
        engine_.reset();  // as if killed
        make_room();
        open(false);
        EXPECT_EQ(points(), 1U) << step;
        close();
    }
    EXPECT_GT(failed, 10U);
}

// A sweep that comes late, when others write already, takes nothing away from under a new manifest.
TEST_F(FullDisk, a_sweep_leaves_what_is_on_its_way_to_current) {
    open(false);
    const std::string before = "d/tmp/CURRENT.1", behind = "d/tmp/CURRENT.ffffff", other = "d/tmp/other";
    for (const std::string& path : {before, behind, other}) ASSERT_TRUE(files_.create(path).ok());
    {
        const Checkpoints::Lock one_at_a_time = engine_->checkpoints().exclude();
        ASSERT_TRUE(engine_->checkpoints().sweep().ok());
    }
    EXPECT_FALSE(files_.exists(before).take());
    EXPECT_TRUE(files_.exists(behind).take());
    EXPECT_FALSE(files_.exists(other).take());
    close();
    open(false);
    EXPECT_FALSE(files_.exists(behind).take());
    close();
}

// Asked again and again while the log begins, no question meets a state between: a write that was refused before is
// taken behind it.
TEST_F(FullDisk, tells_no_other_reason_while_a_log_begins) {
    open(false);
    create("c");
    close();
    for (int round = 0; round < 20; ++round) {
        fill_disk();
        open(false);
        make_room();
        std::thread begins([&] { EXPECT_TRUE(engine_->log().begin(64 * kKiB).ok()); });
        for (bool has_begun = false; !has_begun;) {
            has_begun = engine_->log().has_begun();
            const vz_status told = engine_->log().refusal().code();
            EXPECT_TRUE(told == VZ_OK || (told == VZ_DISK_FULL && !has_begun)) << told;
            const vz_status written = write(VZ_UPSERT, "a").code();
            EXPECT_TRUE(written == VZ_OK || (written == VZ_DISK_FULL && !has_begun)) << written;
        }
        begins.join();
        close();
    }
}

TEST_F(FullDisk, a_database_opened_to_be_read_is_not_changed) {
    open(false);
    create("c");
    ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
    ASSERT_TRUE(write(VZ_UPSERT, "b").ok());
    engine_.reset();  // as if killed
    const uint64_t changes = files_.cuts();
    for (const bool background : {false, true}) {
        open(background, true);
        expect_read_only(VZ_READ_ONLY);
        close();
    }
    EXPECT_EQ(files_.cuts(), changes);
    EXPECT_EQ(Engine::open(files_, "nowhere",
                           [] {
                               EngineSettings settings;
                               settings.read_only = true;
                               return settings;
                           }())
                  .status()
                  .code(),
              VZ_NOT_FOUND);
    open(true);
    EXPECT_TRUE(write(VZ_UPSERT, "c").ok());
    EXPECT_EQ(points(), 3U);
    close();
}

// The files of the log are made ahead, one after the other, and none is left over or swept away.
TEST_F(FullDisk, next_log_file_is_there_before_it_is_needed) {
    open(true);
    create("c");
    const std::string payload = R"({"t":")" + std::string(8000, 'x') + "\"}";
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(write(VZ_UPSERT, std::to_string(i), payload).ok()) << i;
        if (i % 50 == 0) {
            ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        }
    }
    ASSERT_TRUE(engine_->close().ok());
    uint64_t named = 0;
    engine_->log().read_state([&](const ManifestState& state) { named = state.wals.size(); });
    EXPECT_EQ(files_.list("d/wal").take().size(), named);
    engine_.reset();
    open(true);
    EXPECT_EQ(points(), 300U);
    ASSERT_TRUE(engine_->close().ok());
}

// A power cut at any point of it, and behind it: what was there is there, and what was acknowledged since.
TEST_F(FullDisk, loses_nothing_where_a_log_that_begins_late_is_cut) {
    open(false);
    create("c");
    ASSERT_TRUE(write(VZ_UPSERT, "a").ok());
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    ASSERT_TRUE(write(VZ_UPSERT, "b").ok());
    engine_.reset();  // as if killed
    fill_disk();
    open(false);
    ASSERT_TRUE(engine_->log().waits_for_room());
    const size_t first = files_.cuts();
    make_room();
    ASSERT_TRUE(engine_->log().begin(64 * kKiB).ok());
    ASSERT_TRUE(write(VZ_UPSERT, "c").ok());
    const size_t acknowledged = files_.cuts();
    {
        const Checkpoints::Lock one_at_a_time = engine_->checkpoints().exclude();
        ASSERT_TRUE(engine_->checkpoints().retire_wals().ok());
        ASSERT_TRUE(engine_->checkpoints().sweep().ok());
    }
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    const size_t last = files_.cuts();
    engine_.reset();
    Random random(1);
    uint64_t images = 0;
    for (size_t cut = first; cut <= last; ++cut) {
        for (const Image& image : files_.crash_images(cut, &random, 40).images) {
            SimFs disk(image);
            for (const uint64_t more : {0U, 1U}) {
                auto opened = Engine::open(disk, "d", settings(false));
                ASSERT_TRUE(opened.ok()) << cut << ": " << opened.status().error().message;
                engine_ = opened.take();
                const uint64_t found = points() - more;
                EXPECT_GE(found, cut < acknowledged ? 2U : 3U) << cut;
                EXPECT_LE(found, 3U) << cut;
                EXPECT_TRUE(write(VZ_UPSERT, "d").ok());
                close();
            }
            ++images;
        }
    }
    EXPECT_GT(images, 100U);
}

}  // namespace
}  // namespace vz
