// Checks that several requests share.
#pragma once

#include <string_view>

#include "engine/abi/guard.hpp"
#include "engine/base/bytes.hpp"

namespace vz {

template <class T>
Status check_out(T** out) {
    return out == nullptr ? misuse("the place for the result is NULL") : Status();
}

inline Status no_flags(uint32_t flags, uint32_t known) {
    return (flags & ~known) == 0 ? Status()
                                 : failure(VZ_UNSUPPORTED, "a flag of this request is not known").field("flags");
}

// What a later minor may give a meaning must not be there by chance today.
inline Status no_reserved(uint32_t reserved) {
    return reserved == 0 ? Status() : failure(VZ_UNSUPPORTED, "a reserved member is not zero").field("reserved");
}

// The file system reads a path up to a NUL: it would be another one.
inline Status check_path(vz_str path, const char* field) {
    if (view(path).find('\0') == std::string_view::npos) return {};
    return failure(VZ_INVALID_ARGUMENT, "a path has no NUL").field(field).reason(VZ_REASON_NAME);
}

[[gnu::cold]] inline Status out_of_range(const char* field, const char* what, int64_t expected, int64_t actual) {
    return failure(VZ_INVALID_ARGUMENT, "%s", what)
        .field(field)
        .reason(VZ_REASON_RANGE)
        .expected(expected)
        .actual(actual);
}

}  // namespace vz
