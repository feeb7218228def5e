#include "server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace vz::http::test {
namespace {

std::string text(vz_str value) { return value.data != nullptr ? std::string(value.data, value.size) : std::string(); }

Host& host_of(const vz_host* table) { return *static_cast<const HostTable*>(table)->owner; }

const vz_config_service kConfig = {
    [](const vz_host* host, vz_str key, vz_str* value) noexcept -> uint32_t {
        auto& config = host_of(host).config;
        const auto found = config.find(text(key));
        if (found == config.end()) return 0;
        *value = {found->second.data(), found->second.size()};
        return 1;
    },
    [](const vz_host* host, vz_str prefix, vz_config_visit_fn visit, void* user) noexcept {
        for (const auto& [key, value] : host_of(host).config) {
            if (key == text(prefix) || key.starts_with(text(prefix) + "."))
                visit(user, {key.data(), key.size()}, {value.data(), value.size()});
        }
    },
    [](const vz_host* host, vz_str key, vz_str reason, vz_error* error) noexcept -> vz_status {
        host_of(host).rejected_key = text(key);
        *error = {};
        error->status = VZ_INVALID_ARGUMENT;
        std::strncpy(error->message, text(reason).c_str(), sizeof error->message - 1);
        return VZ_INVALID_ARGUMENT;
    },
};

const vz_health_service kHealth = {
    [](const vz_host*, uint32_t, vz_str) noexcept {},
    [](const vz_host* host, vz_health_visit_fn, void*) noexcept -> uint32_t { return host_of(host).health.load(); },
};

const vz_metrics_service kMetrics = {
    [](const vz_host* host, const vz_series* made, uint64_t* id) noexcept -> vz_status {
        auto& owner = host_of(host);
        const std::lock_guard lock(owner.series_mutex);
        std::string name = text(made->name);
        for (uint32_t i = 0; i < made->label_count; ++i) {
            name += (i == 0 ? "{" : ",") + text(made->labels[i].key) + "=" + text(made->labels[i].value) +
                    (i + 1 == made->label_count ? "}" : "");
        }
        for (*id = 0; *id < owner.series.size() && owner.series[*id].first != name;) ++*id;
        if (*id == owner.series.size()) owner.series.emplace_back(std::move(name), 0);
        return VZ_OK;
    },
    [](const vz_host* host, uint64_t id, double value) noexcept {
        auto& owner = host_of(host);
        const std::lock_guard lock(owner.series_mutex);
        owner.series[id].second += value;
    },
    [](const vz_host* host, uint64_t id, double) noexcept {
        auto& owner = host_of(host);
        const std::lock_guard lock(owner.series_mutex);
        owner.series[id].second += 1;
    },
    [](const vz_host*, vz_write_fn write, void* user) noexcept -> vz_status { return write(user, "up 1\n", 5); },
};

const void* service(const vz_host*, const char* id) noexcept {
    const std::string_view name(id);
    if (name == VZ_SERVICE_CONFIG) return &kConfig;
    if (name == VZ_SERVICE_HEALTH) return &kHealth;
    if (name == VZ_SERVICE_METRICS) return &kMetrics;
    return nullptr;
}

enum Id : uint32_t {
    kEcho,
    kNone,
    kName,
    kSpecial,
    kQuery,
    kBig,
    kChanged,
    kSize,
    kHeld,
    kWrite,
    kMake,
    kGuarded,
    kSearched,
    kKept
};

const vzh_route kRoutes[] = {
    {"POST", "/echo", VZH_WRITE, VZH_BODY_ANY, kEcho, 1, nullptr},
    {"POST", "/json", VZH_WRITE, VZH_BODY_JSON, kEcho, 0, nullptr},
    {"POST", "/none", VZH_WRITE, VZH_BODY_NONE, kNone, 0, nullptr},
    {"GET", "/items/{name}", VZH_READ, VZH_BODY_NONE, kName, 0, nullptr},
    {"DELETE", "/items/{name}", VZH_WRITE, VZH_BODY_NONE, kNone, 0, nullptr},
    {"GET", "/items/special", VZH_READ, VZH_BODY_NONE, kSpecial, 0, nullptr},
    {"GET", "/items/special/deep", VZH_READ, VZH_BODY_NONE, kSpecial, 0, nullptr},
    {"GET", "/items/{name}/parts", VZH_READ, VZH_BODY_NONE, kName, 0, nullptr},
    {"GET", "/files/*", VZH_READ, VZH_BODY_NONE, kName, 0, nullptr},
    {"GET", "/query", VZH_READ, VZH_BODY_NONE, kQuery, 0, "limit filter"},
    {"GET", "/big", VZH_READ, VZH_BODY_NONE, kBig, 0, "bytes"},
    {"POST", "/changed", VZH_WRITE, VZH_BODY_NONE, kChanged, 0, "bytes"},
    {"POST", "/size", VZH_WRITE, VZH_BODY_ANY, kSize, 0, nullptr},
    {"GET", "/make", VZH_READ, VZH_BODY_NONE, kMake, 0, "pieces bytes"},
    {"GET", "/held", VZH_READ, VZH_BODY_NONE, kHeld, 0, nullptr},
    {"POST", "/guarded/{name}", VZH_WRITE, VZH_BODY_NONE, kGuarded, 0, nullptr},
    {"GET", "/kept", VZH_READ, VZH_BODY_NONE, kKept, 0, nullptr},
    {"GET", "/searched", VZH_READ, VZH_BODY_NONE, kSearched, 0, nullptr},
    {"GET", "/open", VZH_OPEN, VZH_BODY_NONE, kNone, 0, nullptr},
    {"POST", "/admin", VZH_ADMIN, VZH_BODY_NONE, kNone, 0, nullptr},
    {"POST", "/write/{name}", VZH_WRITE, VZH_BODY_NONE, kWrite, 0, nullptr},
};

void write(vzh_request* r, std::string_view bytes) {
    uint64_t room = 0;
    char* place = vzh_space(r, bytes.size(), &room);
    if (place == nullptr) return;
    std::memcpy(place, bytes.data(), bytes.size());
    vzh_wrote(r, bytes.size());
}

void answer(vzh_request* r, std::string_view bytes) {
    write(r, bytes);
    vzh_reply(r, 200, "text/plain");
}

void wait_on_worker(vzh_request* r, void* user) noexcept {
    auto& server = *static_cast<Server*>(user);
    {
        std::unique_lock lock(server.mutex);
        server.is_worker_kept = true;
        server.changed.notify_all();
        EXPECT_TRUE(server.changed.wait_for(lock, std::chrono::seconds(20), [&] { return !server.is_worker_kept; }));
    }
    answer(r, "done");
}

void handle(vzh_request* r, const vzh_view* view) noexcept {
    auto& server = *static_cast<Server*>(view->user);
    switch (view->route->id) {
        case kEcho: {
            // The promise of the header: aligned, and 64 bytes may be read beyond the end.
            const auto address = reinterpret_cast<uintptr_t>(view->body.data);
            char spare[64];
            if (view->body.data != nullptr) std::memcpy(spare, view->body.data + view->body.size, sizeof spare);
            if (address % 64 != 0) return vzh_refuse(r, 500, "internal_error", {"unaligned", 9}, {});
            return answer(r, {view->body.data, view->body.size});
        }
        case kSearched:
            vzh_engine_took(r, 1'500'000);
            vzh_engine_took(r, 500'000);
            [[fallthrough]];
        case kNone: return answer(r, "done");
        case kName: return answer(r, text(view->params[0].value));
        case kSpecial: return answer(r, "special");
        case kQuery: {
            std::string all;
            for (uint32_t i = 0; i < view->query_count; ++i)
                all += text(view->query[i].key) + "=" + text(view->query[i].value) + ";";
            return answer(r, all);
        }
        case kSize: return answer(r, std::to_string(view->body.size));
        case kChanged:
            if (vzh_allowed(r, {"c", 1}, VZH_WRITE) == 0) return;
            vzh_acted(r);
            [[fallthrough]];
        case kBig: {
            const auto bytes = std::stoull(text(view->query[0].value));
            uint64_t room = 0;
            char* place = vzh_space(r, bytes, &room);
            if (place == nullptr && vzh_is_starved(r) != 0)
                return vzh_refuse(r, 503, "service_unavailable", {"starved", 7}, {});
            if (place == nullptr) return vzh_refuse(r, 400, "validation_error", {"too big", 7}, {});
            std::memset(place, 'b', bytes);
            vzh_wrote(r, bytes);
            return vzh_reply(r, 200, "application/octet-stream");
        }
        case kMake:
            for (auto left = std::stoull(text(view->query[0].value)); left > 0; --left) {
                if (vzh_arena(r, std::stoull(text(view->query[1].value)), 1) == nullptr)
                    return vzh_refuse(r, 503, "service_unavailable", {"starved", 7}, {});
            }
            return answer(r, "made");
        case kGuarded: return vzh_allowed(r, view->params[0].value, VZH_WRITE) == 0 ? void() : answer(r, "done");
        case kKept: return vzh_defer(r, &wait_on_worker, &server);
        case kWrite:
            if (vzh_allowed(r, view->params[0].value, VZH_WRITE) == 0) return;
            [[fallthrough]];
        case kHeld: {
            vzh_on_abandoned(
                r, [](vzh_request*, void* user) noexcept { ++static_cast<Server*>(user)->abandoned; }, &server);
            const std::lock_guard lock(server.mutex);
            server.held.push_back(r);
            server.changed.notify_all();
            return;
        }
        default: return vzh_refuse(r, 500, "internal_error", {"?", 1}, {});
    }
}

}  // namespace

Host::Host(std::map<std::string, std::string> from) : config(std::move(from)) {
    table.owner = this;
    table.struct_size = sizeof(vz_host);
    table.abi = VZ_ABI_VERSION;
    table.instance = {name.data(), name.size()};
    table.service = &service;
}

std::map<std::string, std::string> plain_config() {
    return {{"host", "127.0.0.1"}, {"port", "0"}, {"http.threads", "1"}, {"http.workers", "1"}};
}

Server::Server(const Changes& changes)
    : host([&] {
          auto config = plain_config();
          for (const auto& [key, value] : changes) config[key] = value;
          return config;
      }()) {
    vz_error error{};
    const auto status =
        vzh_declare(&host.table, kRoutes, static_cast<uint32_t>(std::size(kRoutes)), &handle, this, &mount, &error);
    EXPECT_EQ(status, VZ_OK) << error.message;
}

Server::~Server() { stop(); }

vz_status Server::start(vz_error* error) {
    vz_error own{};
    const auto status = vzh_start(mount, error != nullptr ? error : &own);
    if (error == nullptr) {
        EXPECT_EQ(status, VZ_OK) << own.message;
    }
    return status;
}

void Server::stop() {
    if (mount == nullptr) return;
    release();
    vzh_stop(mount);
    mount = nullptr;
}

uint16_t Server::port() const {
    const auto url = text(vzh_url(mount));
    return static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

int64_t Server::figure(const std::string& series) {
    // What is not counted as it happens is brought up to date when somebody looks.
    if (ask(port(), get("/metrics")).status != 200) return -1;
    const std::lock_guard lock(host.series_mutex);
    for (const auto& [name, value] : host.series) {
        if (name == series) return static_cast<int64_t>(value);
    }
    return -1;
}

void Server::wait_held(size_t count) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return held.size() >= count; }));
}

