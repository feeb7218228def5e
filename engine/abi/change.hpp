// What every change of collections, aliases, values and snapshots takes and answers.
#pragma once

#include "engine/abi/checks.hpp"
#include "engine/runtime/catalogue.hpp"

namespace vz {

inline Status take_change(const vz_change* in, uint32_t flags, vz_change* out) {
    VZ_TRY(take_in_optional(in, out));
    VZ_TRY(no_reserved(out->reserved));
    if ((out->flags & ~flags) != 0)
        return failure(VZ_UNSUPPORTED, "a flag of this change is not known").field("change.flags");
    return {};
}

inline Status answer_change(const EditOutcome& outcome, vz_change given, vz_change* out) {
    if (out == nullptr) return {};
    given.lsn = outcome.lsn;
    given.outcome = outcome.replayed ? VZ_REPLAYED : VZ_APPLIED;
    return give_out(given, out);
}

}  // namespace vz
