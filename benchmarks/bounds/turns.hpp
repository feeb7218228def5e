// Ways of doing the same, measured in turns, so that a bad minute of the machine meets all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "benchmarks/clock.hpp"

namespace vz::bounds {

// A pass prepares what it needs, untimed, and returns the CPU seconds that the rest took.
using Pass = std::function<double()>;

// The least of each.
inline std::vector<double> least_seconds(const std::vector<Pass>& ways, uint32_t passes) {
    std::vector<double> least(ways.size(), INFINITY);
    for (uint32_t pass = 0; pass < passes; ++pass) {
        for (size_t i = 0; i < ways.size(); ++i) least[i] = std::min(least[i], ways[i]());
    }
    return least;
}

template <class Work>
double cpu_seconds_of(const Work& work) {
    const double begin = cpu_seconds();
    work();
    return cpu_seconds() - begin;
}

// What is computed is not left out because nobody reads it.
template <class T>
void keep(T value) {
    [[maybe_unused]] volatile T kept = value;
}

}  // namespace vz::bounds
