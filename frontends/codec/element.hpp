// VZ_AT for C++.
#pragma once

#include <cstdint>

namespace vz::codec {

// Element `index` of an array of growable elements, whose stride is the first one's struct_size.
template <typename T>
const T* element_at(const T* array, uint64_t index) {
    return reinterpret_cast<const T*>(reinterpret_cast<const char*>(array) + index * array->struct_size);
}

}  // namespace vz::codec
