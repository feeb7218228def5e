// How far a query's walks go: by the effort or the recall that it or its field asks for, and by what was measured on
// the graphs.
#pragma once

#include <cstdint>

#include "engine/base/limits.hpp"
#include "engine/collection/graphs.hpp"
#include "engine/collection/part.hpp"
#include "engine/collection/search.hpp"
#include "engine/index/curve.hpp"

namespace vz {

// The graph with the most rows of those that were measured: what growing ones go by.
struct LargestCurve {
    const Curve* curve = nullptr;  // null: none was
    uint32_t rows = 0;             // of that graph
    float grown = 1;               // by those that it was measured with

    static LargestCurve of(const ReadView& view, uint32_t field_id);
};

// Rows that have ended, of all. Beyond kEndedShareWalked they are to a walk what rows are that fail a filter.
double ended_share(const Part& part);
inline constexpr double kEndedShareWalked = 0.5;

// Of fewer bytes of rows a scan is faster, or of so few rows that most would be met anyway.
bool is_worth_a_walk(const NearestQuery& query, const FieldGraph& graph, uint64_t bytes_min = kGraphBytesMin);

class SearchEffort {
 public:
    SearchEffort(const NearestQuery& query, const LargestCurve& largest) : query_(query), largest_(largest) {}

    // The graph's own, else that of the largest, else one that says nothing.
    const Curve& curve_of(const FieldGraph& graph) const;
    const Curve* largest() const { return largest_.curve; }
    bool is_by_recall() const { return query_.effort == 0 && (query_.recall != 0 || query_.field->search_effort == 0); }
    float recall() const;
    // Where the largest part has its tenth nearest row, one of a tenth of the rows has its nearest; what is near there
    // is near here.
    uint32_t far_rank(const FieldGraph& graph) const;
    uint32_t rerank(const FieldGraph& graph) const;
    // `ended`: the share of rows that have; `estimate`: of recall; 0: unknown.
    EffortChoice of_one(const FieldGraph& graph, double ended) const;
    // Of graphs that are walked as one, of `rows` rows together that have not ended.
    EffortChoice of_several(double rows, double ended) const;
    uint32_t rerank_of_several(double rows) const;
    // Whether scoring every one of `rows` costs less than the walk chosen, or little more where that is known to find
    // less than was asked for.
    bool is_scan_better(const FieldGraph& graph, const EffortChoice& choice, double rows) const;
    // Of a walk far from the rows that costs as much as scoring every one of `rows`.
    uint32_t effort_of_scan(const FieldGraph& graph, double rows) const;

 private:
    EffortChoice asked_for(const Curve& curve, float grown, double ended) const;
    float grown_to(double rows) const;

    const NearestQuery& query_;
    LargestCurve largest_;
};

}  // namespace vz
