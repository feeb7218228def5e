// Ends the process when what a plugin is asked for does not return in time: what was acknowledged is on disk.
#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace vz::host {

inline constexpr std::chrono::seconds kCreateLimit(10);  // to load, create, start, reload
inline constexpr std::chrono::seconds kStopLimit(5);     // to drain, stop, destroy

// Lives while the plugin is being asked; it names the one that Blame::asked() says. Where no thread can be made, the
// plugin is asked without it.
class Watchdog final {
 public:
    explicit Watchdog(std::chrono::milliseconds limit);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

 private:
    void watch();

    const std::chrono::milliseconds limit_;
    std::mutex mutex_;
    std::condition_variable returned_;
    bool has_returned_ = false;
    pthread_t thread_{};
    bool is_watching_ = false;
};

}  // namespace vz::host
