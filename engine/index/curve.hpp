// How effort and recall relate on one graph, and the effort that a recall asks for (README.md, Calibration).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

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

// Of queries of one kind that lie further from the rows than those from each other.
struct FarCurve {
    float key = 0;                   // of the tenth nearest row (Curve::near_key) to a middling one
    std::vector<CurvePoint> points;  // k = 10, by effort

    friend bool operator==(const FarCurve&, const FarCurve&) = default;
};

// Rows to score exactly for each one wanted, if no more is known of the data: most codes keep the order of rows that
// far.
inline constexpr float kRerank = 1.5F;
inline uint32_t rerank_least(uint32_t k) { return std::max(k + k / 2, k + 5); }

struct Curve {
    std::vector<CurvePoint> points;  // of queries that are like rows, by k, then effort; empty: too few rows
    float rerank = kRerank;          // rows to score exactly behind a walk for each one wanted
    float share = 1;                 // of the true ones that are among so many by the order of codes
    // 19 of 20 rows have their tenth nearest row within this key of a walk; dot: for a query of length 1.
    float near_key = INFINITY;
    // By key, each beyond the one before; empty: such queries take no more, or it is not known.
    std::vector<FarCurve> far;

    friend bool operator==(const Curve&, const Curve&) = default;
};

struct EffortChoice {
    uint32_t effort = 0;
    float estimate = 0;  // of recall; 0: unknown
};

// The smallest effort whose recall less one standard error reaches `recall`; the largest if none does. Without a curve
// max(4 k, 200).
EffortChoice effort_for(const Curve& curve, float recall, uint32_t k);
// PartQuery::rerank for `k`. `grown`: rows of the graph by those that the curve was measured with; among more rows of
// the same clusters codes bury a near one as much deeper.
uint32_t rerank_for(const Curve& curve, uint32_t k, float grown = 1);
// The effort of a query whose tenth nearest row lies at `key`, see Curve::near_key. `effort`: what effort_for() says,
// or more for reasons of the graph; never less. Between the kinds that were measured by the logarithm of effort, which
// is about linear in the key. More hits take hardly more on top: between 500 tight clusters, for a recall of 0.98, 320
// for 10 and 30 hits, 370 for 100, 1100 for 1000.
uint32_t far_effort(const Curve& curve, float recall, uint32_t k, uint32_t effort, float key);

}  // namespace vz
