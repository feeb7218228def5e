// What users meet while a collection lives: a data set goes through the C ABI into a fresh directory, and searches run
// at default settings beside full-speed ingest, when all has settled, and after half of the rows were replaced one by
// one.
//   vectorizer-live --data FOLDER [--metric M] [--directory D] [--batch N] [--queries N] [--k K] [--replace SHARE]
// One line a phase: recall@k against exact searches of the same moment, latency, queries a CPU second of the searching
// thread.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "benchmarks/ann/data_set.hpp"
#include "benchmarks/clock.hpp"
#include "vectorizer/engine.h"

namespace vz::ann {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string data;
    std::string metric;
    std::string directory;
    uint32_t batch = 100;
    uint32_t queries = 1000;
    uint32_t k = 10;
    double replaced = 0.5;
};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

void check(vz_status status, const vz_error& error) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "vectorizer-live: %s: %s\n", vz_status_name(status), error.message);
    std::exit(1);
}

vz_str text(std::string_view view) {
    return {view.data(), view.size()};
}

// One collection of one data set.
class Live {
 public:
    Live(const Options& options, const DataSet& set) : options_(options), set_(set) {
        vz_error error = {};
        check(vz_engine_open(text(options.directory), nullptr, &engine_, &error), error);
        vz_vector_field field = {};
        field.struct_size = sizeof field;
        field.dim = set.base.dim;
        field.metric = set.metric;
        vz_schema schema = {};
        schema.struct_size = sizeof schema;
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        check(vz_collection_create(engine_, text("live"), &schema, nullptr, &error), error);
    }
    ~Live() {
        vz_error error = {};
        check(vz_engine_close(engine_, &error), error);
    }
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    // Ids `ids[0]` to `ids[count - 1]` become the rows named.
    void write(const uint32_t* ids, const uint32_t* rows, uint32_t count) {
        std::vector<std::string> names;
        std::vector<vz_str> views;
        std::vector<float> values;
        for (uint32_t i = 0; i < count; ++i) {
            names.push_back(std::to_string(ids[i]));
            const float* row = set_.base.row(rows[i]);
            values.insert(values.end(), row, row + set_.base.dim);
        }
        for (const std::string& name : names) views.push_back(text(name));
        vz_write_request request = {};
        request.struct_size = sizeof request;
        request.kind = VZ_UPSERT;
        request.count = count;
        request.ids = views.data();
        request.vectors = {values.data(), count, 0, set_.base.dim, VZ_F32};
        vz_error error = {};
        check(vz_write(engine_, text("live"), &request, nullptr, &error), error);
    }

    std::vector<float> search(const float* query, bool exact) {
        vz_search_request request = {};
        request.struct_size = sizeof request;
        request.queries = {query, 1, 0, set_.base.dim, VZ_F32};
        request.k = options_.k;
        request.flags = exact ? VZ_SEARCH_EXACT : 0;
        vz_result* result = nullptr;
        vz_error error = {};
        check(vz_search(engine_, text("live"), &request, &result, &error), error);
        vz_rows rows = {};
        rows.struct_size = sizeof rows;
        check(vz_result_rows(result, 0, &rows, &error), error);
        std::vector<float> scores(rows.scores, rows.scores + rows.count);
        vz_result_release(result);
        return scores;
    }

    // What the search of one query took: effort, and rows whose scores were computed.
    vz_profile explain(const float* query) {
        vz_search_request request = {};
        request.struct_size = sizeof request;
        request.queries = {query, 1, 0, set_.base.dim, VZ_F32};
        request.k = options_.k;
        request.flags = VZ_SEARCH_EXPLAIN;
        vz_result* result = nullptr;
        vz_error error = {};
        check(vz_search(engine_, text("live"), &request, &result, &error), error);
        vz_profile profile = {};
        profile.struct_size = sizeof profile;
        check(vz_result_profile(result, 0, &profile, &error), error);
        vz_result_release(result);
        return profile;
    }

    // Wall seconds of one request that holds `count` queries.
    double search_batch(const float* queries, uint32_t count) {
        vz_search_request request = {};
        request.struct_size = sizeof request;
        request.queries = {queries, count, 0, set_.base.dim, VZ_F32};
        request.k = options_.k;
        vz_result* result = nullptr;
        vz_error error = {};
        const auto begin = Clock::now();
        check(vz_search(engine_, text("live"), &request, &result, &error), error);
        const double seconds = seconds_since(begin);
        vz_result_release(result);
        return seconds;
    }

    vz_collection_stats stats() {
        vz_collection_stats stats = {};
        stats.struct_size = sizeof stats;
        vz_error error = {};
        check(vz_collection_stats_read(engine_, text("live"), &stats, &error), error);
        return stats;
    }

