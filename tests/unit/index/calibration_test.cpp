#include "engine/index/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/index/sample.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

TEST(index, calibration_knows_recall_to_a_small_error) {
    const TestRows rows = make_rows(8000, 32, 16, 17, false);
    CallingThread workers;
    const auto index = build(rows, make_options(32, VZ_EUCLIDEAN), workers);
    for (const Calibration scope : {Calibration::kWhole, Calibration::kQuick}) {
        const float most = scope == Calibration::kWhole ? 0.003F : 0.0055F;
        for (const CurvePoint& point : calibrate(*index->view(), index->linked(), 5, scope, workers).points) {
            if (point.recall >= 0.95F) {
                EXPECT_LE(point.error, most) << "k " << point.k << " effort " << point.effort;
            }
        }
    }
}

TEST(index, calibration_foretells_recall) {
    const TestRows rows = make_rows(5000, 64, 14, 17, false);
    const TestRows queries = make_rows(200, 64, 14, 18, false);
    CallingThread workers;
    const auto index = build(rows, make_options(64, VZ_EUCLIDEAN), workers);
    const auto curve = calibrate(*index->view(), index->linked(), 5, Calibration::kWhole, workers);
    const EffortChoice choice = effort_for(curve, 0.95F, 10);
    EXPECT_GE(choice.estimate, 0.95F);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, choice.effort), 0.93);
    EXPECT_EQ(effort_for({}, 0.98F, 50).effort, 200U);
    // Ten hits are measured: a hundred take more, by less than ten times.
    const Curve of_ten = calibrate(*index->view(), index->linked(), 5, Calibration::kQuick, workers);
    const EffortChoice of_hundred = effort_for(of_ten, 0.95F, 100);
    EXPECT_GT(of_hundred.effort, 80U);
    EXPECT_LT(of_hundred.effort, 5 * effort_for(of_ten, 0.95F, 10).effort + 90);
    EXPECT_EQ(effort_for(of_ten, 0.95F, 1).effort, effort_for(of_ten, 0.95F, 10).effort);
}

TEST(index, equal_rows_are_one_to_calibration) {
    TestRows rows = make_rows(3000, 24, 8, 17, false);
    for (Slot slot = 0; slot < rows.count(); slot += 2) std::fill_n(rows.values.begin() + size_t{slot} * 24, 24, 1.0F);
    CallingThread workers;
    const auto index = build(rows, make_options(24, VZ_EUCLIDEAN), workers);
    for (uint64_t seed = 1; seed < 20; ++seed) {
        const std::vector<Slot> sample = sample_rows(*index->view(), rows.count(), seed, 200);
        EXPECT_EQ(sample.size(), 200U);
        EXPECT_LE(std::count_if(sample.begin(), sample.end(), [](Slot slot) { return slot % 2 == 0; }), 1) << seed;
    }
}

// A graph that was built anew, about another mean, takes the effort that it took before.
TEST(index, calibration_draws_the_same_rows_wherever_they_lie) {
    const TestRows rows = make_rows(3000, 24, 8, 18, false);
    TestRows reversed = {rows.dim, {}};
    for (uint32_t i = rows.count(); i-- > 0;)
        reversed.values.insert(reversed.values.end(), rows.row(i), rows.row(i) + rows.dim);
    CallingThread workers;
    const auto index = build(rows, make_options(24, VZ_COSINE), workers);
    const auto other = build(reversed, make_options(24, VZ_COSINE), workers);
    ASSERT_NE(index->view()->quantizer->mean(), other->view()->quantizer->mean());
    std::vector<Slot> sample = sample_rows(*index->view(), rows.count(), 5, 200);
    std::vector<Slot> of_other = sample_rows(*other->view(), rows.count(), 5, 200);
    ASSERT_EQ(sample.size(), 200U);
    for (Slot& slot : of_other) slot = rows.count() - 1 - slot;
    EXPECT_EQ(of_other, sample);
}

