#include "engine/base/memory_budget.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace vz {

uint64_t memory_limit() {
    const auto of = [](int name) { return static_cast<uint64_t>(std::max(0L, ::sysconf(name))); };
    const uint64_t machine = of(_SC_PHYS_PAGES) * of(_SC_PAGESIZE);
    uint64_t group = 0;
    std::ifstream limit("/sys/fs/cgroup/memory.max");  // "max" where there is none
    return limit >> group ? std::min(machine, group) : machine;
}

}  // namespace vz
