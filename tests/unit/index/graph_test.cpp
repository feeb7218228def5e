#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>

#include "engine/index/calibration.hpp"
#include "engine/index/entries.hpp"
#include "engine/index/growing_index.hpp"
#include "engine/index/search.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

class Threads final : public Workers {
 public:
    explicit Threads(uint32_t count) : count_(count) {}
    uint32_t count() const override { return count_; }
    void run(uint32_t tasks, void (*task)(void*, uint32_t, uint32_t), void* context) override {
        std::atomic<uint32_t> next{0};
        std::vector<std::thread> threads;
        for (uint32_t worker = 0; worker < count_; ++worker) {
            threads.emplace_back([&, worker] {
                for (uint32_t i = next++; i < tasks; i = next++) task(context, i, worker);
            });
        }
        for (auto& thread : threads) thread.join();
    }

 private:
    uint32_t count_;
};

struct Case {
    vz_metric metric;
    vz_quantization quantization;
    bool as_bytes;
    Layout layout;
};

class IndexCases : public testing::TestWithParam<Case> {};

TEST_P(IndexCases, finds_the_nearest_rows) {
    const Case& c = GetParam();
    const TestRows rows = make_rows(4000, 72, 10, 1, c.as_bytes);
    const TestRows queries = make_rows(100, 72, 10, 2, c.as_bytes);
    CallingThread workers;
    const auto index = build(rows, make_options(72, c.metric, c.quantization), workers);
    EXPECT_EQ(index->view()->shape().layout, c.layout);
    EXPECT_GE(recall(*index->view(), rows, queries, c.metric, 60), 0.97);
}

INSTANTIATE_TEST_SUITE_P(all, IndexCases,
                         testing::Values(Case{VZ_COSINE, VZ_QUANTIZATION_AUTO, false, Layout::kSq8},
                                         Case{VZ_EUCLIDEAN, VZ_QUANTIZATION_AUTO, false, Layout::kSq8},
                                         Case{VZ_DOT, VZ_QUANTIZATION_AUTO, false, Layout::kSq8},
                                         Case{VZ_MANHATTAN, VZ_QUANTIZATION_AUTO, false, Layout::kFp32},
                                         Case{VZ_COSINE, VZ_QUANTIZATION_AUTO, true, Layout::kSq8},
                                         Case{VZ_EUCLIDEAN, VZ_QUANTIZATION_AUTO, true, Layout::kBytes},
                                         Case{VZ_DOT, VZ_QUANTIZATION_AUTO, true, Layout::kBytes},
                                         Case{VZ_MANHATTAN, VZ_QUANTIZATION_AUTO, true, Layout::kBytes},
                                         Case{VZ_COSINE, VZ_QUANTIZATION_NONE, false, Layout::kFp32},
                                         Case{VZ_EUCLIDEAN, VZ_QUANTIZATION_NONE, false, Layout::kFp32},
                                         Case{VZ_DOT, VZ_QUANTIZATION_NONE, false, Layout::kFp32}));

// A vector field that few points have.
TEST(index, rows_among_many_absent_ones_are_found_at_once) {
    const TestRows rows = make_rows(2000, 16, 4, 81, false);
    struct Sparse {
        const TestRows* rows;
        static bool has(Slot slot) { return slot >= 1000 && slot % 37 == 0; }
    } sparse = {&rows};
    const RowSource source = {[](const void* owner, Slot slot) {
                                  return Sparse::has(slot) ? static_cast<const Sparse*>(owner)->rows->row(slot)
                                                           : nullptr;
                              },
                              &sparse};
    CallingThread workers;
    auto index = GrowingIndex::create(make_options(16, VZ_EUCLIDEAN), source, rows.count());
    SearchScratch scratch;
    for (const Slot end : {1000U, 1200U, 1400U, 2000U}) {
        ASSERT_TRUE((*index)->link(end, workers).ok());
        uint32_t missed = 0;
        for (Slot slot = 0; slot < end; ++slot) {
            if (!Sparse::has(slot)) continue;
            PartQuery part;
            part.graph = (*index)->view();
            part.k = 1;
            part.effort = 20;
            const auto hits = search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(slot), 16), scratch);
            missed += hits.empty() || hits[0].slot != slot ? 1 : 0;
        }
        EXPECT_EQ(missed, 0U) << end;
    }
}

