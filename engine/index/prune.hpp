// The pruning rule: which of a row's candidates become its neighbours. RobustPrune (Subramanya et al., NeurIPS 2019) in
// two passes, as its alpha grows from 1: first the candidates that no shortcut leads to, in every direction, then those
// with a shortcut that saves little. In one pass with the larger alpha the nearest fill the list where rows are about
// as far from each other, and many rows become unreachable.
#pragma once

#include <optional>
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

// Rows as near as this to that of `slot` are equal to it, as far as codes and their rounding tell.
float twin_distance(const GraphView& graph, Slot slot);

struct PruneScratch {
    struct Spare {
        Candidate candidate;
        size_t compare_from;  // kept rows before were compared with
    };
    CodedRow coded;
    std::vector<Slot> kept;
    size_t direct = 0;         // of kept, the first: all that no shortcut leads to
    std::vector<Spare> spare;  // left out by a little
};

// `factor`: alpha as it applies to the distances of this graph. Candidates nearest first, none twice. Adds to
// scratch.kept, nearest first, until it holds `degree`; those it holds already are neither added nor compared with. Of
// rows equal to that of `slot` few are kept, drawn by lot, so that of many equal ones each leads to others.
void prune(const GraphView& graph, Slot slot, const std::vector<Candidate>& candidates, uint32_t degree, float factor,
           PruneScratch& scratch);

// Which of the candidates a list that was chosen before does best without: the farthest that a nearer one leads to; if
// there is none, the farthest. Nothing where a shortcut saves much, as far as the few next ones tell: there are more of
// that kind, and pruning finds all of them.
std::optional<size_t> find_spare(const GraphView& graph, Slot slot, const std::vector<Candidate>& candidates,
                                 float factor, PruneScratch& scratch);

// prune() by dot product (see CodedRow), as ip-NSW prunes: a kept row that the candidate prefers to this one leads to
// it. scratch.kept is empty before.
void prune_by_dot(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree,
                  PruneScratch& scratch);

}  // namespace vz
