#include "tests/support/sim_fs.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <set>
#include <string>

#include "engine/io/posix_file_system.hpp"

namespace vz {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text_of(FileSystem& files, const std::string& path) {
    const auto file = files.open(path, OpenMode::kRead);
    if (!file.ok()) return "<none>";
    std::string text(*(*file)->size(), ' ');
    EXPECT_TRUE((*file)->read(0, std::as_writable_bytes(std::span(text))).ok());
    return text;
}

// A directory "d" that no power cut can take.
SimFs with_directory() {
    SimFs files(SimFs::History::kNone);
    EXPECT_TRUE(files.make_directory("d").ok());
    EXPECT_TRUE(files.sync_directory(".").ok());
    return SimFs(files.disk(), SimFs::History::kKept);
}

std::unique_ptr<File> synced_file(SimFs& files, const std::string& path, const std::string& text) {
    auto file = files.create(path).take();
    EXPECT_TRUE(file->write(0, bytes_of(text)).ok());
    EXPECT_TRUE(file->sync_data().ok());
    EXPECT_TRUE(files.sync_directory("d").ok());
    return file;
}

// What "d/a" may hold after a power cut now.
std::set<std::string> survivors(SimFs& files, const std::string& path = "d/a") {
    Random random(1);
    const CrashImages crash = files.crash_images(files.cuts(), &random, 4096);
    EXPECT_TRUE(crash.exhaustive);
    std::set<std::string> texts;
    for (const Image& image : crash.images) {
        SimFs after(image);
        texts.insert(text_of(after, path));
    }
    return texts;
}

TEST(sim_fs, synced_bytes_and_name_survive_every_cut) {
    SimFs files = with_directory();
    synced_file(files, "d/a", "hello");
    EXPECT_EQ(survivors(files), std::set<std::string>{"hello"});
}

TEST(sim_fs, a_name_needs_its_directory_synced) {
    SimFs files = with_directory();
    auto file = files.create("d/a").take();
    ASSERT_TRUE(file->write(0, bytes_of("hello")).ok());
    ASSERT_TRUE(file->sync().ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"<none>", "hello"}));
}

TEST(sim_fs, size_and_content_survive_apart) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "");
    ASSERT_TRUE(file->write(0, bytes_of("xy")).ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"", "xy", std::string(2, '\0')}));
    ASSERT_TRUE(file->sync_data().ok());
    EXPECT_EQ(survivors(files), std::set<std::string>{"xy"});
}

TEST(sim_fs, sectors_of_one_write_survive_apart) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", std::string(1024, 'o'));
    ASSERT_TRUE(file->write(0, bytes_of(std::string(1024, 'n'))).ok());
    std::set<std::string> expected;
    for (const char first : {'o', 'n'}) {
        for (const char second : {'o', 'n'}) expected.insert(std::string(512, first) + std::string(512, second));
    }
    EXPECT_EQ(survivors(files), expected);
}

TEST(sim_fs, each_version_of_a_rewritten_sector_may_survive) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "0");
    for (const char* text : {"1", "2"}) ASSERT_TRUE(file->write(0, bytes_of(text)).ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"0", "1", "2"}));
}

TEST(sim_fs, a_partial_sector_keeps_its_neighbours) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "abcdef");
    ASSERT_TRUE(file->write(2, bytes_of("XY")).ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"abcdef", "abXYef"}));
}

TEST(sim_fs, allocated_space_reads_as_zeros) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "");
    ASSERT_TRUE(file->allocate(3).ok());
    EXPECT_EQ(text_of(files, "d/a"), std::string(3, '\0'));
    EXPECT_EQ(survivors(files), (std::set<std::string>{"", std::string(3, '\0')}));
}

TEST(sim_fs, a_rename_is_atomic_and_may_be_lost) {
    SimFs files = with_directory();
    synced_file(files, "d/a", "old");
    synced_file(files, "d/b", "new");
    ASSERT_TRUE(files.rename("d/b", "d/a").ok());
    EXPECT_EQ(text_of(files, "d/a"), "new");
    EXPECT_EQ(survivors(files), (std::set<std::string>{"old", "new"}));
    EXPECT_EQ(survivors(files, "d/b"), (std::set<std::string>{"<none>", "new"}));
    ASSERT_TRUE(files.sync_directory("d").ok());
    EXPECT_EQ(survivors(files), std::set<std::string>{"new"});
    EXPECT_EQ(survivors(files, "d/b"), std::set<std::string>{"<none>"});
}

