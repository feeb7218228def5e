#include "engine/base/memory_group.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/temporary_directory.hpp"

namespace vz {
namespace {

std::optional<MemoryGroup> group_of(const std::string& lines, const std::string& mounts = "/mounts") {
    std::istringstream groups(lines);
    return find_memory_group(groups, mounts);
}

class MemoryGroups : public testing::Test {
 protected:
    void allow(const std::string& group, const std::string& file, const std::string& bytes) {
        const std::string folder = directory_.path() + group;
        std::filesystem::create_directories(folder);
        std::ofstream(folder + "/" + file) << bytes << "\n";
    }
    e2e::TemporaryDirectory directory_;
};

TEST_F(MemoryGroups, of_version_2_are_the_line_without_controllers) {
    const auto group = group_of("0::/system.slice/vectorizer.service\n");
    ASSERT_TRUE(group);
    EXPECT_EQ(group->folder() + "/" + group->limit_file, "/mounts/system.slice/vectorizer.service/memory.max");
}

TEST_F(MemoryGroups, of_version_1_go_before_those_of_version_2) {
    for (const char* lines : {"5:cpu:/a\n4:hugetlb,memory:/b\n0::/c\n", "0::/c\n4:memory,hugetlb:/b\n"}) {
        const auto group = group_of(lines);
        ASSERT_TRUE(group);
        EXPECT_EQ(group->folder() + "/" + group->limit_file, "/mounts/memory/b/memory.limit_in_bytes");
    }
}

TEST_F(MemoryGroups, need_a_line_that_names_one) {
    for (const char* lines : {"", "\n", "0:\n", "0::\n", "5:cpu:/a\n", "3:memory_of_another:/a\n", "::"}) EXPECT_FALSE(group_of(lines)) << lines;
}

TEST_F(MemoryGroups, are_bound_by_the_least_of_those_they_lie_in) {
    allow("/slice/unit", "memory.max", "max");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->limit(), UINT64_MAX);
    allow("/slice", "memory.max", "3000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->limit(), 3000U);
    allow("/slice/unit", "memory.max", "2000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->limit(), 2000U);
    allow("", "memory.max", "1000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->limit(), 1000U);
    EXPECT_EQ(group_of("0::/\n", directory_.path())->limit(), 1000U);
}

// A container sees its own group as the root, and the path of its host.
TEST_F(MemoryGroups, that_cannot_be_seen_are_passed_over) {
    allow("/memory", "memory.limit_in_bytes", "4000");
    EXPECT_EQ(group_of("4:memory:/docker/0123\n", directory_.path())->limit(), 4000U);
}

}  // namespace
}  // namespace vz
