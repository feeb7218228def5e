#include "frontends/http/acceptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pistache/endpoint.h>
#include <pistache/http.h>
#include <pistache/peer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

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

// Open descriptors whose kind, as the system tells it, begins with `prefix`.
std::map<int, std::string> descriptors_of(std::string_view prefix) {
    std::map<int, std::string> found;
    DIR* directory = opendir("/proc/self/fd");
    if (directory == nullptr) return found;
    while (const auto* entry = readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        char target[64] = {};
        const auto size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        if (size > 0 && std::string_view(target).starts_with(prefix)) found.emplace(std::atoi(entry->d_name), target);
    }
    closedir(directory);
    return found;
}

// Those that Pistache forgets: epolls, eventfds, timers.
std::map<int, std::string> anonymous_descriptors() { return descriptors_of("anon_inode:"); }

// Whether this connected socket was accepted at one of the addresses: its own end has that port, and that address unless it is a wildcard.
bool is_client_of(int descriptor, const addrinfo& addresses) {
    sockaddr_storage own{};
    socklen_t own_size = sizeof own;
    int listening = 1;
    socklen_t flag_size = sizeof listening;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) return false;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &flag_size) != 0 || listening != 0) return false;
    for (const auto* each = &addresses; each != nullptr; each = each->ai_next) {
        if (own.ss_family != each->ai_family) continue;
        if (own.ss_family == AF_INET) {
            const auto& ours = *reinterpret_cast<const sockaddr_in*>(each->ai_addr);
            const auto& its = *reinterpret_cast<const sockaddr_in*>(&own);
            const bool any = ours.sin_addr.s_addr == htonl(INADDR_ANY);
            if (its.sin_port == ours.sin_port && (any || its.sin_addr.s_addr == ours.sin_addr.s_addr)) return true;
        } else if (own.ss_family == AF_INET6) {
            const auto& ours = *reinterpret_cast<const sockaddr_in6*>(each->ai_addr);
            const auto& its = *reinterpret_cast<const sockaddr_in6*>(&own);
            const bool any = IN6_IS_ADDR_UNSPECIFIED(&ours.sin6_addr);
            if (its.sin6_port == ours.sin6_port && (any || IN6_ARE_ADDR_EQUAL(&its.sin6_addr, &ours.sin6_addr))) return true;
        }
    }
    return false;
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

void Acceptor::close_orphans(const std::string& host, uint16_t port, const std::vector<int>& keep) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* addresses = nullptr;
    const auto bare = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
    if (getaddrinfo(bare.c_str(), std::to_string(port).c_str(), &hints, &addresses) != 0) return;
    for (const auto& [descriptor, kind] : descriptors_of("socket:")) {
        if (!std::binary_search(keep.begin(), keep.end(), descriptor) && is_client_of(descriptor, *addresses)) ::close(descriptor);
    }
    freeaddrinfo(addresses);
}

uint16_t Acceptor::port() const { return static_cast<uint16_t>(impl_->endpoint->getPort()); }

}  // namespace vz::http
