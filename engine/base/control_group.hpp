// The control groups that bound the memory and the cores of this process: of version 1 or 2, as cgroups(7) tells them.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

namespace vz {

// Groups that are not to be seen from here, as of a container, are passed over by the limits.
struct ControlGroup {
    std::string root;         // where the hierarchy is mounted
    std::string path;         // of the group in it; begins with a slash, "/" is the root
    bool is_unified = false;  // version 2

    std::string folder() const { return root + path; }
    std::string memory_file() const { return is_unified ? "memory.max" : "memory.limit_in_bytes"; }
    // Bytes: the least that it, or a group it lies in, allows; UINT64_MAX: no bound.
    uint64_t memory_limit() const;
    // Cores, 0.5 is half of one: likewise; infinity: no bound.
    double core_limit() const;
};

// The group of "memory" or "cpu", by the lines of /proc/self/cgroup. Nothing: there is none.
std::optional<ControlGroup> find_control_group(std::istream& groups, const std::string& controller,
                                               const std::string& mounts = "/sys/fs/cgroup");

// How many threads this process can keep busy: the cores it may run on, and no more than its control groups allow time
// for.
uint32_t usable_cores();

}  // namespace vz
