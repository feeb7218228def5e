#include "benchmarks/ann/data_set.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/index/score.hpp"

namespace vz::ann {
namespace {

[[noreturn]] void quit(const std::string& message) {
    std::fprintf(stderr, "vectorizer-ann: %s\n", message.c_str());
    std::exit(2);
}

template <class T>
Matrix read_matrix(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    uint32_t head[2] = {};
    if (!file.read(reinterpret_cast<char*>(head), sizeof head)) quit("cannot read " + path);
    const uint64_t count = uint64_t{head[0]} * head[1];
    if (std::filesystem::file_size(path) != sizeof head + count * sizeof(T)) quit("wrong size: " + path);
    std::vector<T> raw(count);
    if (!file.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(count * sizeof(T)))) quit("short read: " + path);
    return {head[0], head[1], std::vector<float>(raw.begin(), raw.end())};
}

bool read_any(const std::string& stem, Matrix& out) {
    if (std::filesystem::exists(stem + ".u8bin")) {
        out = read_matrix<uint8_t>(stem + ".u8bin");
    } else if (std::filesystem::exists(stem + ".fbin")) {
        out = read_matrix<float>(stem + ".fbin");
    } else {
        return false;
    }
    return true;
}

void hold_out(DataSet& set) {
    constexpr uint32_t kEvery = 60;
    const Matrix all = std::move(set.base);
    set.base = {0, all.dim, {}};
    set.queries = {0, all.dim, {}};
    for (uint32_t i = 0; i < all.rows; ++i) {
        Matrix& to = i % kEvery == kEvery / 2 ? set.queries : set.base;
        to.values.insert(to.values.end(), all.row(i), all.row(i) + all.dim);
        ++to.rows;
    }
}

vz_metric metric_of(const std::string& name) {
    if (name == "cosine") return VZ_COSINE;
    if (name == "euclidean") return VZ_EUCLIDEAN;
    if (name == "dot") return VZ_DOT;
    if (name == "manhattan") return VZ_MANHATTAN;
    quit("no such metric: " + name);
}

// The ids of truth files were found by others; their scores are ours.
bool read_truth(const std::string& folder, DataSet& set) {
    for (const char* name : {"/truth.ibin", "/gt100.ibin"}) {
        if (!std::filesystem::exists(folder + name)) continue;
        std::ifstream file(folder + name, std::ios::binary);
        uint32_t head[2] = {};
        file.read(reinterpret_cast<char*>(head), sizeof head);
        if (head[0] < set.queries.rows || head[1] < 10) quit("truth does not fit the queries");
        set.truth_k = head[1];
        std::vector<uint32_t> ids(head[1]);
        for (uint32_t i = 0; i < set.queries.rows; ++i) {
            if (!file.read(reinterpret_cast<char*>(ids.data()), static_cast<std::streamsize>(ids.size() * 4))) quit("short truth");
            const ScoreQuery query = make_score_query(set.metric, set.queries.row(i), set.base.dim);
            for (const uint32_t id : ids) {
                if (id >= set.base.rows) quit("truth names a row beyond the base");
                set.truth_scores.push_back(score_row(query, set.base.row(id)));
            }
        }
        return true;
    }
    return false;
}

}  // namespace

DataSet load(const std::string& folder, const std::string& metric, uint32_t queries_max) {
    DataSet set;
    set.name = std::filesystem::path(folder).filename().string();
    set.metric = metric_of(metric);
    if (!read_any(folder + "/base", set.base)) quit("no base.u8bin or base.fbin in " + folder);
    const bool has_queries = read_any(folder + "/query", set.queries);
    if (!has_queries) hold_out(set);
    if (set.queries.dim != set.base.dim) quit("base and query differ in dimension");
    if (set.queries.rows > queries_max) {
        set.queries.rows = queries_max;
        set.queries.values.resize(size_t{queries_max} * set.queries.dim);
    }
    if (!has_queries || !read_truth(folder, set)) compute_truth(set, 100);
    return set;
}

void compute_truth(DataSet& set, uint32_t k) {
    k = std::min(k, set.base.rows);
    set.truth_k = k;
    set.truth_scores.assign(size_t{set.queries.rows} * k, 0);
    const bool greater = is_similarity(set.metric);
    const auto work = [&](uint32_t first, uint32_t step) {
        std::vector<float> scores(set.base.rows);
        for (uint32_t i = first; i < set.queries.rows; i += step) {
            const ScoreQuery query = make_score_query(set.metric, set.queries.row(i), set.base.dim);
            for (uint32_t row = 0; row < set.base.rows; ++row) scores[row] = score_row(query, set.base.row(row));
            const auto better = [greater](float a, float b) { return greater ? a > b : a < b; };
            std::partial_sort(scores.begin(), scores.begin() + k, scores.end(), better);
            std::copy_n(scores.begin(), k, set.truth_scores.begin() + static_cast<ptrdiff_t>(size_t{i} * k));
        }
    };
    std::vector<std::thread> threads;
    const uint32_t count = std::max(1U, std::thread::hardware_concurrency());
    for (uint32_t i = 0; i < count; ++i) threads.emplace_back(work, i, count);
    for (auto& thread : threads) thread.join();
}

bool counts_as_hit(vz_metric metric, float score, float border) {
    const float slack = 1e-6F * std::max(1.0F, std::fabs(border));
    return is_similarity(metric) ? score >= border - slack : score <= border + slack;
}

}  // namespace vz::ann
