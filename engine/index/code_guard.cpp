#include "engine/index/code_guard.hpp"

#include <numeric>

#include "engine/index/score.hpp"

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 4096;
constexpr uint32_t kSampleQueries = 32;
constexpr uint32_t kNearest = 10;
constexpr uint32_t kReranked = 15;

}  // namespace

double share_found_by_codes(const Quantizer& quantizer, const RowSource& rows, Slot end) {
    const BlockShape& shape = quantizer.shape();
    std::vector<const float*> sample;
    const Slot step = std::max(1U, end / kSampleRows);
    for (Slot slot = 0; slot < end; slot += step) {
        if (const float* row = rows(slot)) sample.push_back(row);
    }
    const auto count = static_cast<uint32_t>(sample.size());
    if (count < 4 * kReranked) return 1;
    std::vector<std::byte> blocks(size_t{shape.stride} * count);
    std::vector<float> scratch;
    for (uint32_t i = 0; i < count; ++i) quantizer.encode(sample[i], &blocks[size_t{shape.stride} * i], scratch);
    GraphView graph;
    graph.quantizer = &quantizer;
    graph.blocks = blocks.data();
    graph.slots = count;

    std::vector<Slot> order(count);
    std::vector<float> keys(count);
    std::vector<float> exact(count);
    std::vector<Slot> all(count);
    std::iota(all.begin(), all.end(), 0U);
    CodedRow coded;
    uint64_t found = 0;
    for (uint32_t i = 0; i < kSampleQueries; ++i) {
        const float* values = sample[uint64_t{i} * count / kSampleQueries];
        const ScoreQuery query = make_score_query(quantizer.metric(), values, shape.dim);
        const float sign = is_similarity(query.metric) ? -1.0F : 1.0F;
        for (uint32_t row = 0; row < count; ++row) exact[row] = sign * score_row(query, sample[row]);
        quantizer.prepare_query(values, coded);
        score_slots(graph, coded, all.data(), count, keys.data());
        order = all;
        std::partial_sort(order.begin(), order.begin() + kReranked, order.end(),
                          [&](Slot a, Slot b) { return keys[a] < keys[b]; });
        std::vector<float> nearest = exact;
        std::nth_element(nearest.begin(), nearest.begin() + kNearest - 1, nearest.end());
        const float border = nearest[kNearest - 1];
        const auto hits =
            std::count_if(order.begin(), order.begin() + kReranked, [&](Slot slot) { return exact[slot] <= border; });
        found += std::min<uint64_t>(kNearest, static_cast<uint64_t>(hits));
    }
    return static_cast<double>(found) / (kSampleQueries * kNearest);
}

}  // namespace vz
