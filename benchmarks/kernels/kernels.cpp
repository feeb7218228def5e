// Every kernel of every instruction set that this machine has, by Google Benchmark: over rows that stay in the L2
// cache, and over rows that come from memory. Beside the bytes a second stands their share of what the same run could
// read from memory in order.
//   vectorizer-kernels [--benchmark_filter=REGEX] [--benchmark_format=json] ...
//
// Names: instruction set / kernel / values a row / cache or memory. Rows of score_codes lie at random places, as a walk
// meets them; those of the others follow each other, as a scan meets them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/clock.hpp"
#include "engine/base/arena.hpp"
#include "engine/index/kernels.hpp"

namespace vz {
namespace {

constexpr size_t kMemoryBytes = size_t{256} << 20;  // many times what a last-level cache gives one thread
constexpr size_t kCacheBytes = size_t{256} << 10;
constexpr uint32_t kDims[] = {128, 384, 768, 784, 1536};
constexpr uint32_t kListRows = 32;  // rows that a walk scores at once

// Bytes that are any row of any kernel: small floats, whose codes and bytes are as good as random.
std::span<std::byte> rows_in_memory() {
    static Arena arena = [] {
        Arena made = Arena::reserve(kMemoryBytes).take();
        std::mt19937 random(5);
        auto* words = reinterpret_cast<uint32_t*>(made.data());
        for (size_t i = 0; i < kMemoryBytes / sizeof(uint32_t); ++i)
            words[i] = 0x3f00'0000U | (random() & 0x007f'ffffU);
        return made;
    }();
    return {arena.data(), kMemoryBytes};
}

// Bytes a second that one thread reads in order: the best of some passes.
double read_bandwidth() {
    static const double best = [] {
        const std::span<const std::byte> bytes = rows_in_memory();
        const auto* words = reinterpret_cast<const uint64_t*>(bytes.data());
        double least = INFINITY;
        for (int pass = 0; pass < 7; ++pass) {
            const double begin = cpu_seconds();
            uint64_t sums[8] = {};
            for (size_t i = 0; i < bytes.size() / sizeof(uint64_t); i += 8) {
                for (size_t lane = 0; lane < 8; ++lane) sums[lane] += words[i + lane];
            }
            benchmark::DoNotOptimize(std::accumulate(std::begin(sums), std::end(sums), uint64_t{0}));
            least = std::min(least, cpu_seconds() - begin);
        }
        return static_cast<double>(bytes.size()) / least;
    }();
    return best;
}

// Counts of a benchmark whose every iteration read `bytes` of `rows` rows.
class Counted {
 public:
    explicit Counted(benchmark::State& state) : state_(state), begin_(cpu_seconds()) {}
    void finish(size_t rows, size_t bytes) {
        const auto iterations = static_cast<double>(state_.iterations());
        const double rate = iterations * static_cast<double>(bytes) / (cpu_seconds() - begin_);
        state_.SetItemsProcessed(static_cast<int64_t>(iterations * static_cast<double>(rows)));
        state_.SetBytesProcessed(static_cast<int64_t>(iterations * static_cast<double>(bytes)));
        state_.counters["of_read_bandwidth"] = rate / read_bandwidth();
    }

