#include "frontends/http/acceptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <pistache/endpoint.h>
#include <pistache/http.h>
#include <pistache/peer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>

#include "frontends/http/connection.hpp"
#include "frontends/http/listener.hpp"

namespace vz::http {
namespace {

namespace pistache = Pistache;

// Pistache's own time limits are put out of reach: ours tell a head from a body and an answer from a pause.
constexpr auto kNever = std::chrono::hours(24 * 365 * 10);
constexpr const char* kConnectionKey = "vzh";

class TransportHandler final : public pistache::Http::Handler {
 public:
    HTTP_PROTOTYPE(TransportHandler)

    explicit TransportHandler(Listener& listener)
        : listener_(&listener), unused_parser_(std::make_shared<pistache::Http::RequestParser>(1)) {}

    // Never called: no request of Pistache's is ever built.
    void onRequest(const pistache::Http::Request&, pistache::Http::ResponseWriter) override {}

 private:
    void onConnection(const std::shared_ptr<pistache::Tcp::Peer>& peer) override {
        // The idle check looks at each peer's parser; one that nobody feeds serves them all.
        peer->putData(ParserData, unused_parser_);
        auto connection = listener_->connect(peer->fd());
        if (connection) {
            peer->putData(kConnectionKey, std::move(connection));
        } else {
            shutdown(peer->fd(), SHUT_RDWR);
        }
    }

    void onInput(const char* bytes, size_t size, const std::shared_ptr<pistache::Tcp::Peer>& peer) override {
        const auto connection = peer->tryGetData(kConnectionKey);
        if (connection) static_cast<Connection*>(connection.get())->input({bytes, size});
    }

    void onDisconnection(const std::shared_ptr<pistache::Tcp::Peer>& peer) override {
        const auto connection = peer->tryGetData(kConnectionKey);
        if (connection) static_cast<Connection*>(connection.get())->input_ended();
    }

    Listener* listener_;
    std::shared_ptr<pistache::Http::RequestParser> unused_parser_;
};

// Open descriptors of the kinds that Pistache forgets: epolls, eventfds, timers.
std::map<int, std::string> anonymous_descriptors() {
    std::map<int, std::string> found;
    DIR* directory = opendir("/proc/self/fd");
    if (directory == nullptr) return found;
    while (const auto* entry = readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        char target[64] = {};
        const auto size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        if (size > 0 && std::strncmp(target, "anon_inode:", 11) == 0) found.emplace(std::atoi(entry->d_name), target);
    }
    closedir(directory);
    return found;
}

// Whether the address cannot be bound because somebody has it.
bool is_in_use(const std::string& host, uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* addresses = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &addresses) != 0) return false;
    bool in_use = false;
    for (const auto* each = addresses; each != nullptr; each = each->ai_next) {
        const int probe = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
        if (probe < 0) continue;
        const int on = 1;
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(probe, each->ai_addr, each->ai_addrlen) != 0 && errno == EADDRINUSE) in_use = true;
        if (!in_use && listen(probe, 1) != 0 && errno == EADDRINUSE) in_use = true;
        ::close(probe);
    }
    freeaddrinfo(addresses);
    return in_use;
}

}  // namespace

struct Acceptor::Impl {
    std::unique_ptr<pistache::Http::Endpoint> endpoint;
    std::map<int, std::string> built;  // anonymous descriptors that came with the endpoint
};

Acceptor::Acceptor() : impl_(std::make_unique<Impl>()) {}

Acceptor::Opened Acceptor::open(Listener& listener, const std::string& host, uint16_t port, int threads, std::unique_ptr<Acceptor>& out,
                                std::string& why) {
    if (port != 0 && is_in_use(host, port)) {
        why = "Address already in use";
        return Opened::kInUse;
    }
    const auto before = anonymous_descriptors();
    std::unique_ptr<Acceptor> acceptor(new Acceptor);
    try {
        const bool bare_v6 = host.find(':') != std::string::npos && host.front() != '[';
        const auto address = (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
        auto endpoint = std::make_unique<pistache::Http::Endpoint>(pistache::Address(address));
        using Option = pistache::Tcp::Options;
        auto options = pistache::Http::Endpoint::options()
                           .threads(threads)
                           .threadsName("http-io")
                           .flags(pistache::Flags<Option>(Option::ReuseAddr) | Option::NoDelay | Option::CloseOnExec)
                           .backlog(1024)
                           .headerTimeout(kNever)
                           .bodyTimeout(kNever)
                           .keepaliveTimeout(kNever);
        endpoint->init(options);
        endpoint->setHandler(std::make_shared<TransportHandler>(listener));
        endpoint->serveThreaded();
        acceptor->impl_->endpoint = std::move(endpoint);
    } catch (const std::exception& failed) {
        why = failed.what();
    }
    for (const auto& [descriptor, kind] : anonymous_descriptors()) {
        if (!before.contains(descriptor)) acceptor->impl_->built.emplace(descriptor, kind);
    }
    if (!acceptor->impl_->endpoint) return is_in_use(host, port) ? Opened::kInUse : Opened::kFailed;
    out = std::move(acceptor);
    return Opened::kOk;
}

Acceptor::~Acceptor() {
    if (impl_->endpoint) impl_->endpoint->shutdown();
    impl_->endpoint.reset();
    const auto open_still = anonymous_descriptors();
    for (const auto& [descriptor, kind] : impl_->built) {
        const auto found = open_still.find(descriptor);
        if (found != open_still.end() && found->second == kind) ::close(descriptor);
    }
}

uint16_t Acceptor::port() const { return static_cast<uint16_t>(impl_->endpoint->getPort()); }

}  // namespace vz::http
