// How long a thread was at something, less the time in which it wanted a CPU and had none: that is the machine's.
#pragma once

#include <chrono>
#include <cstdint>

namespace vz {

// From where it is made, on one thread. A clock is read and, once in 10 ms of a thread, a file of the kernel: of what
// takes so long the whole wait since then is taken off, so that it may be told too short, never too long.
class OwnTime final {
 public:
    int64_t ms() const;

 private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace vz
