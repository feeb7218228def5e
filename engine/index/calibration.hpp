// How effort and recall relate on one graph, measured on its own rows, and the effort that a recall asks for (index.md section 12).
#pragma once

#include <vector>

#include "engine/base/workers.hpp"
#include "engine/index/graph.hpp"
#include "engine/index/search.hpp"

namespace vz {

struct CurvePoint {
    uint32_t k = 0;
    uint32_t effort = 0;
    float recall = 0;
    float error = 0;   // standard error of recall
    float scored = 0;  // rows a query
    float hops = 0;

    friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

struct Curve {
    std::vector<CurvePoint> points;  // by k, then effort; empty: too few rows
    float rerank = kRerank;          // rows to score exactly behind a walk for each one wanted
    float share = 1;                 // of the true ones that are among so many by the order of codes

    friend bool operator==(const Curve&, const Curve&) = default;
};

enum class Calibration {
    kWhole,  // for a graph that stays
    kQuick,  // for one that grows: fewer rows, k = 10, no efforts beyond those that find nearly all
};

// Sampled rows are searched with themselves left out; more of them where recall is not known to a small error yet. `linked`: slots with edges.
// Reads every block of the graph, which may be growing. Where codes do not keep the order of the rows, more of them are scored exactly: so many
// that kShareWanted of the true ones are among them, 8 times k at most (the guard of index.md section 5).
Curve calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers);

inline constexpr float kShareWanted = 0.99F;

struct EffortChoice {
    uint32_t effort = 0;
    float estimate = 0;  // of recall; 0: unknown
};

// The smallest effort whose recall less one standard error reaches `recall`; the largest if none does. Without a curve max(4 k, 100).
EffortChoice effort_for(const Curve& curve, float recall, uint32_t k);
// PartQuery::rerank for `k`.
uint32_t rerank_for(const Curve& curve, uint32_t k);

}  // namespace vz
