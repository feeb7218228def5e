// Structs of the C ABI that have grown since version 1.0, given by callers of any age.
#pragma once

#include <algorithm>
#include <cstring>

#include "vectorizer/types.h"

namespace vz {

// What a caller built against version 1.0 gives at least.
template <class T>
inline constexpr uint32_t kBytesInV1_0 = sizeof(T);
template <>
inline constexpr uint32_t kBytesInV1_0<vz_field_index> = 24;

// A whole T: what the caller's does not have is zero. Of an array `bytes` is the first element's struct_size, which has
// been checked.
template <class T>
T grown(const T& given, uint32_t bytes) {
    T whole;
    std::memset(static_cast<void*>(&whole), 0, sizeof(T));
    std::memcpy(static_cast<void*>(&whole), static_cast<const void*>(&given), std::min<size_t>(bytes, sizeof(T)));
    return whole;
}

}  // namespace vz
