// The block of a node: header, codes of its row, ids of its neighbours (format.md). Lean layouts only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/index/kernels.hpp"

namespace vz {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;
inline constexpr uint16_t kAbsentRow = 1;  // BlockHeader::flags: the slot has no row, no edge leads there

enum class Layout : uint32_t { kSq8 = 1, kBytes = 2, kFp32 = 3 };

struct BlockShape {
    Layout layout = Layout::kSq8;
    uint32_t dim = 0;
    uint32_t padded_dim = 0;  // codes of a row; 0 in fp32 layout, whose walk reads the full rows
    uint32_t degree = 0;      // ids of a block, a multiple of 16
    uint32_t stride = 0;      // bytes from block to block

    friend bool operator==(const BlockShape&, const BlockShape&) = default;
};

constexpr BlockShape make_block_shape(Layout layout, uint32_t dim, uint32_t degree) {
    BlockShape shape = {layout, dim, layout == Layout::kFp32 ? 0 : (dim + 63) / 64 * 64, (degree + 15) / 16 * 16, 0};
    shape.stride = static_cast<uint32_t>(sizeof(BlockHeader)) + shape.padded_dim + (4 * shape.degree + 63) / 64 * 64;
    return shape;
}

inline const BlockHeader& header_of(const std::byte* block) { return *reinterpret_cast<const BlockHeader*>(block); }
inline const uint8_t* codes_of(const std::byte* block) { return reinterpret_cast<const uint8_t*>(block + sizeof(BlockHeader)); }
inline const Slot* ids_of(const BlockShape& shape, const std::byte* block) {
    return reinterpret_cast<const Slot*>(block + sizeof(BlockHeader) + shape.padded_dim);
}
inline Slot* ids_of(const BlockShape& shape, std::byte* block) {
    return reinterpret_cast<Slot*>(block + sizeof(BlockHeader) + shape.padded_dim);
}

}  // namespace vz