// Zero vectors among rows of many independent dimensions are nearer to each row than any other. They neither stand in
// for the ways between the others nor for what a search of those takes.
TEST(index, rows_in_the_middle_of_all_keep_none_from_being_found) {
    constexpr uint32_t kDim = 96;
    constexpr uint32_t kMiddle = 60;
    for (const float spread : {0.0F, 0.01F}) {
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        TestRows rows = {kDim, {}};
        for (uint32_t i = 0; i < 4000 * kDim; ++i)
            rows.values.push_back((i / kDim < kMiddle * 10 && i / kDim % 10 == 0 ? spread : 1.0F) * normal(random));
        CallingThread workers;
        auto index = GrowingIndex::create(make_options(kDim, VZ_EUCLIDEAN), rows.source(), rows.count());
        ASSERT_TRUE((*index)->link(rows.count(), workers).ok());
        SearchScratch scratch;
        const auto missed = [&](uint32_t effort) {
            uint32_t count = 0;
            for (Slot slot = 1; slot < rows.count(); slot += 40) {
                PartQuery part;
                part.graph = (*index)->view();
                part.k = 10;
                part.effort = effort;
                const auto hits = search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(slot), kDim), scratch);
                count += std::none_of(hits.begin(), hits.end(), [&](const SlotHit& hit) { return hit.slot == slot; });
            }
            return count;
        };
        EXPECT_LE(missed(200), 2U) << spread;
        for (const Calibration scope : {Calibration::kWhole, Calibration::kQuick}) {
            const Curve curve = calibrate(*(*index)->view(), rows.count(), 5, scope, workers);
            EXPECT_LE(missed(effort_for(curve, 0.98F, 10).effort), 2U) << spread;
        }
    }
}

TEST(index, no_row_of_few_is_near_to_many_by_chance) {
    const TestRows rows = make_rows(1000, 24, 12, 17, false);
    CallingThread workers;
    const auto index = build(rows, make_options(24, VZ_EUCLIDEAN), workers);
    for (const size_t count : {size_t{16}, size_t{25}, size_t{100}}) {
        std::vector<Sampled> sampled(count);
        for (size_t i = 0; i < count; ++i) {
            sampled[i].slot = static_cast<Slot>(i * 9);
            sampled[i].values = rows.row(i * 9);
        }
        find_truths(*index->view(), rows.count(), 10, {}, sampled);
        EXPECT_TRUE(near_to_many(*index->view(), rows.count(), sampled).empty()) << count;
    }
}

TEST(index, a_row_alone_among_absent_ones_is_measured_without_a_truth) {
    const TestRows rows = make_rows(2000, 16, 4, 17, false);
    const RowSource one = {[](const void* owner, Slot slot) {
                               return slot == 1234 ? static_cast<const TestRows*>(owner)->row(slot) : nullptr;
                           },
                           &rows};
    auto index = GrowingIndex::create(make_options(16, VZ_EUCLIDEAN), one, rows.count());
    ASSERT_TRUE(index.ok());
    CallingThread workers;
    ASSERT_TRUE((*index)->link(rows.count(), workers).ok());
    for (const Calibration scope : {Calibration::kWhole, Calibration::kQuick}) {
        for (const CurvePoint& point : calibrate(*(*index)->view(), rows.count(), 5, scope, workers).points)
            EXPECT_EQ(point.recall, 1.0F);
    }
}

TEST(index, rows_linked_while_a_graph_is_measured_do_not_better_it) {
    const TestRows rows = make_rows(8000, 32, 16, 17, false);
    const TestRows queries = make_rows(200, 32, 16, 18, false);
    CallingThread workers;
    const auto index = build(rows, make_options(32, VZ_EUCLIDEAN), workers);
    const uint32_t half = rows.count() / 2;
    const SlotFilter first = {[](const void* end, Slot slot) { return slot < *static_cast<const uint32_t*>(end); },
                              &half};
    const CurvePoint least = calibrate(*index->view(), half, 5, Calibration::kQuick, workers).points.front();
    EXPECT_LE(static_cast<double>(least.recall),
              recall(*index->view(), rows, queries, VZ_EUCLIDEAN, least.effort, first) + 0.02);
}

TEST(index, more_rows_are_scored_exactly_where_codes_tell_them_less_apart) {
    CallingThread workers;
    const auto last_of_ten = [](const Curve& curve) {
        return *std::find_if(curve.points.rbegin(), curve.points.rend(),
                             [](const CurvePoint& point) { return point.k == 10; });
    };
    const TestRows far = make_rows(4000, 64, 12, 31, false);
    const auto index_of_far = build(far, make_options(64, VZ_EUCLIDEAN, VZ_QUANTIZATION_SQ8), workers);
    EXPECT_EQ(calibrate(*index_of_far->view(), far.count(), 5, Calibration::kWhole, workers).rerank, kRerank);

    const TestRows near = near_copies(make_rows(200, 64, 12, 31, false), 20, 0.03F);
    const auto index = build(near, make_options(64, VZ_EUCLIDEAN, VZ_QUANTIZATION_SQ8), workers);
    EXPECT_LT(recall(*index->view(), near, near_copies(make_rows(200, 64, 12, 31, false), 1, 0.03F), VZ_EUCLIDEAN, 200),
              0.975);
    for (const Calibration scope : {Calibration::kWhole, Calibration::kQuick}) {
        const Curve curve = calibrate(*index->view(), near.count(), 5, scope, workers);
        EXPECT_GT(curve.rerank, kRerank);
        EXPECT_GE(last_of_ten(curve).recall, 0.985F) << curve.rerank;
    }
}

