#include "engine/index/quantizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

TEST(quantizer, one_value_that_is_no_byte_is_seen_at_every_place) {
    for (const uint32_t dim : {1U, 3U, 4U, 5U, 31U, 100U}) {
        std::vector<float> row(dim);
        for (uint32_t i = 0; i < dim; ++i) row[i] = static_cast<float>((i * 37 + 255) % 256);
        ASSERT_TRUE(Quantizer::are_bytes(row.data(), dim));
        for (uint32_t i = 0; i < dim; ++i) {
            const float before = row[i];
            for (const float other :
                 {-1.0F, 0.5F, 254.99998F, 255.00002F, 256.0F, 3e9F, -3e9F, std::numeric_limits<float>::infinity(),
                  -std::numeric_limits<float>::infinity(), std::nanf("")}) {
                row[i] = other;
                EXPECT_FALSE(Quantizer::are_bytes(row.data(), dim)) << other << " at " << i << " of " << dim;
            }
            row[i] = before;
        }
        row[dim - 1] = -0.0F;
        EXPECT_TRUE(Quantizer::are_bytes(row.data(), dim));
    }
}

TEST(quantizer, a_few_far_longer_rows_do_not_move_the_mean) {
    TestRows rows = make_rows(1000, 16, 4, 3, false);
    const auto mean = [&rows](vz_metric metric) {
        std::vector<const float*> all;
        for (uint32_t i = 0; i < rows.count(); ++i) all.push_back(rows.row(i));
        return Quantizer::mean_of(metric, rows.dim, all);
    };
    const std::vector<float> before = mean(VZ_DOT);
    for (uint32_t i = 0; i < rows.dim; ++i) rows.values[i] *= 1e4F;
    for (const vz_metric metric : {VZ_DOT, VZ_EUCLIDEAN, VZ_MANHATTAN}) {
        const std::vector<float> after = mean(metric);
        for (uint32_t i = 0; i < rows.dim; ++i) EXPECT_NEAR(after[i], before[i], 0.05F) << i;
    }
}

// The codes of a query span its values wherever the least and the greatest stand.
TEST(quantizer, the_key_of_a_row_is_its_distance_by_codes) {
    for (const uint32_t dim : {1U, 3U, 4U, 7U, 64U, 100U}) {
        const BlockShape shape = choose_block_shape(Layout::kSq8, dim, 16, VZ_EUCLIDEAN);
        const Quantizer quantizer(VZ_EUCLIDEAN, shape, 7, std::vector<float>(dim));
        const TestRows rows = make_rows(40, dim, 4, 3, false);
        std::vector<std::byte> block(shape.stride);
        std::vector<float> scratch;
        CodedRow query;
        GraphView graph;
        graph.quantizer = &quantizer;
        graph.blocks = block.data();
        graph.slots = 1;
        for (uint32_t i = 0; i + 1 < rows.count(); ++i) {
            quantizer.encode(rows.row(i), block.data(), scratch);
            quantizer.prepare_query(rows.row(i + 1), query);
            const Slot slot = 0;
            float key = 0;
            score_slots(graph, query, &slot, 1, &key);
            float exact = 0;
            float norms = 0;
            for (uint32_t d = 0; d < dim; ++d) {
                const float difference = rows.row(i)[d] - rows.row(i + 1)[d];
                exact += difference * difference;
                norms += rows.row(i)[d] * rows.row(i)[d] + rows.row(i + 1)[d] * rows.row(i + 1)[d];
            }
            EXPECT_NEAR(std::sqrt(std::max(key, 0.0F)), std::sqrt(exact), 0.03F * std::sqrt(norms) + 1e-3F)
                << dim << " values, row " << i;
        }
    }
}

}  // namespace
}  // namespace vz