TEST(sim_fs, a_rename_across_directories_never_loses_the_file) {
    SimFs files = with_directory();
    ASSERT_TRUE(files.make_directory("d/t").ok());
    ASSERT_TRUE(files.sync_directory("d").ok());
    auto file = files.create("d/t/x").take();
    ASSERT_TRUE(file->write(0, bytes_of("new")).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.rename("d/t/x", "d/a").ok());
    ASSERT_TRUE(files.sync_directory("d").ok());
    EXPECT_EQ(survivors(files), std::set<std::string>{"new"});
    ASSERT_TRUE(files.sync_directory("d/t").ok());
    EXPECT_EQ(survivors(files, "d/t/x"), std::set<std::string>{"<none>"});
}

TEST(sim_fs, unlink_may_be_lost) {
    SimFs files = with_directory();
    synced_file(files, "d/a", "old");
    ASSERT_TRUE(files.unlink("d/a").ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"old", "<none>"}));
}

TEST(sim_fs, a_lost_directory_takes_what_is_in_it) {
    SimFs files;
    ASSERT_TRUE(files.make_directory("e/f").ok());
    auto file = files.create("e/f/a").take();
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.sync_directory("e/f").ok());
    ASSERT_TRUE(files.sync_directory("e").ok());
    EXPECT_EQ(survivors(files, "e/f/a"), (std::set<std::string>{"", "<none>"}));
    ASSERT_TRUE(files.sync_directory(".").ok());
    EXPECT_EQ(survivors(files, "e/f/a"), std::set<std::string>{""});
}

TEST(sim_fs, after_a_failed_sync_the_cache_lies) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old");
    ASSERT_TRUE(file->write(0, bytes_of("new")).ok());
    files.inject({Fault::Kind::kLostSync, Fault::Span::kOnce, files.calls()});
    EXPECT_EQ(file->sync_data().code(), VZ_IO_ERROR);
    EXPECT_TRUE(files.fault_fired());
    EXPECT_EQ(text_of(files, "d/a"), "new");
    EXPECT_EQ(survivors(files), std::set<std::string>{"old"});
    // A second sync, by a new process, does not bring the bytes back; reading past the cache shows the truth.
    auto again = files.open("d/a", OpenMode::kReadWrite).take();
    ASSERT_TRUE(again->sync_data().ok());
    EXPECT_EQ(survivors(files), std::set<std::string>{"old"});
    ASSERT_TRUE(again->drop_cache().ok());
    EXPECT_EQ(text_of(files, "d/a"), "old");
}

TEST(sim_fs, after_an_io_error_of_a_sync_the_bytes_may_be_there) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old");
    ASSERT_TRUE(file->write(0, bytes_of("new")).ok());
    files.inject({Fault::Kind::kIoError, Fault::Span::kOnce, files.calls()});
    EXPECT_EQ(file->sync_data().code(), VZ_IO_ERROR);
    ASSERT_TRUE(files.open("d/a", OpenMode::kReadWrite).take()->sync_data().ok());
    EXPECT_EQ(survivors(files), (std::set<std::string>{"old", "new"}));
}

TEST(sim_fs, a_kill_keeps_the_cache_and_a_power_cut_after_it_does_not) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old");
    ASSERT_TRUE(file->write(0, bytes_of("new")).ok());
    SimFs next(files.disk_at(files.cuts()), SimFs::History::kKept);
    EXPECT_EQ(text_of(next, "d/a"), "new");
    EXPECT_EQ(survivors(next), (std::set<std::string>{"old", "new"}));
    ASSERT_TRUE(next.open("d/a", OpenMode::kReadWrite).take()->sync_data().ok());
    EXPECT_EQ(survivors(next), std::set<std::string>{"new"});
}

TEST(sim_fs, faults_hit_the_calls_they_fit) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old!");
    files.inject({Fault::Kind::kShortWrite, Fault::Span::kForever, 0});
    EXPECT_TRUE(files.exists("d/a").ok());
    EXPECT_FALSE(files.fault_fired());
    EXPECT_EQ(file->write(0, bytes_of("new!")).code(), VZ_DISK_FULL);
    EXPECT_EQ(text_of(files, "d/a"), "ned!");
    files.inject({Fault::Kind::kDiskFull, Fault::Span::kForever, 0});
    EXPECT_EQ(files.create("d/b").status().code(), VZ_DISK_FULL);
    EXPECT_TRUE(files.unlink("d/a").ok());
    files.inject({Fault::Kind::kIoError, Fault::Span::kOnce, files.calls() + 1});
    EXPECT_TRUE(files.exists("d/a").ok());
    EXPECT_EQ(files.exists("d/a").status().code(), VZ_IO_ERROR);
    EXPECT_TRUE(files.exists("d/a").ok());
}

