// Where walks begin (README.md, A walk).
#pragma once

#include "engine/index/walk.hpp"

namespace vz {

// Samples of the first graph.slots slots, those that are linked, seeded; graph.entries is not looked at. None only if
// no slot has a row. As many as lead walks to where they should come: more where rows lie in many tight clusters, each
// of which needs an entry near it.
std::unique_ptr<EntrySet> choose_entries(const GraphView& graph, uint64_t seed, WalkScratch& scratch);

// How many there are at least, of so many slots.
uint32_t least_entries(uint32_t linked);

// Fills entries.blocks from entries.slots.
void pack_entries(const GraphView& graph, EntrySet& entries);

}  // namespace vz