// Points about centres of their own.
class Clusters {
 public:
    Clusters(uint32_t dim, uint32_t count, float spread, uint32_t seed)
        : dim_(dim), count_(count), spread_(spread), random_(seed) {
        for (uint32_t i = 0; i < dim * count; ++i) centres_.push_back(normal_(random_));
    }
    TestRows in_order(uint32_t rows) {
        return near([&](uint32_t row) { return static_cast<uint32_t>(uint64_t{row} * count_ / rows); }, rows);
    }
    TestRows mixed(uint32_t rows) {
        return near([&](uint32_t) { return static_cast<uint32_t>(random_() % count_); }, rows);
    }

 private:
    template <class ClusterOf>
    TestRows near(ClusterOf cluster_of, uint32_t count) {
        TestRows rows = {dim_, {}};
        for (uint32_t i = 0; i < count; ++i) {
            const float* centre = &centres_[size_t{dim_} * cluster_of(i)];
            for (uint32_t j = 0; j < dim_; ++j) rows.values.push_back(centre[j] + spread_ * normal_(random_));
        }
        return rows;
    }

    uint32_t dim_, count_;
    float spread_;
    std::mt19937 random_;
    std::normal_distribution<float> normal_;
    std::vector<float> centres_;
};

// No edge leads from one to the other: walks must begin near each.
TEST(index, rows_in_many_tight_clusters_are_found) {
    Clusters clusters(96, 750, 0.05F, 95);
    const TestRows rows = clusters.in_order(15'000);
    const TestRows queries = clusters.in_order(100);
    CallingThread workers;
    const auto index = build(rows, make_options(rows.dim, VZ_EUCLIDEAN), workers);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 10), 0.9);
}

// Evenly spread entries miss one in five of these clusters, and a walk for a row there ends in another.
TEST(index, no_cluster_is_without_a_way_to_it) {
    Clusters clusters(12, 40, 0.2F, 43);
    const TestRows rows = clusters.mixed(40'000);
    const TestRows queries = clusters.mixed(300);
    CallingThread workers;
    const auto index = build(rows, make_options(rows.dim, VZ_EUCLIDEAN), workers);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 20), 0.985);
    EXPECT_LT(index->view()->entries->slots.size(), 2 * size_t{least_entries(rows.count())});
}

// Linking that was cancelled before its first row leaves a graph without any; the layout may change before the next
// attempt.
TEST(index, a_graph_whose_first_linking_was_cancelled_is_linked_later) {
    class Cancelled final : public Workers {
     public:
        uint32_t count() const override { return 1; }
        void run(uint32_t tasks, void (*task)(void* context, uint32_t index, uint32_t worker), void* context) override {
            CallingThread().run(tasks, task, context);
        }
        bool is_cancelled() const override { return true; }
    };
    TestRows rows = make_rows(400, 16, 4, 44, true);
    const TestRows others = make_rows(400, 16, 4, 45, false);
    rows.values.insert(rows.values.end(), others.values.begin(), others.values.end());
    auto index = GrowingIndex::create(make_options(16, VZ_EUCLIDEAN), rows.source(), rows.count());
    ASSERT_TRUE(index.ok());
    Cancelled cancelled;
    EXPECT_FALSE((*index)->link(400, cancelled).ok());
    EXPECT_EQ((*index)->linked(), 0U);
    CallingThread workers;
    ASSERT_TRUE((*index)->link(rows.count(), workers).ok());
    EXPECT_GE(recall(*(*index)->view(), rows, make_rows(50, 16, 4, 46, false), VZ_EUCLIDEAN, 60), 0.95);
}

// Equal rows have edges to few of each other.
TEST(index, many_equal_rows_slow_no_search) {
    TestRows rows = make_rows(6000, 16, 4, 91, false);
    for (Slot slot = 0; slot < rows.count(); slot += 2) std::fill_n(rows.values.begin() + size_t{slot} * 16, 16, 0.0F);
    const TestRows queries = make_rows(50, 16, 4, 92, false);
    CallingThread workers;
    const auto index = build(rows, make_options(16, VZ_COSINE), workers);
    uint64_t scored = 0;
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_COSINE, 40, {}, {}, &scored), 0.97);
    EXPECT_LT(scored / queries.count(), 1000U);
    EXPECT_EQ(index->connect(workers), 0U);
}

