#include "plugins/host/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace vz::host {

void notify_supervisor(const std::string& state) {
    const char* path = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(address.sun_path));
    if (path[0] == '@') address.sun_path[0] = 0;
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    static_cast<void>(
        ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size));
    ::close(fd);
}

std::chrono::microseconds watchdog_patience() {
    const char* patience = std::getenv("WATCHDOG_USEC");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    if (patience == nullptr) return {};
    const char* process = std::getenv("WATCHDOG_PID");  // NOLINT(concurrency-mt-unsafe): as above
    if (process != nullptr && std::strtoll(process, nullptr, 10) != ::getpid()) return {};
    const auto number = std::strtoll(patience, nullptr, 10);
    return std::chrono::microseconds(number > 0 ? number : 0);
}

Repeater::Repeater(std::chrono::microseconds interval, std::function<void()> call) {
    if (interval.count() == 0) return;
    thread_ = std::thread([this, interval, call = std::move(call)] {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, interval, [this] { return ends_; })) {
            lock.unlock();
            call();
            lock.lock();
        }
    });
}

Repeater::~Repeater() {
    {
        const std::scoped_lock lock(mutex_);
        ends_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace vz::host
