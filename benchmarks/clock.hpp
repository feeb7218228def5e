// Clocks in seconds.
#pragma once

#include <sys/types.h>
#include <time.h>

#include "benchmarks/check.hpp"

namespace vz {

inline double seconds(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double wall_seconds() { return seconds(CLOCK_MONOTONIC); }

// Of this thread.
inline double cpu_seconds() { return seconds(CLOCK_THREAD_CPUTIME_ID); }

// Of all threads of a process, in microseconds.
inline double cpu_us_of(pid_t process) {
    clockid_t clock{};
    check(clock_getcpuclockid(process, &clock) == 0, "no CPU clock");
    return seconds(clock) * 1e6;
}

}  // namespace vz
