// Clocks in seconds.
#pragma once

#include <time.h>

namespace vz {

inline double seconds(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double wall_seconds() { return seconds(CLOCK_MONOTONIC); }

// Of this thread.
inline double cpu_seconds() { return seconds(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace vz
