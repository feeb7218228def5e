// A collection in numbers.
#pragma once

#include "engine/collection/collection.hpp"

namespace vz {

// Counts, bytes and LSNs; VZ_STATE_QUARANTINED if it is set aside. Any thread.
void fill_stats(const Collection& collection, vz_collection_stats* stats);

// Live points that no sealed file holds as they are now. Any thread.
uint64_t unsealed_points(const Collection& collection);

}  // namespace vz
