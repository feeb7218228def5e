// The only source of chance in random tests: one seed gives one sequence, on every machine.
#pragma once

#include <cstdint>

namespace vz {

// splitmix64. A value: copying it copies the place in the sequence.
class Random {
 public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15u;
        uint64_t x = state_;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return x ^ (x >> 31);
    }
    // 0 to bound - 1.
    uint64_t below(uint64_t bound) { return next() % bound; }
    // True `percent` times in a hundred.
    bool chance(uint64_t percent) { return below(100) < percent; }

 private:
    uint64_t state_;
};

}  // namespace vz
