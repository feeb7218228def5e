#include "engine/io/posix_file_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
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
    const std::string directory = "/dev/shm/vectorizer-posix-test";
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    if (!std::filesystem::create_directory(directory, error)) GTEST_SKIP() << "no file system in memory here";
    reads_like_any_other(directory);
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace vz
