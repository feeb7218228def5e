// A service supervisor as the server sees it: the protocol of sd_notify.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>

namespace vz::e2e {

// The end of $NOTIFY_SOCKET that a supervisor reads.
class Supervisor {
 public:
    explicit Supervisor(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    ~Supervisor() { ::close(socket_); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // The next state it is told; empty if there is none within `patience`.
    std::string next(std::chrono::milliseconds patience = std::chrono::seconds(20)) const {
        pollfd poll{socket_, POLLIN, 0};
        if (::poll(&poll, 1, static_cast<int>(patience.count())) != 1) return "";
        char text[256];
        const ssize_t size = ::recv(socket_, text, sizeof(text), 0);
        return size <= 0 ? "" : std::string(text, static_cast<size_t>(size));
    }

 private:
    int socket_;
};

}  // namespace vz::e2e
