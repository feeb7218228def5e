#include "engine/collection/interruption.hpp"

#include <time.h>

#include <atomic>

namespace vz {

Status Interruption::check() const {
    if (state != nullptr && std::atomic_ref<uint64_t>(*state).load(std::memory_order_relaxed) == kCancelled)
        return failure(VZ_CANCELLED, "the operation was cancelled");
    if (deadline_ns == 0) return {};
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec * 1'000'000'000LL + now.tv_nsec < deadline_ns) return {};
    return failure(VZ_DEADLINE_EXCEEDED, "the deadline passed");
}

}  // namespace vz
