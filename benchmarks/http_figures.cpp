// Figures of HTTP on this machine, each beside a bare epoll server in the same run.
//   vectorizer-http-figures [--requests N]
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/clock.hpp"
#include "benchmarks/loopback.hpp"
#include "benchmarks/raw_server.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "vectorizer/engine.h"

namespace vz::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kDimension = 768;
constexpr int kRows = 10;
constexpr int kClients = 4;

double resident_mb(pid_t process) {
    std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
    uint64_t pages = 0;
    uint64_t resident = 0;
    statm >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

std::string vector_text(uint32_t dimension, unsigned seed) {
    std::string text = "[";
    for (uint32_t i = 0; i < dimension; ++i) {
        seed = seed * 1664525 + 1013904223;
        char number[32];
        std::snprintf(number, sizeof(number), "%s%.7f", i == 0 ? "" : ",",
                      static_cast<double>(seed >> 8) / 16777216.0 - 0.5);
        text += number;
    }
    return text + "]";
}

std::string request(const std::string& method, const std::string& path, const std::string& body) {
    return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
           (body.empty()
                ? ""
                : "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
           "\r\n" + body;
}

class Client final {
 public:
    explicit Client(uint16_t port, int receive_bytes = 0) : socket_(connect_loopback(port, receive_bytes)) {}
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& bytes) const {
        for (size_t sent = 0; sent < bytes.size();) {
            const ssize_t part = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            check(part > 0, "the server closed");
            sent += static_cast<size_t>(part);
        }
    }
    // Reads `count` answers and looks at their status.
    void receive(int count) {
        while (count > 0) {
            const size_t head = in_.find("\r\n\r\n");
            if (head != std::string::npos) {
                check(in_.compare(9, 3, "200") == 0, in_.substr(0, 300));
                const size_t at = in_.find("Content-Length: ");
                const size_t whole = head + 4 + std::strtoull(in_.c_str() + at + 16, nullptr, 10);
                if (in_.size() >= whole) {
                    in_.erase(0, whole);
                    --count;
                    continue;
                }
            }
            check(receive_some(64 * 1024), "the server closed");
        }
    }
    bool receive_some(size_t most) {
        buffer_.resize(most);
        const ssize_t got = ::recv(socket_, buffer_.data(), most, 0);
        if (got > 0) in_.append(buffer_.data(), static_cast<size_t>(got));
        return got > 0;
    }
    void forget() { in_.clear(); }

 private:
    int socket_;
    std::string in_;
    std::vector<char> buffer_;
};

// CPU of the process for one request, from `kClients` keep-alive connections.
double cpu_per_request(pid_t process, uint16_t port, const std::string& text, int requests) {
    const auto run = [&](int count) {
        std::vector<std::thread> threads;
        for (int i = 0; i < kClients; ++i) {
            threads.emplace_back([&] {
                Client client(port);
                for (int round = 0; round < count / kClients; ++round) {
                    client.send(text);
                    client.receive(1);
                }
            });
        }
        for (auto& thread : threads) thread.join();
    };
    run(requests / 10);
    const double before = cpu_us_of(process);
    run(requests);
    return (cpu_us_of(process) - before) / requests;
}

void fill(e2e::Server& server, int rows) {
    e2e::HttpClient client(server.port());
    check(client.post("/collections", R"({"name":"rows","dimension":768})").status == 200, "create");
    for (int i = 0; i < rows; i += 100) {
        std::string body = R"({"collection":"rows","vectors":[)";
        for (int j = i; j < std::min(i + 100, rows); ++j) {
            body += (j == i ? "" : ",") + (R"({"id":")" + std::to_string(j)) + R"(","embedding":)" +
                    vector_text(kDimension, static_cast<unsigned>(j)) + R"(,"payload":{"title":"a title","number":7}})";
        }
        check(client.post("/insert_vectors", body + "]}").status == 200, "insert");
    }
}

// CPU of the engine alone for the same search, called synchronously.
double engine_cpu(const std::string& path, int requests) {
    vz_engine* engine = nullptr;
    vz_error error{};
    check(vz_engine_open({path.data(), path.size()}, nullptr, &engine, &error) == VZ_OK, error.message);
    const std::vector<float> query(kDimension, 0.25F);
    vz_parts parts{};
    parts.struct_size = sizeof(parts);
    parts.flags = VZ_PARTS_PAYLOAD;
    vz_search_request wanted{};
    wanted.struct_size = sizeof(wanted);
    wanted.queries = {query.data(), 1, 0, kDimension, VZ_F32};
    wanted.k = 10;
    wanted.parts = &parts;
    const auto run = [&](int count) {
        for (int i = 0; i < count; ++i) {
            vz_result* result = nullptr;
            check(vz_search(engine, {"rows", 4}, &wanted, &result, &error) == VZ_OK, error.message);
            vz_result_release(result);
        }
    };
    run(requests / 10);
    const double before = cpu_us_of(::getpid());
    run(requests);
    const double each = (cpu_us_of(::getpid()) - before) / requests;
    check(vz_engine_close(engine, &error) == VZ_OK, error.message);
    return each;
}

// A server whose searches are answered on the thread that asks, or one as it is.
std::unique_ptr<e2e::Server> serve(const std::string& path, bool inline_engine, int threads) {
    if (inline_engine) ::setenv("LD_PRELOAD", VZ_INLINE_ENGINE, 1);
    auto server = std::make_unique<e2e::Server>(
        path, std::vector<std::string>{"--set", "server.http.threads=" + std::to_string(threads)});
    ::unsetenv("LD_PRELOAD");
    return server;
}

// The raw server has one thread that reads and answers, and so has ours where the figures have a bar; with more,
// threads wake each other.
void search_cpu(int requests, int threads) {
    const e2e::TemporaryDirectory directory;
    const std::string path = directory.path() + "/data";
    const std::string search = request(
        "POST", "/search",
        R"({"collection":"rows","vector":)" + vector_text(kDimension, 99) + R"(,"limit":10,"with_vector":false})");
    const std::string live = request("GET", "/livez", "");
    RawServer raw;
    std::vector<double> rest_searches;
    std::vector<double> inline_searches;
    std::vector<double> raw_searches;
    std::vector<double> rest_lives;
    std::vector<double> raw_lives;
    {
        const auto server = serve(path, false, threads);
        const auto inlined = serve(directory.path() + "/inline", true, threads);
        for (auto* each : {server.get(), inlined.get()}) fill(*each, kRows);
        for (int round = 0; round < 3; ++round) {
            raw_searches.push_back(cpu_per_request(raw.id(), raw.port(), search, requests));
            rest_searches.push_back(cpu_per_request(server->process().id(), server->port(), search, requests));
            inline_searches.push_back(cpu_per_request(inlined->process().id(), inlined->port(), search, requests));
            raw_lives.push_back(cpu_per_request(raw.id(), raw.port(), live, requests));
            rest_lives.push_back(cpu_per_request(server->process().id(), server->port(), live, requests));
        }
        server->stop();
        inlined->stop();
    }
    const double engine = engine_cpu(path, requests);
    const auto least = [](const std::vector<double>& values) {
        return *std::min_element(values.begin(), values.end());
    };
    const double rest = least(rest_searches);
    const double bare = least(raw_searches);
    const double transport = least(inline_searches) - engine;
    std::printf("figure http.search_transport threads=%d rest_us=%.1f raw_us=%.1f ratio=%.2f (<= 1.3)\n", threads,
                transport, bare, transport / bare);
    std::printf("figure http.search_whole threads=%d rest_us=%.1f raw_us=%.1f engine_us=%.1f ratio=%.2f (<= 1.15)\n",
                threads, rest, bare, engine, rest / (bare + engine));
    std::printf("figure http.livez threads=%d rest_us=%.1f raw_us=%.1f ratio=%.2f (<= 1.2)\n", threads,
                least(rest_lives), least(raw_lives), least(rest_lives) / least(raw_lives));
}

void resident_memory(int requests) {
    const e2e::TemporaryDirectory directory;
    e2e::Server server(directory.path() + "/data");
    fill(server, kRows);
    const std::string search =
        request("POST", "/search",
                R"({"collection":"rows","vector":)" + vector_text(kDimension, 5) + R"(,"with_vector":false})");
    constexpr int kBatch = 50;
    std::string batch;
    for (int i = 0; i < kBatch; ++i)
        batch +=
            i % 10 == 0 ? search : request("GET", i % 2 == 0 ? "/collections/rows" : "/collections/rows/vectors/1", "");
    const auto run = [&](int count) {
        std::vector<std::thread> threads;
        for (int i = 0; i < kClients; ++i) {
            threads.emplace_back([&] {
                for (int done = 0; done < count / kClients;) {
                    Client client(server.port());
                    for (int round = 0; round < 100 && done < count / kClients; ++round, done += kBatch) {
                        client.send(batch);
                        client.receive(kBatch);
                    }
                }
            });
        }
        for (auto& thread : threads) thread.join();
    };
    run(requests / 10);
    const double before = resident_mb(server.process().id());
    const auto begin = Clock::now();
    run(requests);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double after = resident_mb(server.process().id());
    std::printf("figure http.rss requests=%d before_mb=%.1f after_mb=%.1f growth_mb=%.1f (<= 2) per_s=%.0f\n", requests,
                before, after, after - before, requests / seconds);
    server.stop();
}

void slow_readers() {
    const e2e::TemporaryDirectory directory;
    e2e::Server server(directory.path() + "/data");
    fill(server, 2000);
    const std::string search =
        request("POST", "/search",
                R"({"collection":"rows","vector":)" + vector_text(kDimension, 5) + R"(,"with_vector":false})");
    const auto p99_us = [&] {
        Client client(server.port());
        std::vector<double> times;
        for (int i = 0; i < 3000; ++i) {
            const auto begin = Clock::now();
            client.send(search);
            client.receive(1);
            times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
        }
        std::sort(times.begin(), times.end());
        return times[times.size() * 99 / 100];
    };
    p99_us();
    const double alone = p99_us();
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 10; ++i) {
        readers.emplace_back([&] {
            Client slow(server.port(), 16 * 1024);
            slow.send(request("GET", "/collections/rows/vectors?limit=2000", ""));
            while (!stop && slow.receive_some(4096)) {
                slow.forget();
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const double beside = p99_us();
    stop = true;
    for (auto& reader : readers) reader.join();
    std::printf("figure http.slow_readers p99_alone_us=%.0f p99_beside_10_us=%.0f ratio=%.2f (<= 2)\n", alone, beside,
                beside / alone);
    server.stop();
}

}  // namespace
}  // namespace vz::bench

int main(int argc, char** argv) {
    int requests = 20000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--requests") == 0) requests = std::atoi(argv[i + 1]);
    }
    vz::bench::search_cpu(requests, 1);
    vz::bench::search_cpu(requests, 2);
    vz::bench::slow_readers();
    vz::bench::resident_memory(requests * 50);
    return 0;
}