void Server::keep_worker() {
    keeper_ = std::make_unique<Client>(port());
    keeper_->send(get("/kept"));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return is_worker_kept; }));
}

void Server::free_worker() {
    const std::lock_guard lock(mutex);
    is_worker_kept = false;
    changed.notify_all();
}

void Server::release() {
    std::deque<vzh_request*> all;
    {
        const std::lock_guard lock(mutex);
        all.swap(held);
    }
    for (auto* r : all) answer(r, "released");
}

std::string Reply::field(std::string_view name) const {
    size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        const auto end = head.find("\r\n", at + 2);
        const auto line = head.substr(at + 2, end - at - 2);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            strncasecmp(line.data(), name.data(), name.size()) == 0) {
            return line.substr(name.size() + 2);
        }
        at = end;
    }
    return {};
}

Client::Client(uint16_t port) {
    descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::~Client() { close_now(); }

void Client::close_now() {
    if (descriptor >= 0) close(descriptor);
    descriptor = -1;
}

void Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

void Client::send_cut(std::string_view bytes, size_t at) {
    send(bytes.substr(0, at));
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    send(bytes.substr(at));
}

void Client::end_sending() { shutdown(descriptor, SHUT_WR); }

namespace {
// 1: bytes came; 0: the end; -1: nothing in time.
int receive(int descriptor, std::string& into, int ms) {
    pollfd poll_one{descriptor, POLLIN, 0};
    if (poll(&poll_one, 1, ms) <= 0) return -1;
    char bytes[65536];
    const auto got = recv(descriptor, bytes, sizeof bytes, 0);
    if (got <= 0) return 0;
    into.append(bytes, static_cast<size_t>(got));
    return 1;
}
}  // namespace

Reply Client::read(bool head_only) {
    Reply reply;
    size_t end = 0;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
        if (const int got = receive(descriptor, pending_, 5000); got <= 0) {
            reply.closed = got == 0;
            timed_out = got < 0;
            return reply;
        }
    }
    reply.head = pending_.substr(0, end + 2);
    pending_.erase(0, end + 4);
    reply.status = std::stoi(reply.head.substr(9, 3));
    const auto length = reply.field("Content-Length");
    const size_t size = head_only || length.empty() ? 0 : std::stoull(length);
    while (pending_.size() < size) {
        if (const int got = receive(descriptor, pending_, 5000); got <= 0) {
            reply.closed = got == 0;
            break;
        }
    }
    reply.body = pending_.substr(0, size);
    pending_.erase(0, size);
    return reply;
}

std::string Client::read_to_end(int ms) {
    for (;;) {
        const int got = receive(descriptor, pending_, ms);
        if (got == 1) continue;
        timed_out = got < 0;
        std::string all;
        all.swap(pending_);
        return all;
    }
}

Reply ask(uint16_t port, std::string_view request, bool head_only) {
    Client client(port);
    client.send(request);
    return client.read(head_only);
}

std::string get(std::string_view path, std::string_view fields) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}

uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    uint64_t pages = 0;
    uint64_t resident = 0;
    statm >> pages >> resident;
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace vz::http::test
