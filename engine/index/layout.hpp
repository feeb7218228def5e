// The block of a node: header and codes of its row, ids of its neighbours (format.md). Lean layouts only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/index/kernels.hpp"
#include "vectorizer/types.h"

namespace vz {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;
inline constexpr uint16_t kAbsentRow = 1;  // BlockHeader::flags: the slot has no row, no edge leads there

enum class Layout : uint32_t { kSq8 = 1, kBytes = 2, kFp32 = 3 };

// Where the header of a block lies: in 64 bytes of its own before the codes, or in those behind the codes that fill up
// their last 64. A row is then a cache line shorter.
enum class HeaderPlace : uint8_t { kBefore, kBehind };

struct BlockShape {
    Layout layout = Layout::kSq8;
    uint32_t dim = 0;
    uint32_t padded_dim = 0;  // codes of a row; 0 in fp32 layout, whose walk reads the full rows
    uint32_t degree = 0;      // ids of a block, a multiple of 16
    uint32_t stride = 0;      // bytes from block to block
    uint32_t header_at = 0;   // in a block
    uint32_t codes_at = 64;   // in a block

    constexpr HeaderPlace header_place() const { return codes_at == 0 ? HeaderPlace::kBehind : HeaderPlace::kBefore; }
    // Header and codes: what comes before the ids.
    constexpr uint32_t row_bytes() const { return codes_at + padded_dim; }

    friend bool operator==(const BlockShape&, const BlockShape&) = default;
};

constexpr BlockShape make_block_shape(Layout layout, uint32_t dim, uint32_t degree, HeaderPlace place) {
    BlockShape shape;
    shape.layout = layout;
    shape.dim = dim;
    shape.padded_dim = layout == Layout::kFp32 ? 0 : (dim + 63) / 64 * 64;
    shape.degree = (degree + 15) / 16 * 16;
    if (place == HeaderPlace::kBehind) {
        shape.header_at = (dim + 3) / 4 * 4;
        shape.codes_at = 0;
    }
    shape.stride = shape.row_bytes() + (4 * shape.degree + 63) / 64 * 64;
    return shape;
}

// Under manhattan what lies behind the codes counts.
constexpr bool header_fits_behind(Layout layout, uint32_t dim, vz_metric metric) {
    return layout != Layout::kFp32 && metric != VZ_MANHATTAN &&
           (dim + 3) / 4 * 4 + sizeof(BlockHeader) <= (dim + 63) / 64 * 64;
}

// As a new graph is laid out.
constexpr BlockShape choose_block_shape(Layout layout, uint32_t dim, uint32_t degree, vz_metric metric) {
    return make_block_shape(layout, dim, degree,
                            header_fits_behind(layout, dim, metric) ? HeaderPlace::kBehind : HeaderPlace::kBefore);
}

inline const BlockHeader& header_of(const BlockShape& shape, const std::byte* block) {
    return *reinterpret_cast<const BlockHeader*>(block + shape.header_at);
}
inline const uint8_t* codes_of(const BlockShape& shape, const std::byte* block) {
    return reinterpret_cast<const uint8_t*>(block + shape.codes_at);
}
inline const Slot* ids_of(const BlockShape& shape, const std::byte* block) {
    return reinterpret_cast<const Slot*>(block + shape.row_bytes());
}
inline Slot* ids_of(const BlockShape& shape, std::byte* block) {
    return reinterpret_cast<Slot*>(block + shape.row_bytes());
}

}  // namespace vz
