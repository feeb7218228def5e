#include "benchmarks/bounds/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace vz::bounds {
namespace {

Arena reserve(uint64_t bytes) {
    auto arena = Arena::reserve(bytes);
    if (!arena.ok()) {
        std::fprintf(stderr, "vectorizer-bounds: %s\n", arena.status().error().message);
        std::exit(1);
    }
    return arena.take();
}

}  // namespace

Memory::Memory(Pages pages, uint64_t bytes) : arena_(reserve(bytes)), pages_(pages), bytes_(bytes) {
    if (pages == Pages::k4Kb) madvise(arena_.data(), arena_.bytes(), MADV_NOHUGEPAGE);
    // Pairs of floats from 0.5 to 1, so that headers of blocks hold no odd numbers; codes and bits are as good as
    // random.
    Random random(5);
    auto* words = reinterpret_cast<uint64_t*>(arena_.data());
    for (uint64_t i = 0; i < bytes / sizeof(uint64_t); ++i)
        words[i] = 0x3f00'0000'3f00'0000U | (random() & 0x007f'ffff'007f'ffffU);
}

double Memory::huge_share() const {
    std::ifstream maps("/proc/self/smaps");
    const auto begin = reinterpret_cast<uintptr_t>(arena_.data());
    uint64_t huge = 0;
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        uint64_t from = 0;
        uint64_t to = 0;
        uint64_t kib = 0;
        if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
            inside = from < begin + bytes_ && to > begin;
        if (inside && std::sscanf(line.c_str(), "AnonHugePages: %" SCNu64 " kB", &kib) == 1) huge += kib << 10;
    }
    return std::min(1.0, static_cast<double>(huge) / static_cast<double>(bytes_));
}

uint64_t affordable_bytes(uint64_t asked) {
    uint64_t available = UINT64_MAX;
    std::ifstream system("/proc/meminfo");
    for (std::string line; std::getline(system, line);) {
        uint64_t kib = 0;
        if (std::sscanf(line.c_str(), "MemAvailable: %" SCNu64 " kB", &kib) == 1) available = kib << 10;
    }
    for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        uint64_t limit = 0;
        if (std::ifstream(path) >> limit) available = std::min(available, limit);  // the word "max" is no limit
    }
    constexpr uint64_t kHugePage = 2 << 20;
    return std::max(kHugePage, std::min(asked, available / 4) / kHugePage * kHugePage);
}

}  // namespace vz::bounds
