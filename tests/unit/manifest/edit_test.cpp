// What was encoded is decoded, however much of it there is: a frame that cannot be read back keeps a directory from
// opening.
#include "engine/manifest/edit.hpp"

#include <gtest/gtest.h>

namespace vz {
namespace {

constexpr size_t kMany = 1000;

RequestId request(size_t i) {
    RequestId id = {};
    id[0] = static_cast<uint8_t>(i);
    id[1] = static_cast<uint8_t>(i >> 8);
    id[15] = 1;
    return id;
}

// One frame, one edit for each request.
EditFrame read_back(const std::vector<Edit>& edits) {
    std::vector<const Edit*> pointers;
    for (const Edit& edit : edits) pointers.push_back(&edit);
    Result<EditFrame> frame = decode_edits(encode_edits(pointers));
    EXPECT_TRUE(frame.ok()) << frame.status().error().message;
    return frame.ok() ? frame.take() : EditFrame{};
}

TEST(Edits, OfManyRequestsShareAFrame) {
    std::vector<Edit> edits(kMany);
    for (size_t i = 0; i < kMany; ++i) {
        edits[i].request_id = request(i);
        edits[i].actions.emplace_back(DropCollection{i});
    }
    const EditFrame frame = read_back(edits);
    ASSERT_EQ(frame.edits.size(), kMany);
    EXPECT_EQ(frame.edits.back().request_id, request(kMany - 1));
}

TEST(Edits, HoldManyActionsOfEachKind) {
    Edit edit;
    for (size_t i = 0; i < kMany; ++i) {
        const std::string name = "name " + std::to_string(i);
        edit.actions.emplace_back(SetAlias{i, name});
        edit.actions.emplace_back(RenameCollection{i, name});
        edit.actions.emplace_back(AlterCollection{i, {}});
        edit.actions.emplace_back(PutValue{name, name});
        edit.actions.emplace_back(WalRetire{i, {{request(i), i, 1, 1}}, std::vector<uint64_t>(i % 2, i)});
        edit.actions.emplace_back(Replace{i, {SegmentRef{}}, {i}});
        edit.actions.emplace_back(Quarantine{i, name});
        edit.actions.emplace_back(CleanClose{i, i});
    }
    const EditFrame frame = read_back({edit});
    ASSERT_EQ(frame.edits.size(), 1U);
    ASSERT_EQ(frame.edits[0].actions.size(), edit.actions.size());
    const auto* last = std::get_if<Quarantine>(&frame.edits[0].actions[edit.actions.size() - 2]);
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->reason, "name 999");
    const auto* retired = std::get_if<WalRetire>(&frame.edits[0].actions[edit.actions.size() - 4]);
    ASSERT_NE(retired, nullptr);
    EXPECT_EQ(retired->below, 999U);
    EXPECT_EQ(retired->requests.size(), 1U);
    EXPECT_EQ(retired->kept, std::vector<uint64_t>{999});
}

TEST(Schemas, HaveManyFieldsWithLongNames) {
    Schema schema;
    for (uint32_t i = 0; i < 64; ++i) {
        VectorFieldSchema field;
        field.id = i;
        field.name = std::string(250, 'n') + std::to_string(i);
        field.dim = 1;
        schema.fields.push_back(field);
        schema.field_indexes.push_back({VZ_FIELD_INDEX_KEYWORD, std::string(250, 'p') + std::to_string(i), "english"});
    }
    const Result<Schema> decoded = decode_schema(encode_schema(schema));
    ASSERT_TRUE(decoded.ok()) << decoded.status().error().message;
    ASSERT_EQ(decoded->fields.size(), 64U);
    EXPECT_EQ(decoded->fields[63].name, schema.fields[63].name);
    EXPECT_EQ(decoded->field_indexes[63].path, schema.field_indexes[63].path);
}

}  // namespace
}  // namespace vz