// Each leads to few of the others: were these the same few, the rest would be out of reach.
TEST(index, rows_of_which_there_are_many_of_each_are_found) {
    constexpr uint32_t kDistinct = 300;
    const TestRows distinct = make_rows(kDistinct, 100, 100, 93, false);
    const TestRows queries = make_rows(60, 100, 100, 94, false);
    TestRows rows = {100, {}};
    std::mt19937 random(95);
    for (uint32_t i = 0; i < 8000; ++i) {
        const float* row = distinct.row(random() % kDistinct);
        rows.values.insert(rows.values.end(), row, row + 100);
    }
    CallingThread workers;
    SearchScratch scratch;
    for (const vz_metric metric : {VZ_EUCLIDEAN, VZ_COSINE, VZ_MANHATTAN}) {
        const auto index = build(rows, make_options(100, metric), workers);
        uint32_t found = 0;
        for (uint32_t i = 0; i < queries.count(); ++i) {
            const ScoreQuery query = make_score_query(metric, queries.row(i), 100);
            std::vector<float> scores;
            for (Slot slot = 0; slot < rows.count(); ++slot) scores.push_back(score_row(query, rows.row(slot)));
            const auto better = [&](float a, float b) { return is_similarity(metric) ? a > b : a < b; };
            std::nth_element(scores.begin(), scores.begin() + 99, scores.end(), better);
            PartQuery part;
            part.graph = index->view();
            part.k = 100;
            part.effort = 400;
            const auto hits = search_part(part, query, scratch);
            for (const SlotHit& hit : hits.first(std::min<size_t>(100, hits.size())))
                found += better(scores[99], hit.score) ? 0 : 1;
        }
        EXPECT_GE(found, 0.98 * 100 * queries.count()) << metric;
    }
}

// As documents come in pieces, or frames of a film.
TEST(index, rows_that_come_cluster_by_cluster_are_found) {
    constexpr uint32_t kDim = 32;
    std::mt19937 random(71);
    std::normal_distribution<float> normal;
    TestRows rows = {kDim, {}};
    TestRows queries = {kDim, {}};
    for (uint32_t cluster = 0; cluster < 100; ++cluster) {
        float centre[kDim];
        for (float& value : centre) value = normal(random);
        for (uint32_t i = 0; i < 101; ++i) {
            for (const float value : centre) (i < 100 ? rows : queries).values.push_back(value + 0.3F * normal(random));
        }
    }
    CallingThread workers;
    const auto index = build(rows, make_options(kDim, VZ_EUCLIDEAN), workers);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 40), 0.97);
}

