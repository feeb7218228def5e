// Searches of real descriptors over REST beside the same searches in the process: how much of the engine's throughput a
// client gets.
//   vectorizer-rest-throughput --datasets D [--seconds S] [--rounds N]
//
// Eight keep-alive clients, default effort, ten hits with payload, no vectors. Rounds alternate; the ratio is that of
// CPU per search, so that the clients, who share the machine with the server, do not count. Recall stands in the same
// line.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/clock.hpp"
#include "benchmarks/loopback.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/rows.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "vectorizer/engine.h"

namespace vz::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kClients = 8;
constexpr uint32_t kHits = 10;
constexpr size_t kRecallQueries = 1000;

struct Queries {
    e2e::Rows<uint8_t> pixels;
    e2e::Rows<int32_t> truth;
    std::vector<std::vector<float>> floats;
    std::vector<std::string> requests;  // whole, as they go over the wire

    explicit Queries(const std::string& folder) : pixels(folder + "/query.u8bin"), truth(folder + "/gt100.ibin") {
        for (size_t i = 0; i < pixels.count; ++i) {
            floats.emplace_back(pixels.row(i), pixels.row(i) + pixels.dimension);
            const std::string body =
                R"({"collection":"pictures","limit":10,"with_vector":false,"vector":)" + pixels.text(i) + "}";
            requests.push_back(
                "POST /search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
        }
    }
    size_t found(size_t query, const std::set<std::string>& ids) const {
        size_t count = 0;
        for (uint32_t rank = 0; rank < kHits; ++rank) count += ids.count(std::to_string(truth.row(query)[rank]));
        return count;
    }
};

// What one side did: searches, their CPU and wall time, how much of the truth they found.
struct Side {
    double cpu_us = 0;
    double per_s = 0;
    double recall = 0;
};

// Runs `search(client, query)` from all clients for `seconds`; CPU of `process`.
template <typename Search>
Side measure(pid_t process, double seconds, size_t queries, Search search) {
    std::atomic<uint64_t> done = 0;
    std::atomic<bool> stop = false;
    const auto run = [&] {
        std::vector<std::thread> threads;
        for (size_t client = 0; client < kClients; ++client) {
            threads.emplace_back([&, client] {
                for (size_t query = client; !stop; query += kClients) {
                    search(client, query % queries);
                    done.fetch_add(1, std::memory_order_relaxed);
                }
            });
        }
        return threads;
    };
    const double before = cpu_us_of(process);
    const auto began = Clock::now();
    auto threads = run();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (auto& thread : threads) thread.join();
    const double wall = std::chrono::duration<double>(Clock::now() - began).count();
    Side side;
    side.cpu_us = (cpu_us_of(process) - before) / static_cast<double>(done);
    side.per_s = static_cast<double>(done) / wall;
    return side;
}

class Connection final {
 public:
    explicit Connection(uint16_t port) : socket_(connect_loopback(port)) {}
    ~Connection() { ::close(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The body of the answer.
    std::string ask(const std::string& request) {
        check(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()),
              "the server closed");
        std::string in;
        for (;;) {
            const size_t head = in.find("\r\n\r\n");
            if (head != std::string::npos) {
                check(in.compare(9, 3, "200") == 0, in.substr(0, 300));
                const size_t length = std::strtoull(in.c_str() + in.find("Content-Length: ") + 16, nullptr, 10);
                if (in.size() == head + 4 + length) return in.substr(head + 4);
            }
            char buffer[16384];
            const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
            check(got > 0, "the server closed");
            in.append(buffer, static_cast<size_t>(got));
        }
    }

 private:
    int socket_;
};

Side over_rest(const std::string& data, const Queries& queries, double seconds) {
    e2e::Server server(data);
    std::vector<std::unique_ptr<Connection>> connections;
    for (size_t i = 0; i < kClients; ++i) connections.push_back(std::make_unique<Connection>(server.port()));
    const auto search = [&](size_t client, size_t query) { connections[client]->ask(queries.requests[query]); };
    measure(server.process().id(), seconds / 4, queries.requests.size(), search);
    Side side = measure(server.process().id(), seconds, queries.requests.size(), search);
    size_t found = 0;
    for (size_t query = 0; query < kRecallQueries; ++query) {
        const e2e::Json answer(connections[0]->ask(queries.requests[query]));
        std::set<std::string> ids;
        for (const e2e::JsonValue hit : answer.list("/results")) ids.insert(e2e::text_of(hit, "id"));
        found += queries.found(query, ids);
    }
    side.recall = static_cast<double>(found) / (kRecallQueries * kHits);
    check(server.stop().code == 0, "the server did not end in order");
    return side;
}

Side in_process(const std::string& data, const Queries& queries, double seconds) {
    vz_engine* engine = nullptr;
    vz_error error{};
    check(vz_engine_open({data.data(), data.size()}, nullptr, &engine, &error) == VZ_OK, error.message);
    const auto ask = [&](size_t query, std::set<std::string>* ids) {
        vz_parts parts{};
        parts.struct_size = sizeof(parts);
        parts.flags = VZ_PARTS_PAYLOAD;
        vz_search_request wanted{};
        wanted.struct_size = sizeof(wanted);
        wanted.queries = {queries.floats[query].data(), 1, 0, queries.pixels.dimension, VZ_F32};
        wanted.k = kHits;
        wanted.parts = &parts;
        vz_result* result = nullptr;
        vz_error failed{};
        check(vz_search(engine, {"pictures", 8}, &wanted, &result, &failed) == VZ_OK, failed.message);
        vz_rows rows{};
        rows.struct_size = sizeof(rows);
        check(vz_result_rows(result, 0, &rows, &failed) == VZ_OK && rows.count == kHits, failed.message);
        for (uint64_t i = 0; ids != nullptr && i < rows.count; ++i) ids->emplace(rows.ids[i].data, rows.ids[i].size);
        vz_result_release(result);
    };
    const auto search = [&](size_t, size_t query) { ask(query, nullptr); };
    measure(::getpid(), seconds / 4, queries.floats.size(), search);
    Side side = measure(::getpid(), seconds, queries.floats.size(), search);
    size_t found = 0;
    for (size_t query = 0; query < kRecallQueries; ++query) {
        std::set<std::string> ids;
        ask(query, &ids);
        found += queries.found(query, ids);
    }
    side.recall = static_cast<double>(found) / (kRecallQueries * kHits);
    check(vz_engine_close(engine, &error) == VZ_OK, error.message);
    return side;
}

// Imported, sealed, every row in a graph.
void prepare(const std::string& data, const std::string& folder) {
    const e2e::Ran imported = e2e::run(
        {e2e::program(), "import", folder, "--collection", "pictures", "--metric", "euclidean", "--data-dir", data}, {},
        std::chrono::minutes(15));
    check(imported.exit.code == 0, imported.output);
    e2e::Server server(data, {"--set", "engine.settle_after_ms=500"});
    e2e::HttpClient client(server.port());
    for (int tries = 0; tries < 1800; ++tries) {
        if (!e2e::Json(client.get("/indexing/progress").body).truth("/is_indexing") && tries > 6) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    check(client.request("POST", "/collections/pictures/force-save", "").status == 200, "the collection is not saved");
    check(server.stop().code == 0, "the server did not end in order");
}

double middle(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace
}  // namespace vz::bench

int main(int argc, char** argv) {
    using namespace vz;
    const char* named = std::getenv("VZ_DATASETS");  // NOLINT(concurrency-mt-unsafe): before any thread
    std::string datasets = named != nullptr ? named : "";
    double seconds = 5;
    int rounds = 3;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--datasets") == 0) datasets = argv[i + 1];
        if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atof(argv[i + 1]);
        if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::atoi(argv[i + 1]);
    }
    const std::string folder = datasets + "/fashion-mnist";
    if (!std::filesystem::exists(folder + "/base.u8bin")) {
        std::puts("GATE bench.rest_throughput SKIP reason=no-data-set");
        return 0;
    }
    const bench::Queries queries(folder);
    const e2e::TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    bench::prepare(data, folder);
    std::vector<double> ratios;
    std::vector<double> rest_cpu;
    std::vector<double> engine_cpu;
    bench::Side rest;
    bench::Side engine;
    for (int round = 0; round < rounds; ++round) {
        rest = bench::over_rest(data, queries, seconds);
        engine = bench::in_process(data, queries, seconds);
        rest_cpu.push_back(rest.cpu_us);
        engine_cpu.push_back(engine.cpu_us);
        ratios.push_back(engine.cpu_us / rest.cpu_us);
    }
    const double ratio = bench::middle(ratios);
    std::printf(
        "GATE bench.rest_throughput %s ratio=%.2f (>= 0.75) rest_cpu_us=%.0f engine_cpu_us=%.0f rest_per_s=%.0f "
        "engine_per_s=%.0f rest_recall=%.4f engine_recall=%.4f "
        "clients=8 dimension=784 rows=60000 rounds=%d\n",
        ratio >= 0.75 ? "PASS" : "FAIL", ratio, bench::middle(rest_cpu), bench::middle(engine_cpu), rest.per_s,
        engine.per_s, rest.recall, engine.recall, rounds);
    return ratio >= 0.75 ? 0 : 1;
}
