// What reading alone takes: rows at random places, in order, and loads that wait for each other.
#pragma once

#include <span>

#include "benchmarks/bounds/bounds.hpp"
#include "benchmarks/bounds/memory.hpp"

namespace vz::bounds {

// One entry for each memory.
std::vector<RandomRows> measure_random_rows(std::span<const Memory* const> memories, uint32_t row_bytes,
                                            uint32_t passes);
std::vector<Reading> measure_readings(std::span<const Memory* const> memories, uint32_t passes);

}  // namespace vz::bounds
