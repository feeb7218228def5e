// One ranking out of two.
#pragma once

#include <vector>

#include "engine/collection/search.hpp"

namespace vz {

// Sum of 1 / (60 + rank) over the rankings that have the row, ranks from 1: reciprocal rank fusion (Cormack, Clarke,
// Büttcher, SIGIR 2009). Best first, ties by id; scores become the sums.
std::vector<Hit> fuse_by_rank(const std::vector<Hit>& dense, const std::vector<Hit>& text);

// alpha * dense + (1 - alpha) * text, each ranking scaled by its own least and greatest score to 0..1, or to 1 where
// they are equal; 0 where a ranking lacks the row. A distance d of `metric` counts as 1 / (1 + d). Both are ranked.
std::vector<Hit> fuse_weighted(vz_metric metric, const std::vector<Hit>& dense, const std::vector<Hit>& text,
                               float alpha);

}  // namespace vz
