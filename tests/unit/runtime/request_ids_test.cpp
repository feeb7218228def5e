// Of all request ids the youngest are remembered, in whatever order they are told.
#include "engine/collection/request_ids.hpp"

#include <gtest/gtest.h>

#include "engine/base/limits.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

vz_uuid request_of(Lsn lsn) {
    vz_uuid id = {};
    id.bytes[0] = 1;
    std::copy_n(reinterpret_cast<const uint8_t*>(&lsn), sizeof lsn, id.bytes + 8);
    return id;
}

RequestOutcome outcome_of(Lsn lsn) {
    RequestOutcome outcome;
    const vz_uuid id = request_of(lsn);
    std::copy(std::begin(id.bytes), std::end(id.bytes), outcome.id.begin());
    outcome.lsn = lsn;
    return outcome;
}

TEST(RequestIds, are_forgotten_oldest_first) {
    RequestIds requests;
    constexpr Lsn kEdits = 100;
    constexpr Lsn kLast = kRequestIdsMax + kEdits;
    // As at recovery: those of edits, then those of records, some of them older.
    for (Lsn lsn = kLast - kEdits + 1; lsn <= kLast; ++lsn) requests.remember(request_of(lsn), lsn, 1, 1);
    for (Lsn lsn = 1; lsn <= kLast - kEdits; ++lsn) requests.remember(request_of(lsn), lsn, 1, 1);
    EXPECT_FALSE(requests.find(request_of(kEdits)));
    EXPECT_TRUE(requests.find(request_of(kEdits + 1)));
    EXPECT_TRUE(requests.find(request_of(kLast)));
    const auto some = requests.between(kLast - kEdits, kLast - kEdits + 2);
    ASSERT_EQ(some.size(), 3U);
    for (size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some[i].lsn, kLast - kEdits + i);
}

TEST(RequestIds, of_retired_records_do_not_replace_younger_ones_of_edits) {
    ManifestState state;
    Edit young;
    young.actions.emplace_back(PutValue{"key", "value"});
    young.request_id = outcome_of(kRequestIdsMax + 1).id;
    ASSERT_TRUE(state.fold(young, kRequestIdsMax + 1).ok());
    WalRetire retire;
    for (Lsn lsn = 1; lsn <= kRequestIdsMax; ++lsn) retire.requests.push_back(outcome_of(lsn));
    Edit edit;
    edit.actions.emplace_back(std::move(retire));
    ASSERT_TRUE(state.fold(edit, 0).ok());
    ASSERT_EQ(state.requests.size(), kRequestIdsMax);
    EXPECT_EQ(state.requests.front().lsn, 2U);
    EXPECT_EQ(state.requests.back().id, young.request_id);
}

TEST(RequestIds, a_repeated_clear_has_the_lsn_of_the_first) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    const auto engine = Engine::open(*files, directory.path() + "/data", {}).take();
    ASSERT_TRUE(engine->catalogue().create("c", one_field(1), {}).ok());
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_CLEAR;
    request.request_id = request_of(1);
    vz_write_answer first = {};
    vz_write_answer again = {};
    std::vector<Status> errors;
    ASSERT_TRUE(engine->write("c", request, &first, &errors).ok());
    ASSERT_TRUE(engine->write("c", request, &again, &errors).ok());
    EXPECT_NE(first.lsn, 0U);
    EXPECT_EQ(again.outcome, VZ_REPLAYED);
    EXPECT_EQ(again.lsn, first.lsn);
}

}  // namespace
}  // namespace vz
