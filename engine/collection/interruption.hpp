// When reading should stop: a deadline passed, or the operation was cancelled. Asked every few thousand rows, under a
// filter as often as these take.
#pragma once

#include <cstdint>

#include "engine/base/status.hpp"

namespace vz {

inline constexpr uint32_t kRowsBetweenChecks = 4096;

struct Interruption {
    static constexpr uint64_t kCancelled = 3;

    int64_t deadline_ns = 0;  // CLOCK_MONOTONIC; 0: none
    // The state of the operation that reads: another thread may make it kCancelled. nullptr: nobody can.
    uint64_t* state = nullptr;
    // VZ_DEADLINE_EXCEEDED, VZ_CANCELLED.
    Status check() const;
};

}  // namespace vz
