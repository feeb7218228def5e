#include "frontends/rest/jobs.hpp"

#include <gtest/gtest.h>

namespace vz::rest {
namespace {

constexpr vz_uuid kOne{{1}};
constexpr vz_uuid kTwo{{2}};
constexpr vz_uuid kNone{};

vz_collection_stats rows_left(uint64_t count) {
    vz_collection_stats stats{};
    stats.struct_size = sizeof stats;
    stats.unindexed_rows = count;
    return stats;
}

TEST(Jobs, let_four_requests_wait) {
    Jobs jobs;
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(jobs.begin_waiting()) << i;
    EXPECT_FALSE(jobs.begin_waiting());
    jobs.end_waiting();
    EXPECT_TRUE(jobs.begin_waiting());
    EXPECT_FALSE(jobs.begin_waiting());
}

TEST(Jobs, are_taken_from_others_until_they_are_done) {
    Jobs jobs;
    EXPECT_FALSE(jobs.is_taken(kOne, JobKind::kReindex, kTwo, rows_left(1)));
    jobs.begin(nullptr, kOne, JobKind::kReindex, kOne);
    EXPECT_TRUE(jobs.is_taken(kOne, JobKind::kReindex, kTwo, rows_left(1)));
    EXPECT_TRUE(jobs.is_taken(kOne, JobKind::kReindex, kNone, rows_left(1)));
    EXPECT_FALSE(jobs.is_taken(kOne, JobKind::kReindex, kOne, rows_left(1))) << "the same request";
    EXPECT_FALSE(jobs.is_taken(kOne, JobKind::kReencode, kTwo, rows_left(1))) << "of another kind";
    EXPECT_FALSE(jobs.is_taken(kTwo, JobKind::kReindex, kTwo, rows_left(1))) << "of another collection";
    EXPECT_FALSE(jobs.is_taken(kOne, JobKind::kReindex, kTwo, rows_left(0)));
    EXPECT_FALSE(jobs.is_taken(kOne, JobKind::kReindex, kTwo, rows_left(1))) << "forgotten with its last row";
}

}  // namespace
}  // namespace vz::rest
