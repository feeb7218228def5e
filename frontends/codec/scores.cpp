#include "frontends/codec/scores.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace vz::codec {
namespace {

constexpr std::array<std::pair<std::string_view, vz_metric>, 9> kSpellings{{
    {"cosine", VZ_COSINE},
    {"euclidean", VZ_EUCLIDEAN},
    {"euclid", VZ_EUCLIDEAN},
    {"l2", VZ_EUCLIDEAN},
    {"dot_product", VZ_DOT},
    {"dot", VZ_DOT},
    {"dotproduct", VZ_DOT},
    {"manhattan", VZ_MANHATTAN},
    {"l1", VZ_MANHATTAN},
}};

bool is_distance(vz_metric metric) { return metric == VZ_EUCLIDEAN || metric == VZ_MANHATTAN; }

}  // namespace

std::optional<vz_metric> parse_metric(std::string_view name) {
    std::string lower(name.substr(0, 16));
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const auto& [spelling, metric] : kSpellings) {
        if (lower == spelling && name.size() == spelling.size()) return metric;
    }
    return std::nullopt;
}

std::string_view metric_title(vz_metric metric) {
    switch (metric) {
        case VZ_COSINE: return "Cosine";
        case VZ_EUCLIDEAN: return "Euclidean";
        case VZ_DOT: return "DotProduct";
        case VZ_MANHATTAN: return "Manhattan";
        default: return "Unknown";
    }
}

std::string_view metric_name(vz_metric metric) {
    switch (metric) {
        case VZ_COSINE: return "cosine";
        case VZ_EUCLIDEAN: return "euclidean";
        case VZ_DOT: return "dot_product";
        case VZ_MANHATTAN: return "manhattan";
        default: return "unknown";
    }
}

float score_of(vz_metric metric, float value) {
    if (!is_distance(metric)) return value;
    return static_cast<float>(1.0 / (1.0 + static_cast<double>(value)));
}

ScoreLimit limit_of(vz_metric metric, float threshold) {
    if (!is_distance(metric)) return {true, false, threshold};
    if (!(threshold > 0)) return {false, false, 0};
    if (threshold > 1) return {true, true, 0};
    // Rounding makes many distances share a score: find the greatest that still reaches the threshold. Floats that are
    // not negative are ordered as their bits are, and the score falls with the distance.
    uint32_t good = 0;  // 0 has score 1
    uint32_t bad = std::bit_cast<uint32_t>(std::numeric_limits<float>::infinity());
    while (bad - good > 1) {
        const uint32_t middle = good + (bad - good) / 2;
        (score_of(metric, std::bit_cast<float>(middle)) >= threshold ? good : bad) = middle;
    }
    return {true, false, std::bit_cast<float>(good)};
}

const char* plan_name(uint32_t plan) {
    switch (plan) {
        case VZ_PLAN_FILTER_FIRST: return "filter_first";
        case VZ_PLAN_GRAPH: return "graph";
        case VZ_PLAN_EXPAND: return "expand";
        case VZ_PLAN_MIXED: return "mixed";
        default: return "exact";
    }
}

}  // namespace vz::codec
