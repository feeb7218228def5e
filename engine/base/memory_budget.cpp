#include "engine/base/memory_budget.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "engine/base/control_group.hpp"

namespace vz {

uint64_t memory_limit() {
    const auto of = [](int name) { return static_cast<uint64_t>(std::max(0L, ::sysconf(name))); };
    const uint64_t machine = of(_SC_PHYS_PAGES) * of(_SC_PAGESIZE);
    std::ifstream groups("/proc/self/cgroup");
    const std::optional<ControlGroup> group = find_control_group(groups, "memory");
    return group ? std::min(machine, group->memory_limit()) : machine;
}

}  // namespace vz
