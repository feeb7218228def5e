#include "benchmarks/bounds/hops.hpp"

#include <algorithm>

#include "benchmarks/bounds/bit_codes.hpp"
#include "benchmarks/bounds/turns.hpp"
#include "engine/index/layout.hpp"

namespace vz::bounds {
namespace {

constexpr uint32_t kHops = 4096;

// As in a walk, the keys of a hop decide where the next one goes: of two choices drawn before. So a hop begins when the
// one before has ended.
uint32_t choose(uint32_t hop, const float* keys) {
    return 2 * hop + static_cast<uint32_t>(keys[0] < keys[kNeighbours - 1]);
}

std::vector<uint32_t> random_places(uint32_t choices, const Memory& memory, uint64_t stride, Random& random) {
    std::vector<uint32_t> places(choices);
    for (uint32_t& place : places) place = random.below(static_cast<uint32_t>(memory.bytes() / stride));
    return places;
}

// Seconds of all hops over rows elsewhere; `score` takes 32 places and gives their keys.
template <class Score>
double hop_elsewhere(const Memory& memory, uint64_t stride, Random& random, const Score& score) {
    const std::vector<uint32_t> places = random_places(2 * kHops * kNeighbours, memory, stride, random);
    return cpu_seconds_of([&] {
        float keys[kNeighbours] = {};
        for (uint32_t hop = 0; hop < kHops; ++hop) score(&places[choose(hop, keys) * kNeighbours], keys);
        keep(keys[0]);
    });
}

// The first of `aheads` is without.
Hop best_of(const char* rows, uint32_t dim, const std::vector<Ahead>& aheads, const std::vector<double>& least) {
    const auto best = std::min_element(least.begin() + 1, least.end());
    return {rows, dim, 1e9 * least[0] / kHops, 1e9 * *best / kHops, aheads[static_cast<size_t>(best - least.begin())]};
}

// By the engine's kernel, which fetches so many rows ahead as the query says.
Hop measure_sq8(const Memory& memory, uint32_t dim, uint32_t passes) {
    const BlockShape shape = choose_block_shape(Layout::kSq8, dim, kNeighbours, VZ_EUCLIDEAN);
    const std::vector<int8_t> codes(shape.padded_dim, 3);
    CodedQuery query = {codes.data(),    shape.padded_dim, 1.0F, 1.0F, 0.5F, 2.0F, -1.0F, 0,
                        shape.header_at, shape.codes_at};
    std::vector<Ahead> aheads;
    for (const uint32_t rows : {0U, 4U, 8U, 16U, 24U, 32U}) aheads.push_back({rows, shape.row_bytes() / kLine});
    Random random(dim);
    std::vector<Pass> ways;
    for (const Ahead ahead : aheads) {
        ways.push_back([=, &memory, &random]() mutable {
            query.ahead = ahead.rows;
            return hop_elsewhere(memory, shape.stride, random, [&](const uint32_t* places, float* keys) {
                kernels().score_codes(&query, memory.data(), shape.stride, places, kNeighbours, keys);
            });
        });
    }
    return best_of("sq8_elsewhere", dim, aheads, least_seconds(ways, passes));
}

void score_floats(const std::byte* base, uint64_t stride, Ahead ahead, const float* query, uint32_t dim,
                  const uint32_t* places, float* keys) {
    for (uint32_t i = 0; i < ahead.rows; ++i) prefetch(base + places[i] * stride, ahead.lines);
    for (uint32_t i = 0; i < kNeighbours; ++i) {
        if (i + ahead.rows < kNeighbours) prefetch(base + places[i + ahead.rows] * stride, ahead.lines);
        keys[i] = kernels().squared_l2(query, reinterpret_cast<const float*>(base + places[i] * stride), dim);
    }
}

Hop measure_fp32(const Memory& memory, uint32_t dim, uint32_t passes) {
    const auto lines = static_cast<uint32_t>((dim * sizeof(float) + kLine - 1) / kLine);
    const uint64_t stride = uint64_t{lines} * kLine;
    const std::vector<float> query(dim, 0.75F);
    std::vector<Ahead> aheads = {{}};
    for (const uint32_t rows : {1U, 2U, 4U, 8U, 16U, 32U}) {
        aheads.push_back({rows, lines});
        if (lines > kLongLines) aheads.push_back({rows, kStartLines});
    }
    Random random(dim);
    std::vector<Pass> ways;
    for (const Ahead ahead : aheads) {
        ways.push_back([=, &memory, &random, &query] {
            return hop_elsewhere(memory, stride, random, [&](const uint32_t* places, float* keys) {
                score_floats(memory.data(), stride, ahead, query.data(), dim, places, keys);
            });
        });
    }
    return best_of("fp32_elsewhere", dim, aheads, least_seconds(ways, passes));
}

// Seconds of all hops over blocks that hold the codes of their neighbours. Ahead: while a block is scored, the next one
// is on its way, chosen by the keys of the hop before.
double hop_in_block(const Memory& memory, uint64_t stride, uint64_t codes_at, uint32_t words, Ahead ahead,
                    Random& random) {
    const std::vector<uint64_t> planes(kPlanes * words, 0x5555555555555555);
    const std::vector<uint32_t> places = random_places(2 * kHops + 2, memory, stride, random);
    const std::byte* codes = memory.data() + codes_at;
    return cpu_seconds_of([&] {
        float keys[kNeighbours] = {};
        if (ahead.rows == 0) {
            for (uint32_t hop = 0; hop < kHops; ++hop)
                score_block(planes.data(), words, codes + places[choose(hop, keys)] * stride, keys);
        } else {
            uint64_t place = places[0];
            for (uint32_t hop = 0; hop < kHops; ++hop) {
                const uint64_t next = places[choose(hop + 1, keys)];
                prefetch(codes + next * stride, ahead.lines);
                score_block(planes.data(), words, codes + place * stride, keys);
                place = next;
            }
        }
        keep(keys[0]);
    });
}

Hop measure_codes(const Memory& memory, uint32_t dim, uint32_t passes) {
    const uint32_t words = (dim + 63) / 64;
    const BlockShape lean = choose_block_shape(Layout::kSq8, dim, kNeighbours, VZ_EUCLIDEAN);
    const auto lines = static_cast<uint32_t>(block_code_bytes(words) / kLine);
    const uint64_t stride = lean.stride + uint64_t{lines} * kLine;
    std::vector<Ahead> aheads = {{}};
    for (const uint32_t some : {kStartLines, 4 * kStartLines, 8 * kStartLines}) {
        if (some < lines) aheads.push_back({1, some});
    }
    aheads.push_back({1, lines});
    Random random(dim);
    std::vector<Pass> ways;
    for (const Ahead ahead : aheads)
        ways.push_back(
            [=, &memory, &random] { return hop_in_block(memory, stride, lean.stride, words, ahead, random); });
    return best_of("codes_in_block", dim, aheads, least_seconds(ways, passes));
}

}  // namespace

std::vector<Hop> measure_hops(const Memory& memory, uint32_t dim, uint32_t passes) {
    std::vector<Hop> hops;
    if (has_vpopcntq()) hops.push_back(measure_codes(memory, dim, passes));
    hops.push_back(measure_sq8(memory, dim, passes));
    hops.push_back(measure_fp32(memory, dim, passes));
    return hops;
}

}  // namespace vz::bounds
