#include "engine/index/score.hpp"

#include <cmath>

#include "engine/index/kernels.hpp"

namespace vz {

ScoreQuery make_score_query(vz_metric metric, const float* values, uint32_t dim) {
    return {metric, dim, values, metric == VZ_COSINE ? row_norm(values, dim) : 0.0F};
}

float row_norm(const float* row, uint32_t dim) { return std::sqrt(kernels().dot(row, row, dim)); }

float score_row(const ScoreQuery& query, const float* row) {
    return score_row(query, row, query.metric == VZ_COSINE ? row_norm(row, query.dim) : 0.0F);
}

float score_row(const ScoreQuery& query, const float* row, float norm) {
    const Kernels& k = kernels();
    switch (query.metric) {
        case VZ_EUCLIDEAN: return std::sqrt(k.squared_l2(query.values, row, query.dim));
        case VZ_MANHATTAN: return k.l1(query.values, row, query.dim);
        case VZ_DOT: return k.dot(query.values, row, query.dim);
        default: break;
    }
    const float norms = query.norm * norm;
    return norms > 0.0F ? k.dot(query.values, row, query.dim) / norms : 0.0F;
}

}  // namespace vz
