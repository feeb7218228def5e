#include "frontends/http/acceptor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <new>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "frontends/http/connection.hpp"
#include "frontends/http/listener.hpp"

namespace vz::http {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

constexpr int kBacklog = 1024;
constexpr size_t kReadBytes = 16 * 1024;
// Before accept is tried again when no descriptor is left.
constexpr auto kAcceptPause = std::chrono::milliseconds(50);

// An accepted socket on its way to its io thread.
class Accepted {
 public:
    explicit Accepted(int descriptor) : descriptor_(descriptor) {}
    Accepted(Accepted&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Accepted& operator=(Accepted&&) = delete;
    ~Accepted() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int release() { return std::exchange(descriptor_, -1); }

 private:
    int descriptor_;
};

class IoThread;

// One connection as the reactor sees it. Lives as long as something is waited for; all of it on its io thread.
class Client : public std::enable_shared_from_this<Client> {
 public:
    Client(IoThread& io, std::shared_ptr<Connection> connection);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void wait();
    // The connection gets no more input; its descriptor is its own again.
    void end();

 private:
    void read();

    IoThread& io_;
    std::shared_ptr<Connection> connection_;
    asio::posix::stream_descriptor descriptor_;
};

class IoThread {
 public:
    explicit IoThread(Listener& listener) : listener_(listener) {}
    ~IoThread() {
        if (thread_.joinable()) thread_.join();
    }

    void start() {
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "http-io");
    }
    // [any] From here on this thread has it.
    void take(Accepted accepted) {
        asio::post(context, [this, accepted = std::move(accepted)]() mutable { begin(std::move(accepted)); });
    }
    // [any] Ends all clients; the thread returns when nothing is waited for any more.
    void stop() {
        asio::post(context, [this] {
            is_stopping_ = true;
            const std::vector<Client*> all(clients.begin(), clients.end());
            for (Client* client : all) client->end();
            busy_.reset();
        });
    }
    void join() { thread_.join(); }

    asio::io_context context{1};
    std::array<char, kReadBytes> buffer;
    std::unordered_set<Client*> clients;

 private:
    void run() {
        for (;;) {
            try {
                context.run();
                return;
            } catch (const std::bad_alloc&) {
                // The client it was for hears no more; the others go on.
            }
        }
    }
    void begin(Accepted accepted) {
        if (is_stopping_) return;
        const auto client = std::make_shared<Client>(*this, listener_.connect(accepted.release()));
        client->wait();
    }

    Listener& listener_;
    asio::executor_work_guard<asio::io_context::executor_type> busy_{context.get_executor()};
    bool is_stopping_ = false;
    std::thread thread_;
};

Client::Client(IoThread& io, std::shared_ptr<Connection> connection)
    : io_(io), connection_(std::move(connection)), descriptor_(io.context, connection_->descriptor()) {
    io_.clients.insert(this);
}

Client::~Client() {
    if (descriptor_.is_open()) descriptor_.release();
    io_.clients.erase(this);
}

void Client::wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& failed) {
                               if (failed) return self->end();
                               self->read();
                           });
}

// One read for each time that the socket is readable, so that a client that sends much does not keep the others
// waiting.
void Client::read() {
    if (connection_ == nullptr) return;
    ssize_t got = 0;
    do {
        got = recv(connection_->descriptor(), io_.buffer.data(), io_.buffer.size(), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) return end();
    if (got > 0) connection_->input({io_.buffer.data(), static_cast<size_t>(got)});
    wait();
}

void Client::end() {
    if (connection_ == nullptr) return;
    descriptor_.release();
    connection_->input_ended();
    connection_.reset();
}

}  // namespace

struct Acceptor::Impl {
    std::vector<std::unique_ptr<IoThread>> threads;  // the first one accepts, too
    std::unique_ptr<Tcp::acceptor> acceptor;
    std::unique_ptr<asio::steady_timer> pause;
    size_t next = 0;

    boost::system::error_code bind(const std::string& host, uint16_t port);
    void wait();
    void accept_all();
};

// At the first address of the host that can be had.
boost::system::error_code Acceptor::Impl::bind(const std::string& host, uint16_t port) {
    const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string bare = has_brackets ? host.substr(1, host.size() - 2) : host;
    asio::io_context& context = threads.front()->context;
    boost::system::error_code failed;
    Tcp::resolver resolver(context);
    const auto found =
        resolver.resolve(bare, std::to_string(port), Tcp::resolver::passive | Tcp::resolver::numeric_service, failed);
    if (failed) return failed;
    for (const auto& each : found) {
        acceptor = std::make_unique<Tcp::acceptor>(context);
        const Tcp::endpoint endpoint = each.endpoint();
        if (acceptor->open(endpoint.protocol(), failed)) continue;
        fcntl(acceptor->native_handle(), F_SETFD, FD_CLOEXEC);
        if (acceptor->set_option(Tcp::acceptor::reuse_address(true), failed)) continue;
        if (acceptor->bind(endpoint, failed)) continue;
        if (acceptor->listen(kBacklog, failed)) continue;
        acceptor->native_non_blocking(true, failed);
        return failed;
    }
    return failed;
}

void Acceptor::Impl::wait() {
    acceptor->async_wait(Tcp::acceptor::wait_read, [this](const boost::system::error_code& failed) {
        if (!failed) accept_all();
    });
}

void Acceptor::Impl::accept_all() {
    for (;;) {
        const int descriptor = accept4(acceptor->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) break;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return wait();
            continue;  // this one has gone already
        }
        Accepted accepted(descriptor);
        const int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        threads[next++ % threads.size()]->take(std::move(accepted));
    }
    pause->expires_after(kAcceptPause);
    pause->async_wait([this](const boost::system::error_code& failed) {
        if (!failed) wait();
    });
}

Acceptor::Acceptor() = default;

Acceptor::Opened Acceptor::open(Listener& listener, const std::string& host, uint16_t port, int threads,
                                std::unique_ptr<Acceptor>& out, std::string& why) {
    std::unique_ptr<Acceptor> acceptor(new Acceptor);
    acceptor->impl_ = std::make_unique<Impl>();
    Impl& impl = *acceptor->impl_;
    try {
        for (int i = 0; i < threads; ++i) impl.threads.push_back(std::make_unique<IoThread>(listener));
        impl.pause = std::make_unique<asio::steady_timer>(impl.threads.front()->context);
        if (const auto failed = impl.bind(host, port)) {
            why = failed.message();
            acceptor->impl_.reset();
            return failed == asio::error::address_in_use ? Opened::kInUse : Opened::kFailed;
        }
        impl.wait();
        for (const auto& thread : impl.threads) thread->start();
    } catch (const std::exception& failed) {
        why = failed.what();
        return Opened::kFailed;
    }
    out = std::move(acceptor);
    return Opened::kOk;
}

Acceptor::~Acceptor() {
    if (impl_ == nullptr) return;
    IoThread& first = *impl_->threads.front();
    asio::post(first.context, [this] {
        boost::system::error_code ignored;
        impl_->acceptor->close(ignored);
        impl_->pause->cancel();
    });
    // The one that gives clients to the others ends first.
    for (const auto& thread : impl_->threads) {
        thread->stop();
        thread->join();
    }
    impl_->acceptor.reset();
    impl_->pause.reset();
}

uint16_t Acceptor::port() const { return impl_->acceptor->local_endpoint().port(); }

}  // namespace vz::http
