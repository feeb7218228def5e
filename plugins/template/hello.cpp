// A frontend to begin with: whoever connects gets a line for each collection, "name points", and the end of the
// connection.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <thread>

#include "vectorizer/vectorizer.hpp"

namespace {

class Hello {
 public:
    // Reads the configuration; no thread, no socket.
    static vz::Expected<std::unique_ptr<Hello>> create(vz::Host host) {
        const std::string_view text = host.config("port", "15060");
        uint16_t port = 0;
        const auto [end, problem] = std::from_chars(text.begin(), text.end(), port);
        if (problem != std::errc() || end != text.end()) return host.reject("port", "must be a number up to 65535");
        return std::make_unique<Hello>(host, port);
    }

    Hello(vz::Host host, uint16_t port) : host_(host), port_(port) {}

    // Serves, or leaves nothing behind.
    vz::Expected<void> start() {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const int yes = 1;
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (listener_ < 0 || ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
            ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            const std::string where = "127.0.0.1:" + std::to_string(port_);
            const vz::Error error(VZ_IO_ERROR, "port", "cannot listen on " + where + ": " + std::strerror(errno));
            if (listener_ >= 0) ::close(listener_);
            return error;
        }
        thread_ = std::thread([this] { serve(); });
        host_.report(VZ_HEALTH_READY, "127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
        return {};
    }

    // At once: no new work. What is being answered goes on.
    void drain() {
        draining_ = true;
        ::shutdown(listener_, SHUT_RDWR);
    }

    bool idle() const { return !busy_; }

    // May come without drain. When it returns, nothing of ours runs any more.
    void stop() {
        drain();
        thread_.join();
        ::close(listener_);
    }

 private:
    void serve() {
        while (!draining_) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) continue;
            busy_ = true;
            const timeval patience = {2, 0};  // stop has five seconds
            ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            const std::string text = answer();
            static_cast<void>(::send(client, text.data(), text.size(), MSG_NOSIGNAL));
            ::close(client);
            busy_ = false;
        }
    }

    std::string answer() const {
        const vz::Expected<vz::Result> result = host_.engine().list();
        if (!result) return "ERR " + std::string(result.error().message()) + "\n";
        std::string text;
        for (const vz_collection_info& info : result->collections()) {
            text += std::string(vz::view(info.name)) + " " + std::to_string(info.stats->points) + "\n";
        }
        return text;
    }

    const vz::Host host_;
    const uint16_t port_;
    int listener_ = -1;
    std::atomic<bool> draining_ = false;
    std::atomic<bool> busy_ = false;
    std::thread thread_;
};

}  // namespace

VZ_FRONTEND(Hello, "dev.example.hello", "Hello", "1.0.0")
