// Fixed-width little-endian integers in byte buffers, and views between the ABI's strings and ours.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "vectorizer/types.h"

namespace vz {

static_assert(std::endian::native == std::endian::little, "formats and ABI are those of little-endian machines");

// Unaligned access; the caller has checked the bounds.
template <class T>
T load(const std::byte* at) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
}

template <class T>
void store(std::byte* at, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(at, &value, sizeof(T));
}

// At the speed of memory: each byte equals the one before it. Room that is set aside and reserved bytes are most of a
// small file.
inline bool all_zero(std::span<const std::byte> bytes) {
    return bytes.empty() ||
           (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

constexpr uint64_t align_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) & ~(alignment - 1); }

inline std::string_view view(vz_str text) {
    return text.data ? std::string_view(text.data, text.size) : std::string_view();
}
inline vz_str to_vz_str(std::string_view text) { return {text.data(), text.size()}; }

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace vz