// Rows that are all about as far from each other: edges to the nearest alone would leave many without a way to them.
TEST(index, rows_without_structure_are_within_reach) {
    TestRows rows = {64, {}};
    TestRows queries = {64, {}};
    std::mt19937 random(61);
    std::normal_distribution<float> normal;
    for (uint32_t i = 0; i < 64 * 10'000; ++i) rows.values.push_back(normal(random));
    for (uint32_t i = 0; i < 64 * 50; ++i) queries.values.push_back(normal(random));
    CallingThread workers;
    auto index = GrowingIndex::create(make_options(64, VZ_EUCLIDEAN), rows.source(), rows.count());
    ASSERT_TRUE((*index)->link(rows.count(), workers).ok());
    EXPECT_LE((*index)->connect(workers), 20U);
    EXPECT_GE(recall(*(*index)->view(), rows, queries, VZ_EUCLIDEAN, 300), 0.95);
}

// Long rows answer most queries by dot product: the walk must come to them from anywhere, and still reach the others.
TEST(index, rows_of_very_unequal_length_are_found_by_dot_product) {
    TestRows rows = make_rows(6000, 40, 12, 51, false);
    const TestRows queries = make_rows(100, 40, 12, 52, false);
    std::mt19937 random(53);
    std::exponential_distribution<float> longer;
    for (uint32_t i = 0; i < rows.count(); ++i) {
        const float factor = 0.2F + longer(random);
        for (uint32_t j = 0; j < rows.dim; ++j) rows.values[size_t{i} * rows.dim + j] *= factor;
    }
    CallingThread workers;
    for (const vz_quantization quantization : {VZ_QUANTIZATION_AUTO, VZ_QUANTIZATION_NONE}) {
        const auto index = build(rows, make_options(40, VZ_DOT, quantization), workers);
        EXPECT_GE(recall(*index->view(), rows, queries, VZ_DOT, 20), 0.97);
        SearchScratch scratch;
        uint32_t missed = 0;
        for (Slot slot = 0; slot < rows.count(); ++slot) {
            // Nearest by distance, as a row of small length is nobody's answer.
            prepare_slot(*index->view(), slot, scratch.walk.coded);
            walk(*index->view(), scratch.walk, {200});
            const Pool& pool = scratch.walk.pool;
            bool found = false;
            for (uint32_t i = 0; i < pool.size(); ++i) found = found || pool.slot(i) == slot;
            missed += found ? 0 : 1;
        }
        EXPECT_LE(missed, 6U);
    }
}

// Their squares leave float32 at either end: a walk must still tell them apart, and come to them from the ordinary
// ones.
TEST(index, rows_at_the_ends_of_float32_are_found) {
    const auto lengthen = [](TestRows& rows, uint32_t every, float factor) {
        for (size_t i = 0; i < rows.values.size(); ++i) rows.values[i] *= i / rows.dim % every == 0 ? factor : 1;
    };
    struct Mixture {
        uint32_t every;
        float factor;
    };
    CallingThread workers;
    for (const Mixture& mixture : {Mixture{40, 1e30F}, Mixture{1, 1e30F}, Mixture{2, 1e-30F}}) {
        TestRows rows = make_rows(2000, 24, 6, 61, false);
        TestRows queries = make_rows(60, 24, 6, 62, false);
        lengthen(rows, mixture.every, mixture.factor);
        lengthen(queries, mixture.every, mixture.factor);
        for (const vz_metric metric : {VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
            const auto index = build(rows, make_options(24, metric), workers);
            EXPECT_GE(recall(*index->view(), rows, queries, metric, 60), 0.97)
                << mixture.every << ' ' << mixture.factor << " metric " << metric;
        }
    }
}

TEST(index, a_query_that_is_not_bytes_finds_rows_of_bytes) {
    const TestRows rows = make_rows(2000, 24, 6, 63, true);
    CallingThread workers;
    for (const float factor : {1e30F, 1e-30F, 30.0F}) {
        TestRows queries = make_rows(40, 24, 6, 64, false);
        for (float& value : queries.values) value *= factor;
        for (const vz_metric metric : {VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
            const auto index = build(rows, make_options(24, metric), workers);
            EXPECT_GE(recall(*index->view(), rows, queries, metric, 100), 0.95) << factor << " metric " << metric;
        }
    }
}

TEST(index, builds_are_equal_with_any_number_of_workers) {
    const TestRows rows = make_rows(3000, 40, 8, 3, false);
    std::vector<std::byte> first;
    for (const uint32_t count : {1U, 2U, 7U}) {
        Threads workers(count);
        const auto index = build(rows, make_options(40, VZ_EUCLIDEAN), workers);
        const auto blocks = index->blocks();
        if (first.empty()) first.assign(blocks.begin(), blocks.end());
        EXPECT_TRUE(std::equal(first.begin(), first.end(), blocks.begin(), blocks.end())) << count;
    }
}

TEST(index, every_row_is_found_among_duplicates_and_far_clusters) {
    TestRows rows = make_rows(2000, 16, 4, 4, false);
    for (uint32_t i = 0; i < 200; ++i)
        std::copy_n(rows.row(0), 16, rows.values.begin() + static_cast<ptrdiff_t>(16 * (5 * i)));
    for (uint32_t i = 1000; i < 2000; ++i) rows.values[16 * i] += 1e4F;
    CallingThread workers;
    const auto index = build(rows, make_options(16, VZ_EUCLIDEAN), workers);
    SearchScratch scratch;
    uint32_t missed = 0;
    for (Slot slot = 0; slot < rows.count(); ++slot) {
        PartQuery part;
        part.graph = index->view();
        part.k = 1;
        part.effort = 100;
        const auto hits = search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(slot), 16), scratch);
        missed += hits.empty() || hits[0].score != 0.0F ? 1 : 0;
    }
    EXPECT_LE(missed, 2U);
}

TEST(index, equal_and_zero_rows_are_searchable) {
    CallingThread workers;
    for (const vz_metric metric : {VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
        const TestRows rows = {3, std::vector<float>(3 * 700, 0.0F)};
        const auto index = build(rows, make_options(3, metric), workers);
        SearchScratch scratch;
        const float query[] = {1.0F, 2.0F, 3.0F};
        PartQuery part;
        part.graph = index->view();
        part.effort = 50;
        EXPECT_GE(search_part(part, make_score_query(metric, query, 3), scratch).size(), 10U);
    }
}

TEST(index, a_row_that_breaks_the_byte_rule_keeps_the_edges) {
    TestRows rows = make_rows(3000, 32, 8, 5, true);
    for (uint32_t i = 2000; i < 3000; ++i) rows.values[32 * i] += 0.25F;
    const TestRows queries = make_rows(50, 32, 8, 6, true);
    CallingThread workers;
    auto index = GrowingIndex::create(make_options(32, VZ_EUCLIDEAN), rows.source(), rows.count());
    ASSERT_TRUE((*index)->link(2000, workers).ok());
    EXPECT_EQ((*index)->view()->shape().layout, Layout::kBytes);
    ASSERT_TRUE((*index)->link(3000, workers).ok());
    EXPECT_EQ((*index)->view()->shape().layout, Layout::kSq8);
    EXPECT_GE(recall(*(*index)->view(), rows, queries, VZ_EUCLIDEAN, 60), 0.97);
}

TEST(index, answers_pass_the_filter_and_leave_out_the_excluded) {
    const TestRows rows = make_rows(4000, 32, 8, 7, false);
    const TestRows queries = make_rows(50, 32, 8, 8, false);
    CallingThread workers;
    const auto index = build(rows, make_options(32, VZ_EUCLIDEAN), workers);
    const SlotFilter odd = {[](const void*, Slot slot) { return slot % 2 == 1; }, nullptr};
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 80, odd), 0.97);
    SearchScratch scratch;
    PartQuery part;
    part.graph = index->view();
    part.effort = 40;
    part.exclude = 17;
    for (const SlotHit& hit : search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(17), 32), scratch))
        EXPECT_NE(hit.slot, 17U);
}

