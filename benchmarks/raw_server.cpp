#include "benchmarks/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/json/reader.hpp"
#include "frontends/json/writer.hpp"

namespace vz::bench {
namespace {

constexpr size_t kArenaBytes = 1 << 20;

struct Memory {
    std::unique_ptr<char[]> bytes = std::make_unique<char[]>(kArenaBytes);
    size_t used = 0;

    json::Arena arena() {
        return {this, [](void* owner, uint64_t count, uint64_t align) -> void* {
                    auto& memory = *static_cast<Memory*>(owner);
                    const size_t begin = (memory.used + align - 1) / align * align;
                    if (begin + count > kArenaBytes) return nullptr;
                    memory.used = begin + count;
                    return memory.bytes.get() + begin;
                }};
    }
};

struct Out {
    std::array<char, 16384> bytes;
    size_t used = 0;

    json::Target target() {
        return {this,
                [](void* user, uint64_t, uint64_t* size) {
                    auto& out = *static_cast<Out*>(user);
                    *size = out.bytes.size() - out.used;
                    return out.bytes.data() + out.used;
                },
                [](void* user, uint64_t count) { static_cast<Out*>(user)->used += count; }, nullptr};
    }
};

// The answer of the real route, with ten hits.
void answer(std::string_view body, Memory& memory, Out& out) {
    memory.used = 0;
    out.used = 0;
    constexpr json::Field kFields[] = {{"collection", 0}, {"vector", 1}, {"limit", 2}, {"with_vector", 3}};
    json::Reader reader(body, memory.arena());
    json::Floats floats;
    uint64_t count = 0;
    uint64_t limit = 0;
    bool with_vector = false;
    std::string_view collection;
    const bool good = reader.read(kFields, [&](uint32_t id, json::Value value) {
        if (id == 0) return reader.string(value, collection);
        if (id == 1) return reader.floats(value, floats, count);
        return id == 2 ? reader.unsigned_integer(value, 1, 10000, limit) : reader.boolean(value, with_vector);
    });
    if (!good) std::abort();
    json::Writer writer(out.target());
    writer.begin_object();
    writer.key("results");
    writer.begin_array();
    for (int i = 0; i < 10; ++i) {
        writer.begin_object();
        writer.field("id", std::to_string(i));
        writer.key("score");
        writer.float32(floats.data[i]);
        writer.field_null("vector");
        writer.field_raw("payload", R"({"title":"a title","number":7})");
        writer.end_object();
    }
    writer.end_array();
    writer.field("query_type", "vector");
    writer.field("limit", limit);
    writer.field("collection", collection);
    writer.field("total_results", uint64_t{10});
    writer.field("total", uint64_t{10});
    writer.end_object();
}

// Serves whole requests out of `in`, each with a Content-Length.
void serve_requests(int client, std::string& in, Memory& memory, Out& out) {
    for (;;) {
        const size_t head = in.find("\r\n\r\n");
        if (head == std::string::npos) return;
        constexpr std::string_view kLength = "Content-Length: ";
        const size_t at = in.find(kLength);
        const size_t length = at < head ? std::strtoull(in.c_str() + at + kLength.size(), nullptr, 10) : 0;
        if (in.size() < head + 4 + length) return;
        in.reserve(in.size() + json::kPadding);
        if (length != 0) answer(std::string_view(in).substr(head + 4, length), memory, out);
        if (length == 0) out.used = 0;
        std::string text = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
                           std::to_string(out.used) + "\r\n\r\n";
        text.append(out.bytes.data(), out.used);
        if (::send(client, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) return;
        in.erase(0, head + 4 + length);
    }
}

[[noreturn]] void serve(int listener) {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    std::map<int, std::string> clients;
    Memory memory;
    Out out;
    std::vector<char> buffer(64 * 1024);
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<size_t>(i)].data.fd;
            if (fd == listener) {
                event.data.fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
                const int on = 1;
                ::setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
                ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                ::close(fd);
                clients.erase(fd);
                continue;
            }
            clients[fd].append(buffer.data(), static_cast<size_t>(got));
            serve_requests(fd, clients[fd], memory, out);
        }
    }
}

}  // namespace

RawServer::RawServer() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 128) != 0)
        std::abort();
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    id_ = ::fork();
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    ::close(listener);
}

RawServer::~RawServer() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

}  // namespace vz::bench