    void checkpoint() {
        vz_error error = {};
        check(vz_checkpoint(engine_, text("live"), nullptr, &error), error);
    }

    // Until one sealed segment holds every live row and no other.
    void settle(double seconds_max) {
        const auto begin = Clock::now();
        checkpoint();
        for (;;) {
            const vz_collection_stats now = stats();
            if (now.sealed_segments <= 1 && now.deleted_rows == 0 && now.unindexed_rows == 0) break;
            if (seconds_since(begin) > seconds_max) {
                std::printf("settle gave_up=1 segments=%llu deleted=%llu unindexed=%llu\n",
                            static_cast<unsigned long long>(now.sealed_segments),
                            static_cast<unsigned long long>(now.deleted_rows),
                            static_cast<unsigned long long>(now.unindexed_rows));
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        std::printf("settle seconds=%.1f\n", seconds_since(begin));
    }

 private:
    const Options& options_;
    const DataSet& set_;
    vz_engine* engine_ = nullptr;
};

struct Measured {
    double recall = 0;
    double recall_worst = 1;  // of any hundred searches in a row
    double p50_us = 0;
    double p99_us = 0;
    double per_cpu_second = 0;
    uint32_t effort = 0;
    double scored = 0;  // rows a query
};

double share_found(const DataSet& set, const std::vector<float>& truth, const std::vector<float>& found) {
    if (truth.empty()) return 1;
    const auto hits = std::count_if(found.begin(), found.end(),
                                    [&](float score) { return counts_as_hit(set.metric, score, truth.back()); });
    return std::min(1.0, static_cast<double>(hits) / static_cast<double>(truth.size()));
}

// Queries in turn until `stop`, or each once where that is null. Every `truth_each`-th is searched exactly too.
Measured search_while(Live& live, const DataSet& set, const std::atomic<bool>* stop, uint32_t truth_each) {
    std::vector<double> latencies;
    std::vector<double> recalls;
    double cpu = 0;
    for (uint32_t i = 0; stop == nullptr ? i < set.queries.rows : !stop->load(); ++i) {
        const float* query = set.queries.row(i % set.queries.rows);
        const double cpu_begin = cpu_seconds();
        const auto begin = Clock::now();
        const std::vector<float> found = live.search(query, false);
        latencies.push_back(seconds_since(begin) * 1e6);
        cpu += cpu_seconds() - cpu_begin;
        if (i % truth_each == 0) recalls.push_back(share_found(set, live.search(query, true), found));
    }
    Measured measured;
    if (latencies.empty()) return measured;
    measured.per_cpu_second = static_cast<double>(latencies.size()) / cpu;
    std::sort(latencies.begin(), latencies.end());
    measured.p50_us = latencies[latencies.size() / 2];
    measured.p99_us = latencies[latencies.size() * 99 / 100];
    for (const double recall : recalls) measured.recall += recall / static_cast<double>(recalls.size());
    constexpr size_t kWindow = 100;
    for (size_t i = 0; i + kWindow <= recalls.size(); ++i) {
        double sum = 0;
        for (size_t j = i; j < i + kWindow; ++j) sum += recalls[j];
        measured.recall_worst = std::min(measured.recall_worst, sum / kWindow);
    }
    constexpr uint32_t kExplained = 100;
    for (uint32_t i = 0; i < kExplained; ++i) {
        const vz_profile profile = live.explain(set.queries.row(i % set.queries.rows));
        measured.effort = profile.effort;
        measured.scored += static_cast<double>(profile.scored) / kExplained;
    }
    return measured;
}

void print(const char* phase, const Options& options, const Measured& measured) {
    std::printf("%s recall@%u=%.4f worst_100=%.4f p50_us=%.0f p99_us=%.0f queries_per_cpu_second=%.0f effort=%u scored=%.0f\n",
                phase, options.k, measured.recall, measured.recall_worst, measured.p50_us, measured.p99_us,
                measured.per_cpu_second, measured.effort, measured.scored);
    std::fflush(stdout);
}

Measured best_of_three(Live& live, const DataSet& set) {
    Measured best = search_while(live, set, nullptr, 1);
    for (int pass = 0; pass < 2; ++pass) {
        const Measured next = search_while(live, set, nullptr, 1000);
        best.per_cpu_second = std::max(best.per_cpu_second, next.per_cpu_second);
        best.p50_us = std::min(best.p50_us, next.p50_us);
        best.p99_us = std::min(best.p99_us, next.p99_us);
    }
    return best;
}

// What the cores bring: the queries in batches of 100, which all of them answer, against one by one, which one does.
void compare_batches(Live& live, const DataSet& set) {
    constexpr uint32_t kBatch = 100;
    double one_by_one = INFINITY;
    double together = INFINITY;
    for (int pass = 0; pass < 5; ++pass) {
        double seconds = 0;
        for (uint32_t i = 0; i + kBatch <= set.queries.rows; i += kBatch)
            seconds += live.search_batch(set.queries.row(i), kBatch);
        together = std::min(together, seconds);
        seconds = 0;
        for (uint32_t i = 0; i < set.queries.rows / kBatch * kBatch; ++i)
            seconds += live.search_batch(set.queries.row(i), 1);
        one_by_one = std::min(one_by_one, seconds);
    }
    std::printf("batches_of_100/one_by_one speed=%.2f threads=%u\n", one_by_one / together,
                std::thread::hardware_concurrency());
}

void run(const Options& options) {
    const DataSet set = load(options.data, options.metric, options.queries);
    std::printf("data=%s rows=%u dim=%u batch=%u\n", set.name.c_str(), set.base.rows, set.base.dim, options.batch);
    Live live(options, set);

    std::atomic<bool> done{false};
    Measured ingesting;
    std::vector<uint32_t> ids;
    const auto begin = Clock::now();
    // The first tenth is in before anybody searches.
    std::thread searcher;
    for (uint32_t at = 0; at < set.base.rows;) {
        ids.clear();
        while (ids.size() < options.batch && at < set.base.rows) ids.push_back(at++);
        live.write(ids.data(), ids.data(), static_cast<uint32_t>(ids.size()));
        if (at >= set.base.rows / 10 && !searcher.joinable()) {
            searcher = std::thread([&] { ingesting = search_while(live, set, &done, 20); });
        }
    }
    const double seconds = seconds_since(begin);
    done = true;
    searcher.join();
    std::printf("ingest rows_per_second=%.0f seconds=%.1f\n", set.base.rows / seconds, seconds);
    print("while_ingesting", options, ingesting);

    live.settle(120);
    const Measured settled = best_of_three(live, set);
    print("settled", options, settled);
    std::printf("while_ingesting/settled p50=%.2f p99=%.2f\n", ingesting.p50_us / settled.p50_us,
                ingesting.p99_us / settled.p99_us);
    compare_batches(live, set);

    if (options.replaced <= 0) return;
    std::mt19937_64 random(7);
    std::vector<uint32_t> order(set.base.rows);
    for (uint32_t i = 0; i < set.base.rows; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    const auto replaced = static_cast<uint32_t>(options.replaced * set.base.rows);
    const auto churn_begin = Clock::now();
    for (uint32_t i = 0; i < replaced; ++i) {
        // An id of the set takes the row of another of the set: the rows are the same as before, with other ids.
        const uint32_t row = order[(i + 1) % replaced];
        live.write(&order[i], &row, 1);
    }
    std::printf("replace rows=%u rows_per_second=%.0f\n", replaced, replaced / seconds_since(churn_begin));
    const Measured at_once = best_of_three(live, set);
    print("replaced_at_once", options, at_once);
    live.settle(120);
    const Measured replaced_settled = best_of_three(live, set);
    print("replaced_settled", options, replaced_settled);
    std::printf("replaced/settled recall=%+.4f qps=%.2f at_once: recall=%+.4f qps=%.2f\n",
                replaced_settled.recall - settled.recall, replaced_settled.per_cpu_second / settled.per_cpu_second,
                at_once.recall - settled.recall, at_once.per_cpu_second / settled.per_cpu_second);
}

}  // namespace
}  // namespace vz::ann

int main(int count, char** arguments) {
    vz::ann::Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = arguments[i];
        const char* value = arguments[i + 1];
        if (name == "--data")
            options.data = value;
        else if (name == "--metric")
            options.metric = value;
        else if (name == "--directory")
            options.directory = value;
        else if (name == "--batch")
            options.batch = static_cast<uint32_t>(std::atoi(value));
        else if (name == "--queries")
            options.queries = static_cast<uint32_t>(std::atoi(value));
        else if (name == "--k")
            options.k = static_cast<uint32_t>(std::atoi(value));
        else if (name == "--replace")
            options.replaced = std::atof(value);
        else
            count = 0;
    }
    if (options.data.empty() || count % 2 == 0) {
        std::fprintf(stderr,
                     "usage: vectorizer-live --data FOLDER [--metric M] [--directory D] [--batch N] [--queries N] [--k "
                     "K] [--replace SHARE]\n");
        return 2;
    }
    if (options.directory.empty()) {
        std::string name = std::filesystem::temp_directory_path() / "vectorizer-live-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) return 1;
        options.directory = name;
    }
    vz::ann::run(options);
    std::filesystem::remove_all(options.directory);
    return 0;
}
