#include "engine/collection/fusion.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "engine/index/score.hpp"

namespace vz {
namespace {

constexpr double kRankOffset = 60;

struct RowHash {
    size_t operator()(const RowRef& row) const { return std::hash<const void*>()(row.part) * 31 + row.row; }
};
struct RowEqual {
    bool operator()(const RowRef& a, const RowRef& b) const { return a.part == b.part && a.row == b.row; }
};
using Scores = std::unordered_map<RowRef, double, RowHash, RowEqual>;

std::vector<Hit> ranked(const Scores& scores) {
    std::vector<Hit> hits;
    hits.reserve(scores.size());
    for (const auto& [row, score] : scores) hits.push_back({row, static_cast<float>(score)});
    std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
        if (a.score != b.score) return a.score > b.score;
        return a.row.part->id(a.row.row) < b.row.part->id(b.row.row);
    });
    return hits;
}

double likeness(float similarity) { return similarity; }
double closeness(float distance) { return 1.0 / (1.0 + static_cast<double>(distance)); }

void add_scaled(const std::vector<Hit>& hits, double (*value)(float score), double weight, Scores* scores) {
    if (hits.empty()) return;
    const double best = value(hits.front().score);  // they are ranked
    const double worst = value(hits.back().score);
    for (const Hit& hit : hits) {
        const double scaled = best == worst ? 1.0 : (value(hit.score) - worst) / (best - worst);
        (*scores)[hit.row] += weight * scaled;
    }
}

}  // namespace

std::vector<Hit> fuse_by_rank(const std::vector<Hit>& dense, const std::vector<Hit>& text) {
    Scores scores;
    for (const auto* ranking : {&dense, &text}) {
        double rank = 0;
        for (const Hit& hit : *ranking) scores[hit.row] += 1.0 / (kRankOffset + ++rank);
    }
    return ranked(scores);
}

std::vector<Hit> fuse_weighted(vz_metric metric, const std::vector<Hit>& dense, const std::vector<Hit>& text,
                               float alpha) {
    Scores scores;
    add_scaled(dense, is_similarity(metric) ? likeness : closeness, static_cast<double>(alpha), &scores);
    add_scaled(text, likeness, 1.0 - static_cast<double>(alpha), &scores);
    return ranked(scores);
}

}  // namespace vz
