// AVX2 and FMA. Only intrinsics and the table: see kernels.hpp.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/index/kernels.hpp"

#if defined(__x86_64__)
namespace {

inline __m256 load(const float* p) { return _mm256_loadu_ps(p); }
inline __m256 load(const uint8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}

struct Dot {
    static __m256 add(__m256 sum, __m256 a, __m256 b) { return _mm256_fmadd_ps(a, b, sum); }
};
struct SquaredL2 {
    static __m256 add(__m256 sum, __m256 a, __m256 b) {
        const __m256 difference = _mm256_sub_ps(a, b);
        return _mm256_fmadd_ps(difference, difference, sum);
    }
};
struct L1 {
    static __m256 add(__m256 sum, __m256 a, __m256 b) {
        return _mm256_add_ps(sum, _mm256_andnot_ps(_mm256_set1_ps(-0.0F), _mm256_sub_ps(a, b)));
    }
};

inline float reduce(__m256 sum) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

template <class T>
inline __m256 load_tail(const T* p, uint32_t left) {
    float values[8] = {};
    for (uint32_t i = 0; i < left; ++i) values[i] = static_cast<float>(p[i]);
    return _mm256_loadu_ps(values);
}

template <class Term, class T>
float sum_terms(const float* a, const T* b, uint32_t dim) {
    __m256 sum0 = _mm256_setzero_ps();
    __m256 sum1 = sum0;
    __m256 sum2 = sum0;
    __m256 sum3 = sum0;
    uint32_t i = 0;
    for (; i + 32 <= dim; i += 32) {
        sum0 = Term::add(sum0, load(a + i), load(b + i));
        sum1 = Term::add(sum1, load(a + i + 8), load(b + i + 8));
        sum2 = Term::add(sum2, load(a + i + 16), load(b + i + 16));
        sum3 = Term::add(sum3, load(a + i + 24), load(b + i + 24));
    }
    for (; i + 8 <= dim; i += 8) sum0 = Term::add(sum0, load(a + i), load(b + i));
    if (i < dim) sum1 = Term::add(sum1, load_tail(a + i, dim - i), load_tail(b + i, dim - i));
    return reduce(_mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3)));
}

inline int32_t reduce_i32(__m256i sum) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

// Widened to 16 bits: VPMADDUBSW would saturate on full 8-bit codes.
inline int32_t dot_row(const int8_t* a, const uint8_t* b, uint32_t dim) {
    __m256i sum0 = _mm256_setzero_si256();
    __m256i sum1 = sum0;
    for (uint32_t i = 0; i < dim; i += 32) {
        const __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)));
        const __m256i b0 = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
        const __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i + 16)));
        const __m256i b1 = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i + 16)));
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(a0, b0));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(a1, b1));
    }
    return reduce_i32(_mm256_add_epi32(sum0, sum1));
}

inline int32_t l1_row(const int8_t* a, const uint8_t* b, uint32_t dim) {
    const __m256i flip = _mm256_set1_epi8(static_cast<char>(0x80));
    __m256i sum = _mm256_setzero_si256();
    for (uint32_t i = 0; i < dim; i += 32) {
        const __m256i query = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)), flip);
        sum =
            _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)), query));
    }
    return reduce_i32(sum);
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

void score_codes(const vz::CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                 float* keys) {
    score_list(query, base, stride, ids, count, keys, [query](const uint8_t* block) {
        const auto* header = reinterpret_cast<const vz::BlockHeader*>(block + query->header_at);
        const auto product = static_cast<float>(dot_row(query->codes, block + query->codes_at, query->padded_dim));
        return query->constant + query->norm2_factor * header->norm2 + query->offset_factor * header->offset +
               header->scale * (query->dot_factor * product + query->sum_factor * static_cast<float>(header->code_sum));
    });
}

void score_codes_l1(const vz::CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                    float* keys) {
    score_list(query, base, stride, ids, count, keys, [query](const uint8_t* block) {
        return static_cast<float>(l1_row(query->codes, block + query->codes_at, query->padded_dim));
    });
}

