// Walks whose rows are asked whether they may be answered.
#include <gtest/gtest.h>

#include <functional>

#include "engine/index/search.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

// A filter that counts how often it is asked.
struct Asked {
    std::function<bool(Slot)> passes;
    uint64_t times = 0;

    SlotFilter filter(double share) {
        return {[](const void* owner, Slot slot) {
                    auto& self = *const_cast<Asked*>(static_cast<const Asked*>(owner));
                    ++self.times;
                    return self.passes(slot);
                },
                this, share};
    }
};

// Euclidean searches of each row of `queries`: the same whether rows are asked as walks meet them, or at the end as
// those do that know how many pass.
class AskedTwice : public testing::Test {
 protected:
    void search(const std::function<bool(const float* query, Slot slot)>& passes) {
        for (uint32_t i = 0; i < queries_.count(); ++i) {
            const float* query = queries_.row(i);
            const auto of_query = [&](Slot slot) { return passes(query, slot); };
            Asked met = {of_query};
            Asked found = {of_query};
            SearchScratch scratch;
            const std::vector<SlotHit> expected = hits(query, met.filter(0), scratch);
            const std::vector<SlotHit> answered = hits(query, found.filter(0.8), scratch);
            ASSERT_EQ(answered.size(), expected.size());
            for (size_t hit = 0; hit < expected.size(); ++hit) {
                EXPECT_EQ(answered[hit].slot, expected[hit].slot);
                EXPECT_EQ(answered[hit].score, expected[hit].score);
            }
            hits_ += answered.size();
            asked_of_met_ += met.times;
            asked_of_found_ += found.times;
        }
    }

    const TestRows rows_ = make_rows(3000, 24, 8, 21, false);
    const TestRows queries_ = make_rows(50, 24, 8, 22, false);
    size_t hits_ = 0;
    uint64_t asked_of_met_ = 0;
    uint64_t asked_of_found_ = 0;

 private:
    std::vector<SlotHit> hits(const float* query, const SlotFilter& filter, SearchScratch& scratch) const {
        PartQuery part;
        part.graph = index_->view();
        part.effort = 40;
        part.filter = filter;
        const auto found = search_part(part, make_score_query(VZ_EUCLIDEAN, query, rows_.dim), scratch);
        return {found.begin(), found.end()};
    }

    CallingThread workers_;
    const std::unique_ptr<GrowingIndex> index_ = build(rows_, make_options(rows_.dim, VZ_EUCLIDEAN), workers_);
};

TEST_F(AskedTwice, of_many_that_pass_few_are_asked) {
    search([](const float*, Slot slot) { return slot % 5 != 0; });
    EXPECT_EQ(hits_, 10 * queries_.count());
    EXPECT_LT(asked_of_found_ * 3, asked_of_met_);
}

TEST_F(AskedTwice, none_of_the_nearest_passes) {
    search([&](const float* query, Slot slot) {
        return score_row(make_score_query(VZ_EUCLIDEAN, query, rows_.dim), rows_.row(slot)) > 12;
    });
    EXPECT_GT(hits_, 0U);
    EXPECT_GT(asked_of_found_, asked_of_met_) << "walked once more";
}

TEST_F(AskedTwice, fewer_pass_than_are_wanted) {
    search([](const float*, Slot slot) { return slot < 3; });
}

}  // namespace
}  // namespace vz
