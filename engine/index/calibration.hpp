// How effort and recall relate on one graph, measured on its own rows, and the effort that a recall asks for (index.md section 12).
#pragma once

#include <vector>

#include "engine/base/workers.hpp"
#include "engine/index/graph.hpp"

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

enum class Calibration {
    kWhole,  // for a graph that stays
    kQuick,  // for one that grows: fewer rows, k = 10, no great efforts
};

// Sampled rows are searched with themselves left out; more of them where recall is not known to a small error yet. `linked`: slots with edges.
// Reads every block of the graph, which may be growing. Empty: too few rows.
std::vector<CurvePoint> calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers);

struct EffortChoice {
    uint32_t effort = 0;
    float estimate = 0;  // of recall; 0: unknown
};

// The smallest effort whose recall less one standard error reaches `recall`; the largest if none does. Without a curve max(4 k, 100).
EffortChoice effort_for(const std::vector<CurvePoint>& curve, float recall, uint32_t k);

}  // namespace vz
