// The one thread that sends what sockets would not take at once, and closes those that take nothing for too long. It also keeps the clock of
// all other time limits: it calls `tick` every `tick_ms`.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace vz::http {

class Connection;

class Writer final {
 public:
    ~Writer() { stop(); }
    // false: no descriptor to be had.
    [[nodiscard]] bool start(uint64_t write_timeout_ms, uint64_t tick_ms, std::function<void(int64_t)> tick);
    // Any thread. The connection, kept alive by its request, is the writer's until its answer is out or it is given up. false: it cannot
    // be watched, and stays the caller's.
    [[nodiscard]] bool add(Connection& connection);
    void stop();

 private:
    void work();
    void step(Connection& connection, int64_t now_ms);
    void check_progress(int64_t now_ms);

    int epoll_ = -1;
    int wake_ = -1;
    uint64_t write_timeout_ms_ = 0;
    uint64_t tick_ms_ = 0;
    std::function<void(int64_t)> tick_;
    std::mutex mutex_;
    std::unordered_map<Connection*, int64_t> waiting_;  // with the time of the last progress, ms
    std::thread thread_;
};

}  // namespace vz::http
