// Time that a step of a search takes, where it was asked for.
#pragma once

#include <chrono>
#include <cstdint>

#include "engine/index/search.hpp"

namespace vz {

// Adds what passes until its end to a member of the work; reads no clock where that is null or not timed.
class PartTimer {
 public:
    PartTimer(PartWork* work, uint64_t PartWork::*ns)
        : sum_(work != nullptr && work->is_timed ? &(work->*ns) : nullptr) {
        if (sum_ != nullptr) began_ = Clock::now();
    }
    ~PartTimer() {
        if (sum_ != nullptr) *sum_ += static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - began_).count());
    }
    PartTimer(const PartTimer&) = delete;
    PartTimer& operator=(const PartTimer&) = delete;

 private:
    using Clock = std::chrono::steady_clock;
    uint64_t* sum_;
    Clock::time_point began_;
};

}  // namespace vz
