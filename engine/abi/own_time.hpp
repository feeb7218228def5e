// How long a thread was at something, less the time in which it wanted a CPU and had none: that is the machine's.
#pragma once

#include <chrono>
#include <cstdint>

namespace vz {

// From where it is made, on one thread; others may lie within. A clock is read and, once in 10 ms of a thread and of
// what takes so long, a file of the kernel: of the latter the whole wait since the look before is taken off, so that it
// may be told too short, never too long.
class OwnTime final {
 public:
    OwnTime();
    int64_t ms() const;

 private:
    std::chrono::steady_clock::time_point begun_;
    std::chrono::nanoseconds waited_;  // of the thread, up to the look before
};

}  // namespace vz
