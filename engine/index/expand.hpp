// A walk over the rows that pass a filter, and no others: neighbours that fail are replaced by their neighbours
// (ACORN-1: Patel, Kraft, Guestrin, Zaharia, "ACORN: Performant and Predicate-Agnostic Search Over Vector Embeddings
// and Structured Data", SIGMOD 2024).
#pragma once

#include <span>

#include "engine/index/walk.hpp"

namespace vz {

// Fills scratch.pool with passing rows only. `seeds`: some rows that pass, below graph.slots; the walk begins there
// too, for the graph's own entries may all lie far from what passes. A query that itself lies far from it takes several
// times the effort.
void walk_passing(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter,
                  std::span<const Slot> seeds);

// Goes on where that ended, now from rows near the query, whether they pass or not.
void walk_passing_on(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter,
                     std::span<const Slot> from);

}  // namespace vz
