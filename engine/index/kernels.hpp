// The kernels: every loop over the values of a vector. One table per instruction set, chosen once at start by what the
// processor and the system support. Plain data: the units above the baseline include this header and intrinsics,
// nothing else.
//
// Any thread. No alignment is asked of float rows; nothing outside the given values is read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vz {

// What a block of the graph says about its row (format.md). `offset + scale * code` decodes a value of the row as
// walked.
struct BlockHeader {
    uint16_t degree;
    uint16_t flags;
    float scale;
    float offset;
    float norm2;       // squared norm of the decoded row
    float error;       // norm of (row - decoded row)
    float norm;        // of the row as given
    int32_t code_sum;  // of the codes
};
static_assert(sizeof(BlockHeader) == 28);

// What a walk compares rows with: key = constant + norm2_factor norm2 + offset_factor offset + scale (dot_factor D +
// sum_factor code_sum), D the dot product of `codes` and the row's codes; for L1: key = sum of |row code - (codes +
// 128)|.
struct CodedQuery {
    const int8_t* codes;  // padded_dim of them; behind the dimension 0, for L1 -128
    uint32_t padded_dim;  // a multiple of 64
    float constant;
    float norm2_factor;
    float offset_factor;
    float dot_factor;
    float sum_factor;
    uint32_t ahead;      // rows to prefetch before they are scored
    uint32_t header_at;  // where in a block
    uint32_t codes_at;   // where in a block
};

// Sixteen places of a pool of nearest rows: over all its lanes keys ascend, INFINITY in the places not taken; each slot
// lies beside its key.
struct alignas(64) PoolLane {
    float keys[16];
    uint32_t slots[16];
};

struct PoolChange {
    uint32_t size;   // places now taken
    uint32_t first;  // foremost place that changed; the limit, if none did
};

struct Kernels {
    const char* name;
    // fp32 by fp32. Equal pairs give equal bits, wherever they lie; the byte forms add in the same order.
    float (*dot)(const float* a, const float* b, uint32_t dim);
    float (*squared_l2)(const float* a, const float* b, uint32_t dim);
    float (*l1)(const float* a, const float* b, uint32_t dim);
    float (*dot_bytes)(const float* a, const uint8_t* b, uint32_t dim);
    float (*squared_l2_bytes)(const float* a, const uint8_t* b, uint32_t dim);
    float (*l1_bytes)(const float* a, const uint8_t* b, uint32_t dim);
    // One row of codes; `dim` a multiple of 64.
    int32_t (*dot_codes)(const int8_t* a, const uint8_t* b, uint32_t dim);
    // Keys of the blocks base + ids[i] * stride.
    void (*score_codes)(const CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                        float* keys);
    void (*score_codes_l1)(const CodedQuery* query, const void* base, size_t stride, const uint32_t* ids,
                           uint32_t count, float* keys);
    // Butterflies of a Walsh-Hadamard transform in place, not scaled; `size` a power of two.
    void (*hadamard)(float* values, uint32_t size);
    // Puts pairs in turn, each behind its equals, into a pool of `size` places taken; what comes to lie at `limit` or
    // behind is lost. A key that is not less than the one at `limit` - 1 changes nothing.
    PoolChange (*insert)(PoolLane* lanes, uint32_t size, uint32_t limit, const float* keys, const uint32_t* slots,
                         uint32_t count);
};

const Kernels& kernels_scalar();
// Null: this build or this machine has none. Tests ask for each; the product asks kernels().
const Kernels* kernels_avx2();
const Kernels* kernels_avx512();
const Kernels& kernels();

}  // namespace vz

// The one symbol of each unit above the baseline.
extern "C" const vz::Kernels vz_kernels_avx2;
extern "C" const vz::Kernels vz_kernels_avx512;
