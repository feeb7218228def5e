// Memory of one page size, full of figures that are any row of any kernel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "benchmarks/bounds/bounds.hpp"
#include "engine/base/arena.hpp"

namespace vz::bounds {

inline constexpr uint32_t kLine = 64;  // bytes that memory gives at once

inline void prefetch(const std::byte* row, uint32_t lines) {
    for (uint32_t line = 0; line < lines; ++line) __builtin_prefetch(row + size_t{line} * kLine);
}

class Memory {
 public:
    // Exits with a message when it cannot be had.
    Memory(Pages pages, uint64_t bytes);

    Pages pages() const { return pages_; }
    const std::byte* data() const { return arena_.data(); }
    uint64_t bytes() const { return bytes_; }
    // Of its bytes, the share that lies in 2-MB pages as the system tells.
    double huge_share() const;

 private:
    Arena arena_;
    Pages pages_;
    uint64_t bytes_;
};

// Of `asked` bytes for each of two memories, what this machine can spare: half of what is available and of what a
// control group allows.
uint64_t affordable_bytes(uint64_t asked);

// Random numbers from a seed; splitmix64.
class Random {
 public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t operator()() {
        uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    uint32_t below(uint32_t count) { return static_cast<uint32_t>(((*this)() >> 32) * count >> 32); }

 private:
    uint64_t state_;
};

}  // namespace vz::bounds
