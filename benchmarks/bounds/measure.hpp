// One run over all bounds.
#pragma once

#include "benchmarks/bounds/bounds.hpp"

namespace vz::bounds {

struct MeasureOptions {
    uint64_t arena_bytes = uint64_t{1} << 30;  // less when memory is short
    std::vector<uint32_t> row_bytes = {128, 784, 1536, 3136};
    std::vector<uint32_t> dims = {128, 784, 1536};  // of scans and hops
    uint32_t passes = 5;                            // of which the best counts
};

// Tells its progress on stderr.
Bounds measure(const MeasureOptions& options);

}  // namespace vz::bounds
