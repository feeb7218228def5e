#include "benchmarks/bounds/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "benchmarks/bounds/bit_codes.hpp"
#include "benchmarks/bounds/hops.hpp"
#include "benchmarks/bounds/memory.hpp"
#include "benchmarks/bounds/reads.hpp"
#include "benchmarks/bounds/scans.hpp"
#include "engine/index/kernels.hpp"

namespace vz::bounds {
namespace {

constexpr double kHugeShareMin = 0.95;  // below it the figures would be those of neither page size

std::string cpu_name() {
    std::ifstream cpus("/proc/cpuinfo");
    for (std::string line; std::getline(cpus, line);) {
        const size_t colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown";
}

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Bounds measure(const MeasureOptions& options) {
    Bounds bounds;
    bounds.cpu = cpu_name();
    bounds.kernels = kernels().name;
    bounds.has_vpopcntq = has_vpopcntq();
    bounds.cache_bytes = static_cast<uint64_t>(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
    bounds.arena_bytes = affordable_bytes(options.arena_bytes);
    if (bounds.arena_bytes < options.arena_bytes) {
        std::fprintf(stderr, "memory is short: two arenas of %llu MiB, not %llu\n",
                     static_cast<unsigned long long>(bounds.arena_bytes >> 20),
                     static_cast<unsigned long long>(options.arena_bytes >> 20));
    }
    std::fprintf(stderr, "filling memory\n");
    const Memory small(Pages::k4Kb, bounds.arena_bytes);
    const Memory huge(Pages::k2Mb, bounds.arena_bytes);
    bounds.huge_share = huge.huge_share();
    std::vector<const Memory*> memories = {&small};
    if (bounds.huge_share >= kHugeShareMin) {
        memories.push_back(&huge);
    } else {
        std::fprintf(stderr, "the system gave 2-MB pages for %.0f %% only: nothing is measured there\n",
                     100 * bounds.huge_share);
    }
    for (const uint32_t bytes : options.row_bytes) {
        std::fprintf(stderr, "random rows of %u bytes\n", bytes);
        append(bounds.random_rows, measure_random_rows(memories, bytes, options.passes));
    }
    std::fprintf(stderr, "reads in order, loads that wait for each other\n");
    bounds.readings = measure_readings(memories, options.passes);
    for (const uint32_t dim : options.dims) {
        std::fprintf(stderr, "scans and hops of %u values a row\n", dim);
        append(bounds.scans, measure_scans(*memories.back(), dim, options.passes));
        append(bounds.hops, measure_hops(*memories.back(), dim, options.passes));
    }
    return bounds;
}

}  // namespace vz::bounds
