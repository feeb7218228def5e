#include "frontends/http/writer.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "frontends/http/clock.hpp"
#include "frontends/http/connection.hpp"

namespace vz::http {
namespace {

constexpr int64_t kAnswerClockBytes = 1024 * 1024;

}  // namespace

bool Writer::start(uint64_t write_timeout_ms, uint64_t tick_ms, std::function<void(int64_t)> tick) {
    write_timeout_ms_ = write_timeout_ms;
    tick_ms_ = tick_ms;
    tick_ = std::move(tick);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (epoll_ < 0 || wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
        if (epoll_ >= 0) close(epoll_);
        if (wake_ >= 0) close(wake_);
        epoll_ = wake_ = -1;
        return false;
    }
    thread_ = std::thread([this] { work(); });
    pthread_setname_np(thread_.native_handle(), "http-writer");
    return true;
}

bool Writer::add(Connection& connection) {
    const Waiting now{clock_ms(), connection.taken()};  // before this thread shares the answer
    const std::lock_guard lock(mutex_);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) return false;
    waiting_.emplace(&connection, now);
    return true;
}

void Writer::stop() {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
    thread_.join();
    close(epoll_);
    close(wake_);
    epoll_ = wake_ = -1;
}

void Writer::work() {
    std::array<epoll_event, 64> events;
    auto next_tick = clock_ms() + static_cast<int64_t>(tick_ms_);
    for (;;) {
        const auto count =
            epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(tick_ms_));
        const auto now = clock_ms();
        for (int i = 0; i < count; ++i) {
            auto* connection = static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
            if (connection == nullptr) return;
            step(*connection);
        }
        if (now >= next_tick) {
            next_tick = now + static_cast<int64_t>(tick_ms_);
            give_up_slow(now);
            tick_(now);
        }
    }
}

void Writer::step(Connection& connection) {
    const auto progress = connection.write_more();
    if (progress == Connection::Progress::kWaits) return;
    {
        const std::lock_guard lock(mutex_);
        // Out of the set before the answer ends: after that the connection may be gone, or be added again.
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.descriptor(), nullptr);
        waiting_.erase(&connection);
    }
    connection.written(progress);
}

void Writer::give_up_slow(int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    for (auto& [connection, waiting] : waiting_) {
        if (now_ms - waiting.since_ms <= static_cast<int64_t>(write_timeout_ms_)) continue;
        const int64_t taken = connection->taken();
        if (taken - waiting.taken >= kAnswerClockBytes) {
            waiting = {now_ms, taken};
        } else {
            connection->give_up();  // the shut socket reports an event
        }
    }
}

}  // namespace vz::http
