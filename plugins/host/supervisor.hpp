// What a service supervisor is told, where there is one: the protocol of sd_notify, one datagram to $NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace vz::host {

void notify_supervisor(const std::string& state);

// How long the supervisor waits for the next WATCHDOG=1 before it ends this process; 0: it does not wait for any.
std::chrono::microseconds watchdog_patience();

// Calls a function on a thread of its own, again and again, until it is destroyed.
class Repeater final {
 public:
    // The first call comes after `interval`. An interval of 0: there is no thread.
    Repeater(std::chrono::microseconds interval, std::function<void()> call);
    ~Repeater();
    Repeater(const Repeater&) = delete;
    Repeater& operator=(const Repeater&) = delete;

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace vz::host
