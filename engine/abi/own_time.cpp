#include "engine/abi/own_time.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

struct Look {
    Clock::time_point at;
    nanoseconds waited{0};
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the thread
thread_local Look last_look;

// Of this thread for a CPU, since it began. A kernel that does not tell is taken at its worst.
nanoseconds waited_until(Clock::time_point now) {
    std::array<char, 96> text = {};
    const int file = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    const bool is_read = file >= 0 && ::read(file, text.data(), text.size() - 1) > 0;
    if (file >= 0) ::close(file);
    int64_t waited_ns = 0;
    if (is_read && std::sscanf(text.data(), "%*s %" SCNd64, &waited_ns) == 1) return nanoseconds(waited_ns);
    return now.time_since_epoch();
}

}  // namespace

OwnTime::OwnTime() : begun_(Clock::now()), waited_(last_look.waited) {}

int64_t OwnTime::ms() const {
    constexpr milliseconds kWorthALook(kCompletionLongMs);
    const auto now = Clock::now();
    const nanoseconds took = now - begun_;
    if (took < kWorthALook && now - last_look.at < kWorthALook) return took / milliseconds(1);
    last_look = {now, waited_until(now)};
    return (took - std::min(took, last_look.waited - waited_)) / milliseconds(1);
}

}  // namespace vz
