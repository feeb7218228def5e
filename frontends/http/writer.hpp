// The one thread that sends what sockets would not take at once, and closes those whose clients take less than a
// mebibyte, or the rest of the answer, in `write_timeout_ms`: the rule by which bodies are received. It also keeps the
// clock of all other time limits: it calls `tick` every `tick_ms`.
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
    // Any thread. The connection, kept alive by its request, is the writer's until its answer is out or it is given up.
    // false: it cannot be watched, and stays the caller's.
    [[nodiscard]] bool add(Connection& connection);
    void stop();

 private:
    void work();
    void step(Connection& connection);
    void give_up_slow(int64_t now_ms);

    struct Waiting {
        int64_t since_ms;
        int64_t taken;  // bytes of the answer that were with the client then
    };

    int epoll_ = -1;
    int wake_ = -1;
    uint64_t write_timeout_ms_ = 0;
    uint64_t tick_ms_ = 0;
    std::function<void(int64_t)> tick_;
    std::mutex mutex_;
    std::unordered_map<Connection*, Waiting> waiting_;
    std::thread thread_;
};

}  // namespace vz::http
