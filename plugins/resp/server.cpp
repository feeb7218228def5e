#include "plugins/resp/server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>

#include "plugins/resp/session.hpp"

namespace resp {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kRepliesBytes = kReplyBytesFree;  // sent before more is executed
constexpr size_t kUnknownBytesMax = 16 << 10;      // of a request that a client without a key makes us hold

bool send_all(int socket, std::string_view bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
        const ssize_t now = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) return false;
        sent += static_cast<size_t>(now);
    }
    return true;
}

// What the session has replied so far. False: the client is gone, or takes nothing.
bool send_replies(int socket, Session& session) {
    const bool is_sent = send_all(socket, session.replies());
    session.replies_sent();
    return is_sent;
}

void limit_sending(int socket, std::chrono::milliseconds limit) {
    timeval time = {};
    time.tv_sec = limit.count() / 1000;
    time.tv_usec = limit.count() % 1000 * 1000;
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

// Counts a client as busy; looks at `is_draining` after that, so that no request slips between drain and idle.
class Busy {
 public:
    explicit Busy(std::atomic<uint32_t>& count) : count_(count) { ++count_; }
    ~Busy() { --count_; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

 private:
    std::atomic<uint32_t>& count_;
};

}  // namespace

vz::Expected<void> Server::start() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
    socklen_t size = sizeof address;
    const int yes = 1;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener_ < 0 || ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 128) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        const std::string problem = "cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " +
                                    std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): the main thread's
        const vz::Error error(VZ_IO_ERROR, "port", problem);
        if (listener_ >= 0) ::close(listener_);
        return error;
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_clients(); });
    return {};
}

std::string Server::address() const { return options_.host + ":" + std::to_string(port_); }

void Server::accept_clients() {
    while (!is_draining_) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            continue;
        }
        const int yes = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        limit_sending(socket, options_.write_timeout);
        reap();
        const std::scoped_lock lock(mutex_);
        if (is_draining_ || clients_.size() >= options_.clients_max) {
            static_cast<void>(send_all(socket, "-ERR max number of clients reached\r\n"));
            ::close(socket);
            continue;
        }
        Client& client = clients_.emplace_back();
        client.id = ++last_id_;
        client.socket = socket;
        client.known = std::chrono::steady_clock::now();
        client.thread = std::thread([this, &client] { serve(client); });
    }
}

// Joins the clients that went.
void Server::reap() {
    std::list<Client> gone;
    {
        const std::scoped_lock lock(mutex_);
        for (auto client = clients_.begin(); client != clients_.end();) {
            const auto next = std::next(client);
            if (client->is_gone) gone.splice(gone.end(), clients_, client);
            client = next;
        }
    }
    for (Client& client : gone) client.thread.join();
}

bool Server::receive(const Client& client, bool is_admitted, std::string* received) const {
    using std::chrono::milliseconds;
    const milliseconds limit = is_admitted ? options_.idle_timeout : options_.login_timeout;
    int wait_ms = -1;
    if (limit.count() != 0) {
        const auto unknown = std::chrono::steady_clock::now() - client.known;
        const auto spent = is_admitted ? milliseconds(0) : std::chrono::duration_cast<milliseconds>(unknown);
        if (spent >= limit) return false;
        wait_ms = static_cast<int>((limit - spent).count());
    }
    pollfd readable = {client.socket, POLLIN, 0};
    const int ready = ::poll(&readable, 1, wait_ms);
    if (ready < 0 && errno == EINTR) return true;
    if (ready <= 0) return false;
    const size_t have = received->size();
    received->resize(have + kReadBytes);
    const ssize_t got = ::recv(client.socket, received->data() + have, kReadBytes, 0);
    const bool is_interrupted = got < 0 && errno == EINTR;
    received->resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0 || is_interrupted;
}

void Server::serve(Client& client) {
    {
        Session session(engine_, access_, replies_, client.id, std::random_device()());
        std::string received;
        Request request;
        for (bool is_open = true; is_open;) {
            if (!receive(client, session.identity().is_admitted(), &received)) break;
            const Busy busy(busy_);
            if (is_draining_) break;
            session.identity().renew();
            size_t used = 0;
            const char* problem = nullptr;
            Parsed parsed = Parsed::kRequest;
            while (is_open) {
                size_t one = 0;
                parsed = parse_request(std::string_view(received).substr(used), &request, &one, &problem);
                if (parsed != Parsed::kRequest) break;
                is_open = session.execute(request.arguments);
                used += one;
                if (session.replies().size() >= kRepliesBytes && !send_replies(client.socket, session)) is_open = false;
            }
            received.erase(0, used);
            if (parsed == Parsed::kIncomplete && !session.identity().is_admitted() &&
                received.size() > kUnknownBytesMax) {
                problem = "too big request without authentication";
                parsed = Parsed::kProtocolError;
            }
            session.finish_writes();
            if (session.identity().is_admitted()) client.known = std::chrono::steady_clock::now();
            if (parsed == Parsed::kProtocolError) {
                session.out().error(std::string("ERR Protocol error: ") + problem);
                is_open = false;
            }
            if (!send_replies(client.socket, session)) break;
        }
    }
    const std::scoped_lock lock(mutex_);
    ::close(client.socket);
    client.is_gone = true;
}

void Server::shut_down(int how) {
    is_draining_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    const std::scoped_lock lock(mutex_);
    for (const Client& client : clients_) {
        if (!client.is_gone) ::shutdown(client.socket, how);
    }
}

void Server::drain() { shut_down(SHUT_RD); }

void Server::stop() {
    shut_down(SHUT_RDWR);
    acceptor_.join();
    for (Client& client : clients_) client.thread.join();
    clients_.clear();
    ::close(listener_);
}

}  // namespace resp
