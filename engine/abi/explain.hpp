// How a query was answered: the counters of the profile, and the account for people.
#pragma once

#include "engine/abi/result.hpp"
#include "engine/collection/search.hpp"
#include "engine/collection/text_search.hpp"

namespace vz {

// `words` is null where the query had no text. total_ns is without queue_ns.
void fill_profile(const NearestQuery& query, const SearchReport& report, const TextReport* words, uint64_t queue_ns,
                  uint64_t total_ns, RowSet* set);

}  // namespace vz
