// The clocks of the transport.
#pragma once

#include <time.h>

#include <cstdint>

namespace vz::http {

// CLOCK_MONOTONIC, of the ABI's deadlines.
inline int64_t clock_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline int64_t clock_unix_s() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
}

inline int64_t clock_unix_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

inline int64_t clock_ms() { return clock_ns() / 1'000'000; }

}  // namespace vz::http
