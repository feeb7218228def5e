#include "frontends/http/acceptor.hpp"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontends/http/connection.hpp"
#include "frontends/http/descriptor.hpp"
#include "frontends/http/listener.hpp"

namespace vz::http {
namespace {

constexpr int kBacklog = 1024;
constexpr size_t kReadBytes = 16 * 1024;
// Before accept is tried again, as when no descriptor is left.
constexpr timeval kAcceptPause{0, 50'000};

// Nothing may be thrown through libevent's frames. false: memory was short, and the rest of `work` is left out.
template <typename Work>
bool guarded(const Work& work) noexcept {
    try {
        work();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

// An event that stays until it is destroyed. Of the thread that runs the base, or of any before that runs.
class Event {
 public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { stop(); }

    // `of` is given to `then`.
    void assign(event_base* base, int descriptor, event_callback_fn then, void* of) {
        event_assign(&event_, base, descriptor, EV_READ | EV_PERSIST, then, of);
        is_assigned_ = true;
    }
    void assign_timer(event_base* base, event_callback_fn then, void* of) {
        evtimer_assign(&event_, base, then, of);
        is_assigned_ = true;
    }
    bool start(const timeval* after = nullptr) { return event_add(&event_, after) == 0; }
    void stop() {
        if (is_assigned_) event_del(&event_);
    }

 private:
    event event_{};
    bool is_assigned_ = false;
};

class IoThread;

// One connection as the reactor sees it; all of it on its io thread. It stays registered from its first byte to its
// last: what is registered anew for each request costs a call of the kernel's each time.
class Client {
 public:
    Client(IoThread& io, std::shared_ptr<Connection> connection) : io_(io), connection_(std::move(connection)) {}
    // The connection gets no more input; its descriptor is its own again.
    ~Client() {
        readable_.stop();
        guarded([&] { connection_->input_ended(is_gone_); });
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool start(event_base* base) {
        readable_.assign(
            base, connection_->descriptor(),
            [](evutil_socket_t, short, void* client) { static_cast<Client*>(client)->read(); }, this);
        return readable_.start();
    }

 private:
    void read();

    IoThread& io_;
    const std::shared_ptr<Connection> connection_;
    Event readable_;
    bool is_gone_ = false;
};

class IoThread {
 public:
    explicit IoThread(Listener& listener) : listener_(listener) {}
    ~IoThread() { stop(); }

    // false: no descriptor is left.
    bool open() {
        base_.reset(event_base_new());
        posted_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (base_ == nullptr || !posted_) return false;
        wake_.assign(
            base_.get(), posted_.number(),
            [](evutil_socket_t, short, void* io) { static_cast<IoThread*>(io)->woken(); }, this);
        return wake_.start();
    }
    void start() {
        thread_ = std::thread([this] {
            // Its clients would wait for ever.
            if (event_base_loop(base_.get(), EVLOOP_NO_EXIT_ON_EMPTY) != 0) std::abort();
        });
        pthread_setname_np(thread_.native_handle(), "http-io");
    }
    // [any] From here on this thread has the accepted socket.
    void take(Descriptor accepted) {
        {
            const std::lock_guard lock(mutex_);
            taken_.push_back(std::move(accepted));
        }
        wake();
    }
    // [host] Ends all clients and joins. Once, or never started.
    void stop() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        wake();
        thread_.join();
    }
    // [io]
    void end(const Connection& connection) { clients_.erase(&connection); }

    event_base* base() const { return base_.get(); }

    std::array<char, kReadBytes> buffer;  // of what is read on this thread

 private:
    struct FreeBase {
        void operator()(event_base* base) const { event_base_free(base); }
    };

    void wake() const { eventfd_write(posted_.number(), 1); }
    void woken();
    void begin(Descriptor accepted);

    Listener& listener_;
    std::unique_ptr<event_base, FreeBase> base_;  // outlives all events
    Descriptor posted_;                           // counts what was posted
    Event wake_;
    std::unordered_map<const Connection*, Client> clients_;
    std::mutex mutex_;  // guards what follows
    std::vector<Descriptor> taken_;
    bool is_stopping_ = false;
    std::thread thread_;
};

void IoThread::woken() {
    eventfd_t count = 0;
    eventfd_read(posted_.number(), &count);
    std::vector<Descriptor> taken;
    bool is_stopping = false;
    {
        const std::lock_guard lock(mutex_);
        taken.swap(taken_);
        is_stopping = is_stopping_;
    }
    if (is_stopping) {
        clients_.clear();
        event_base_loopbreak(base_.get());
        return;
    }
    for (Descriptor& each : taken) guarded([&] { begin(std::move(each)); });
}

void IoThread::begin(Descriptor accepted) {
    const auto connection = listener_.connect(std::move(accepted));
    const bool is_held = guarded([&] {
        const auto [place, is_new] = clients_.try_emplace(connection.get(), *this, connection);
        if (!place->second.start(base_.get())) clients_.erase(place);
    });
    if (!is_held) connection->input_ended(true);
}

// One read for each time that the socket is readable, so that a client that sends much does not keep the others
// waiting.
void Client::read() {
    ssize_t got = 0;
    do {
        got = recv(connection_->descriptor(), io_.buffer.data(), io_.buffer.size(), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    is_gone_ = got < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
    if (got == 0 || is_gone_) return io_.end(*connection_);
    const std::string_view bytes(io_.buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
    if (bytes.empty() || guarded([&] { connection_->input(bytes); })) return;
    connection_->give_up_input();
    io_.end(*connection_);
}

std::string text_of(int error) { return std::generic_category().message(error); }

struct AddressesFree {
    void operator()(addrinfo* first) const { freeaddrinfo(first); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesFree>;

// The addresses that a host, with or without brackets, stands for; absent: `why`.
Addresses resolve(const std::string& host, uint16_t port, std::string& why) {
    const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string bare = has_brackets ? host.substr(1, host.size() - 2) : host;
    addrinfo wanted{};
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(bare.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (failed != 0) why = failed == EAI_SYSTEM ? text_of(errno) : gai_strerror(failed);
    return Addresses(failed == 0 ? found : nullptr);
}

// Absent: errno.
Descriptor listen_at(const addrinfo& address) {
    Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    const bool is_good = socket && setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                         bind(socket.number(), address.ai_addr, address.ai_addrlen) == 0 &&
                         listen(socket.number(), kBacklog) == 0;
    return is_good ? std::move(socket) : Descriptor();
}

}  // namespace

struct Acceptor::Impl {
    std::vector<std::unique_ptr<IoThread>> threads;  // the first one accepts, too
    Descriptor socket;
    Event acceptable;
    Event pause;
    size_t next = 0;

    Opened bind(const std::string& host, uint16_t port, std::string& why);
    bool wait();
    void accept_all();
    void go_on();
};

// At the first address of the host that can be had.
Acceptor::Opened Acceptor::Impl::bind(const std::string& host, uint16_t port, std::string& why) {
    const Addresses addresses = resolve(host, port, why);
    int failed = 0;
    for (const addrinfo* each = addresses.get(); each != nullptr && !socket; each = each->ai_next) {
        socket = listen_at(*each);
        if (failed != EADDRINUSE) failed = errno;
    }
    if (socket) return Opened::kOk;
    if (addresses != nullptr) why = text_of(failed);
    return failed == EADDRINUSE ? Opened::kInUse : Opened::kFailed;
}

bool Acceptor::Impl::wait() {
    event_base* const base = threads.front()->base();
    acceptable.assign(
        base, socket.number(),
        [](evutil_socket_t, short, void* impl) { guarded([&] { static_cast<Impl*>(impl)->accept_all(); }); }, this);
    pause.assign_timer(
        base, [](evutil_socket_t, short, void* impl) { static_cast<Impl*>(impl)->go_on(); }, this);
    return acceptable.start();
}

void Acceptor::Impl::accept_all() {
    for (;;) {
        Descriptor accepted(accept4(socket.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!accepted) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return;
            if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;  // this one has gone already
            break;
        }
        const int on = 1;
        setsockopt(accepted.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        threads[next++ % threads.size()]->take(std::move(accepted));
    }
    if (pause.start(&kAcceptPause)) acceptable.stop();
}

void Acceptor::Impl::go_on() {
    if (!acceptable.start()) pause.start(&kAcceptPause);
}

Acceptor::Acceptor() = default;

Acceptor::Opened Acceptor::open(Listener& listener, const std::string& host, uint16_t port, int threads,
                                std::unique_ptr<Acceptor>& out, std::string& why) {
    std::unique_ptr<Acceptor> acceptor(new Acceptor);
    acceptor->impl_ = std::make_unique<Impl>();
    Impl& impl = *acceptor->impl_;
    for (int i = 0; i < threads; ++i) {
        impl.threads.push_back(std::make_unique<IoThread>(listener));
        if (!impl.threads.back()->open()) {
            why = "no file descriptor is left";
            return Opened::kFailed;
        }
    }
    if (const Opened opened = impl.bind(host, port, why); opened != Opened::kOk) return opened;
    if (!impl.wait()) {
        why = "the kernel has no room to watch it";
        return Opened::kFailed;
    }
    try {
        for (const auto& thread : impl.threads) thread->start();
    } catch (const std::system_error& failed) {
        why = failed.what();
        return Opened::kFailed;
    }
    out = std::move(acceptor);
    return Opened::kOk;
}

// The thread that gives clients to the others ends first.
Acceptor::~Acceptor() {
    for (const auto& thread : impl_->threads) thread->stop();
}

uint16_t Acceptor::port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(impl_->socket.number(), reinterpret_cast<sockaddr*>(&address), &size);
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohs(address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

}  // namespace vz::http
