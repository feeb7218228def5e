// Exact scores between a query and full-precision rows, in the ABI's own terms: cosine similarity (0 if either vector
// is zero), L2 distance with the root taken, dot product, L1 distance. Finite for all finite rows, a cosine within -1
// and 1. A pair has the same score wherever the row lies.
#pragma once

#include <cstdint>

#include "vectorizer/types.h"

namespace vz {

struct ScoreQuery {
    vz_metric metric;
    uint32_t dim;
    const float* values;
    float norm;  // of `values`; used by cosine
};

ScoreQuery make_score_query(vz_metric metric, const float* values, uint32_t dim);
float score_row(const ScoreQuery& query, const float* row);
// The same bits, for whoever kept row_norm(row).
float score_row(const ScoreQuery& query, const float* row, float norm);
// The same bits again, of `count` rows.
void score_rows(const ScoreQuery& query, const float* const* rows, uint32_t count, float* scores);
// Whether a score that kernels summed, of bytes too, is the right one: squares have neither left float32 nor been
// rounded away in it.
bool is_plain_score(vz_metric metric, float score);
float row_norm(const float* row, uint32_t dim);

// Of rows so long or so short that float32 does not hold the outcome.
double dot_in_double(const float* left, const float* right, uint32_t dim);
double squared_l2_in_double(const float* left, const float* right, uint32_t dim);

// Whether the better of two scores is the greater one.
constexpr bool is_similarity(vz_metric metric) { return metric == VZ_COSINE || metric == VZ_DOT; }

}  // namespace vz