TEST(index, scans_answer_exactly_and_by_codes) {
    const TestRows rows = make_rows(3000, 32, 8, 21, false);
    const TestRows queries = make_rows(20, 32, 8, 22, false);
    CallingThread workers;
    for (const vz_metric metric : {VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
        const auto index = build(rows, make_options(32, metric), workers);
        const SlotFilter third = {[](const void*, Slot slot) { return slot % 3 == 0; }, nullptr};
        std::vector<Slot> passing;
        for (Slot slot = 0; slot < 3000; slot += 3) passing.push_back(slot);
        SearchScratch exact_scratch;
        SearchScratch codes_scratch;
        for (uint32_t i = 0; i < queries.count(); ++i) {
            const ScoreQuery query = make_score_query(metric, queries.row(i), 32);
            const auto exact =
                scan_exact({rows.source(), nullptr, 0, 0, 3000, 10, third, {}, {}}, query, exact_scratch);
            ASSERT_EQ(exact.size(), 10U);
            std::vector<SlotHit> all;
            for (const Slot slot : passing) all.push_back({score_row(query, rows.row(slot)), slot});
            std::sort(all.begin(), all.end(), [&](const SlotHit& a, const SlotHit& b) {
                return is_similarity(metric) ? a.score > b.score : a.score < b.score;
            });
            PartQuery part;
            part.graph = index->view();
            const auto by_codes = scan_codes(part, passing, query, codes_scratch);
            ASSERT_EQ(by_codes.size(), 10U);
            for (size_t j = 0; j < 10; ++j) {
                EXPECT_EQ(exact[j].score, all[j].score);
                EXPECT_EQ(by_codes[j].score, all[j].score);
            }
        }
    }
}

TEST(index, a_walk_over_passing_rows_finds_them_by_few_scores) {
    const TestRows rows = make_rows(8000, 48, 10, 31, false);
    const TestRows queries = make_rows(100, 48, 10, 32, false);
    CallingThread workers;
    const auto index = build(rows, make_options(48, VZ_EUCLIDEAN), workers);
    std::vector<Slot> seeds;
    for (Slot slot = 0; slot < 8000; slot += 500) seeds.push_back(slot);

    // One in ten, whatever the row is.
    const SlotFilter tenth = {[](const void*, Slot slot) { return slot % 10 == 0; }, nullptr};
    uint64_t through_all = 0;
    uint64_t over_passing = 0;
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 40, tenth, seeds, &over_passing), 0.98);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 400, tenth, {}, &through_all), 0.98);
    EXPECT_LT(2 * over_passing, through_all);

    // Those on one side of space: most queries lie far from all that pass.
    const auto side = [](const void* owner, Slot slot) {
        return static_cast<const TestRows*>(owner)->row(slot)[0] > 3.5F;
    };
    const SlotFilter far = {side, &rows};
    seeds.clear();
    uint32_t passing = 0;
    for (Slot slot = 0; slot < 8000; ++slot) {
        if (!far(slot)) continue;
        if (passing++ % 32 == 0) seeds.push_back(slot);
    }
    ASSERT_GT(passing, 400U);
    ASSERT_LT(passing, 1600U);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 40, far, seeds), 0.95);
}

