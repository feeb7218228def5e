// The graphs of several parts, searched as one.
#pragma once

#include <span>
#include <vector>

#include "engine/collection/search.hpp"
#include "engine/collection/search_effort.hpp"
#include "engine/collection/search_target.hpp"

namespace vz {

// A walk ends in each graph where no nearer rows of any are left, so that many small parts cost hardly more than one.
// Adds the hits of those targets, two or more, that have such graphs, and notes up to where they are answered; the
// others are as before. For queries without a filter.
void search_together(const NearestQuery& query, const ScoreQuery& scored, const SearchEffort& effort,
                     std::span<Target> targets, std::vector<Hit>* hits, SearchReport* report);

}  // namespace vz
