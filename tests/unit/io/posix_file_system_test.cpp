#include "engine/io/posix_file_system.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/support/temporary_directory.hpp"

namespace vz {
namespace {

std::vector<std::byte> counted(size_t count) {
    std::vector<std::byte> bytes(count);
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
    return bytes;
}

// Blocks are the device's business: any range of the file can be read, up to its last byte and no further.
void reads_like_any_other(const std::string& directory) {
    const auto files = make_posix_file_system();
    const std::string path = directory + "/file";
    const std::vector<std::byte> written = counted(3 * 4096 + 17);
    {
        const auto file = files->create(path).take();
        ASSERT_TRUE(file->write(0, written).ok());
        ASSERT_TRUE(file->sync().ok());
    }
    const auto file = files->open(path, OpenMode::kReadDevice).take();
    EXPECT_EQ(*file->size(), written.size());
    for (const size_t begin :
         {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{5000}, written.size() - 1, written.size()}) {
        for (const size_t count :
             {size_t{0}, size_t{1}, size_t{100}, size_t{4096}, size_t{8191}, written.size() - begin}) {
            std::vector<std::byte> bytes(count);
            const Status read = file->read(begin, bytes);
            if (begin + count <= written.size()) {
                ASSERT_TRUE(read.ok()) << begin << " " << count << ": " << read.error().message;
                EXPECT_TRUE(
                    std::equal(bytes.begin(), bytes.end(), written.begin() + static_cast<std::ptrdiff_t>(begin)));
            } else {
                EXPECT_EQ(read.code(), VZ_IO_ERROR) << begin << " " << count;
            }
        }
    }
    EXPECT_EQ(files->open(path + "2", OpenMode::kReadDevice).status().code(), VZ_NOT_FOUND);
}

TEST(PosixFileSystem, reads_from_the_device_like_from_any_file) {
    const e2e::TemporaryDirectory directory;
    reads_like_any_other(directory.path());
}

// A file system in memory has no device to read from.
TEST(PosixFileSystem, reads_the_same_where_there_is_no_device) {
    std::string directory = "/dev/shm/vectorizer-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) GTEST_SKIP() << "no file system in memory here";
    reads_like_any_other(directory);
    std::filesystem::remove_all(directory);
}

// Volumes and their tools leave folders of their own where ours are mounted.
TEST(PosixFileSystem, does_not_wait_for_a_pipe_in_the_place_of_a_file) {
    const e2e::TemporaryDirectory directory;
    const std::string path = directory.path() + "/pipe";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const auto files = make_posix_file_system();
    EXPECT_EQ(files->open(path, OpenMode::kRead).status().code(), VZ_CORRUPTION);
    EXPECT_EQ(files->open(path, OpenMode::kReadDevice).status().code(), VZ_CORRUPTION);
    EXPECT_EQ(files->map(path).status().code(), VZ_CORRUPTION);
}

TEST(PosixFileSystem, lists_files_and_leaves_out_folders) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    ASSERT_TRUE(files->create(directory.path() + "/file").ok());
    ASSERT_TRUE(files->make_directory(directory.path() + "/lost+found").ok());
    std::filesystem::create_directory_symlink(directory.path() + "/lost+found", directory.path() + "/linked");
    std::filesystem::create_symlink(directory.path() + "/file", directory.path() + "/same");
    std::vector<std::string> names = files->list(directory.path()).take();
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"file", "same"}));
}

TEST(PosixFileSystem, a_lock_holds_though_its_file_is_removed) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    const std::string path = directory.path() + "/LOCK";
    auto held = files->lock(path, LockMode::kOwn);
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(files->lock(path, LockMode::kOwn).status().code(), VZ_BUSY);
    ASSERT_TRUE(files->unlink(path).ok());
    EXPECT_EQ(files->lock(path, LockMode::kOwn).status().code(), VZ_BUSY);
    held.take().reset();
    EXPECT_TRUE(files->lock(path, LockMode::kOwn).ok());
}

TEST(PosixFileSystem, who_only_looks_locks_without_a_file_and_writes_none) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    const std::string path = directory.path() + "/LOCK";
    auto held = files->lock(path, LockMode::kOwn);
    ASSERT_TRUE(held.ok());
    ASSERT_TRUE(files->unlink(path).ok());
    const auto looked = files->lock(path, LockMode::kLook);
    EXPECT_EQ(looked.status().code(), VZ_BUSY);
    held.take().reset();
    auto looking = files->lock(path, LockMode::kLook);
    ASSERT_TRUE(looking.ok());
    EXPECT_FALSE(files->exists(path).take());
    EXPECT_EQ(files->lock(path, LockMode::kOwn).status().code(), VZ_BUSY);
}

// A file that is looked for may well not be there; a folder that is to take one has to.
TEST(PosixFileSystem, a_missing_folder_is_a_failure_of_the_disk) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EXPECT_EQ(files->open(directory.path() + "/none/file", OpenMode::kRead).status().code(), VZ_NOT_FOUND);
    EXPECT_EQ(files->create(directory.path() + "/none/file").status().code(), VZ_IO_ERROR);
    EXPECT_EQ(files->list(directory.path() + "/none").status().code(), VZ_IO_ERROR);
}

}  // namespace
}  // namespace vz