TEST(sim_fs, large_cuts_are_sampled_within_the_budget_and_repeat_by_seed) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "");
    std::string text;
    for (int i = 0; i < 64; ++i) text += std::string(512, static_cast<char>('0' + i));
    ASSERT_TRUE(file->write(0, bytes_of(text)).ok());
    Random one(7);
    Random two(7);
    const CrashImages first = files.crash_images(files.cuts(), &one, 50);
    const CrashImages second = files.crash_images(files.cuts(), &two, 50);
    EXPECT_FALSE(first.exhaustive);
    EXPECT_EQ(first.effects, 65u);
    EXPECT_LE(first.images.size(), 50u);
    EXPECT_GT(first.images.size(), 30u);
    ASSERT_EQ(first.images.size(), second.images.size());
    for (size_t i = 0; i < first.images.size(); ++i) EXPECT_EQ(first.images[i].hash, second.images[i].hash);
    std::set<std::string> texts;
    for (const Image& image : first.images) {
        SimFs after(image);
        texts.insert(text_of(after, "d/a"));
    }
    EXPECT_TRUE(texts.contains(""));
    EXPECT_TRUE(texts.contains(text));
}

TEST(sim_fs, a_lock_is_exclusive_until_it_is_dropped) {
    SimFs files = with_directory();
    auto held = files.lock("d/LOCK", LockMode::kOwn);
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(files.lock("d/LOCK", LockMode::kOwn).status().code(), VZ_BUSY);
    { const auto dropped = held.take(); }
    EXPECT_TRUE(files.lock("d/LOCK", LockMode::kOwn).ok());
}

TEST(sim_fs_death, writing_to_a_sealed_file_stops_the_process) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old");
    ASSERT_TRUE(file->seal().ok());
    EXPECT_DEATH(static_cast<void>(file->write(0, bytes_of("new"))), "sealed");
}

TEST(sim_fs_death, syncing_again_after_a_failure_stops_the_process) {
    SimFs files = with_directory();
    auto file = synced_file(files, "d/a", "old");
    files.inject({Fault::Kind::kIoError, Fault::Span::kOnce, files.calls()});
    EXPECT_FALSE(file->sync_data().ok());
    EXPECT_DEATH(static_cast<void>(file->sync_data()), "failed_");
}

// The same steps on the real file system answer the same.
TEST(sim_fs, answers_like_the_real_file_system) {
    SimFs simulated;
    const auto real = make_posix_file_system();
    const std::string root =
        testing::TempDir() + "vz_sim_fs_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed());
    ASSERT_TRUE(simulated.make_directory(root).ok());
    std::vector<std::string> traces;
    for (FileSystem* files : {static_cast<FileSystem*>(&simulated), real.get()}) {
        std::string trace;
        const auto note = [&trace](vz_status code) { trace += std::to_string(code) + " "; };
        note(files->make_directory(root + "/x/y").code());
        note(files->make_directory(root + "/x/y").code());
        note(files->open(root + "/x/none", OpenMode::kRead).status().code());
        note(files->map(root + "/x/none").status().code());
        note(files->unlink(root + "/x/none").code());
        note(files->rename(root + "/x/none", root + "/x/b").code());
        note(files->list(root + "/none").status().code());
        note(files->create(root + "/none/a").status().code());
        {
            auto file = files->create(root + "/x/a").take();
            note(files->create(root + "/x/a").status().code());
            note(file->write(5, bytes_of("abc")).code());
            note(file->allocate(20).code());
            trace += std::to_string(*file->size()) + " ";
            std::string text(8, ' ');
            note(file->read(0, std::as_writable_bytes(std::span(text))).code());
            trace += text.substr(5);
            note(file->read(15, std::as_writable_bytes(std::span(text))).code());
            note(file->sync().code());
            note(file->drop_cache().code());
        }
        trace += text_of(*files, root + "/x/a");
        note(files->rename(root + "/x/a", root + "/x/y/b").code());
        trace += std::to_string(files->list(root + "/x")->size()) + " " + std::to_string(*files->exists(root + "/x/a"));
        const auto mapped = files->map(root + "/x/y/b");
        trace += std::to_string((*mapped)->bytes().size());
        note(files->sync_directory(root + "/x/y").code());
        note(files->unlink(root + "/x/y/b").code());
        traces.push_back(trace);
    }
    EXPECT_EQ(traces[0], traces[1]);
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace vz
