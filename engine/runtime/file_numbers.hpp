// Numbers and salts of the files of one database.
#pragma once

#include <atomic>
#include <cstdint>

namespace vz {

// Any thread. No number is given twice in the life of a database.
class FileNumbers {
 public:
    FileNumbers(uint64_t next, uint64_t seed) : next_(next), state_(seed) {}
    uint64_t next_number() { return next_.fetch_add(1, std::memory_order_relaxed); }
    uint64_t peek() const { return next_.load(std::memory_order_relaxed); }
    // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): any two files of a database differ in their salts.
    uint64_t salt() {
        constexpr uint64_t kStep = 0x9E3779B97F4A7C15ull;
        uint64_t z = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }

 private:
    std::atomic<uint64_t> next_;
    std::atomic<uint64_t> state_;
};

}  // namespace vz
