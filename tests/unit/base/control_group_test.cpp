#include "engine/base/control_group.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/e2e/support/temporary_directory.hpp"

namespace vz {
namespace {

std::optional<ControlGroup> group_of(const std::string& lines, const std::string& mounts = "/mounts",
                                     const std::string& controller = "memory") {
    std::istringstream groups(lines);
    return find_control_group(groups, controller, mounts);
}

class ControlGroups : public testing::Test {
 protected:
    void allow(const std::string& group, const std::string& file, const std::string& bytes) {
        const std::string folder = directory_.path() + group;
        std::filesystem::create_directories(folder);
        std::ofstream(folder + "/" + file) << bytes << "\n";
    }
    e2e::TemporaryDirectory directory_;
};

TEST_F(ControlGroups, of_version_2_are_the_line_without_controllers) {
    const auto group = group_of("0::/system.slice/vectorizer.service\n");
    ASSERT_TRUE(group);
    EXPECT_EQ(group->folder() + "/" + group->memory_file(), "/mounts/system.slice/vectorizer.service/memory.max");
}

TEST_F(ControlGroups, of_version_1_go_before_those_of_version_2) {
    for (const char* lines : {"5:cpu:/a\n4:hugetlb,memory:/b\n0::/c\n", "0::/c\n4:memory,hugetlb:/b\n"}) {
        const auto group = group_of(lines);
        ASSERT_TRUE(group);
        EXPECT_EQ(group->folder() + "/" + group->memory_file(), "/mounts/memory/b/memory.limit_in_bytes");
    }
}

TEST_F(ControlGroups, need_a_line_that_names_one) {
    for (const char* lines : {"", "\n", "0:\n", "0::\n", "5:cpu:/a\n", "3:memory_of_another:/a\n", "::"})
        EXPECT_FALSE(group_of(lines)) << lines;
}

TEST_F(ControlGroups, are_bound_by_the_least_of_those_they_lie_in) {
    allow("/slice/unit", "memory.max", "max");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->memory_limit(), UINT64_MAX);
    allow("/slice", "memory.max", "3000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->memory_limit(), 3000U);
    allow("/slice/unit", "memory.max", "2000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->memory_limit(), 2000U);
    allow("", "memory.max", "1000");
    EXPECT_EQ(group_of("0::/slice/unit\n", directory_.path())->memory_limit(), 1000U);
    EXPECT_EQ(group_of("0::/\n", directory_.path())->memory_limit(), 1000U);
}

// A container sees its own group as the root, and the path of its host.
TEST_F(ControlGroups, that_cannot_be_seen_are_passed_over) {
    allow("/memory", "memory.limit_in_bytes", "4000");
    EXPECT_EQ(group_of("4:memory:/docker/0123\n", directory_.path())->memory_limit(), 4000U);
}

TEST_F(ControlGroups, have_the_cores_of_the_least_that_they_lie_in) {
    const auto cores = [&](const char* lines) { return group_of(lines, directory_.path(), "cpu")->core_limit(); };
    EXPECT_TRUE(std::isinf(cores("0::/slice/unit\n")));
    allow("/slice/unit", "cpu.max", "max 100000");
    EXPECT_TRUE(std::isinf(cores("0::/slice/unit\n")));
    allow("/slice", "cpu.max", "150000 100000");
    EXPECT_EQ(cores("0::/slice/unit\n"), 1.5);
    allow("/slice/unit", "cpu.max", "50000 100000");
    EXPECT_EQ(cores("0::/slice/unit\n"), 0.5);
    allow("/slice/unit", "cpu.max", "0 0");
    EXPECT_EQ(cores("0::/slice/unit\n"), 1.5);
}

TEST_F(ControlGroups, of_version_1_tell_quota_and_period_apart) {
    const auto cores = [&] {
        return group_of("2:cpu,cpuacct:/unit\n0::/unit\n", directory_.path(), "cpu")->core_limit();
    };
    EXPECT_TRUE(std::isinf(cores()));
    allow("/cpu/unit", "cpu.cfs_quota_us", "-1");
    allow("/cpu/unit", "cpu.cfs_period_us", "100000");
    EXPECT_TRUE(std::isinf(cores()));
    allow("/cpu/unit", "cpu.cfs_quota_us", "400000");
    EXPECT_EQ(cores(), 4.0);
}

TEST(UsableCores, are_one_at_least) {
    EXPECT_GE(usable_cores(), 1U);
    EXPECT_LE(usable_cores(), std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace vz
