// Queries that lie further from the rows than these from each other take more effort, and get it.
#include <gtest/gtest.h>

#include "engine/index/calibration.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

constexpr float kWanted = 0.97F;

TEST(index, queries_between_clusters_are_searched_as_far_as_a_recall_takes) {
    const TestRows centres = make_rows(300, 48, 40, 21, false);
    const TestRows rows = near_copies(centres, 40, 0.8F);
    const TestRows near = near_copies(make_rows(100, 48, 40, 21, false), 1, 0.5F);
    const TestRows far = make_rows(100, 48, 40, 22, false);
    CallingThread workers;
    for (const vz_metric metric : {VZ_EUCLIDEAN, VZ_COSINE, VZ_MANHATTAN}) {
        const auto index = build(rows, make_options(48, metric), workers);
        for (const Calibration scope : {Calibration::kWhole, Calibration::kQuick}) {
            const Curve curve = calibrate(*index->view(), rows.count(), 5, scope, workers);
            ASSERT_FALSE(curve.far.empty());
            const uint32_t effort = effort_for(curve, kWanted, 10).effort;
            EXPECT_LT(recall(*index->view(), rows, far, metric, effort), 0.9) << metric;
            EXPECT_GE(recall(*index->view(), rows, far, metric, effort, {}, {}, nullptr, &curve, kWanted), 0.95)
                << metric;
            // What is like the rows is searched as before, but for a walk that found no way to its cluster.
            uint64_t without = 0;
            uint64_t with = 0;
            const double found = recall(*index->view(), rows, near, metric, effort, {}, {}, &without);
            EXPECT_GE(recall(*index->view(), rows, near, metric, effort, {}, {}, &with, &curve, kWanted), found)
                << metric;
            EXPECT_LE(with, metric == VZ_MANHATTAN ? 2 * without : without + without / 5) << metric;
        }
    }
}

TEST(index, a_dot_product_is_as_far_whatever_the_length_of_the_query) {
    const TestRows rows = make_rows(4000, 32, 12, 23, false);
    const auto key_of = [&](float length) {
        CallingThread workers;
        const auto index = build(rows, make_options(32, VZ_DOT), workers);
        std::vector<float> query(rows.row(7), rows.row(7) + 32);
        for (float& value : query) value *= length;
        WalkScratch scratch;
        index->view()->quantizer->prepare_query(query.data(), scratch.coded);
        walk(*index->view(), scratch, {50});
        return far_key(scratch.pool, scratch.coded, VZ_DOT);
    };
    EXPECT_NEAR(key_of(1), key_of(1000), 1e-3F * std::abs(key_of(1)));
}

TEST(index, effort_grows_with_the_distance_up_to_the_furthest_kind_that_was_measured) {
    Curve curve;
    curve.points = {{10, 10, 0.9F, 0, 0, 0}, {10, 20, 0.99F, 0, 0, 0}};
    const auto effort = [&curve](float key, uint32_t k = 10) {
        return far_effort(curve, 0.99F, k, effort_for(curve, 0.99F, k).effort, key);
    };
    EXPECT_EQ(effort(1e9F), 20U) << "nothing is known of far ones";
    curve.near_key = 4;
    curve.far = {{8, {{10, 20, 0.8F, 0, 0, 0}, {10, 80, 0.99F, 0, 0, 0}}},
                 {16, {{10, 20, 0.5F, 0, 0, 0}, {10, 160, 0.9F, 0, 0, 0}}}};
    EXPECT_EQ(effort(4), 20U);
    EXPECT_NEAR(effort(6), 40, 1) << "halfway to 80, by logarithm";
    EXPECT_NEAR(effort(8), 80, 1);
    EXPECT_NEAR(effort(1e9F), 160, 1) << "the largest effort measured, where none reaches the recall";
    EXPECT_NEAR(effort(INFINITY), 160, 1);
    EXPECT_EQ(effort(std::nanf("")), 20U);
    EXPECT_NEAR(far_effort(curve, 0.99F, 10, 60, 8), 240, 1) << "three times as much of both";
    EXPECT_NEAR(effort(8, 1000), effort(4, 1000) + 60U, 1) << "hits are paid for once";
    // A kind that takes less than a nearer one lowers nothing.
    curve.far[1].points = {{10, 20, 0.999F, 0, 0, 0}};
    EXPECT_NEAR(effort(20), 80, 1);
    // Keys whose difference leaves float32.
    curve.near_key = -3e38F;
    curve.far = {{3e38F, {{10, 80, 0.99F, 0, 0, 0}}}};
    EXPECT_NEAR(effort(0), 40, 1);
}

