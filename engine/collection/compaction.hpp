// Which sealed parts of a collection should become one.
#pragma once

#include "engine/collection/part.hpp"

namespace vz {

// Sealed rows, live or not, of one part that is not the largest are "small"; the largest takes part when that is worth
// rewriting it: small ones hold half of its live rows, a fifth of its rows are dead, or the collection is idle. Empty:
// nothing to do.
PartList choose_inputs(const Schema& schema, const PartList& parts, bool is_idle);

// Live rows that a graph should cover and does not, of the field where they are most: not linked yet beyond what a tail
// may hold, sealed in haste, or linked in a graph that is not built as the schema says now.
uint64_t unindexed_rows(const Schema& schema, const Part& part);

}  // namespace vz