void hadamard(float* values, uint32_t size) {
    for (uint32_t half = 1; half < size; half *= 2) {
        if (half >= 8) {
            for (uint32_t start = 0; start < size; start += 2 * half) {
                for (uint32_t i = start; i < start + half; i += 8) {
                    const __m256 low = _mm256_loadu_ps(values + i);
                    const __m256 high = _mm256_loadu_ps(values + i + half);
                    _mm256_storeu_ps(values + i, _mm256_add_ps(low, high));
                    _mm256_storeu_ps(values + i + half, _mm256_sub_ps(low, high));
                }
            }
            continue;
        }
        for (uint32_t start = 0; start < size; start += 2 * half) {
            for (uint32_t i = start; i < start + half; ++i) {
                const float low = values[i];
                const float high = values[i + half];
                values[i] = low + high;
                values[i + half] = low - high;
            }
        }
    }
}

// From the last place to the one where the key belongs, half a lane at a time: what is greater moves on by one place.
inline uint32_t insert_one(vz::PoolLane* lanes, uint32_t last, float key, uint32_t slot) {
    const __m256i turn = _mm256_set_epi32(6, 5, 4, 3, 2, 1, 0, 7);
    const __m256i order = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    for (uint32_t half = last / 8;; --half) {
        float* keys = lanes[half / 2].keys + half % 2 * 8;
        uint32_t* slots = lanes[half / 2].slots + half % 2 * 8;
        const vz::PoolLane& before = lanes[half == 0 ? 0 : (half - 1) / 2];
        const uint32_t end = half == 0 ? 0 : (half - 1) % 2 * 8 + 7;
        const bool is_last = half == 0 || before.keys[end] <= key;
        const __m256 old_keys = _mm256_load_ps(keys);
        const __m256i old_slots = _mm256_load_si256(reinterpret_cast<const __m256i*>(slots));
        const __m256 stay = _mm256_cmp_ps(old_keys, _mm256_set1_ps(key), _CMP_LE_OQ);
        const auto kept = static_cast<uint32_t>(__builtin_popcount(static_cast<uint32_t>(_mm256_movemask_ps(stay))));
        __m256 moved_keys =
            _mm256_blend_ps(_mm256_permutevar8x32_ps(old_keys, turn), _mm256_set1_ps(before.keys[end]), 1);
        __m256i moved_slots = _mm256_blend_epi32(_mm256_permutevar8x32_epi32(old_slots, turn),
                                                 _mm256_set1_epi32(static_cast<int>(before.slots[end])), 1);
        if (is_last) {
            const __m256i place = _mm256_cmpeq_epi32(order, _mm256_set1_epi32(static_cast<int>(kept)));
            moved_keys = _mm256_blendv_ps(moved_keys, _mm256_set1_ps(key), _mm256_castsi256_ps(place));
            moved_slots = _mm256_blendv_epi8(moved_slots, _mm256_set1_epi32(static_cast<int>(slot)), place);
        }
        _mm256_store_ps(keys, _mm256_blendv_ps(moved_keys, old_keys, stay));
        _mm256_store_si256(reinterpret_cast<__m256i*>(slots),
                           _mm256_blendv_epi8(moved_slots, old_slots, _mm256_castps_si256(stay)));
        if (is_last) return 8 * half + kept;
    }
}

vz::PoolChange insert(vz::PoolLane* lanes, uint32_t size, uint32_t limit, const float* keys, const uint32_t* slots,
                      uint32_t count) {
    vz::PoolChange change = {size, limit};
    const float& worst = lanes[(limit - 1) / 16].keys[(limit - 1) % 16];
    for (uint32_t i = 0; i < count; ++i) {
        if (!(keys[i] < worst)) continue;
        const uint32_t last = change.size < limit ? change.size++ : limit - 1;
        const uint32_t at = insert_one(lanes, last, keys[i], slots[i]);
        change.first = at < change.first ? at : change.first;
    }
    return change;
}

}  // namespace

extern "C" const vz::Kernels vz_kernels_avx2 = {"avx2",
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
