// Answers of several parts, whose graphs are walked as if all their rows were in one (README.md, Several graphs).
#pragma once

#include <span>
#include <vector>

#include "engine/index/search.hpp"

namespace vz {

struct JointPart {
    const GraphView* graph = nullptr;
    SlotFilter filter;
    TieOrder ties = {};
    double share = 0;                  // of all rows that may be answered
    PartWork* work = nullptr;          // null: not wanted; else it is added to
    SearchScratch* scratch = nullptr;  // of its own; its hits are in there
};

// Of all parts together.
struct JointQuery {
    uint32_t k = 10;
    uint32_t effort = 0;
    uint32_t rerank = 0;  // rows to score exactly, at least k
    const Curve* far = nullptr;
    float recall = 0;
    uint32_t effort_max = UINT32_MAX;  // of the walk that `far` asks for
};

// The hits of each part, as search_part() finds them on one graph of all rows: a row is walked from while fewer than
// `effort` rows of all parts are nearer, and the `rerank` nearest of all are scored exactly. The parts' graphs are of
// one layout and metric, so that their keys compare. False: so few of the rows near the query pass that nearer ones
// than the hits may not have been met, or the recall takes more than effort_max.
bool search_together(std::span<const JointPart> parts, const JointQuery& joint, const ScoreQuery& query);

}  // namespace vz