TEST(index, many_hits_far_from_the_rows_are_found_without_a_pool_of_all_rows) {
    constexpr uint32_t kCount = 1000;
    const TestRows rows = near_copies(make_rows(300, 48, 40, 21, false), 40, 0.8F);
    const TestRows far = make_rows(20, 48, 40, 22, false);
    CallingThread workers;
    const auto index = build(rows, make_options(48, VZ_EUCLIDEAN), workers);
    const Curve curve = calibrate(*index->view(), rows.count(), 5, Calibration::kWhole, workers);
    SearchScratch scratch;
    uint32_t found = 0;
    for (uint32_t i = 0; i < far.count(); ++i) {
        const ScoreQuery query = make_score_query(VZ_EUCLIDEAN, far.row(i), rows.dim);
        PartWork work;
        PartQuery part;
        part.graph = index->view();
        part.k = kCount;
        part.effort = effort_for(curve, kWanted, kCount).effort;
        part.far = &curve;
        part.recall = kWanted;
        part.work = &work;
        std::vector<float> scores;
        for (Slot slot = 0; slot < rows.count(); ++slot) scores.push_back(score_row(query, rows.row(slot)));
        std::nth_element(scores.begin(), scores.begin() + kCount - 1, scores.end());
        for (const SlotHit& hit : search_part(part, query, scratch)) found += hit.score <= scores[kCount - 1] ? 1 : 0;
        EXPECT_LT(work.effort, 4 * part.effort);
    }
    EXPECT_GE(found, static_cast<uint32_t>(0.95 * kCount) * far.count());
}

// A tenth of the rows by the curve of all: the nearest one tells what the tenth does there.
TEST(index, few_rows_by_the_curve_of_many_are_not_taken_for_far) {
    const TestRows rows = near_copies(make_rows(300, 48, 40, 21, false), 40, 0.8F);
    TestRows few = {rows.dim, {}};
    for (uint32_t i = 0; i < rows.count(); i += 10)
        few.values.insert(few.values.end(), rows.row(i), rows.row(i) + rows.dim);
    const TestRows near = near_copies(make_rows(100, 48, 40, 21, false), 1, 0.5F);
    const TestRows far = make_rows(50, 48, 40, 22, false);
    CallingThread workers;
    const Curve curve = calibrate(*build(rows, make_options(48, VZ_EUCLIDEAN), workers)->view(), rows.count(), 5,
                                  Calibration::kWhole, workers);
    const auto index = build(few, make_options(48, VZ_EUCLIDEAN), workers);
    const uint32_t effort = effort_for(curve, kWanted, 10).effort;
    const auto walked_twice = [&](const TestRows& queries) {
        SearchScratch scratch;
        uint32_t twice = 0;
        for (uint32_t i = 0; i < queries.count(); ++i) {
            PartWork work;
            PartQuery part;
            part.graph = index->view();
            part.effort = effort;
            part.far = &curve;
            part.recall = kWanted;
            part.far_rank = 1;
            part.work = &work;
            search_part(part, make_score_query(VZ_EUCLIDEAN, queries.row(i), rows.dim), scratch);
            twice += work.effort > effort ? 1 : 0;
        }
        return twice;
    };
    EXPECT_LE(walked_twice(near), near.count() / 10);
    EXPECT_EQ(walked_twice(far), far.count());
}

}  // namespace
}  // namespace vz
