// A collection in numbers.
#pragma once

#include "engine/collection/collection.hpp"

namespace vz {

// Counts, bytes and LSNs; VZ_STATE_QUARANTINED if it is set aside. Any thread.
void fill_stats(const Collection& collection, vz_collection_stats* stats);

}  // namespace vz
