// No answer depends on a field index: collections with and without answer alike, while indexes come, go and are read
// from files again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/collection/candidates.hpp"
#include "engine/collection/read.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/schema_check.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

constexpr uint32_t kIndexedPoints = 3000;

const FieldIndexSchema kIndexes[] = {{VZ_FIELD_INDEX_KEYWORD, "tag"}, {VZ_FIELD_INDEX_INTEGER, "n"},
                                     {VZ_FIELD_INDEX_FLOAT, "f"},     {VZ_FIELD_INDEX_BOOL, "b"},
                                     {VZ_FIELD_INDEX_DATETIME, "at"}, {VZ_FIELD_INDEX_GEO, "place"},
                                     {VZ_FIELD_INDEX_UUID, "a[].u"}};

const char* const kFilters[] = {
    R"({"must":[{"key":"tag","match":{"value":"t3"}}]})",
    R"({"must":[{"key":"tag","match":{"value":"t3"}},{"key":"n","range":{"gte":100,"lt":900}}]})",
    R"({"must":[{"key":"tag","match":{"any":["t1","t2"]}},{"key":"other","range":{"lt":2}}]})",
    R"({"must":[{"key":"other","range":{"lt":2}}]})",
    R"({"should":[{"key":"n","match":{"value":5}},{"key":"f","range":{"gt":0.9}},{"key":"b","match":{"value":true}}]})",
    R"({"should":[{"key":"n","match":{"value":5}},{"key":"other","range":{"lt":1}}]})",
    R"({"must_not":[{"key":"tag","match":{"prefix":"t"}},{"key":"b","match":{"value":false}}]})",
    R"({"must_not":[{"key":"other","range":{"lt":2}}],"must":[{"key":"tag","match":{"suffix":"1"}}]})",
    R"({"min_should":{"conditions":[{"key":"n","range":{"lt":2000}},{"key":"f","range":{"lt":0.5}},{"key":"b","match":{"value":true}}],"min_count":2}})",
    R"({"min_should":{"conditions":[{"key":"n","range":{"lt":2000}}],"min_count":0}})",
    R"({"must":[{"key":"at","range":{"gte":"2024-01-01T00:10:00Z","lt":"2024-01-01T00:20:00Z"}}]})",
    R"({"must":[{"key":"place","geo_radius":{"center":{"lat":5,"lon":5},"radius":400000}}]})",
    R"({"must":[{"key":"a[].u","match":{"value":"00000000-0000-0000-0000-000000000007"}}]})",
    R"({"must":[{"key":"f","match":{"value":1}}]})",
    R"({"must":[{"key":"tag","is_empty":true}]})",
    R"({"must":[{"key":"tag","is_null":false},{"key":"n","values_count":{"gte":2}}]})",
    R"({"must":[{"has_id":[1,2,3,"no such point"]},{"key":"n","range":{"gt":1}}]})",
    R"({"must":[{"nested":{"key":"a","filter":{"must":[{"key":"u","match":{"suffix":"7"}}]}}},{"key":"tag","match":{"text":"2"}}]})",
    R"({"must":[{"must":[{"key":"n","range":{"lt":50}}],"must_not":[{"key":"b","match":{"value":true}}]},{"should":[{"key":"tag","match":{"value":"t1"}},{"key":"tag","match":{"value":"t4"}}]}]})",
};

Schema schema_of(bool with_indexes) {
    Schema schema = one_field(4);
    if (with_indexes) schema.field_indexes.assign(std::begin(kIndexes), std::end(kIndexes));
    return schema;
}

std::string payload_of(uint32_t i) {
    char text[400];
    std::snprintf(
        text, sizeof text,
        R"({"tag":%s,"n":%s,"f":%s,"b":%s,"at":"2024-01-01T00:%02u:%02uZ","place":{"lat":%u,"lon":%u},"a":[{"u":"00000000-0000-0000-0000-%012u"}],"other":%u})",
        i % 7 == 0    ? "null"
        : i % 11 == 0 ? R"(["t1","t9"])"
                      : ("\"t" + std::to_string(i % 6) + "\"").c_str(),
        i % 13 == 0 ? "[1,2,3]" : std::to_string(i).c_str(),
        i % 17 == 0 ? "1" : std::to_string((i % 100) / 100.0).c_str(), i % 3 == 0 ? "true" : "false", i / 60 % 60,
        i % 60, i % 20, i % 30, i % 10, i % 5);
    return text;
}