// Long edges lead to the earliest rows, of which none passes: the ways between clusters are theirs.
TEST(index, a_walk_over_the_latest_rows_finds_the_cluster_of_the_query) {
    constexpr uint32_t kClusters = 500;
    constexpr uint32_t kOfEach = 40;
    const TestRows centres = make_rows(kClusters, 32, 32, 31, false);
    const TestRows clusters = near_copies(centres, kOfEach, 0.05F);
    TestRows queries = near_copies(centres, 1, 0.05F);
    queries.values.resize(size_t{200} * 32);
    TestRows rows = {32, {}};
    for (uint32_t i = 0; i < clusters.count(); ++i) {
        const float* row = clusters.row(size_t{i % kClusters} * kOfEach + i / kClusters);
        rows.values.insert(rows.values.end(), row, row + 32);
    }
    CallingThread workers;
    const auto index = build(rows, make_options(32, VZ_EUCLIDEAN), workers);
    const Curve curve = calibrate(*index->view(), rows.count(), 5, Calibration::kQuick, workers);
    const SlotFilter latest = {[](const void*, Slot slot) { return slot >= 10'000 && slot < 16'000; }, nullptr};
    std::vector<Slot> seeds;
    for (Slot slot = 10'000; slot < 16'000; slot += 200) seeds.push_back(slot);
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 24, latest, seeds, nullptr, &curve), 0.97);
}

