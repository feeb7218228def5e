#include "plugins/host/ask.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kAnswerBytesMax = 64 * 1024;

class Descriptor final {
 public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return number_; }

 private:
    int number_;
};

bool wait_for(int descriptor, short events, Clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd poll{descriptor, events, 0};
    return left > 0 && ::poll(&poll, 1, static_cast<int>(left)) == 1;
}

// Empty: it is connected.
std::string connect_by(int descriptor, const addrinfo& address, Clock::time_point until) {
    if (::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return {};
    if (errno != EINPROGRESS) return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
    if (!wait_for(descriptor, POLLOUT, until)) return "no connection in time";
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return error == 0 ? std::string() : std::strerror(error);  // NOLINT(concurrency-mt-unsafe): as above
}

// What comes until the server closes, as far as it is of interest.
std::string receive(int descriptor, Clock::time_point until) {
    std::string text;
    char buffer[4096];
    while (text.size() < kAnswerBytesMax && wait_for(descriptor, POLLIN, until)) {
        const ssize_t got = ::recv(descriptor, buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) break;
        text.append(buffer, static_cast<size_t>(got));
    }
    return text;
}

}  // namespace

Asked ask(const std::string& host, uint16_t port, const std::string& path, std::chrono::milliseconds patience) {
    const auto until = Clock::now() + patience;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (failed != 0) return {0, ::gai_strerror(failed)};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
    std::string problem = "no address";
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        const Descriptor socket(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (socket.get() < 0) return {0, std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe): as above
        problem = connect_by(socket.get(), *each, until);
        if (!problem.empty()) continue;
        // The server answers to the name of this machine whatever address it was reached at.
        const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
        if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
            return {0, "the request was not taken"};
        const std::string answer = receive(socket.get(), until);
        Asked asked{0, "no answer in time"};
        if (!answer.starts_with("HTTP/1.") || answer.size() < 12) return asked;
        std::from_chars(answer.data() + 9, answer.data() + 12, asked.status);
        const size_t head = answer.find("\r\n\r\n");
        asked.text = head == std::string::npos ? std::string() : answer.substr(head + 4);
        return asked;
    }
    return {0, problem};
}

}  // namespace vz::host
