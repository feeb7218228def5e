// AVX-512 with VNNI. Only intrinsics and the table: see kernels.hpp.
#pragma GCC diagnostic ignored "-Wuninitialized"  // false in gcc 12's own header: _mm512_undefined_*()
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/index/kernels.hpp"

#if defined(__x86_64__)
namespace {

inline __mmask16 tail_mask(uint32_t left) { return static_cast<__mmask16>((1u << left) - 1u); }

inline __m512 load(const float* p) { return _mm512_loadu_ps(p); }
inline __m512 load(const uint8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline __m512 load_tail(const float* p, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, p); }
inline __m512 load_tail(const uint8_t* p, __mmask16 mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, p)));
}

struct Dot {
    static __m512 add(__m512 sum, __m512 a, __m512 b) { return _mm512_fmadd_ps(a, b, sum); }
};
struct SquaredL2 {
    static __m512 add(__m512 sum, __m512 a, __m512 b) {
        const __m512 difference = _mm512_sub_ps(a, b);
        return _mm512_fmadd_ps(difference, difference, sum);
    }
};
struct L1 {
    static __m512 add(__m512 sum, __m512 a, __m512 b) { return _mm512_add_ps(sum, _mm512_abs_ps(_mm512_sub_ps(a, b))); }
};

// Four accumulators hide the latency of the additions; their order depends on the dimension alone.
template <class Term, class T>
float sum_terms(const float* a, const T* b, uint32_t dim) {
    __m512 sum0 = _mm512_setzero_ps();
    __m512 sum1 = sum0;
    __m512 sum2 = sum0;
    __m512 sum3 = sum0;
    uint32_t i = 0;
    for (; i + 64 <= dim; i += 64) {
        sum0 = Term::add(sum0, load(a + i), load(b + i));
        sum1 = Term::add(sum1, load(a + i + 16), load(b + i + 16));
        sum2 = Term::add(sum2, load(a + i + 32), load(b + i + 32));
        sum3 = Term::add(sum3, load(a + i + 48), load(b + i + 48));
    }
    for (; i + 16 <= dim; i += 16) sum0 = Term::add(sum0, load(a + i), load(b + i));
    if (i < dim) {
        const __mmask16 mask = tail_mask(dim - i);
        sum1 = Term::add(sum1, load_tail(a + i, mask), load_tail(b + i, mask));
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

inline __m512i load_codes(const void* p) { return _mm512_loadu_si512(p); }

inline int32_t dot_row(const int8_t* a, const uint8_t* b, uint32_t dim) {
    __m512i sum0 = _mm512_setzero_si512();
    __m512i sum1 = sum0;
    uint32_t i = 0;
    for (; i + 128 <= dim; i += 128) {
        sum0 = _mm512_dpbusd_epi32(sum0, load_codes(b + i), load_codes(a + i));
        sum1 = _mm512_dpbusd_epi32(sum1, load_codes(b + i + 64), load_codes(a + i + 64));
    }
    if (i < dim) sum0 = _mm512_dpbusd_epi32(sum0, load_codes(b + i), load_codes(a + i));
    return _mm512_reduce_add_epi32(_mm512_add_epi32(sum0, sum1));
}

inline int32_t l1_row(const int8_t* a, const uint8_t* b, uint32_t dim) {
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
    __m512i sum = _mm512_setzero_si512();
    for (uint32_t i = 0; i < dim; i += 64) {
        sum = _mm512_add_epi64(sum, _mm512_sad_epu8(load_codes(b + i), _mm512_xor_si512(load_codes(a + i), flip)));
    }
    return static_cast<int32_t>(_mm512_reduce_add_epi64(sum));
}

// Of rows above 2 KiB the first lines: the hardware streams the rest.
inline void prefetch_block(const vz::CodedQuery* query, const uint8_t* block) {
    const uint32_t end = query->codes_at + (query->padded_dim > 2048 ? 256 : query->padded_dim);
    for (uint32_t i = 0; i < end; i += 64) _mm_prefetch(reinterpret_cast<const char*>(block + i), _MM_HINT_T0);
}

template <class Key>
inline void score_list(const vz::CodedQuery* query, const void* base, size_t stride, const uint32_t* ids,
                       uint32_t count, float* keys, Key key) {
    const auto* blocks = static_cast<const uint8_t*>(base);
    const uint32_t ahead = query->ahead < count ? query->ahead : count;
    for (uint32_t i = 0; i < ahead; ++i) prefetch_block(query, blocks + stride * ids[i]);
    for (uint32_t i = 0; i < count; ++i) {
        if (i + ahead < count) prefetch_block(query, blocks + stride * ids[i + ahead]);
        keys[i] = key(blocks + stride * ids[i]);
    }
}

inline __m128i half_sum(__m512i sum) {
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// Four rows at a time share the horizontal sums and the arithmetic on their headers.
inline __m128 four_keys(const vz::CodedQuery* query, const uint8_t* const* blocks) {
    __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    for (uint32_t i = 0; i < query->padded_dim; i += 64) {
        const __m512i codes = load_codes(query->codes + i);
        for (int row = 0; row < 4; ++row)
            sums[row] = _mm512_dpbusd_epi32(sums[row], load_codes(blocks[row] + query->codes_at + i), codes);
    }
    const __m128i products = _mm_hadd_epi32(_mm_hadd_epi32(half_sum(sums[0]), half_sum(sums[1])),
                                            _mm_hadd_epi32(half_sum(sums[2]), half_sum(sums[3])));
    const vz::BlockHeader* headers[4];
    for (int row = 0; row < 4; ++row)
        headers[row] = reinterpret_cast<const vz::BlockHeader*>(blocks[row] + query->header_at);
    __m128 scale = _mm_loadu_ps(&headers[0]->scale);  // each row: scale, offset, norm2, error; then transposed
    __m128 offset = _mm_loadu_ps(&headers[1]->scale);
    __m128 norm2 = _mm_loadu_ps(&headers[2]->scale);
    __m128 error = _mm_loadu_ps(&headers[3]->scale);
    _MM_TRANSPOSE4_PS(scale, offset, norm2, error);
    const __m128i code_sums =
        _mm_set_epi32(headers[3]->code_sum, headers[2]->code_sum, headers[1]->code_sum, headers[0]->code_sum);
    const __m128 by_scale = _mm_fmadd_ps(_mm_set1_ps(query->dot_factor), _mm_cvtepi32_ps(products),
                                         _mm_mul_ps(_mm_set1_ps(query->sum_factor), _mm_cvtepi32_ps(code_sums)));
    __m128 key = _mm_fmadd_ps(_mm_set1_ps(query->norm2_factor), norm2, _mm_set1_ps(query->constant));
    key = _mm_fmadd_ps(_mm_set1_ps(query->offset_factor), offset, key);
    return _mm_fmadd_ps(scale, by_scale, key);
}

// The last rows of a list go through the same arithmetic, so that a key does not depend on the place in a list.
void score_codes(const vz::CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                 float* keys) {
    const auto* blocks = static_cast<const uint8_t*>(base);
    const uint32_t ahead = query->ahead < count ? query->ahead : count;
    for (uint32_t i = 0; i < ahead; ++i) prefetch_block(query, blocks + stride * ids[i]);
    for (uint32_t i = 0; i < count; i += 4) {
        const uint32_t some = count - i < 4 ? count - i : 4;
        const uint8_t* rows[4];
        for (uint32_t row = 0; row < 4; ++row) {
            rows[row] = blocks + stride * ids[i + (row < some ? row : 0)];
            if (i + ahead + row < count) prefetch_block(query, blocks + stride * ids[i + ahead + row]);
        }
        const __m128 four = four_keys(query, rows);
        _mm_mask_storeu_ps(keys + i, static_cast<__mmask8>((1u << some) - 1u), four);
    }
}

void score_codes_l1(const vz::CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                    float* keys) {
    score_list(query, base, stride, ids, count, keys, [query](const uint8_t* block) {
        return static_cast<float>(l1_row(query->codes, block + query->codes_at, query->padded_dim));
    });
}

// The butterfly of distance `half` within one register: the lower of two lanes becomes the sum, the upper the
// difference.
inline __m512 turn_within(__m512 values, __m512i lanes, int half) {
    const __m512i distance = _mm512_set1_epi32(half);
    const __m512 partner = _mm512_permutexvar_ps(_mm512_xor_si512(lanes, distance), values);
    const __mmask16 upper = _mm512_test_epi32_mask(lanes, distance);
    return _mm512_mask_sub_ps(_mm512_add_ps(values, partner), upper, partner, values);
}

void hadamard(float* values, uint32_t size) {
    if (size < 16) {
        for (uint32_t half = 1; half < size; half *= 2) {
            for (uint32_t start = 0; start < size; start += 2 * half) {
                for (uint32_t i = start; i < start + half; ++i) {
                    const float low = values[i];
                    const float high = values[i + half];
                    values[i] = low + high;
                    values[i + half] = low - high;
                }
            }
        }
        return;
    }
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (uint32_t i = 0; i < size; i += 16) {
        __m512 some = _mm512_loadu_ps(values + i);
        for (int half = 1; half < 16; half *= 2) some = turn_within(some, lanes, half);
        _mm512_storeu_ps(values + i, some);
    }
    for (uint32_t half = 16; half < size; half *= 2) {
        for (uint32_t start = 0; start < size; start += 2 * half) {
            for (uint32_t i = start; i < start + half; i += 16) {
                const __m512 low = _mm512_loadu_ps(values + i);
                const __m512 high = _mm512_loadu_ps(values + i + half);
                _mm512_storeu_ps(values + i, _mm512_add_ps(low, high));
                _mm512_storeu_ps(values + i + half, _mm512_sub_ps(low, high));
            }
        }
    }
}

// From the last place to the one where the key belongs, a lane at a time: what is greater moves on by one place. Lanes
// stay in memory, for a load of what one store wrote does not wait.
inline uint32_t insert_one(vz::PoolLane* lanes, uint32_t last, float key, uint32_t slot) {
    const __m512 keys = _mm512_set1_ps(key);
    const __m512i slots = _mm512_set1_epi32(static_cast<int>(slot));
    uint32_t at = last / 16;
    __m512i lane_keys = _mm512_load_si512(lanes[at].keys);
    __mmask16 stay = _mm512_cmp_ps_mask(_mm512_castsi512_ps(lane_keys), keys, _CMP_LE_OQ);
    for (;;) {
        const bool is_first = at == 0;
        const vz::PoolLane& before = lanes[is_first ? 0 : at - 1];
        const __m512i keys_before = _mm512_load_si512(before.keys);
        const __mmask16 stay_before = _mm512_cmp_ps_mask(_mm512_castsi512_ps(keys_before), keys, _CMP_LE_OQ);
        const bool is_last = is_first || (stay_before >> 15) != 0;
        const auto place = static_cast<__mmask16>(~stay & (stay << 1 | (is_last ? 1 : 0)));
        const __m512i lane_slots = _mm512_load_si512(lanes[at].slots);
        const __m512i moved_keys =
            _mm512_mask_mov_epi32(_mm512_alignr_epi32(lane_keys, keys_before, 15), stay, lane_keys);
        const __m512i moved_slots = _mm512_mask_mov_epi32(
            _mm512_alignr_epi32(lane_slots, _mm512_load_si512(before.slots), 15), stay, lane_slots);
        _mm512_store_si512(lanes[at].keys, _mm512_mask_mov_epi32(moved_keys, place, _mm512_castps_si512(keys)));
        _mm512_store_si512(lanes[at].slots, _mm512_mask_mov_epi32(moved_slots, place, slots));
        if (is_last) return 16 * at + static_cast<uint32_t>(__builtin_popcount(stay));
        --at;
        lane_keys = keys_before;
        stay = stay_before;
    }
}

vz::PoolChange insert(vz::PoolLane* lanes, uint32_t size, uint32_t limit, const float* keys, const uint32_t* slots,
                      uint32_t count) {
    vz::PoolChange change = {size, limit};
    for (uint32_t i = 0; i < count; i += 16) {
        const __mmask16 some = count - i < 16 ? tail_mask(count - i) : static_cast<__mmask16>(0xffff);
        const __m512 worst = _mm512_set1_ps(lanes[(limit - 1) / 16].keys[(limit - 1) % 16]);
        uint32_t nearer = _mm512_mask_cmp_ps_mask(some, _mm512_maskz_loadu_ps(some, keys + i), worst, _CMP_LT_OQ);
        for (; nearer != 0; nearer &= nearer - 1) {
            const uint32_t pair = i + static_cast<uint32_t>(__builtin_ctz(nearer));
            // A key that the pairs before it have driven out lands at the limit or behind.
            const uint32_t last = change.size < limit ? change.size++ : limit - 1;
            const uint32_t at = insert_one(lanes, last, keys[pair], slots[pair]);
            change.first = at < change.first ? at : change.first;
        }
    }
    return change;
}

}  // namespace

extern "C" const vz::Kernels vz_kernels_avx512 = {"avx512-vnni",
                                                  sum_terms<Dot, float>,
                                                  sum_terms<SquaredL2, float>,
                                                  sum_terms<L1, float>,
                                                  sum_terms<Dot, uint8_t>,
                                                  sum_terms<SquaredL2, uint8_t>,
                                                  sum_terms<L1, uint8_t>,
                                                  dot_row,
                                                  score_codes,
                                                  score_codes_l1,
                                                  hadamard,
                                                  insert};
#endif
