// Several graphs walked as one find what each would, with less work.
#include <gtest/gtest.h>

#include "engine/index/joint_search.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

constexpr uint32_t kHits = 10;

// Graphs over rows of their own.
class Graphs {
 public:
    Graphs(std::vector<TestRows> rows, vz_metric metric) : metric_(metric), rows_(std::move(rows)) {
        CallingThread workers;
        for (const TestRows& own : rows_) {
            indexes_.push_back(build(own, make_options(own.dim, metric), workers));
            total_ += own.count();
        }
        scratch_.resize(rows_.size());
    }

    // The share of the truth that is found; counters add up.
    double find(const TestRows& queries, uint32_t effort, const SlotFilter& filter = {}) {
        double found = 0;
        for (uint32_t i = 0; i < queries.count(); ++i) {
            const ScoreQuery query = make_score_query(metric_, queries.row(i), queries.dim);
            std::vector<JointPart> parts;
            for (size_t part = 0; part < rows_.size(); ++part) {
                parts.push_back(
                    {indexes_[part]->view(), filter, {}, rows_[part].count() / total_, nullptr, &scratch_[part]});
            }
            search_together(parts, {kHits, effort, 2 * kHits, nullptr, 0}, query);
            std::vector<float> scores;
            for (size_t part = 0; part < rows_.size(); ++part) {
                for (const SlotHit& hit : scratch_[part].hits) {
                    EXPECT_EQ(hit.score, score_row(query, rows_[part].row(hit.slot)));
                    EXPECT_TRUE(filter.passes == nullptr || filter(hit.slot));
                    scores.push_back(hit.score);
                }
            }
            found += share(truth(query, filter), std::move(scores));
        }
        return found / queries.count();
    }
    // What each does by itself.
    uint64_t scored_alone(const TestRows& queries, uint32_t effort) {
        uint64_t sum = 0;
        for (size_t part = 0; part < rows_.size(); ++part) {
            uint64_t scored = 0;
            recall(*indexes_[part]->view(), rows_[part], queries, metric_, effort, {}, {}, &scored);
            sum += scored;
        }
        return sum;
    }
    const WalkCounters& counters(size_t part) const { return scratch_[part].walk.counters; }
    uint64_t scored() const {
        uint64_t sum = 0;
        for (const SearchScratch& scratch : scratch_) sum += scratch.walk.counters.scored;
        return sum;
    }

 private:
    bool is_better(float a, float b) const { return is_similarity(metric_) ? a > b : a < b; }
    // The worst score that counts.
    float truth(const ScoreQuery& query, const SlotFilter& filter) const {
        std::vector<float> scores;
        for (const TestRows& own : rows_) {
            for (Slot slot = 0; slot < own.count(); ++slot) {
                if (filter.passes == nullptr || filter(slot)) scores.push_back(score_row(query, own.row(slot)));
            }
        }
        std::nth_element(scores.begin(), scores.begin() + kHits - 1, scores.end(),
                         [this](float a, float b) { return is_better(a, b); });
        return scores[kHits - 1];
    }
    double share(float truth, std::vector<float> scores) const {
        const auto hits =
            std::count_if(scores.begin(), scores.end(), [&](float score) { return !is_better(truth, score); });
        return std::min(1.0, static_cast<double>(hits) / kHits);
    }

    vz_metric metric_;
    std::vector<TestRows> rows_;
    std::vector<std::unique_ptr<GrowingIndex>> indexes_;
    std::vector<SearchScratch> scratch_;
    double total_ = 0;
};

std::vector<TestRows> four_parts(bool as_bytes) {
    std::vector<TestRows> parts;
    const uint32_t counts[] = {4000, 2000, 1000, 500};
    for (uint32_t i = 0; i < 4; ++i) parts.push_back(make_rows(counts[i], 32, 8, 30 + i, as_bytes));
    return parts;
}

TEST(joint_search, finds_what_one_graph_would_with_less_work) {
    const TestRows queries = make_rows(100, 32, 8, 41, false);
    for (const vz_metric metric : {VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN}) {
        Graphs graphs(four_parts(metric == VZ_EUCLIDEAN), metric);
        EXPECT_GE(graphs.find(queries, 60), 0.97) << metric;
        EXPECT_LE(graphs.scored(), graphs.scored_alone(queries, 60) * 3 / 4) << metric;
    }
}

TEST(joint_search, leaves_a_graph_that_lies_far_from_the_query) {
    TestRows far = make_rows(3000, 32, 8, 51, false);
    for (float& value : far.values) value += 100.0F;
    const TestRows queries = make_rows(50, 32, 8, 41, false);
    Graphs graphs({make_rows(3000, 32, 8, 50, false), std::move(far)}, VZ_EUCLIDEAN);
    EXPECT_GE(graphs.find(queries, 200), 0.99);
    EXPECT_GE(graphs.counters(0).hops, 50U * 200U) << "all that the effort asks for is in one";
    EXPECT_LE(graphs.counters(1).hops, 50U * 110U) << "half of its share, and the way there";
}

TEST(joint_search, answers_rows_that_pass_alone) {
    const SlotFilter third = {[](const void*, Slot slot) { return slot % 3 == 0; }, nullptr};
    Graphs graphs(four_parts(false), VZ_EUCLIDEAN);
    EXPECT_GE(graphs.find(make_rows(100, 32, 8, 41, false), 120, third), 0.97);
}

}  // namespace
}  // namespace vz
