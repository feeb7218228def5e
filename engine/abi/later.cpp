// Functions of 1.0 that this release does not implement: they refuse, and do nothing.
#include "engine/abi/guard.hpp"
#include "vectorizer/engine.h"

namespace {

vz_status refuse(vz_error* error, const char* what) {
    return vz::guard_outside(error, [what] { return vz::failure(VZ_UNSUPPORTED, "%s are not implemented yet", what); });
}

}  // namespace

extern "C" {

#define VZ_API __attribute__((visibility("default")))

VZ_API vz_status vz_verify(vz_engine*, vz_str, const vz_verify_request*, vz_result**, vz_error* error) VZ_NOEXCEPT { return refuse(error, "verifications of a running engine"); }

}  // extern "C"
