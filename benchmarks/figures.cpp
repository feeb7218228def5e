// Figures of the durable core on this machine, each beside the bare disk in the same run.
//   vectorizer-figures [--seconds S] [--directory D] [--datasets D]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/check.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rows.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "vectorizer/engine.h"

namespace vz::e2e {
namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kDimension = 128;
constexpr size_t kPointBytes = kDimension * sizeof(float) + 64;

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

// An append-only file whose space is written ahead, as a log's is; concurrent appends share a sync.
class RawLog final {
 public:
    explicit RawLog(const std::string& path) : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        check(descriptor_ >= 0, "cannot create " + path);
        const std::vector<char> zeros(1 << 20);
        for (size_t written = 0; written < kBytes; written += zeros.size()) {
            check(pwrite(descriptor_, zeros.data(), zeros.size(), static_cast<off_t>(written)) > 0,
                  "cannot write ahead");
        }
        check(fdatasync(descriptor_) == 0, "cannot sync");
    }
    ~RawLog() { close(descriptor_); }
    RawLog(const RawLog&) = delete;
    RawLog& operator=(const RawLog&) = delete;

    // Returns when the bytes are on disk.
    void append(const std::string& bytes) {
        std::unique_lock lock(mutex_);
        waiting_ += bytes;
        const uint64_t ticket = ++last_ticket_;
        while (synced_ticket_ < ticket) {
            if (syncing_) {
                synced_.wait(lock);
                continue;
            }
            syncing_ = true;
            const std::string group = std::exchange(waiting_, {});
            const uint64_t group_ticket = last_ticket_;
            const uint64_t offset = offset_;
            offset_ = (offset_ + group.size() + 4095) / 4096 * 4096 % (kBytes - (1 << 24));
            lock.unlock();
            check(pwrite(descriptor_, group.data(), group.size(), static_cast<off_t>(offset)) ==
                          static_cast<ssize_t>(group.size()) &&
                      fdatasync(descriptor_) == 0,
                  "cannot append");
            lock.lock();
            synced_ticket_ = group_ticket;
            syncing_ = false;
            synced_.notify_all();
        }
    }

 private:
    static constexpr size_t kBytes = 64 << 20;
    int descriptor_;
    std::mutex mutex_;
    std::condition_variable synced_;
    std::string waiting_;
    uint64_t offset_ = 0;
    uint64_t last_ticket_ = 0;
    uint64_t synced_ticket_ = 0;
    bool syncing_ = false;
};

