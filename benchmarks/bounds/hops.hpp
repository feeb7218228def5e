// One hop of a walk that scores 32 neighbours at random places, of the three ways in which their rows may lie.
#pragma once

#include "benchmarks/bounds/bounds.hpp"
#include "benchmarks/bounds/memory.hpp"

namespace vz::bounds {

// Two entries, three where the processor has VPOPCNTQ.
std::vector<Hop> measure_hops(const Memory& memory, uint32_t dim, uint32_t passes);

}  // namespace vz::bounds
