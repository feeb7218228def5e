#include "engine/index/score.hpp"

#include <cmath>

namespace vz {
namespace {

// 16 independent sums: the order of additions is fixed, whatever the compiler makes of the lanes.
constexpr uint32_t kLanes = 16;

template <class Term>
[[gnu::always_inline]] inline float sum(uint32_t dim, Term term) {
    float lanes[kLanes] = {};
    uint32_t i = 0;
    for (; i + kLanes <= dim; i += kLanes) {
        for (uint32_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
    }
    for (uint32_t lane = 0; i < dim; ++i, ++lane) lanes[lane] += term(i);
    for (uint32_t width = kLanes / 2; width > 0; width /= 2) {
        for (uint32_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
    }
    return lanes[0];
}

#define VZ_MULTIVERSION [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]

VZ_MULTIVERSION float dot(const float* a, const float* b, uint32_t dim) {
    return sum(dim, [=](uint32_t i) { return a[i] * b[i]; });
}

VZ_MULTIVERSION float squared_l2(const float* a, const float* b, uint32_t dim) {
    return sum(dim, [=](uint32_t i) { return (a[i] - b[i]) * (a[i] - b[i]); });
}

VZ_MULTIVERSION float l1(const float* a, const float* b, uint32_t dim) {
    return sum(dim, [=](uint32_t i) { return std::fabs(a[i] - b[i]); });
}

}  // namespace

ScoreQuery make_score_query(vz_metric metric, const float* values, uint32_t dim) {
    return {metric, dim, values, metric == VZ_COSINE ? std::sqrt(dot(values, values, dim)) : 0.0F};
}

float score_row(const ScoreQuery& query, const float* row) {
    switch (query.metric) {
        case VZ_EUCLIDEAN: return std::sqrt(squared_l2(query.values, row, query.dim));
        case VZ_MANHATTAN: return l1(query.values, row, query.dim);
        case VZ_DOT: return dot(query.values, row, query.dim);
        default: break;
    }
    const float norm = query.norm * std::sqrt(dot(row, row, query.dim));
    return norm > 0.0F ? dot(query.values, row, query.dim) / norm : 0.0F;
}

}  // namespace vz
