// The answer that tells of one collection.
#pragma once

#include "frontends/rest/call.hpp"

namespace vz::rest {

struct ItemCall : Call {
    bool full;  // every member, not those of the list alone
    const vz_collection_info* info;
};

// `view`: "basic" or "full". False: the request was answered.
bool wants_full(ItemCall& call);
// Describes the collection that the request names, and answers.
void answer_item(Call& base);

}  // namespace vz::rest