// Steps a second of `clients` threads; `start` gives each thread its step.
double rate_of(int clients, double seconds, const std::function<std::function<void(size_t)>(int)>& start) {
    std::atomic<bool> stop = false;
    std::atomic<size_t> steps = 0;
    std::vector<std::thread> threads;
    const auto begin = Clock::now();
    for (int client = 0; client < clients; ++client) {
        threads.emplace_back([&, client] {
            const std::function<void(size_t)> step = start(client);
            for (size_t round = 0; !stop.load(); ++round) {
                step(round);
                steps.fetch_add(1);
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    return static_cast<double>(steps.load()) / std::chrono::duration<double>(Clock::now() - begin).count();
}

vz_str text(const std::string& chars) { return {chars.data(), chars.size()}; }

void create_times(const std::string& directory) {
    constexpr int kCreates = 500;
    Server server(directory + "/create");
    const std::unique_ptr<Frontend> rest = rest_frontend(server.port());
    RawLog log(directory + "/raw");
    std::vector<double> creates;
    std::vector<double> raw;
    for (int i = 0; i < kCreates; ++i) {
        auto begin = Clock::now();
        check(rest->create("collection-" + std::to_string(i), kDimension, Metric::kCosine) == Outcome::kAcknowledged,
              rest->complaint());
        creates.push_back(microseconds(Clock::now() - begin));
        begin = Clock::now();
        log.append(std::string(200, 'x'));
        raw.push_back(microseconds(Clock::now() - begin));
    }
    std::printf("figure create.rest n=%d p50_us=%.0f p99_us=%.0f raw_p50_us=%.0f raw_p99_us=%.0f ratio_p50=%.2f\n",
                kCreates, percentile(creates, 0.5), percentile(creates, 0.99), percentile(raw, 0.5),
                percentile(raw, 0.99), percentile(creates, 0.5) / percentile(raw, 0.5));
    server.stop();
}

double raw_rate(const std::string& directory, int clients, double seconds) {
    RawLog log(directory + "/raw");
    return rate_of(clients, seconds, [&](int) { return [&](size_t) { log.append(std::string(kPointBytes, 'x')); }; });
}

double abi_rate(const std::string& directory, vz_index_kind index, int clients, double seconds) {
    const std::string path = directory + "/abi-" + std::to_string(clients);
    vz_engine* engine = nullptr;
    vz_error error{};
    check(vz_engine_open(text(path), nullptr, &engine, &error) == VZ_OK, error.message);
    vz_vector_field field{};
    field.struct_size = sizeof(field);
    field.dim = kDimension;
    field.metric = VZ_COSINE;
    field.index = index;
    vz_schema schema{};
    schema.struct_size = sizeof(schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    const std::string name = "points";
    check(vz_collection_create(engine, text(name), &schema, nullptr, &error) == VZ_OK, error.message);
    const double rate = rate_of(clients, seconds, [&](int client) {
        return [&, client, vector = std::vector<float>(kDimension, 0.5F)](size_t round) {
            const std::string id = std::to_string(static_cast<size_t>(client) << 32 | round);
            const vz_str ids = text(id);
            vz_write_request request{};
            request.struct_size = sizeof(request);
            request.kind = VZ_UPSERT;
            request.count = 1;
            request.ids = &ids;
            request.vectors = {vector.data(), 1, 0, kDimension, VZ_F32};
            vz_error failure{};
            check(vz_write(engine, text(name), &request, nullptr, &failure) == VZ_OK, failure.message);
        };
    });
    check(vz_engine_close(engine, &error) == VZ_OK, error.message);
    std::filesystem::remove_all(path);
    return rate;
}

double rest_rate(const std::string& directory, int clients, double seconds) {
    const std::string path = directory + "/rest-" + std::to_string(clients);
    Server server(path);
    check(rest_frontend(server.port())->create("points", kDimension, Metric::kCosine) == Outcome::kAcknowledged,
          "create");
    const std::string vector = json_array(std::vector<float>(kDimension, 0.5F));
    const double rate = rate_of(clients, seconds, [&](int client) {
        auto connection = std::make_shared<HttpClient>(server.port());
        return [&, client, connection](size_t round) {
            const Answer answer =
                connection->post("/insert_vectors", "{\"collection\":\"points\",\"vectors\":[{\"id\":" +
                                                        std::to_string(static_cast<size_t>(client) << 32 | round) +
                                                        ",\"embedding\":" + vector + "}]}");
            check(answer.status == 200, std::to_string(answer.status) + " " + answer.body);
        };
    });
    server.stop();
    std::filesystem::remove_all(path);
    return rate;
}

// Alternates the ways, so that what else the machine does meets each of them; medians of the rounds.
void upsert_rates(const std::string& directory, double seconds) {
    constexpr int kRounds = 5;
    for (const int clients : {1, 8, 64}) {
        std::vector<double> raw;
        std::vector<double> bare;  // no graph index: the log and the rows alone
        std::vector<double> abi;
        std::vector<double> rest;
        for (int round = 0; round < kRounds; ++round) {
            raw.push_back(raw_rate(directory, clients, seconds));
            bare.push_back(abi_rate(directory, VZ_INDEX_NONE, clients, seconds));
            abi.push_back(abi_rate(directory, VZ_INDEX_GRAPH, clients, seconds));
            rest.push_back(rest_rate(directory, clients, seconds));
        }
        const double raw_median = percentile(raw, 0.5);
        std::printf(
            "figure upsert clients=%d dimension=%u raw_per_s=%.0f no_graph_per_s=%.0f abi_per_s=%.0f rest_per_s=%.0f "
            "no_graph_ratio=%.2f abi_ratio=%.2f rest_ratio=%.2f\n",
            clients, kDimension, raw_median, percentile(bare, 0.5), percentile(abi, 0.5), percentile(rest, 0.5),
            percentile(bare, 0.5) / raw_median, percentile(abi, 0.5) / raw_median, percentile(rest, 0.5) / raw_median);
        std::fflush(stdout);
    }
}

// From exec to the first answered search.
double first_answer_ms(const std::string& store, const std::string& body, bool orderly) {
    const auto begin = Clock::now();
    Server server(store);
    HttpClient client(server.port());
    const Answer answer = client.post("/search", body);
    const double milliseconds = microseconds(Clock::now() - begin) / 1000;
    check(answer.status == 200, answer.body);
    if (orderly)
        check(server.stop().code == 0, "stop");
    else
        server.kill();
    return milliseconds;
}

void load_over_rest(Server& server, const Rows<uint8_t>& data) {
    HttpClient client(server.port());
    check(rest_frontend(server.port())->create("fashion", data.dimension, Metric::kEuclidean) == Outcome::kAcknowledged,
          "create");
    constexpr size_t kBatch = 500;
    const auto begin = Clock::now();
    for (size_t first = 0; first < data.count; first += kBatch) {
        std::string body = "{\"collection\":\"fashion\",\"vectors\":[";
        for (size_t row = first; row < std::min<size_t>(first + kBatch, data.count); ++row) {
            body += (row == first ? "{\"id\":" : ",{\"id\":") + std::to_string(row) +
                    ",\"embedding\":" + data.text(row) + "}";
        }
        const Answer answer = client.post("/insert_vectors?results=errors", body + "]}");
        check(answer.status == 200, answer.body.substr(0, 500));
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::printf("figure load.rest rows=%u dimension=%u rows_per_s=%.0f\n", data.count, data.dimension,
                data.count / seconds);
}

void opening_times(const std::string& directory, const std::string& data_sets) {
    const std::string folder = data_sets + "/fashion-mnist";
    if (!std::filesystem::exists(folder + "/base.u8bin")) {
        std::printf("figure open SKIP reason=no-fashion-mnist\n");
        return;
    }
    const Rows<uint8_t> data(folder + "/base.u8bin");
    const std::string imported = directory + "/imported";
    const auto begin = Clock::now();
    const Ran import =
        run({program(), "import", folder, "--collection", "fashion", "--data-dir", imported, "--metric", "euclidean"});
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    check(import.exit.code == 0, import.output);
    std::printf("figure import rows=%u dimension=%u seconds=%.2f rows_per_s=%.0f\n", data.count, data.dimension,
                seconds, data.count / seconds);
    const std::string search = "{\"collection\":\"fashion\",\"vector\":" + data.text(7) + ",\"with_vector\":false}";
    std::vector<double> orderly;
    for (int round = 0; round < 5; ++round) orderly.push_back(first_answer_ms(imported, search, true));
    std::filesystem::remove_all(imported);
    std::printf("figure open.orderly rows=%u median_ms=%.1f worst_ms=%.1f\n", data.count, percentile(orderly, 0.5),
                percentile(orderly, 1));

    const std::string store = directory + "/killed";
    int64_t replayed = 0;
    {
        Server server(store);
        load_over_rest(server, data);
        replayed = Json(HttpClient(server.port()).get("/collections/fashion/persistence").body)
                       .integer("/wal_bytes_to_replay");
        server.kill();
    }
    const double first = first_answer_ms(store, search, false);
    std::vector<double> again;
    for (int round = 0; round < 4; ++round) again.push_back(first_answer_ms(store, search, false));
    std::printf("figure open.killed rows=%u wal_bytes=%lld first_ms=%.1f median_of_next_ms=%.1f\n", data.count,
                static_cast<long long>(replayed), first, percentile(again, 0.5));
}

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    double seconds = 1;
    std::string data_sets = VZ_SOURCE_DIRECTORY "/../shared/data";
    if (const char* const chosen = std::getenv("VZ_DATASETS")) data_sets = chosen;
    for (int i = 1; i < count; i += 2) {
        const std::string flag = arguments[i];
        if (i + 1 < count && flag == "--seconds")
            seconds = std::atof(arguments[i + 1]);
        else if (i + 1 < count && flag == "--directory")
            setenv("VZ_TEST_DIRECTORY", arguments[i + 1], 1);
        else if (i + 1 < count && flag == "--datasets")
            data_sets = arguments[i + 1];
        else
            return std::fprintf(stderr, "usage: vectorizer-figures [--seconds S] [--directory D] [--datasets D]\n"), 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const vz::e2e::TemporaryDirectory directory;
    double load = 0;
    getloadavg(&load, 1);
    std::printf("figures of %s, on %u cores with a load of %.1f\n", vz_build_info(),
                std::thread::hardware_concurrency(), load);
    vz::e2e::create_times(directory.path());
    vz::e2e::upsert_rates(directory.path(), seconds);
    vz::e2e::opening_times(directory.path(), data_sets);
    return 0;
}
