#include "benchmarks/ann/cold.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <optional>

#include "benchmarks/ann/collection.hpp"
#include "benchmarks/ann/memory_limit.hpp"
#include "benchmarks/ann/page_cache.hpp"
#include "benchmarks/clock.hpp"

namespace vz::ann {
namespace {

// Of the collection's bytes, the part that may stay in memory: with more it is not the disk that is measured.
constexpr uint64_t kDroppedPart = 20;
// Beside the index, for the engine itself.
constexpr uint64_t kOwnBytes = 16U << 20;
constexpr uint32_t kAll = 0;  // percent: no bound

// Removed with all that lies in it.
class Directory {
 public:
    Directory() {
        std::string name = std::filesystem::temp_directory_path() / "vectorizer-cold-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) quit("cannot make a temporary directory");
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

void fill(Collection& collection, uint32_t rows) {
    constexpr uint32_t kBatch = 1000;
    collection.create();
    for (uint32_t at = 0; at < rows; at += kBatch) {
        std::vector<uint32_t> ids(std::min(kBatch, rows - at));
        std::iota(ids.begin(), ids.end(), at);
        collection.write(ids.data(), ids.data(), static_cast<uint32_t>(ids.size()));
    }
    collection.settle(120);
}

struct Measured {
    double recall = 0;
    double first_us = 0;  // of the first query
    double p50_us = 0;
    double p99_us = 0;
    double qps = 0;  // one after the other, wall time
};

Measured search_all(Collection& collection, const DataSet& set, uint32_t k) {
    std::vector<double> took;
    uint64_t hits = 0;
    for (uint32_t i = 0; i < set.queries.rows; ++i) {
        const double begin = wall_seconds();
        const std::vector<float> scores = collection.search(set.queries.row(i), false);
        took.push_back(wall_seconds() - begin);
        hits += static_cast<uint64_t>(std::count_if(scores.begin(), scores.end(), [&](float score) {
            return counts_as_hit(set.metric, score, set.border(i, k));
        }));
    }
    Measured measured;
    measured.recall = static_cast<double>(hits) / (static_cast<double>(set.queries.rows) * k);
    measured.qps = static_cast<double>(took.size()) / std::accumulate(took.begin(), took.end(), 0.0);
    measured.first_us = 1e6 * took[0];
    std::sort(took.begin(), took.end());
    measured.p50_us = 1e6 * took[took.size() / 2];
    measured.p99_us = 1e6 * took[took.size() * 99 / 100];
    return measured;
}

std::string share_of_memory(uint32_t percent) { return percent == kAll ? "all" : std::to_string(percent) + "%"; }

void print(uint32_t round, uint32_t percent, const char* pass, uint64_t cached, const Measured& measured) {
    std::printf(
        "round=%u memory=%s pass=%s cached_mb=%.1f recall=%.4f first_us=%.0f p50_us=%.0f p99_us=%.0f qps=%.0f\n", round,
        share_of_memory(percent).c_str(), pass, 1e-6 * static_cast<double>(cached), measured.recall, measured.first_us,
        measured.p50_us, measured.p99_us, measured.qps);
    std::fflush(stdout);
}

vz_collection_stats build(const std::string& directory, const DataSet& set, uint32_t k) {
    Collection collection(directory, set, k);
    fill(collection, set.base.rows);
    const vz_collection_stats stats = collection.stats();
    std::printf("data=%s rows=%u dim=%u disk_bytes=%llu index_bytes=%llu\n", set.name.c_str(), set.base.rows,
                set.base.dim, static_cast<unsigned long long>(stats.disk_bytes),
                static_cast<unsigned long long>(stats.index_bytes));
    return stats;
}

// False: this system does not let us.
bool measure_with(uint32_t percent, uint32_t round, const std::string& directory, const vz_collection_stats& stats,
                  const DataSet& set, uint32_t k) {
    drop_page_cache(directory);
    const uint64_t left = cached_bytes(directory);
    if (left > stats.disk_bytes / kDroppedPart) {
        std::printf("GATE bench.cold SKIP cached_bytes=%llu: the page cache of %s cannot be dropped\n",
                    static_cast<unsigned long long>(left), directory.c_str());
        return false;
    }
    std::optional<MemoryLimit> limit;
    if (percent != kAll) limit.emplace(kOwnBytes + stats.index_bytes * percent / 100);
    if (limit && !limit->refusal().empty()) {
        std::printf("GATE bench.cold SKIP memory=%u%%: %s\n", percent, limit->refusal().c_str());
        return false;
    }
    const double begin = wall_seconds();
    Collection collection(directory, set, k);
    std::printf("round=%u memory=%s open_ms=%.1f\n", round, share_of_memory(percent).c_str(),
                1e3 * (wall_seconds() - begin));
    print(round, percent, "first", left, search_all(collection, set, k));
    const uint64_t cached = cached_bytes(directory);
    print(round, percent, "second", cached, search_all(collection, set, k));
    return true;
}

void measure(const std::string& directory, const DataSet& set, const ColdOptions& options) {
    const vz_collection_stats stats = build(directory, set, options.k);
    std::vector<uint32_t> percents = {kAll};
    percents.insert(percents.end(), options.memory.begin(), options.memory.end());
    for (const uint32_t percent : percents) {
        for (uint32_t round = 1; round <= options.rounds; ++round) {
            if (!measure_with(percent, round, directory, stats, set, options.k)) return;
        }
    }
}

}  // namespace

void cold(const DataSet& set, const ColdOptions& options) {
    if (options.k > set.truth.columns) quit("the truth holds fewer neighbours than --k");
    if (!options.directory.empty()) {
        measure(options.directory, set, options);
        return;
    }
    const Directory temporary;
    measure(temporary.path(), set, options);
}

}  // namespace vz::ann
