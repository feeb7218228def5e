#include "engine/collection/search_effort.hpp"

#include <algorithm>
#include <cmath>

#include "engine/collection/plan.hpp"
#include "engine/index/search.hpp"

namespace vz {
namespace {

constexpr float kRecallByDefault = 0.98F;
// Rows that have ended fill the frontier of a walk: beyond this share of them effort grows no more.
constexpr double kEndedShareMax = 0.75;
// Rows to score exactly for each one wanted, while it is not known how far codes keep the order of rows.
constexpr float kRerankUnmeasured = 8;

// By how much the estimate of a walk that is not far enough falls short, and times that walk, what finding all is
// worth.
constexpr float kRecallMissed = 0.005F;
constexpr double kExactWorth = 4;

const Curve kUnmeasured = {{}, kRerankUnmeasured, 1, INFINITY, {}};

bool has_curve(const FieldGraph& graph) { return graph.curve != nullptr && !graph.curve->points.empty(); }

}  // namespace

LargestCurve LargestCurve::of(const ReadView& view, uint32_t field_id) {
    LargestCurve largest;
    for (const auto& part : *view.parts) {
        const FieldGraph graph = part->graph(field_id);
        if (!has_curve(graph) || graph.linked <= largest.rows) continue;
        largest = {graph.curve, graph.linked, graph.grown};
    }
    return largest;
}

double ended_share(const Part& part) {
    return std::min(1.0, static_cast<double>(part.ended_rows()) / std::max(part.row_count(), 1U));
}

bool is_worth_a_walk(const NearestQuery& query, const FieldGraph& graph, uint64_t bytes_min) {
    return graph.view != nullptr && graph.linked * scan_bytes(*query.field) >= bytes_min &&
           uint64_t{query.k} * kRowsPerWalkedMin < graph.linked;
}

const Curve& SearchEffort::curve_of(const FieldGraph& graph) const {
    if (has_curve(graph)) return *graph.curve;
    return largest_.curve != nullptr ? *largest_.curve : kUnmeasured;
}

float SearchEffort::recall() const { return query_.recall != 0 ? query_.recall : kRecallByDefault; }

uint32_t SearchEffort::far_rank(const FieldGraph& graph) const {
    const bool is_others = !has_curve(graph) && largest_.rows != 0;
    const double share = is_others ? static_cast<double>(graph.linked) / largest_.rows : 1;
    return std::clamp(static_cast<uint32_t>(std::lround(std::min(1.0, share) * kFarRank)), 1U, kFarRank);
}

uint32_t SearchEffort::rerank(const FieldGraph& graph) const {
    if (query_.rerank != 0) return query_.rerank;
    return rerank_for(curve_of(graph), query_.k, graph.grown);
}

EffortChoice SearchEffort::of_one(const FieldGraph& graph, double ended) const {
    return asked_for(curve_of(graph), graph.grown, ended);
}

EffortChoice SearchEffort::of_several(double rows, double ended) const {
    return asked_for(largest_.curve != nullptr ? *largest_.curve : kUnmeasured, grown_to(rows), ended);
}

uint32_t SearchEffort::rerank_of_several(double rows) const {
    if (query_.rerank != 0) return std::max(query_.rerank, query_.k);
    return rerank_for(largest_.curve != nullptr ? *largest_.curve : kUnmeasured, query_.k, grown_to(rows));
}

bool SearchEffort::is_scan_better(const FieldGraph& graph, const EffortChoice& choice, double rows) const {
    if (!is_by_recall()) return false;
    const bool falls_short = choice.estimate != 0 && choice.estimate < recall() - kRecallMissed;
    const uint32_t dim = query_.field->dim;
    return rows * exact_row_ns(dim) <=
           (falls_short ? kExactWorth : 1) * walk_ns(*graph.view, dim, curve_of(graph), choice.effort);
}

uint32_t SearchEffort::effort_of_scan(const FieldGraph& graph, double rows) const {
    constexpr uint32_t kFarWalk = 400;  // walks far from the rows go about so far
    const uint32_t dim = query_.field->dim;
    const double effort_ns = walk_ns(*graph.view, dim, curve_of(graph), kFarWalk) / kFarWalk;
    return static_cast<uint32_t>(std::min<double>(rows * exact_row_ns(dim) / effort_ns, VZ_EFFORT_MAX));
}

float SearchEffort::grown_to(double rows) const {
    return largest_.rows == 0 ? 1 : static_cast<float>(rows / largest_.rows) * largest_.grown;
}

EffortChoice SearchEffort::asked_for(const Curve& curve, float grown, double ended) const {
    if (!is_by_recall()) return {query_.effort != 0 ? query_.effort : query_.field->search_effort, 0};
    EffortChoice choice = effort_for(curve, recall(), query_.k);
    // A graph takes more effort as it grows, on most data less than by the root of its rows.
    const float more = std::sqrt(std::max(1.0F, grown));
    const double alive = 1 - std::min(ended, kEndedShareMax);
    choice.effort = static_cast<uint32_t>(std::ceil(static_cast<double>(choice.effort) * more / alive));
    // Nothing is known about how a filter and a query relate.
    if (query_.filter != nullptr) choice.estimate = 0;
    return choice;
}

}  // namespace vz
