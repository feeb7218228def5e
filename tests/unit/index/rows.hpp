// Rows whose graphs tests search, and how much of the truth is found in them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "engine/index/growing_index.hpp"
#include "engine/index/search.hpp"

namespace vz {

struct TestRows {
    uint32_t dim = 0;
    std::vector<float> values;

    uint32_t count() const { return static_cast<uint32_t>(values.size() / dim); }
    const float* row(size_t i) const { return values.data() + i * dim; }
    RowSource source() const {
        return {[](const void* owner, Slot slot) { return static_cast<const TestRows*>(owner)->row(slot); }, this};
    }
};

// Points near a plane of `inner` dimensions: as real data, easier than their dimension says.
inline TestRows make_rows(uint32_t count, uint32_t dim, uint32_t inner, uint32_t seed, bool as_bytes) {
    std::mt19937 plane_random(99);
    std::normal_distribution<float> normal;
    std::vector<float> plane(size_t{dim} * inner);
    for (float& value : plane) value = normal(plane_random);
    std::mt19937 random(seed);
    TestRows rows = {dim, {}};
    std::vector<float> at(inner);
    for (uint32_t i = 0; i < count; ++i) {
        for (float& value : at) value = normal(random);
        for (uint32_t j = 0; j < dim; ++j) {
            float value = 0.1F * normal(random);
            for (uint32_t d = 0; d < inner; ++d) value += plane[size_t{j} * inner + d] * at[d];
            rows.values.push_back(as_bytes ? std::round(std::clamp(128.0F + 20.0F * value, 0.0F, 255.0F))
                                           : value + 0.5F);
        }
    }
    return rows;
}

inline IndexOptions make_options(uint32_t dim, vz_metric metric, vz_quantization quantization = VZ_QUANTIZATION_AUTO) {
    IndexOptions options;
    options.dim = dim;
    options.metric = metric;
    options.quantization = quantization;
    return options;
}

inline std::unique_ptr<GrowingIndex> build(const TestRows& rows, const IndexOptions& options, Workers& workers) {
    auto index = GrowingIndex::create(options, rows.source(), rows.count());
    EXPECT_TRUE(index.ok());
    EXPECT_TRUE((*index)->link(rows.count(), workers).ok());
    (*index)->connect(workers);
    return index.take();
}

inline double recall(const GraphView& graph, const TestRows& rows, const TestRows& queries, vz_metric metric,
                     uint32_t effort, const SlotFilter& filter = {}, std::span<const Slot> seeds = {},
                     uint64_t* scored = nullptr, const Curve* far = nullptr, float wanted = 0, uint32_t rerank = 0) {
    SearchScratch scratch;
    uint32_t found = 0;
    for (uint32_t i = 0; i < queries.count(); ++i) {
        const ScoreQuery query = make_score_query(metric, queries.row(i), rows.dim);
        std::vector<float> scores;
        for (Slot slot = 0; slot < rows.count(); ++slot) {
            if (filter.passes == nullptr || filter(slot)) scores.push_back(score_row(query, rows.row(slot)));
        }
        const auto better = [&](float a, float b) { return is_similarity(metric) ? a > b : a < b; };
        std::partial_sort(scores.begin(), scores.begin() + 10, scores.end(), better);
        PartQuery part;
        part.graph = &graph;
        part.effort = effort;
        part.filter = filter;
        part.seeds = seeds;
        part.far = far;
        part.recall = wanted;
        part.rerank = rerank;
        uint32_t of_query = 0;
        for (const SlotHit& hit : search_part(part, query, scratch)) {
            EXPECT_EQ(hit.score, score_row(query, rows.row(hit.slot)));
            if (!better(scores[9], hit.score)) ++of_query;
        }
        found += std::min(10U, of_query);
    }
    EXPECT_EQ(scratch.walk.counters.damaged_ids, 0U);
    if (scored != nullptr) *scored = scratch.walk.counters.scored;
    return found / (10.0 * queries.count());
}

// `of` each row, which differ by about a step of the codes.
inline TestRows near_copies(const TestRows& rows, uint32_t of, float apart) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    TestRows copies = {rows.dim, {}};
    for (uint32_t i = 0; i < rows.count(); ++i) {
        for (uint32_t j = 0; j < of; ++j) {
            for (uint32_t d = 0; d < rows.dim; ++d) copies.values.push_back(rows.row(i)[d] + apart * normal(random));
        }
    }
    return copies;
}

}  // namespace vz
