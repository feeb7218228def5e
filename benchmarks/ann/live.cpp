// What users meet while a collection lives: a data set goes through the C ABI into a fresh directory, and searches run
// at default settings beside full-speed ingest, when all has settled, also with a recall asked for, and after half of
// the rows were replaced one by one.
//   vectorizer-live --data FOLDER [--metric M] [--directory D] [--batch N] [--queries N] [--k K] [--replace SHARE]
// One line a phase: recall@k against exact searches of the same moment, latency, queries a CPU second of the searching
// thread.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "benchmarks/ann/collection.hpp"
#include "benchmarks/ann/data_set.hpp"
#include "benchmarks/ann/options.hpp"
#include "benchmarks/clock.hpp"

namespace vz::ann {
namespace {

struct Options {
    std::string data;
    std::string metric;
    std::string directory;
    uint32_t batch = 100;
    uint32_t queries = 1000;
    uint32_t k = 10;
    double replaced = 0.5;
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
Measured search_while(Collection& live, const DataSet& set, const std::atomic<bool>* stop, uint32_t truth_each) {
    std::vector<double> latencies;
    std::vector<double> recalls;
    double cpu = 0;
    for (uint32_t i = 0; stop == nullptr ? i < set.queries.rows : !stop->load(); ++i) {
        const float* query = set.queries.row(i % set.queries.rows);
        const double cpu_begin = cpu_seconds();
        const double begin = wall_seconds();
        const std::vector<float> found = live.search(query, false);
        latencies.push_back((wall_seconds() - begin) * 1e6);
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
    std::printf(
        "%s recall@%u=%.4f worst_100=%.4f p50_us=%.0f p99_us=%.0f queries_per_cpu_second=%.0f effort=%u scored=%.0f\n",
        phase, options.k, measured.recall, measured.recall_worst, measured.p50_us, measured.p99_us,
        measured.per_cpu_second, measured.effort, measured.scored);
    std::fflush(stdout);
}

Measured best_of_three(Collection& live, const DataSet& set) {
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
void compare_batches(Collection& live, const DataSet& set) {
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

// What is found where a recall is asked for.
void compare_recalls(Collection& live, const DataSet& set) {
    for (const float asked : {0.9F, 0.95F, 0.98F, 0.99F, 0.995F, 0.999F}) {
        live.ask_for(asked);
        const Measured found = best_of_three(live, set);
        std::printf("asked recall=%.3f found=%.4f worst_100=%.4f effort=%u scored=%.0f queries_per_cpu_second=%.0f\n",
                    static_cast<double>(asked), found.recall, found.recall_worst, found.effort, found.scored,
                    found.per_cpu_second);
    }
    live.ask_for(0);
}

void run(const Options& options) {
    const DataSet set = load(options.data, options.metric, options.queries);
    std::printf("data=%s rows=%u dim=%u batch=%u\n", set.name.c_str(), set.base.rows, set.base.dim, options.batch);
    Collection live(options.directory, set, options.k);
    live.create();

    std::atomic<bool> done{false};
    Measured ingesting;
    std::vector<uint32_t> ids;
    const double begin = wall_seconds();
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
    const double seconds = wall_seconds() - begin;
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
    compare_recalls(live, set);

    if (options.replaced <= 0) return;
    std::mt19937_64 random(7);
    std::vector<uint32_t> order(set.base.rows);
    for (uint32_t i = 0; i < set.base.rows; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    const auto replaced = static_cast<uint32_t>(options.replaced * set.base.rows);
    const double churn_begin = wall_seconds();
    for (uint32_t i = 0; i < replaced; ++i) {
        // An id of the set takes the row of another of the set: the rows are the same as before, with other ids.
        const uint32_t row = order[(i + 1) % replaced];
        live.write(&order[i], &row, 1);
    }
    std::printf("replace rows=%u rows_per_second=%.0f\n", replaced, replaced / (wall_seconds() - churn_begin));
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
    const bool is_good = vz::ann::read_options(count, arguments,
                                               {{"--data", &options.data},
                                                {"--metric", &options.metric},
                                                {"--directory", &options.directory},
                                                {"--batch", &options.batch},
                                                {"--queries", &options.queries},
                                                {"--k", &options.k},
                                                {"--replace", &options.replaced}});
    if (!is_good || options.data.empty()) {
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
