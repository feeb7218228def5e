#include <unistd.h>

#include <cstring>

#include "tests/golden/contents.hpp"

namespace vz::golden {
namespace {

constexpr uint32_t kGraphDim = 256, kGraphPoints = 1300;
constexpr vz_uuid kRequest = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

std::vector<vz_field_index> indexes_of_all_kinds() {
    const auto index = [](uint32_t kind, const char* path, const char* language = nullptr) {
        vz_field_index made = {};
        made.struct_size = sizeof made;
        made.kind = kind;
        made.path = {path, std::strlen(path)};
        if (language != nullptr) made.language = {language, std::strlen(language)};
        return made;
    };
    return {index(VZ_FIELD_INDEX_KEYWORD, "color"), index(VZ_FIELD_INDEX_INTEGER, "n"),
            index(VZ_FIELD_INDEX_FLOAT, "price"),   index(VZ_FIELD_INDEX_BOOL, "odd"),
            index(VZ_FIELD_INDEX_DATETIME, "at"),   index(VZ_FIELD_INDEX_UUID, "owner"),
            index(VZ_FIELD_INDEX_GEO, "place"),     index(VZ_FIELD_INDEX_TEXT, "text", "english")};
}

void upsert(vz_engine* engine, const std::string& collection, uint32_t from, uint32_t to, const vz_uuid& id = {}) {
    const Batch batch(from, to);
    vz_vectors image = {};
    image.struct_size = sizeof image;
    image.name = {"image", 5};
    image.matrix = {batch.images.data(), batch.ids.size(), 0, kImageDim, VZ_F32};
    std::vector<uint64_t> present((batch.ids.size() + 63) / 64, 0xAAAA'AAAA'AAAA'AAAAu);
    image.present = present.data();  // every other point has one
    vz_write_request request = request_of(VZ_UPSERT, batch);
    request.vectors = {batch.values.data(), batch.ids.size(), 0, kDim, VZ_F32};
    request.payloads = batch.payloads.data();
    request.expires_ms = batch.expires.data();
    request.fields = &image;
    request.field_count = 1;
    request.request_id = id;
    write(engine, collection, request);
}

// Few components of many are not zero: large enough for a graph, small when packed.
std::vector<float> graph_vector(uint32_t i) {
    std::vector<float> vector(kGraphDim, 0.0F);
    for (uint32_t k = 0; k < 6; ++k)
        vector[(i * (k * 2 + 7) + k * 41) % kGraphDim] = static_cast<float>(1 + (i + i / kGraphDim * k) % 9);
    return vector;
}

void write_graph(vz_engine* engine) {
    vz_vector_field dense = field("", kGraphDim, VZ_EUCLIDEAN);
    dense.degree = 8;
    create(engine, "graph", {dense}, {});
    std::vector<std::string> texts;
    std::vector<vz_str> ids;
    std::vector<float> values;
    for (uint32_t i = 0; i < kGraphPoints; ++i) {
        texts.push_back(std::to_string(i));
        const std::vector<float> vector = graph_vector(i);
        values.insert(values.end(), vector.begin(), vector.end());
    }
    for (const std::string& text : texts) ids.push_back(str(text));
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = ids.size();
    request.ids = ids.data();
    request.vectors = {values.data(), ids.size(), 0, kGraphDim, VZ_F32};
    write(engine, "graph", request);
}

void change_schema(vz_engine* engine, const std::string& collection) {
    vz_field_index index = {};
    index.struct_size = sizeof index;
    index.kind = VZ_FIELD_INDEX_INTEGER;
    index.path = {"added", 5};
    vz_alter_change change = {};
    change.struct_size = sizeof change;
    change.kind = VZ_ALTER_ADD_FIELD_INDEX;
    change.field_index = &index;
    alter(engine, collection, {change});
}

void tell_searches(vz_engine* engine, const Lines& tell) {
    const std::vector<float> query = {1, -2, 3, 0.5F};
    tell_hits("dense", hits_of(engine, "docs", search_of(query, 5, VZ_SEARCH_EXACT)), tell);
    vz_search_request filtered = search_of(query, 5, VZ_SEARCH_EXACT);
    const std::string filter = R"({"must":[{"key":"color","match":{"value":"red"}}]})";
    filtered.filter = str(filter);
    tell_hits("filtered", hits_of(engine, "docs", filtered), tell);
    const std::vector<float> image = {0, 1, 3};
    vz_search_request named = search_of(image, 3, VZ_SEARCH_EXACT);
    named.field = {"image", 5};
    tell_hits("image", hits_of(engine, "caf\xC3\xA9", named), tell);
    const std::string words = "jumping foxes";
    const vz_str texts[] = {str(words)};
    vz_text_query text = {};
    text.struct_size = sizeof text;
    text.texts = texts;
    vz_search_request ranked = {};
    ranked.struct_size = sizeof ranked;
    ranked.queries = {nullptr, 1, 0, 0, VZ_F32};
    ranked.k = 5;
    ranked.text = &text;
    tell_hits("text", hits_of(engine, "docs", ranked), tell);
    // The walk over the graph finds scores no worse than the scan of all.
    std::vector<float> asked = graph_vector(77);
    asked[3] += 0.5F;
    vz_search_request walk = search_of(asked, 5, 0);
    walk.effort = 1000;
    const auto found = hits_of(engine, "late", walk);
    const auto exact = hits_of(engine, "graph", search_of(asked, 5, VZ_SEARCH_EXACT));
    tell_walk("graph", found, exact, tell);
}

void tell_counts(vz_engine* engine, const Lines& tell) {
    for (
        const std::string filter :
        {R"({"must":[{"key":"color","match":{"value":"red"}}]})",
         R"({"must":[{"key":"n","range":{"gte":10,"lt":103}}]})", R"({"must":[{"key":"price","range":{"lte":0.5}}]})",
         R"({"must":[{"key":"odd","match":{"value":true}}]})",
         R"({"must":[{"key":"at","range":{"gt":"2024-03-20T00:00:00Z"}}]})",
         R"({"must":[{"key":"owner","match":{"value":"0f8fad5b-d9cb-469f-a165-000000000002"}}]})",
         R"({"must":[{"key":"place","geo_bounding_box":{"top_left":{"lat":20,"lon":-30},"bottom_right":{"lat":0,"lon":0}}}]})",
         R"({"must":[{"key":"text","match":{"text":"foxes"}}]})", R"({"must":[{"key":"added","match":{"value":7}}]})"})
        tell_count(engine, "articles", filter, tell);
}

void tell_request(vz_engine* engine, const Lines& tell) {
    // A request that was answered before is answered again, and not done.
    const Batch batch(100, 101);
    vz_write_request again = request_of(VZ_DELETE, batch);
    again.request_id = kRequest;
    tell_answer(write(engine, "docs", again), tell);
}

}  // namespace

void write_first(const std::string& directory) {
    vz_engine* engine = open(directory);
    create(engine, "articles", {field("", kDim, VZ_COSINE), field("image", kImageDim, VZ_EUCLIDEAN)},
           indexes_of_all_kinds());
    create(engine, "gone", {field("", kDim, VZ_DOT), field("image", kImageDim, VZ_DOT)}, {});
    create(engine, "empty", {field("", 9, VZ_MANHATTAN)}, {}, 86'400'000);
    upsert(engine, "articles", 0, 60);
    upsert(engine, "gone", 0, 10);
    write_graph(engine);
    checkpoint(engine);
    expect_graph(engine, "graph", "", graph_vector(1));
    make_snapshot(engine, "before");
    remove(engine, "articles", 50, 60);
    patch(engine, "articles", R"({"must":[{"key":"n","range":{"lt":5}}]})", R"({"price":0.25,"color":null,"added":3})");
    checkpoint(engine);
    must(vz_collection_drop(engine, {"gone", 4}, nullptr, &error), "drop");
    restore(engine, "before", "gone", "restored");
    const std::string renamed = "docs";
    const vz_rename_request rename = {sizeof rename, VZ_RENAME_KEEP_ALIAS, str(renamed)};
    must(vz_collection_rename(engine, {"articles", 8}, &rename, nullptr, &error), "rename");
    set_alias(engine, "caf\xC3\xA9", "docs");
    put_value(engine, "key", "value");
    must(vz_engine_close(engine, &error), "close");

    engine = open(directory);
    upsert(engine, "docs", 100, 120, kRequest);
    change_schema(engine, "docs");
    patch(engine, "docs", R"({"must":[{"key":"n","range":{"gte":110}}]})", R"({"added":7})");
    remove(engine, "docs", 0, 4);
    upsert(engine, "restored", 3, 6);
    set_alias(engine, "late", "graph");
    ::_exit(0);
}

bool is_first(vz_engine* engine) {
    vz_collection_stats stats = {};
    stats.struct_size = sizeof stats;
    return vz_collection_stats_read(engine, {"docs", 4}, &stats, nullptr) == VZ_OK;
}

void tell_first(vz_engine* engine, const Lines& tell) {
    tell_counts(engine, tell);
    tell_searches(engine, tell);
    tell_snapshots(engine, tell);
    tell_values(engine, tell);
    tell_request(engine, tell);
}

}  // namespace vz::golden
