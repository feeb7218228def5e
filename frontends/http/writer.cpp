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
    const std::lock_guard lock(mutex_);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) return false;
    waiting_.emplace(&connection, clock_ms());
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
        const auto count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(tick_ms_));
        const auto now = clock_ms();
        for (int i = 0; i < count; ++i) {
            auto* connection = static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
            if (connection == nullptr) return;
            step(*connection, now);
        }
        if (now >= next_tick) {
            next_tick = now + static_cast<int64_t>(tick_ms_);
            check_progress(now);
            tick_(now);
        }
    }
}

void Writer::step(Connection& connection, int64_t now_ms) {
    const auto progress = connection.write_more();
    if (progress == Connection::Progress::kNone) return;
    {
        const std::lock_guard lock(mutex_);
        if (progress == Connection::Progress::kSome) {
            waiting_[&connection] = now_ms;
            return;
        }
        // Out of the set before the answer ends: after that the connection may be gone, or be added again.
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.descriptor(), nullptr);
        waiting_.erase(&connection);
    }
    connection.written(progress);
}

void Writer::check_progress(int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    for (const auto& [connection, since] : waiting_) {
        // The shut socket reports an event.
        if (now_ms - since > static_cast<int64_t>(write_timeout_ms_)) connection->give_up();
    }
}

}  // namespace vz::http
