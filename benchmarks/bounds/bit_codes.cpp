#include "benchmarks/bounds/bit_codes.hpp"

#include <bit>

#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // false in gcc 12's own header: _mm512_undefined_*()
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#else
#include <cstdlib>
#endif

namespace vz::bounds {
namespace {

uint64_t count_words_apart(const uint64_t* query, const uint64_t* row, uint32_t words) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < words; ++i) count += static_cast<uint64_t>(std::popcount(query[i] ^ row[i]));
    return count;
}

#if defined(__x86_64__)
#define VZ_VPOPCNTQ __attribute__((target("avx512f,avx512dq,avx512vl,avx512vpopcntdq,fma")))

VZ_VPOPCNTQ uint64_t count_vectors_apart(const uint64_t* query, const uint64_t* row, uint32_t words) {
    __m512i count = _mm512_setzero_si512();
    for (uint32_t i = 0; i < words; i += 8) {
        const auto some = static_cast<__mmask8>(words - i < 8 ? (1U << (words - i)) - 1U : 0xffU);
        const __m512i apart =
            _mm512_xor_si512(_mm512_maskz_loadu_epi64(some, query + i), _mm512_maskz_loadu_epi64(some, row + i));
        count = _mm512_add_epi64(count, _mm512_popcnt_epi64(apart));
    }
    return static_cast<uint64_t>(_mm512_reduce_add_epi64(count));
}
#endif

}  // namespace

#if defined(__x86_64__)
bool has_vpopcntq() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq") &&
           __builtin_cpu_supports("fma");
}

CountApart count_apart() { return has_vpopcntq() ? count_vectors_apart : count_words_apart; }

VZ_VPOPCNTQ void score_block(const uint64_t* planes, uint32_t words, const std::byte* factors_and_codes, float* keys) {
    constexpr uint32_t kGroups = kNeighbours / 8;
    const auto* factors = reinterpret_cast<const float*>(factors_and_codes);
    const auto* codes = reinterpret_cast<const uint64_t*>(factors + 2 * kNeighbours);
    __m512i sums[kGroups][kPlanes];
    for (auto& group : sums) {
        for (__m512i& sum : group) sum = _mm512_setzero_si512();
    }
    for (uint32_t word = 0; word < words; ++word, codes += kNeighbours) {
        for (uint32_t group = 0; group < kGroups; ++group) {
            const __m512i some = _mm512_loadu_si512(codes + 8 * group);
            for (uint32_t plane = 0; plane < kPlanes; ++plane) {
                const __m512i bits = _mm512_set1_epi64(static_cast<int64_t>(planes[plane * words + word]));
                sums[group][plane] =
                    _mm512_add_epi64(sums[group][plane], _mm512_popcnt_epi64(_mm512_and_si512(some, bits)));
            }
        }
    }
    for (uint32_t group = 0; group < kGroups; ++group) {
        __m512i total = sums[group][kPlanes - 1];
        for (uint32_t plane = kPlanes - 1; plane-- > 0;)
            total = _mm512_add_epi64(_mm512_slli_epi64(total, 1), sums[group][plane]);
        const __m256 multipliers = _mm256_loadu_ps(factors + 8 * group);
        const __m256 constants = _mm256_loadu_ps(factors + kNeighbours + 8 * group);
        _mm256_storeu_ps(keys + 8 * group, _mm256_fmadd_ps(multipliers, _mm512_cvtepi64_ps(total), constants));
    }
}
#else
bool has_vpopcntq() { return false; }
CountApart count_apart() { return count_words_apart; }
void score_block(const uint64_t*, uint32_t, const std::byte*, float*) { std::abort(); }
#endif

}  // namespace vz::bounds
