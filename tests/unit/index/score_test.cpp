#include "engine/index/score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace vz {
namespace {

constexpr float kMost = std::numeric_limits<float>::max();

float score(vz_metric metric, const std::vector<float>& query, const std::vector<float>& row) {
    const auto dim = static_cast<uint32_t>(query.size());
    return score_row(make_score_query(metric, query.data(), dim), row.data());
}

TEST(score, of_the_greatest_and_smallest_numbers_is_right) {
    EXPECT_FLOAT_EQ(score(VZ_COSINE, {1, 1}, {1e30F, 1e30F}), 1);
    EXPECT_FLOAT_EQ(score(VZ_COSINE, {kMost, kMost}, {kMost, kMost}), 1);
    EXPECT_FLOAT_EQ(score(VZ_COSINE, {1e-30F, 0}, {1e30F, 1e30F}), std::sqrt(0.5F));
    EXPECT_FLOAT_EQ(score(VZ_COSINE, {1e-44F, 0}, {-1e-44F, 0}), -1);
    EXPECT_EQ(score(VZ_COSINE, {0, 0}, {kMost, kMost}), 0);
    EXPECT_EQ(score(VZ_COSINE, {kMost, -kMost}, {kMost, kMost}), 0);
    EXPECT_FLOAT_EQ(score(VZ_EUCLIDEAN, {1e30F, 0}, {-1e30F, 0}), 2e30F);
    EXPECT_FLOAT_EQ(score(VZ_EUCLIDEAN, {1e-30F, 0}, {-1e-30F, 0}), 2e-30F);
    EXPECT_EQ(score(VZ_EUCLIDEAN, {1e-30F, 0}, {1e-30F, 0}), 0);
    EXPECT_EQ(score(VZ_EUCLIDEAN, {kMost, 0}, {-kMost, 0}), kMost);
    EXPECT_EQ(score(VZ_MANHATTAN, {kMost, kMost}, {-kMost, 0}), kMost);
    EXPECT_EQ(score(VZ_DOT, {kMost, kMost}, {kMost, 1}), kMost);
    EXPECT_EQ(score(VZ_DOT, {kMost, 1}, {-kMost, 1}), -kMost);
    EXPECT_EQ(score(VZ_DOT, {1e30F, 1e30F}, {1e30F, -1e30F}), 0);
}

TEST(score, of_a_cosine_stays_within_one) {
    uint32_t state = 1;
    const auto next = [&] {
        return static_cast<float>((state = state * 1664525U + 1013904223U) >> 8) / 16777216.0F - 0.5F;
    };
    for (uint32_t dim = 1; dim < 200; ++dim) {
        std::vector<float> row(dim);
        for (float& value : row) value = next();
        std::vector<float> turned = row;
        for (float& value : turned) value *= -3;
        EXPECT_LE(score(VZ_COSINE, row, row), 1) << dim;
        EXPECT_GE(score(VZ_COSINE, row, row), 0.999999F) << dim;
        EXPECT_GE(score(VZ_COSINE, row, turned), -1) << dim;
    }
}

}  // namespace
}  // namespace vz
