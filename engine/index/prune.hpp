// The pruning rule: which of a row's candidates become its neighbours (RobustPrune, index.md section 8).
#pragma once

#include <vector>

#include "engine/index/graph.hpp"

namespace vz {

struct Candidate {
    float distance;
    Slot slot;

    friend bool operator<(const Candidate& a, const Candidate& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.slot < b.slot;
    }
};

struct PruneScratch {
    CodedRow coded;
    std::vector<Slot> kept;
};

// `factor`: alpha as it applies to the distances of this graph. Candidates nearest first, none twice. Adds to scratch.kept, nearest first,
// until it holds `degree`; those it holds already are neither added nor compared with.
void prune(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, float factor, PruneScratch& scratch);

// The same by dot product (see CodedRow), as ip-NSW prunes: a kept row that the candidate prefers to this one, of length `norm`, leads to it.
// scratch.kept is empty before.
void prune_by_dot(const GraphView& graph, float norm, const std::vector<Candidate>& candidates, uint32_t degree, PruneScratch& scratch);

}  // namespace vz
