#include "engine/index/search.hpp"

#include <algorithm>
#include <cmath>

namespace vz {

float exact_score(const GraphView& graph, const ScoreQuery& query, Slot slot) {
    if (graph.shape().layout == Layout::kBytes) {
        const Kernels& k = kernels();
        const uint8_t* row = codes_of(graph.block(slot));
        if (query.metric == VZ_EUCLIDEAN) return std::sqrt(k.squared_l2_bytes(query.values, row, query.dim));
        return query.metric == VZ_DOT ? k.dot_bytes(query.values, row, query.dim) : k.l1_bytes(query.values, row, query.dim);
    }
    const float* row = graph.rows(slot);
    if (row == nullptr) return is_similarity(query.metric) ? -INFINITY : INFINITY;
    return score_row(query, row, header_of(graph.block(slot)).norm);
}

std::span<const Hit> search_part(const PartQuery& part, const ScoreQuery& query, SearchScratch& scratch) {
    const GraphView& graph = *part.graph;
    auto& hits = scratch.hits;
    hits.clear();
    if (graph.entries->slots.empty() || part.k == 0) return hits;
    const uint32_t wanted = part.rerank != 0 ? part.rerank : std::max(part.k + part.k / 2, part.k + 5);
    graph.quantizer->prepare_query(query.values, scratch.walk.coded);
    walk(graph, scratch.walk, {std::max(1U, part.effort), wanted, part.exclude}, part.filter);
    const Pool& found = part.filter.passes != nullptr ? scratch.walk.answers : scratch.walk.pool;
    const uint32_t count = std::min(found.size(), wanted);
    const bool is_cold = graph.shape().layout == Layout::kSq8;
    for (uint32_t i = 0; i < count && is_cold; ++i) {
        const auto* row = reinterpret_cast<const char*>(graph.rows(found.slot(i)));
        for (size_t byte = 0; byte < std::min<size_t>(query.dim * sizeof(float), 512); byte += 64) __builtin_prefetch(row + byte);
    }
    for (uint32_t i = 0; i < count; ++i) hits.push_back({exact_score(graph, query, found.slot(i)), found.slot(i)});
    const bool greater = is_similarity(query.metric);
    std::sort(hits.begin(), hits.end(), [greater](const Hit& a, const Hit& b) {
        if (a.score != b.score) return greater ? a.score > b.score : a.score < b.score;
        return a.slot < b.slot;
    });
    size_t kept = std::min<size_t>(part.k, hits.size());
    while (kept > 0 && kept < hits.size() && kept < size_t{part.k} + kTiesMax && hits[kept].score == hits[kept - 1].score) ++kept;
    hits.resize(kept);
    return hits;
}

}  // namespace vz
