#include "engine/index/score.hpp"

#include <cmath>

#include "engine/index/kernels.hpp"

namespace vz {

ScoreQuery make_score_query(vz_metric metric, const float* values, uint32_t dim) {
    return {metric, dim, values, metric == VZ_COSINE ? std::sqrt(kernels().dot(values, values, dim)) : 0.0F};
}

float score_row(const ScoreQuery& query, const float* row) {
    const Kernels& k = kernels();
    switch (query.metric) {
        case VZ_EUCLIDEAN: return std::sqrt(k.squared_l2(query.values, row, query.dim));
        case VZ_MANHATTAN: return k.l1(query.values, row, query.dim);
        case VZ_DOT: return k.dot(query.values, row, query.dim);
        default: break;
    }
    const float norm = query.norm * std::sqrt(k.dot(row, row, query.dim));
    return norm > 0.0F ? k.dot(query.values, row, query.dim) / norm : 0.0F;
}

}  // namespace vz