TEST(index, the_nearest_row_alone_is_found_where_codes_bury_it) {
    CallingThread workers;
    const TestRows first = make_rows(200, 64, 12, 31, false);
    const TestRows rows = near_copies(first, 20, 0.03F);
    const TestRows queries = near_copies(first, 1, 0.03F);
    const auto index = build(rows, make_options(64, VZ_EUCLIDEAN, VZ_QUANTIZATION_SQ8), workers);
    const Curve curve = calibrate(*index->view(), rows.count(), 5, Calibration::kWhole, workers);
    SearchScratch scratch;
    for (const uint32_t k : {1U, 2U, 5U}) {
        uint32_t found = 0;
        for (uint32_t i = 0; i < queries.count(); ++i) {
            const ScoreQuery query = make_score_query(VZ_EUCLIDEAN, queries.row(i), rows.dim);
            float nearest = INFINITY;
            for (Slot slot = 0; slot < rows.count(); ++slot)
                nearest = std::min(nearest, score_row(query, rows.row(slot)));
            PartQuery part;
            part.graph = index->view();
            part.k = k;
            part.effort = effort_for(curve, 0.98F, k).effort;
            part.rerank = rerank_for(curve, k);
            found += search_part(part, query, scratch).front().score == nearest ? 1 : 0;
        }
        EXPECT_GE(found, queries.count() * 49 / 50) << "k " << k;
    }
}

// Each cluster gains half as many rows as it had when the graph was measured.
TEST(index, rows_that_join_clusters_since_a_calibration_bury_none) {
    CallingThread workers;
    const TestRows first = make_rows(100, 64, 12, 31, false);
    const TestRows clusters = near_copies(first, 30, 0.005F);
    const TestRows queries = near_copies(first, 1, 0.005F);
    TestRows rows = {64, {}};
    for (const uint32_t begin : {0U, 20U}) {
        for (uint32_t i = 0; i < clusters.count(); ++i) {
            if (i % 30 >= begin && i % 30 < begin + 20)
                rows.values.insert(rows.values.end(), clusters.row(i), clusters.row(i) + 64);
        }
    }
    auto index = GrowingIndex::create(make_options(64, VZ_EUCLIDEAN, VZ_QUANTIZATION_SQ8), rows.source(), 3000);
    ASSERT_TRUE((*index)->link(2000, workers).ok());
    const Curve curve = calibrate(*(*index)->view(), 2000, 5, Calibration::kQuick, workers);
    ASSERT_TRUE((*index)->link(3000, workers).ok());
    const uint32_t effort = 2 * effort_for(curve, 0.98F, 10).effort;
    EXPECT_GE(recall(*(*index)->view(), rows, queries, VZ_EUCLIDEAN, effort, {}, {}, nullptr, nullptr, 0,
                     rerank_for(curve, 10, 1.5F)),
              0.95);
}

TEST(index, walks_read_full_rows_where_codes_do_not_tell_them_apart) {
    CallingThread workers;
    const TestRows first = make_rows(300, 16, 8, 31, false);
    const TestRows rows = near_copies(first, 90, 0.0005F);
    const TestRows queries = near_copies(first, 1, 0.0005F);
    const auto index = build(rows, make_options(16, VZ_EUCLIDEAN), workers);
    ASSERT_EQ(index->view()->shape().layout, Layout::kSq8) << "the sample of the guard holds too few copies";
    EXPECT_LT(calibrate(*index->view(), rows.count(), 5, Calibration::kWhole, workers).share, kShareWanted);
    EXPECT_LT(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 200), 0.6);
    ASSERT_TRUE(*index->drop_codes());
    EXPECT_FALSE(*index->drop_codes());
    EXPECT_EQ(index->view()->shape().layout, Layout::kFp32);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 200), 0.98);
    EXPECT_EQ(calibrate(*index->view(), rows.count(), 5, Calibration::kWhole, workers).share, 1.0F);
    IndexOptions options = make_options(16, VZ_EUCLIDEAN, VZ_QUANTIZATION_SQ8);
    EXPECT_FALSE(*build(first, options, workers)->drop_codes()) << "codes were asked for";
}

}  // namespace
}  // namespace vz
