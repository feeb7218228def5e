// How a part with a graph is searched under a filter (index/README.md, Filters). No clock decides: the constants stand
// here, with their origin. All were measured on Fashion-MNIST (784 dimensions, 60,000 rows) with vectorizer-filtered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/index/curve.hpp"
#include "engine/index/graph.hpp"

namespace vz {

// A row of 784 bytes costs 40 ns from memory in slot order, and about as much at a random place asked for one hop
// ahead.
inline constexpr double kBytesPerNs = 20;
inline constexpr double kRowNs = 5;
// Choosing and expanding one row: reading its ids, placing its neighbours in the pool.
inline constexpr double kHopNs = 150;
// An expanding walk beside a plain one of the same effort: neighbours of neighbours are read where few pass, and a
// plain one comes before it.
inline constexpr double kExpandCost = 3.2;
// Effort of an expanding walk: the graph over what passes is thinner. Less where more pass.
inline constexpr double kExpandEffort = 1.4;
inline constexpr double kExpandEffortFalls = 0.4;
// At least, over the share that fails: what is little for a graph is too little for a thin one. Rows of 768 dimensions
// that a graph finds with effort 12 take 22 where one in ten passes.
inline constexpr double kExpandEffortMin = 25;
// Rows that pass, from all over the part, that an expanding walk begins at.
inline constexpr uint32_t kFilterSeeds = 32;
// Where rows near the query fail: so many that each cluster of rows that passes has some, and times the effort, for
// what passes lies around the query and not before it.
inline constexpr uint32_t kAwaySeeds = 1024;
inline constexpr uint32_t kAwayEffort = 8;
// Where at least so many pass, a walk through all rows that goes as much further costs less.
inline constexpr double kWalkAllShareMin = 0.4;
// Where fewer pass, a row's neighbours and theirs (a thousand) hold too few that do for a walk to go on.
inline constexpr double kExpandShareMin = 0.01;
// Where at least so many pass, a walk asks fewer rows for their payloads than a bitset takes.
inline constexpr double kRowByRowShareMin = 0.25;
inline constexpr uint64_t kRowsAskedByWalk = 2048;

enum class FilterPlan : uint8_t {
    kReadPassing,  // the codes of all passing rows: exact as codes go
    kExpand,
    kWalkAll,
};

inline double exact_row_ns(uint32_t dim) { return 4.0 * dim / kBytesPerNs + kRowNs; }

inline double scan_row_ns(const GraphView& graph, uint32_t dim) {
    return graph.shape().layout == Layout::kFp32 ? exact_row_ns(dim) : dim / kBytesPerNs + kRowNs;
}

// Of a walk with this effort, by the nearest point of the curve; without a curve each hop scores half of a row's
// neighbours.
inline double walk_ns(const GraphView& graph, uint32_t dim, const Curve& curve, uint32_t effort) {
    double hops = effort;
    double scored = effort * graph.shape().degree / 2.0;
    if (!curve.points.empty()) {
        const auto distance = [effort](const CurvePoint& point) {
            return point.effort > effort ? point.effort - effort : effort - point.effort;
        };
        const CurvePoint& nearest =
            *std::min_element(curve.points.begin(), curve.points.end(),
                              [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
        const double scale = static_cast<double>(effort) / std::max(1U, nearest.effort);
        hops = static_cast<double>(nearest.hops) * scale;
        scored = static_cast<double>(nearest.scored) * scale;
    }
    return hops * kHopNs + scored * scan_row_ns(graph, dim);
}

inline uint32_t expand_effort(uint32_t effort, double share) {
    return static_cast<uint32_t>(
        std::max(effort * (kExpandEffort - kExpandEffortFalls * share), kExpandEffortMin * (1 - share)));
}

// `passing`: how many rows pass; `share`: of all of them.
inline FilterPlan choose_plan(const GraphView& graph, uint32_t dim, const Curve& curve, uint32_t effort, double passing,
                              double share) {
    if (share < kExpandShareMin) return FilterPlan::kReadPassing;
    if (share >= kWalkAllShareMin) return FilterPlan::kWalkAll;
    const double expand = kExpandCost * walk_ns(graph, dim, curve, expand_effort(effort, share));
    return passing * scan_row_ns(graph, dim) <= expand ? FilterPlan::kReadPassing : FilterPlan::kExpand;
}

}  // namespace vz
