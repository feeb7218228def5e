// The control group that bounds the memory of this process: of version 1 or 2, as cgroups(7) tells them.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

namespace vz {

struct MemoryGroup {
    std::string root;  // where the hierarchy is mounted
    std::string path;  // of the group in it; begins with a slash, "/" is the root
    std::string limit_file;

    std::string folder() const { return root + path; }
    // Bytes: the least that it, or a group it lies in, allows; UINT64_MAX: no bound. Groups that are not to be seen from here, as of a
    // container, are passed over.
    uint64_t limit() const;
};

// By the lines of /proc/self/cgroup. Nothing: there is none.
std::optional<MemoryGroup> find_memory_group(std::istream& groups, const std::string& mounts = "/sys/fs/cgroup");

}  // namespace vz
