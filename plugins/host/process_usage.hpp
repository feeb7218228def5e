// What this process has used and uses, as the kernel counts it.
#pragma once

#include <cstdint>

namespace vz::host {

// 0: the kernel does not tell.
struct ProcessUsage {
    double cpu_s = 0;
    double started_s = 0;  // since 1970
    uint64_t resident_bytes = 0;
    uint64_t virtual_bytes = 0;
    uint64_t descriptors = 0;
    uint64_t descriptors_max = 0;
};

ProcessUsage process_usage();

}  // namespace vz::host
