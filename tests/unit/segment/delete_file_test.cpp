#include "engine/segment/delete_file.hpp"

#include <gtest/gtest.h>

#include "engine/io/file_header.hpp"
#include "engine/io/posix_file_system.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/unit/segment/whole_file.hpp"

namespace vz {
namespace {

class Deletes : public ::testing::Test {
 protected:
    void SetUp() override {
        first.add(3);
        for (uint32_t i = 0; i < 5'000; ++i) second.add(i * 3);
        const DeleteEntry entries[] = {{11, &first}, {12, &second}};
        auto result = write_deletes(*files, directory.file("d"), database, 0x44, 77, entries);
        ASSERT_TRUE(result.ok()) << result.status().error().message;
        written = result.take();
        ASSERT_EQ(written.size(), 2u);
    }
    Result<Bitmap> read(const std::string& name, const DeleteRef& expected, uint32_t rows = 20'000) {
        return read_deletes(*files, directory.file(name), database, &expected == &written[1] ? 12 : 11, expected, rows);
    }

    const e2e::TemporaryDirectory directory;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
    vz_uuid database = {{1, 2, 3}};
    Bitmap first, second;
    std::vector<DeleteRef> written;
};

TEST_F(Deletes, come_back_as_they_were) {
    EXPECT_EQ(written[1].cardinality, 5'000u);
    EXPECT_EQ(written[1].highest_row, 14'997u);
    const auto one = read("d", written[0]);
    const auto two = read("d", written[1]);
    ASSERT_TRUE(one.ok() && two.ok());
    EXPECT_EQ(one->to_bytes(), first.to_bytes());
    EXPECT_EQ(two->to_bytes(), second.to_bytes());
}

TEST_F(Deletes, are_refused_where_they_are_not_the_ones_recorded) {
    EXPECT_EQ(read("d", written[1], 14'997).status().code(), VZ_CORRUPTION);
    EXPECT_TRUE(read("d", written[1], 14'998).ok());
    for (int change = 0; change < 8; ++change) {
        DeleteRef other = written[0];
        if (change == 0) other.file = 0x45;
        if (change == 1) other.offset += 64;
        if (change == 2) other.bytes += 1;
        if (change == 3) other.bytes = 3;
        if (change == 4) other.offset = UINT64_MAX - 5;
        if (change == 5) other.cardinality = 2;
        if (change == 6) other.highest_row = 2;
        if (change == 7) other.hash[0] ^= std::byte{1};
        EXPECT_EQ(read("d", other).status().code(), VZ_CORRUPTION) << change;
    }
    EXPECT_EQ(read_deletes(*files, directory.file("d"), database, 12, written[0], 100).status().code(), VZ_CORRUPTION);
    EXPECT_EQ(read("none", written[0]).status().code(), VZ_NOT_FOUND);
}

TEST_F(Deletes, damage_is_found) {
    std::vector<char> bytes = read_bytes(directory.file("d"));
    for (uint64_t at = written[1].offset; at < written[1].offset + written[1].bytes; at += 7) {
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        write_bytes(directory.file("bad"), bytes);
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        EXPECT_EQ(read("bad", written[1]).status().code(), VZ_CORRUPTION) << at;
        EXPECT_TRUE(read("bad", written[0]).ok());
    }
    for (const uint64_t at : {0, 8, 40, 56, 4092}) {
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        write_bytes(directory.file("bad"), bytes);
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        const auto refused = read("bad", written[1]);
        ASSERT_EQ(refused.status().code(), VZ_CORRUPTION) << at;
        EXPECT_NE(std::string(refused.status().error().message).find(directory.file("bad")), std::string::npos) << at;
    }
    for (const uint64_t size :
         {uint64_t{0}, uint64_t{4095}, kFileHeaderBytes, written[1].offset + written[1].bytes - 1}) {
        write_bytes(directory.file("bad"), {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)});
        EXPECT_FALSE(read("bad", written[1]).ok()) << size;
    }
}

}  // namespace
}  // namespace vz
