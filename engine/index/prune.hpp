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
    std::vector<float> kept_distances;
};

// `factor`: alpha as it applies to the distances of this graph. Candidates nearest first, none twice. Leaves at most `degree` slots in
// scratch.kept, nearest first.
void prune(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, float factor, PruneScratch& scratch);

}  // namespace vz
