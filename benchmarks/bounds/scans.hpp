// Scans in order, by the engine's kernels where it has them.
#pragma once

#include "benchmarks/bounds/bounds.hpp"
#include "benchmarks/bounds/memory.hpp"

namespace vz::bounds {

std::vector<Scan> measure_scans(const Memory& memory, uint32_t dim, uint32_t passes);

}  // namespace vz::bounds
