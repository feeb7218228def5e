#include "engine/collection/interruption.hpp"

#include <time.h>

namespace vz {

Status Interruption::check() const {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed))
        return failure(VZ_CANCELLED, "the operation was cancelled");
    if (deadline_ns == 0) return {};
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec * 1'000'000'000LL + now.tv_nsec < deadline_ns) return {};
    return failure(VZ_DEADLINE_EXCEEDED, "the deadline passed");
}

}  // namespace vz
