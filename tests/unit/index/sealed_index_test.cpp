#include "engine/index/sealed_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "engine/index/calibration.hpp"
#include "tests/unit/index/rows.hpp"

namespace vz {
namespace {

TEST(index, a_fold_keeps_what_lives_and_adds_the_rest) {
    for (const uint32_t share : {8U, 2U}) {  // one row in so many is left out
        const TestRows rows = make_rows(4000, 32, 8, 11, false);
        const TestRows queries = make_rows(50, 32, 8, 12, false);
        CallingThread workers;
        const TestRows old_rows = {32, {rows.values.begin(), rows.values.begin() + 32 * 3000}};
        const auto old = build(old_rows, make_options(32, VZ_COSINE), workers);
        std::vector<Slot> new_slots(3000, kNoSlot);
        TestRows folded_rows = {32, {}};
        for (Slot slot = 0; slot < 4000; ++slot) {
            if (slot < 3000 && slot % share == 0) continue;
            if (slot < 3000) new_slots[slot] = folded_rows.count();
            folded_rows.values.insert(folded_rows.values.end(), rows.row(slot), rows.row(slot) + 32);
        }
        auto folded = GrowingIndex::fold(make_options(32, VZ_COSINE), folded_rows.source(), folded_rows.count(),
                                         {old->view(), new_slots}, workers);
        ASSERT_TRUE(folded.ok());
        EXPECT_GE(recall(*(*folded)->view(), folded_rows, queries, VZ_COSINE, 60), 0.97);
    }
}

TEST(index, a_sealed_graph_answers_as_the_one_it_came_from) {
    const TestRows rows = make_rows(3000, 48, 8, 13, false);
    const TestRows queries = make_rows(50, 48, 8, 14, false);
    CallingThread workers;
    const auto index = build(rows, make_options(48, VZ_DOT), workers);
    const auto curve = calibrate(*index->view(), index->linked(), 5, Calibration::kWhole, workers);
    ASSERT_FALSE(curve.points.empty());
    const IndexMeta meta = index_meta_of(*index, curve);
    const auto bytes = encode_index_meta(meta);
    auto decoded = decode_index_meta(bytes);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(meta, *decoded);
    for (size_t size = 0; size < bytes.size(); size += 7) EXPECT_FALSE(decode_index_meta({bytes.data(), size}).ok());
    auto sealed = SealedIndex::open(decoded.take(), index->blocks(), rows.source());
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(recall(*(*sealed)->view(), rows, queries, VZ_DOT, 40), recall(*index->view(), rows, queries, VZ_DOT, 40));
    EXPECT_FALSE(SealedIndex::open(meta, index->blocks().first(100), rows.source()).ok());
}

TEST(index, a_bad_id_is_counted_and_never_followed) {
    const TestRows rows = make_rows(2000, 16, 4, 15, false);
    CallingThread workers;
    const auto index = build(rows, make_options(16, VZ_EUCLIDEAN), workers);
    const auto blocks = index->blocks();
    auto copy = Arena::reserve(blocks.size());
    ASSERT_TRUE(copy.ok());
    std::memcpy(copy->data(), blocks.data(), blocks.size());
    const BlockShape& shape = index->view()->shape();
    for (Slot slot = 0; slot < 2000; ++slot)
        ids_of(shape, copy->data() + size_t{shape.stride} * slot)[0] = 0x7fff'ff00U;
    auto sealed = SealedIndex::open(index_meta_of(*index, {}), {copy->data(), blocks.size()}, rows.source());
    SearchScratch scratch;
    PartQuery part;
    part.graph = (*sealed)->view();
    part.effort = 40;
    EXPECT_FALSE(search_part(part, make_score_query(VZ_EUCLIDEAN, rows.row(3), 16), scratch).empty());
    EXPECT_GT(scratch.walk.counters.damaged_ids, 0U);
}

TEST(index, graphs_with_the_header_before_the_codes_serve_and_fold) {
    const TestRows rows = make_rows(3000, 100, 8, 15, false);
    const TestRows queries = make_rows(50, 100, 8, 16, false);
    CallingThread workers;
    const auto index = build(rows, make_options(100, VZ_COSINE), workers);
    const BlockShape& behind = index->view()->shape();
    ASSERT_EQ(behind.header_place(), HeaderPlace::kBehind);
    EXPECT_EQ(behind.stride, 256U);
    IndexMeta meta = index_meta_of(*index, {});
    meta.shape = make_block_shape(behind.layout, 100, behind.degree, HeaderPlace::kBefore);
    ASSERT_EQ(meta.shape.stride, 320U);
    Arena blocks = Arena::reserve(size_t{320} * 3000).take();
    for (Slot slot = 0; slot < 3000; ++slot) {
        const std::byte* from = index->view()->block(slot);
        std::byte* to = blocks.data() + size_t{320} * slot;
        std::memcpy(to, &header_of(behind, from), sizeof(BlockHeader));
        std::memcpy(to + meta.shape.codes_at, codes_of(behind, from), 100);
        std::memcpy(ids_of(meta.shape, to), ids_of(behind, from), behind.degree * sizeof(Slot));
    }
    auto decoded = decode_index_meta(encode_index_meta(meta));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(meta, *decoded);
    auto sealed = SealedIndex::open(decoded.take(), {blocks.data(), size_t{320} * 3000}, rows.source());
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(recall(*(*sealed)->view(), rows, queries, VZ_COSINE, 40),
              recall(*index->view(), rows, queries, VZ_COSINE, 40));

    std::vector<Slot> new_slots(3000);
    for (Slot slot = 0; slot < 3000; ++slot) new_slots[slot] = slot;
    auto folded =
        GrowingIndex::fold(make_options(100, VZ_COSINE), rows.source(), 3000, {(*sealed)->view(), new_slots}, workers);
    ASSERT_TRUE(folded.ok());
    EXPECT_GE(recall(*(*folded)->view(), rows, queries, VZ_COSINE, 60), 0.97);

    // Under manhattan what lies behind the codes would count.
    meta = index_meta_of(*index, {});
    meta.metric = VZ_MANHATTAN;
    EXPECT_FALSE(decode_index_meta(encode_index_meta(meta)).ok());
}

TEST(index, meta_of_earlier_versions_lacks_what_they_did_not_measure) {
    const TestRows rows = make_rows(1200, 16, 4, 15, false);
    CallingThread workers;
    const auto index = build(rows, make_options(16, VZ_EUCLIDEAN), workers);
    IndexMeta meta = index_meta_of(*index, calibrate(*index->view(), index->linked(), 5, Calibration::kQuick, workers));
    meta.curve.rerank = 6;
    meta.curve.near_key = 2;
    meta.curve.far.clear();
    const size_t bytes_without_far = encode_index_meta(meta).size() - sizeof(float) - sizeof(uint32_t);
    meta.curve.far = {{3, {{10, 20, 0.9F, 0, 0, 0}}}, {5, {{10, 20, 0.8F, 0, 0, 0}, {10, 57, 0.9F, 0, 0, 0}}}};
    std::vector<std::byte> bytes = encode_index_meta(meta);
    EXPECT_EQ(*decode_index_meta(bytes), meta);

    bytes[0] = std::byte{2};
    EXPECT_FALSE(decode_index_meta(bytes).ok()) << "more bytes than the second version has";
    bytes.resize(bytes_without_far);
    auto second = decode_index_meta(bytes);
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(second->curve.rerank, 6.0F);
    EXPECT_TRUE(second->curve.far.empty());
    EXPECT_EQ(far_effort(second->curve, 0.98F, 10, 20, 100), 20U);

    bytes[0] = std::byte{1};
    EXPECT_FALSE(decode_index_meta(bytes).ok()) << "eight bytes more than the first version has";
    bytes.resize(bytes.size() - 2 * sizeof(float));
    auto first = decode_index_meta(bytes);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(first->curve.rerank, kRerank);

    const auto is_refused = [&](auto change) {
        IndexMeta wrong = meta;
        change(wrong.curve);
        return !decode_index_meta(encode_index_meta(wrong)).ok();
    };
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.rerank = std::nanf(""); }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.near_key = std::nanf(""); }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.near_key = -INFINITY; }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.far[0].key = curve.near_key; }));
    EXPECT_TRUE(is_refused([](Curve& curve) { std::swap(curve.far[0], curve.far[1]); }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.far[1].key = INFINITY; }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.far[1].points.clear(); }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.far[1].points[0].effort = 0; }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.points[0].effort = 0; }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.points[0].recall = std::nanf(""); }));
    EXPECT_TRUE(is_refused([](Curve& curve) { curve.points[0].hops = INFINITY; }));
    for (const bool of_far : {false, true}) {
        const auto is_point_refused = [&](auto change) {
            return is_refused([&](Curve& curve) { change(of_far ? curve.far[1].points[0] : curve.points[0]); });
        };
        EXPECT_FALSE(is_point_refused([](CurvePoint&) {}));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.k = 0; }));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.effort = UINT32_MAX; }));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.recall = 2; }));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.error = INFINITY; }));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.scored = -1; }));
        EXPECT_TRUE(is_point_refused([](CurvePoint& point) { point.hops = std::nanf(""); }));
    }
}

}  // namespace
}  // namespace vz
