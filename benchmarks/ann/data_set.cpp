#include "benchmarks/ann/data_set.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "engine/index/score.hpp"

namespace vz::ann {
namespace {

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

void score_truth(DataSet& set) {
    set.truth_scores.clear();
    for (uint32_t i = 0; i < set.queries.rows; ++i) {
        const ScoreQuery query = make_score_query(set.metric, set.queries.row(i), set.base.dim);
        for (uint32_t j = 0; j < set.truth.columns; ++j) {
            set.truth_scores.push_back(
                score_row(query, set.base.row(set.truth.values[size_t{i} * set.truth.columns + j])));
        }
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
        set.truth = read_ids(folder + name);
        if (set.truth.rows < set.queries.rows || set.truth.columns < 10)
            quit("truth does not fit the queries: " + folder + name);
        set.truth.rows = set.queries.rows;
        set.truth.values.resize(size_t{set.truth.rows} * set.truth.columns);
        if (std::any_of(set.truth.values.begin(), set.truth.values.end(),
                        [&](uint32_t id) { return id >= set.base.rows; })) {
            quit("truth names a row beyond the base: " + folder + name);
        }
        score_truth(set);
        return true;
    }
    return false;
}

std::string metric_in(const std::string& folder) {
    std::string name;
    std::ifstream(folder + "/metric") >> name;
    if (name.empty()) quit("no metric: name one by --metric, or in the file " + folder + "/metric");
    return name;
}

// Greater is better, under every metric.
double precise_score(vz_metric metric, const float* query, const float* row, uint32_t dim) {
    double dot = 0, of_query = 0, of_row = 0, square = 0, sum = 0;
    for (uint32_t i = 0; i < dim; ++i) {
        const double q = query[i], r = row[i];
        dot += q * r;
        of_query += q * q;
        of_row += r * r;
        square += (q - r) * (q - r);
        sum += std::fabs(q - r);
    }
    switch (metric) {
        case VZ_COSINE: return of_query * of_row > 0 ? dot / std::sqrt(of_query * of_row) : 0;
        case VZ_EUCLIDEAN: return -square;
        case VZ_DOT: return dot;
        default: return -sum;
    }
}

}  // namespace

DataSet load_vectors(const std::string& folder, const std::string& metric, uint32_t queries_max) {
    DataSet set;
    set.name = std::filesystem::path(folder).filename().string();
    set.metric = metric_of(metric.empty() ? metric_in(folder) : metric);
    if (!read_vectors(folder + "/base", set.base)) quit("no base.u8bin, base.fbin or base.f16bin in " + folder);
    const bool has_queries = read_vectors(folder + "/query", set.queries);
    set.held_out = !has_queries;
    if (set.held_out) hold_out(set);
    if (set.queries.dim != set.base.dim) quit("base and query differ in dimension");
    if (set.queries.rows > queries_max) {
        set.queries.rows = queries_max;
        set.queries.values.resize(size_t{queries_max} * set.queries.dim);
    }
    return set;
}

DataSet load(const std::string& folder, const std::string& metric, uint32_t queries_max) {
    DataSet set = load_vectors(folder, metric, queries_max);
    if (set.held_out || !read_truth(folder, set)) compute_truth(set, 100);
    return set;
}

void compute_truth(DataSet& set, uint32_t k) {
    k = std::min(k, set.base.rows);
    set.truth = {set.queries.rows, k, std::vector<uint32_t>(size_t{set.queries.rows} * k)};
    const bool greater = is_similarity(set.metric);
    const auto work = [&](uint32_t first, uint32_t step) {
        std::vector<float> scores(set.base.rows);
        std::vector<uint32_t> order(set.base.rows);
        std::vector<double> precise(set.base.rows);
        for (uint32_t i = first; i < set.queries.rows; i += step) {
            const ScoreQuery query = make_score_query(set.metric, set.queries.row(i), set.base.dim);
            for (uint32_t row = 0; row < set.base.rows; ++row) scores[row] = score_row(query, set.base.row(row));
            std::iota(order.begin(), order.end(), 0U);
            // Twice as many in single precision, for the border may be nearer than its error.
            const auto candidates =
                order.begin() + static_cast<ptrdiff_t>(std::min<size_t>(2 * size_t{k}, order.size()));
            std::partial_sort(order.begin(), candidates, order.end(), [&](uint32_t a, uint32_t b) {
                return greater ? scores[a] > scores[b] : scores[a] < scores[b];
            });
            std::for_each(order.begin(), candidates, [&](uint32_t id) {
                precise[id] = precise_score(set.metric, set.queries.row(i), set.base.row(id), set.base.dim);
            });
            std::sort(order.begin(), candidates, [&](uint32_t a, uint32_t b) {
                return precise[a] != precise[b] ? precise[a] > precise[b] : a < b;
            });
            std::copy_n(order.begin(), k, set.truth.values.begin() + static_cast<ptrdiff_t>(size_t{i} * k));
        }
    };
    std::vector<std::thread> threads;
    const uint32_t count = std::max(1U, std::thread::hardware_concurrency());
    for (uint32_t i = 0; i < count; ++i) threads.emplace_back(work, i, count);
    for (auto& thread : threads) thread.join();
    score_truth(set);
}

bool counts_as_hit(vz_metric metric, float score, float border) {
    const float slack = 1e-6F * std::max(1.0F, std::fabs(border));
    return is_similarity(metric) ? score >= border - slack : score <= border + slack;
}

}  // namespace vz::ann
