// Long texts cut into pieces that overlap.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace vz::codec {

inline constexpr uint32_t kChunkBytesMin = 64;
inline constexpr uint32_t kChunkBytesMax = 65'536;
inline constexpr uint32_t kChunkBytes = 2'048;  // where none is said
inline constexpr uint32_t kChunkOverlap = 256;  // likewise, or as much as the size allows
inline uint32_t default_overlap(uint32_t size) { return size / 2 < kChunkOverlap ? size / 2 : kChunkOverlap; }

// Pieces of at most `size` bytes of UTF-8 text, in order: each ends after a sentence if one ends in its last fifth,
// else after white space, else between characters; the next one begins at the first word within the last `overlap`
// bytes. `overlap` is at most half of `size`.
std::vector<std::string_view> cut_text(std::string_view text, uint32_t size, uint32_t overlap);

}  // namespace vz::codec