TEST(index, a_scan_of_packed_rows_and_within_a_limit_answers_the_same) {
    const TestRows rows = make_rows(1000, 21, 8, 25, false);
    const TestRows queries = make_rows(10, 21, 8, 26, false);
    const SlotFilter even = {[](const void*, Slot slot) { return slot % 2 == 0; }, nullptr};
    for (const vz_metric metric : {VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
        for (uint32_t i = 0; i < queries.count(); ++i) {
            const ScoreQuery query = make_score_query(metric, queries.row(i), 21);
            SearchScratch scratch;
            ExactScan scan;
            scan.rows = rows.source();
            scan.end = rows.count();
            scan.filter = even;
            const auto of_each = scan_exact(scan, query, scratch);
            const std::vector<SlotHit> hits(of_each.begin(), of_each.end());
            ASSERT_EQ(hits.size(), 10U);
            for (const SlotHit& hit : hits) EXPECT_EQ(hit.score, score_row(query, rows.row(hit.slot)));
            const auto is_equal = [](const SlotHit& a, const SlotHit& b) {
                return a.slot == b.slot && a.score == b.score;
            };
            scan.packed = rows.row(0);
            scan.stride = 21;
            const auto packed = scan_exact(scan, query, scratch);
            EXPECT_TRUE(std::equal(packed.begin(), packed.end(), hits.begin(), hits.end(), is_equal)) << metric;
            scan.limit = hits[4].score;
            const auto limited = scan_exact(scan, query, scratch);
            EXPECT_TRUE(std::equal(limited.begin(), limited.end(), hits.begin(), hits.begin() + 5, is_equal)) << metric;
        }
    }
}

TEST(index, rows_tied_with_the_last_come_along_to_a_bound) {
    const TestRows rows = {2, std::vector<float>(2 * 500, 1.0F)};
    SearchScratch scratch;
    const float query[] = {0.0F, 0.0F};
    const auto hits = scan_exact({rows.source(), nullptr, 0, 0, 500, 10, {}, {}, {}},
                                 make_score_query(VZ_EUCLIDEAN, query, 2), scratch);
    ASSERT_EQ(hits.size(), 10U + kTiesMax);
    for (size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(hits[i].slot, i);
}

TEST(index, rows_tied_are_cut_in_the_order_given) {
    const TestRows rows = {2, std::vector<float>(2 * 500, 1.0F)};
    const TieOrder backwards = {[](const void*, Slot left, Slot right) { return left > right; }, nullptr};
    SearchScratch scratch;
    const float query[] = {0.0F, 0.0F};
    const ScoreQuery scored = make_score_query(VZ_EUCLIDEAN, query, 2);
    const auto expect_last_ten = [](std::span<const SlotHit> hits) {
        ASSERT_EQ(hits.size(), 10U);
        for (size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(hits[i].slot, 499 - i);
    };
    expect_last_ten(scan_exact({rows.source(), nullptr, 0, 0, 500, 10, {}, backwards, {}}, scored, scratch));

    CallingThread workers;
    const auto index = build(rows, make_options(2, VZ_EUCLIDEAN, VZ_QUANTIZATION_NONE), workers);
    PartQuery part;
    part.graph = index->view();
    part.ties = backwards;
    std::vector<Slot> all(500);
    std::iota(all.begin(), all.end(), 0U);
    expect_last_ten(scan_codes(part, all, scored, scratch));
}

TEST(index, rows_scored_by_a_scan_are_counted) {
    const TestRows rows = make_rows(500, 16, 8, 9, false);
    CallingThread workers;
    std::vector<Slot> all(500);
    std::iota(all.begin(), all.end(), 0U);
    const auto expect_counts = [&](vz_quantization quantization, size_t slots, uint64_t reranked) {
        const auto index = build(rows, make_options(16, VZ_EUCLIDEAN, quantization), workers);
        PartWork work;
        PartQuery part;
        part.graph = index->view();
        part.work = &work;
        SearchScratch scratch;
        scan_codes(part, std::span(all).first(slots), make_score_query(VZ_EUCLIDEAN, rows.row(0), 16), scratch);
        EXPECT_EQ(scratch.walk.counters.scored, slots);
        EXPECT_EQ(work.reranked, reranked);
    };
    expect_counts(VZ_QUANTIZATION_SQ8, 500, 40);
    expect_counts(VZ_QUANTIZATION_SQ8, 40, 0);
    expect_counts(VZ_QUANTIZATION_NONE, 500, 0);
}

TEST(index, erased_rows_are_routed_around) {
    const TestRows rows = make_rows(4000, 32, 8, 9, false);
    const TestRows queries = make_rows(50, 32, 8, 10, false);
    CallingThread workers;
    const auto index = build(rows, make_options(32, VZ_EUCLIDEAN), workers);
    std::vector<Slot> dead;
    for (Slot slot = 0; slot < 4000; slot += 4) dead.push_back(slot);
    index->erase(dead, workers);
    const SlotFilter living = {[](const void*, Slot slot) { return slot % 4 != 0; }, nullptr};
    EXPECT_GE(recall(*index->view(), rows, queries, VZ_EUCLIDEAN, 60, living), 0.96);
}

TEST(index, readers_search_while_the_writer_links) {
    const TestRows rows = make_rows(3000, 24, 6, 19, false);
    auto index = GrowingIndex::create(make_options(24, VZ_EUCLIDEAN), rows.source(), rows.count());
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            SearchScratch scratch;
            for (uint32_t query = 0; !done; ++query) {
                PartQuery part;
                part.graph = (*index)->view();
                part.effort = 20;
                if (part.graph == nullptr) continue;
                search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(query % 3000), 24), scratch);
            }
        });
    }
    CallingThread workers;
    for (Slot end = 100; end <= 3000; end += 100) EXPECT_TRUE((*index)->link(end, workers).ok());
    done = true;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ((*index)->linked(), 3000U);
}

TEST(index, refuses_what_it_cannot_do) {
    const TestRows rows = {4, std::vector<float>(4)};
    EXPECT_EQ(
        GrowingIndex::create(make_options(4, VZ_MANHATTAN, VZ_QUANTIZATION_SQ8), rows.source(), 1).status().code(),
        VZ_UNSUPPORTED);
    EXPECT_EQ(GrowingIndex::create(make_options(0, VZ_COSINE), rows.source(), 1).status().code(), VZ_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace vz
