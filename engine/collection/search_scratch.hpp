// What searches of this thread need beside the graphs.
#pragma once

#include <cstddef>

#include "engine/index/search.hpp"

namespace vz {

// By place: 0 is for the graph that is walked alone, or the largest of several, 1 for the next, and so on, so that
// graphs of one size share a place. Two bytes for each row of the largest that the thread has searched there. Hits lie
// in it until its next use.
SearchScratch& search_scratch(size_t place = 0);

}  // namespace vz