 private:
    benchmark::State& state_;
    double begin_;
};

enum class Place { kCache, kMemory };
size_t bytes_at(Place place) { return place == Place::kCache ? kCacheBytes : kMemoryBytes; }
const char* name_of(Place place) { return place == Place::kCache ? "/cache" : "/memory"; }

// `score(row)` of a row of `row_bytes`, of one row after the other.
template <class Score>
void scan(benchmark::State& state, Place place, size_t row_bytes, const Score& score) {
    const std::byte* rows = rows_in_memory().data();
    const size_t count = bytes_at(place) / row_bytes;
    Counted counted(state);
    size_t row = 0;
    for (auto _ : state) {
        for (uint32_t i = 0; i < kListRows; ++i) {
            benchmark::DoNotOptimize(score(rows + row * row_bytes));
            if (++row == count) row = 0;
        }
    }
    counted.finish(kListRows, kListRows * row_bytes);
}

template <class T>
void measure_sum(const Kernels& kernels, const char* name, float (*kernel)(const float*, const T*, uint32_t),
                 uint32_t dim, Place place) {
    const auto run = [=](benchmark::State& state) {
        const std::vector<float> query(dim, 0.75F);
        scan(state, place, dim * sizeof(T),
             [&](const std::byte* row) { return kernel(query.data(), reinterpret_cast<const T*>(row), dim); });
    };
    benchmark::RegisterBenchmark((std::string(kernels.name) + name + std::to_string(dim) + name_of(place)).c_str(),
                                 run);
}

using ScoreCodes = void (*)(const CodedQuery*, const void*, size_t, const uint32_t*, uint32_t, float*);

void measure_list(const Kernels& kernels, const char* name, ScoreCodes kernel, uint32_t dim, Place place) {
    const auto run = [=](benchmark::State& state) {
        const uint32_t padded = (dim + 63) / 64 * 64;
        const std::vector<int8_t> codes(padded, 3);
        const size_t row_bytes = 64 + padded;
        const CodedQuery query = {
            codes.data(), padded, 1.0F, 1.0F, 0.5F, 2.0F, -1.0F, std::clamp(64 * 30 / (padded + 64), 3U, 30U), 0, 64};
        const auto count = static_cast<uint32_t>(bytes_at(place) / row_bytes);
        std::mt19937 random(3);
        std::vector<uint32_t> ids(count / kListRows * kListRows);
        std::iota(ids.begin(), ids.end(), 0U);
        std::shuffle(ids.begin(), ids.end(), random);
        float keys[kListRows];
        Counted counted(state);
        size_t at = 0;
        for (auto _ : state) {
            kernel(&query, rows_in_memory().data(), row_bytes, &ids[at], kListRows, keys);
            benchmark::DoNotOptimize(keys);
            at = at + kListRows == ids.size() ? 0 : at + kListRows;
        }
        counted.finish(kListRows, kListRows * row_bytes);
    };
    benchmark::RegisterBenchmark((std::string(kernels.name) + name + std::to_string(dim) + name_of(place)).c_str(),
                                 run);
}

void measure_rows(const Kernels& k, uint32_t dim, Place place) {
    measure_sum(k, "/dot/", k.dot, dim, place);
    measure_sum(k, "/squared_l2/", k.squared_l2, dim, place);
    measure_sum(k, "/l1/", k.l1, dim, place);
    measure_sum(k, "/dot_bytes/", k.dot_bytes, dim, place);
    measure_sum(k, "/squared_l2_bytes/", k.squared_l2_bytes, dim, place);
    measure_sum(k, "/l1_bytes/", k.l1_bytes, dim, place);
    const auto dot_codes = [dim, place, &k](benchmark::State& state) {
        const uint32_t padded = (dim + 63) / 64 * 64;
        const std::vector<int8_t> query(padded, 3);
        scan(state, place, padded, [&](const std::byte* row) {
            return k.dot_codes(query.data(), reinterpret_cast<const uint8_t*>(row), padded);
        });
    };
    benchmark::RegisterBenchmark((std::string(k.name) + "/dot_codes/" + std::to_string(dim) + name_of(place)).c_str(),
                                 dot_codes);
    measure_list(k, "/score_codes/", k.score_codes, dim, place);
    measure_list(k, "/score_codes_l1/", k.score_codes_l1, dim, place);
}

// In place, over values that stay in the cache.
void measure_hadamard(const Kernels& k, uint32_t dim) {
    const auto run = [dim, &k](benchmark::State& state) {
        const uint32_t size = std::bit_floor(dim);
        std::vector<float> values(size, 1.0F);
        const std::vector<float> fresh = values;
        Counted counted(state);
        for (auto _ : state) {
            std::copy(fresh.begin(), fresh.end(), values.begin());  // else the sums grow until they are infinite
            k.hadamard(values.data(), size);
            benchmark::DoNotOptimize(values.data());
        }
        counted.finish(1, size * sizeof(float));
    };
    benchmark::RegisterBenchmark((std::string(k.name) + "/hadamard/" + std::to_string(dim) + "/cache").c_str(), run);
}

// Lists of 32 pairs into a pool as a walk fills it: ever fewer of them are near enough.
void measure_insert(const Kernels& k, uint32_t limit) {
    const auto run = [limit, &k](benchmark::State& state) {
        constexpr uint32_t kLists = 16;
        std::mt19937 random(11);
        std::vector<float> keys(size_t{kLists} * kListRows);
        for (float& key : keys) key = static_cast<float>(random() % 100'000);
        std::vector<uint32_t> slots(kListRows);
        std::vector<PoolLane> lanes((limit + 15) / 16);
        for (auto _ : state) {
            for (PoolLane& lane : lanes) std::fill_n(lane.keys, 16, INFINITY);
            uint32_t size = 0;
            for (uint32_t list = 0; list < kLists; ++list) {
                size =
                    k.insert(lanes.data(), size, limit, &keys[size_t{list} * kListRows], slots.data(), kListRows).size;
            }
            benchmark::DoNotOptimize(lanes.data());
        }
        state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kLists * kListRows);
    };
    benchmark::RegisterBenchmark((std::string(k.name) + "/insert/" + std::to_string(limit)).c_str(), run);
}

}  // namespace
}  // namespace vz

int main(int count, char** arguments) {
    benchmark::Initialize(&count, arguments);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
    benchmark::AddCustomContext("read_bandwidth_gb_per_second", std::to_string(vz::read_bandwidth() / 1e9));
    for (const vz::Kernels* kernels : {&vz::kernels_scalar(), vz::kernels_avx2(), vz::kernels_avx512()}) {
        if (kernels == nullptr) continue;
        for (const uint32_t dim : vz::kDims) {
            for (const vz::Place place : {vz::Place::kCache, vz::Place::kMemory})
                vz::measure_rows(*kernels, dim, place);
            vz::measure_hadamard(*kernels, dim);
        }
        for (const uint32_t limit : {15U, 128U, 500U}) vz::measure_insert(*kernels, limit);
    }
    return benchmark::RunSpecifiedBenchmarks() == 0 ? 1 : 0;
}
