#include "engine/index/score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/index/kernels.hpp"

namespace vz {
namespace {

// Within these a norm, its square and the product of two are neither infinite nor rounded away in float32.
constexpr float kNormMin = 1e-15F;
constexpr float kNormMax = 1e18F;

bool is_plain(float norm) { return norm > kNormMin && norm < kNormMax; }

double wide_cosine(const float* left, const float* right, uint32_t dim) {
    const double norms = std::sqrt(dot_in_double(left, left, dim)) * std::sqrt(dot_in_double(right, right, dim));
    return norms > 0 ? std::clamp(dot_in_double(left, right, dim) / norms, -1.0, 1.0) : 0.0;
}

double wide_l1(const float* left, const float* right, uint32_t dim) {
    double sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += std::abs(static_cast<double>(left[i]) - static_cast<double>(right[i]));
    return sum;
}

// For numbers at the ends of float32, whose squares and sums leave it: in double, where none does. What float32 cannot
// say is its greatest number.
[[gnu::noinline]] float wide_score(const ScoreQuery& query, const float* row) {
    double score = 0;
    switch (query.metric) {
        case VZ_EUCLIDEAN: score = std::sqrt(squared_l2_in_double(query.values, row, query.dim)); break;
        case VZ_MANHATTAN: score = wide_l1(query.values, row, query.dim); break;
        case VZ_DOT: score = dot_in_double(query.values, row, query.dim); break;
        default: score = wide_cosine(query.values, row, query.dim); break;
    }
    constexpr double kMost = std::numeric_limits<float>::max();
    return static_cast<float>(std::clamp(score, -kMost, kMost));
}

}  // namespace

double dot_in_double(const float* left, const float* right, uint32_t dim) {
    double sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += static_cast<double>(left[i]) * static_cast<double>(right[i]);
    return sum;
}

double squared_l2_in_double(const float* left, const float* right, uint32_t dim) {
    double sum = 0;
    for (uint32_t i = 0; i < dim; ++i) {
        const double difference = static_cast<double>(left[i]) - static_cast<double>(right[i]);
        sum += difference * difference;
    }
    return sum;
}

ScoreQuery make_score_query(vz_metric metric, const float* values, uint32_t dim) {
    return {metric, dim, values, metric == VZ_COSINE ? row_norm(values, dim) : 0.0F};
}

float row_norm(const float* row, uint32_t dim) {
    const float norm = std::sqrt(kernels().dot(row, row, dim));
    if (is_plain(norm)) return norm;
    return static_cast<float>(
        std::min<double>(std::sqrt(dot_in_double(row, row, dim)), std::numeric_limits<float>::max()));
}

namespace {

// What lies so many rows ahead is asked for: of wide rows the hardware follows on by itself.
constexpr uint32_t kRowsAhead = 4;
constexpr size_t kBytesAhead = 512;

void prefetch(const float* row, uint32_t dim) {
    const auto* bytes = reinterpret_cast<const char*>(row);
    for (size_t byte = 0; byte < std::min(dim * sizeof(float), kBytesAhead); byte += 64)
        __builtin_prefetch(bytes + byte);
}

template <class Score>
void score_each(const ScoreQuery& query, const float* const* rows, uint32_t count, float* scores, Score&& score) {
    for (uint32_t i = 0; i < count; ++i) {
        if (i + kRowsAhead < count) prefetch(rows[i + kRowsAhead], query.dim);
        scores[i] = score(rows[i]);
        if (!is_plain_score(query.metric, scores[i])) scores[i] = wide_score(query, rows[i]);
    }
}

}  // namespace

void score_rows(const ScoreQuery& query, const float* const* rows, uint32_t count, float* scores) {
    const Kernels& k = kernels();
    const float* const values = query.values;
    const uint32_t dim = query.dim;
    switch (query.metric) {
        case VZ_EUCLIDEAN:
            return score_each(query, rows, count, scores,
                              [&](const float* row) { return std::sqrt(k.squared_l2(values, row, dim)); });
        case VZ_MANHATTAN:
            return score_each(query, rows, count, scores, [&](const float* row) { return k.l1(values, row, dim); });
        case VZ_DOT:
            return score_each(query, rows, count, scores, [&](const float* row) { return k.dot(values, row, dim); });
        default: return score_each(query, rows, count, scores, [&](const float* row) { return score_row(query, row); });
    }
}

float score_row(const ScoreQuery& query, const float* row) {
    return score_row(query, row, query.metric == VZ_COSINE ? row_norm(row, query.dim) : 0.0F);
}

bool is_plain_score(vz_metric metric, float score) {
    return metric == VZ_EUCLIDEAN ? is_plain(score) : std::isfinite(score);
}

float score_row(const ScoreQuery& query, const float* row, float norm) {
    const Kernels& k = kernels();
    float score = 0;
    switch (query.metric) {
        case VZ_EUCLIDEAN: score = std::sqrt(k.squared_l2(query.values, row, query.dim)); break;
        case VZ_MANHATTAN: score = k.l1(query.values, row, query.dim); break;
        case VZ_DOT: score = k.dot(query.values, row, query.dim); break;
        default:
            if (!is_plain(query.norm) || !is_plain(norm)) return wide_score(query, row);
            return std::clamp(k.dot(query.values, row, query.dim) / (query.norm * norm), -1.0F, 1.0F);
    }
    return is_plain_score(query.metric, score) ? score : wide_score(query, row);
}

}  // namespace vz
