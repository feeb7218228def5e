// Which rows a row of a growing graph leads to: the nearest of those that a walk comes to, thinned by the pruning rule
// (prune.hpp), and what its list becomes when one more row is to be in it.
#pragma once

#include <vector>

#include "engine/index/graph.hpp"
#include "engine/index/index_options.hpp"
#include "engine/index/prune.hpp"
#include "engine/index/walk.hpp"

namespace vz {

// What linking a row needs beside the graph. One thread's; grows, then stays.
struct LinkScratch {
    WalkScratch walk;
    PruneScratch prune;
    std::vector<Candidate> candidates;  // by distance between rows
    std::vector<Candidate> by_dot;      // dot metric
    std::vector<Slot> slots;
    std::vector<float> row;
};

// Leave the slots that `slot` is to lead to in scratch.prune.kept, at most options.degree. Nothing is written to the
// graph.

// For a row that no edge leads to yet; nor does any to its mates, which are linked together with it.
void find_neighbours(const GraphView& graph, const IndexOptions& options, Slot slot, const std::vector<Slot>& mates,
                     LinkScratch& scratch);
// Of those given, none twice.
void choose_among(const GraphView& graph, const IndexOptions& options, Slot slot, const std::vector<Slot>& slots,
                  LinkScratch& scratch);

// Puts `added` into the list of `slot`, which was chosen before; a full one loses a row, perhaps this one.
void take_in(const GraphView& graph, const IndexOptions& options, Slot slot, Slot added, std::vector<Slot>& neighbours,
             LinkScratch& scratch);

}  // namespace vz
