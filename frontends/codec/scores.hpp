// Metrics and plans by name, and scores: the engine returns the metric's own value, clients see "higher is better" as
// float32.
#pragma once

#include <optional>
#include <string_view>

#include "vectorizer/types.h"

namespace vz::codec {

// The names of metrics, one each.
inline constexpr std::string_view kMetricNames[] = {"cosine", "euclidean", "dot_product", "manhattan"};

// Any case: cosine; euclidean, euclid, l2; dot, dot_product, dotproduct; manhattan, l1.
std::optional<vz_metric> parse_metric(std::string_view name);
// "Cosine", "Euclidean", "DotProduct", "Manhattan": field `metric` of answers.
std::string_view metric_title(vz_metric metric);
// "cosine", "euclidean", "dot_product", "manhattan": field `similarity_metric`.
std::string_view metric_name(vz_metric metric);

// Distances d become 1 / (1 + d); similarities stay.
float score_of(vz_metric metric, float value);

// The engine's score_limit that keeps exactly the hits with score_of(value) >= threshold.
struct ScoreLimit {
    bool limited;  // false: every hit passes
    bool empty;    // true: no hit can pass
    float value;
};
ScoreLimit limit_of(vz_metric metric, float threshold);

// How a search was done, VZ_PLAN_EXACT, ..., as answers and logs call it.
const char* plan_name(uint32_t plan);

}  // namespace vz::codec
