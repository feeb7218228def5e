#include "benchmarks/bounds/scans.hpp"

#include <algorithm>

#include "benchmarks/bounds/bit_codes.hpp"
#include "benchmarks/bounds/turns.hpp"
#include "engine/index/kernels.hpp"

namespace vz::bounds {
namespace {

constexpr uint64_t kCacheBytes = 256 << 10;  // well inside any L2
constexpr uint64_t kCachePassBytes = 64 << 20;

// Seconds a row over the rows of the first `bytes`, so often.
template <class Score>
double scan(const Memory& memory, uint64_t bytes, uint64_t row_bytes, uint64_t times, const Score& score) {
    const uint64_t rows = std::max<uint64_t>(1, bytes / row_bytes);
    const double took = cpu_seconds_of([&] {
        decltype(score(memory.data())) sum = 0;
        for (uint64_t time = 0; time < times; ++time) {
            for (uint64_t row = 0; row < rows; ++row) sum += score(memory.data() + row * row_bytes);
        }
        keep(sum);
    });
    return took / static_cast<double>(rows * times);
}

template <class Score>
Scan measure(const Memory& memory, const char* values, uint32_t dim, uint64_t row_bytes, uint32_t passes,
             const Score& score) {
    const uint64_t cached = std::min(kCacheBytes, memory.bytes());
    const std::vector<double> least =
        least_seconds({[&] { return scan(memory, memory.bytes(), row_bytes, 1, score); },
                       [&] { return scan(memory, cached, row_bytes, kCachePassBytes / cached, score); }},
                      passes);
    return {values, dim, 1 / least[0], 1 / least[1]};
}

}  // namespace

std::vector<Scan> measure_scans(const Memory& memory, uint32_t dim, uint32_t passes) {
    const uint32_t padded = (dim + 63) / 64 * 64;
    const uint32_t words = padded / 64;
    const std::vector<float> floats(dim, 0.75F);
    const std::vector<int8_t> codes(padded, 3);
    const std::vector<uint64_t> bits(words, 0x5555555555555555);
    const CountApart apart = count_apart();
    return {measure(memory, "fp32", dim, dim * sizeof(float), passes,
                    [&](const std::byte* row) {
                        return kernels().squared_l2(floats.data(), reinterpret_cast<const float*>(row), dim);
                    }),
            measure(memory, "int8", dim, padded, passes,
                    [&](const std::byte* row) {
                        return static_cast<int64_t>(
                            kernels().dot_codes(codes.data(), reinterpret_cast<const uint8_t*>(row), padded));
                    }),
            measure(memory, "bits", dim, words * sizeof(uint64_t), passes, [&](const std::byte* row) {
                return apart(bits.data(), reinterpret_cast<const uint64_t*>(row), words);
            })};
}

}  // namespace vz::bounds
