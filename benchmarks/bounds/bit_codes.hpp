// Rows of one bit a value. Scans have a way for every processor; the codes of 32 neighbours in one block have one by
// VPOPCNTQ alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vz::bounds {

inline constexpr uint32_t kNeighbours = 32;
inline constexpr uint32_t kPlanes = 4;  // bits a value of the query beside codes in a block

bool has_vpopcntq();

// How many bits of the query and a row differ, both of so many words.
using CountApart = uint64_t (*)(const uint64_t* query, const uint64_t* row, uint32_t words);
CountApart count_apart();

// Keys of the neighbours whose codes lie in one block: 32 multipliers, 32 constants, then the codes, word w of all
// neighbours together. `planes`: the query's, one after the other, so many words each. Only where has_vpopcntq().
void score_block(const uint64_t* planes, uint32_t words, const std::byte* factors_and_codes, float* keys);
inline size_t block_code_bytes(uint32_t words) { return kNeighbours * (2 * sizeof(float) + words * sizeof(uint64_t)); }

}  // namespace vz::bounds
