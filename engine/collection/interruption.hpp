// When reading should stop: a deadline passed, or the operation was cancelled. Asked every few thousand rows.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/status.hpp"

namespace vz {

inline constexpr uint32_t kRowsBetweenChecks = 4096;

struct Interruption {
    int64_t deadline_ns = 0;  // CLOCK_MONOTONIC; 0: none
    const std::atomic<bool>* cancelled = nullptr;
    // VZ_DEADLINE_EXCEEDED, VZ_CANCELLED.
    Status check() const;
};

}  // namespace vz
