#include "engine/index/kernels.hpp"

#include <cmath>
#include <cstdlib>

namespace vz {
namespace {

template <class T>
float dot(const float* a, const T* b, uint32_t dim) {
    float sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += a[i] * static_cast<float>(b[i]);
    return sum;
}

template <class T>
float squared_l2(const float* a, const T* b, uint32_t dim) {
    float sum = 0;
    for (uint32_t i = 0; i < dim; ++i) {
        const float difference = a[i] - static_cast<float>(b[i]);
        sum += difference * difference;
    }
    return sum;
}

template <class T>
float l1(const float* a, const T* b, uint32_t dim) {
    float sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += std::fabs(a[i] - static_cast<float>(b[i]));
    return sum;
}

int32_t dot_codes(const int8_t* a, const uint8_t* b, uint32_t dim) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += a[i] * b[i];
    return sum;
}

int32_t l1_codes(const int8_t* a, const uint8_t* b, uint32_t dim) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += std::abs(b[i] - (a[i] + 128));
    return sum;
}

const uint8_t* block_at(const void* base, size_t stride, uint32_t id) {
    return static_cast<const uint8_t*>(base) + stride * id;
}

void score_codes(const CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                 float* keys) {
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t* block = block_at(base, stride, ids[i]);
        const auto* header = reinterpret_cast<const BlockHeader*>(block + query->header_at);
        const auto product = static_cast<float>(dot_codes(query->codes, block + query->codes_at, query->padded_dim));
        keys[i] =
            query->constant + query->norm2_factor * header->norm2 + query->offset_factor * header->offset +
            header->scale * (query->dot_factor * product + query->sum_factor * static_cast<float>(header->code_sum));
    }
}

// Codes behind the dimension are 0 on the row's side and -128 on the query's: they add nothing.
void score_codes_l1(const CodedQuery* query, const void* base, size_t stride, const uint32_t* ids, uint32_t count,
                    float* keys) {
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t* block = block_at(base, stride, ids[i]);
        keys[i] = static_cast<float>(l1_codes(query->codes, block + query->codes_at, query->padded_dim));
    }
}

void hadamard(float* values, uint32_t size) {
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
}

PoolChange insert(PoolLane* lanes, uint32_t size, uint32_t limit, const float* keys, const uint32_t* slots,
                  uint32_t count) {
    PoolChange change = {size, limit};
    for (uint32_t i = 0; i < count; ++i) {
        if (!(keys[i] < lanes[(limit - 1) / 16].keys[(limit - 1) % 16])) continue;
        uint32_t at = change.size < limit ? change.size++ : limit - 1;
        for (; at > 0 && lanes[(at - 1) / 16].keys[(at - 1) % 16] > keys[i]; --at) {
            lanes[at / 16].keys[at % 16] = lanes[(at - 1) / 16].keys[(at - 1) % 16];
            lanes[at / 16].slots[at % 16] = lanes[(at - 1) / 16].slots[(at - 1) % 16];
        }
        lanes[at / 16].keys[at % 16] = keys[i];
        lanes[at / 16].slots[at % 16] = slots[i];
        change.first = at < change.first ? at : change.first;
    }
    return change;
}

constexpr Kernels kScalar = {"scalar",     dot<float>,          squared_l2<float>, l1<float>,
                             dot<uint8_t>, squared_l2<uint8_t>, l1<uint8_t>,       dot_codes,
                             score_codes,  score_codes_l1,      hadamard,          insert};

const Kernels& choose() {
    if (const Kernels* best = kernels_avx512()) return *best;
    if (const Kernels* good = kernels_avx2()) return *good;
    return kScalar;
}

}  // namespace

const Kernels& kernels_scalar() { return kScalar; }

// __builtin_cpu_supports reads CPUID and, for the wide registers, XCR0.
#if defined(__x86_64__)
const Kernels* kernels_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &vz_kernels_avx2 : nullptr;
}

const Kernels* kernels_avx512() {
    const bool all = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vnni") &&
                     __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg") &&
                     __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
    return all ? &vz_kernels_avx512 : nullptr;
}
#else
const Kernels* kernels_avx2() { return nullptr; }
const Kernels* kernels_avx512() { return nullptr; }
#endif

const Kernels& kernels() {
    static const Kernels& chosen = choose();
    return chosen;
}

}  // namespace vz