void fill(Engine& engine, const char* name, uint32_t from, uint32_t to) {
    PointBatch batch;
    for (uint32_t i = from; i < to; ++i) {
        batch.ids.push_back(std::to_string(i));
        batch.payloads.push_back(payload_of(i));
    }
    batch.vectors.assign(batch.ids.size() * 4, 1.0F);
    ASSERT_TRUE(write_points(engine, name, VZ_UPSERT, batch).ok());
}

std::vector<std::string> ids(Engine& engine, const char* name, const char* filter) {
    const auto collection = engine.catalogue().resolve(name).take();
    const auto read = RowFilter::read(filter).take();
    const Page page = scan_rows(collection->pin(), read.get(), std::nullopt, 0, kIndexedPoints, {}).take();
    std::vector<std::string> all;
    for (const RowRef& row : page.rows) all.push_back(id_text(row.part->id(row.row)));
    return all;
}

// How many of the filters an index of the first sealed part answers by itself.
int answered_by_index(Engine& engine, const char* name) {
    const ReadView view = engine.catalogue().resolve(name).take()->pin();
    int answered = 0;
    for (const auto& part : *view.parts) {
        if (part->sealed() == nullptr) continue;
        for (const char* filter : kFilters) {
            // Another text, so that no earlier answer is remembered.
            const auto read = RowFilter::read(" " + std::string(filter)).take();
            answered +=
                find_candidates(*part, part->row_count(), *read, {}).take().source == FilterSource::kIndex ? 1 : 0;
        }
        break;
    }
    return answered;
}

void expect_alike(Engine& engine) {
    for (const char* filter : kFilters)
        EXPECT_EQ(ids(engine, "with", filter), ids(engine, "without", filter)) << filter;
}

TEST(Indexes, change_no_answer) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EngineSettings settings;
    settings.background = false;
    {
        auto engine = Engine::open(*files, directory.path() + "/data", settings).take();
        ASSERT_TRUE(engine->catalogue().create("with", schema_of(true), {}).ok());
        ASSERT_TRUE(engine->catalogue().create("without", schema_of(false), {}).ok());
        for (const char* name : {"with", "without"}) fill(*engine, name, 0, kIndexedPoints - 200);
        expect_alike(*engine);
        ASSERT_TRUE(engine->checkpoints().take_all().ok());
        // A growing part beside the sealed one, and rows of that replaced.
        for (const char* name : {"with", "without"}) fill(*engine, name, kIndexedPoints - 400, kIndexedPoints);
        expect_alike(*engine);
        EXPECT_GE(answered_by_index(*engine, "with"), 10);
        EXPECT_EQ(answered_by_index(*engine, "without"), 1);  // asks for nothing but a count of 0
        ASSERT_TRUE(engine->close().ok());
    }
    auto engine = Engine::open(*files, directory.path() + "/data", settings).take();
    expect_alike(*engine);
    const int from_file = answered_by_index(*engine, "with");
    EXPECT_GE(from_file, 10);

    // Dropped and added while in use; the file has no section for what is added to the other collection.
    const auto alter = [&](const char* name, uint32_t kind) {
        for (const FieldIndexSchema& index : kIndexes) {
            const vz_field_index field = {
                sizeof(vz_field_index), index.kind, {index.path.data(), index.path.size()}, {}};
            vz_alter_change change = {};
            change.struct_size = sizeof change;
            change.kind = kind;
            change.field_index = &field;
            ASSERT_TRUE(engine->catalogue()
                            .alter(name, [&](Schema& schema) { return apply_change(change, &schema); }, false, {})
                            .ok());
            EXPECT_FALSE(engine->catalogue()
                             .alter(name, [&](Schema& schema) { return apply_change(change, &schema); }, false, {})
                             .ok());
        }
        engine->maintenance().note_changed(engine->catalogue().resolve(name).take());
    };
    alter("with", VZ_ALTER_DROP_FIELD_INDEX);
    alter("without", VZ_ALTER_ADD_FIELD_INDEX);
    EXPECT_EQ(answered_by_index(*engine, "with"), 1);
    EXPECT_EQ(answered_by_index(*engine, "without"), from_file);
    expect_alike(*engine);
    ASSERT_TRUE(engine->checkpoints().take_all().ok());
    expect_alike(*engine);
    ASSERT_TRUE(engine->close().ok());
    engine.reset();
    engine = Engine::open(*files, directory.path() + "/data", settings).take();
    EXPECT_EQ(engine->catalogue().resolve("without").take()->schema()->field_indexes.size(), std::size(kIndexes));
    expect_alike(*engine);
    ASSERT_TRUE(engine->close().ok());
}

}  // namespace
}  // namespace vz
