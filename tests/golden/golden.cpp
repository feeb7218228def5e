// A data directory of each released format, and what it answers.
//   golden write DIRECTORY                  makes one with today's engine, with everything that a directory can hold
//   golden answers DIRECTORY                prints what it answers; the directory changes as at any opening
//   golden compare CMAKE ARCHIVE ANSWERS    unpacks one of an earlier day and compares what it answers today
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "vectorizer/engine.h"

namespace {

constexpr uint32_t kDim = 4, kImageDim = 3, kGraphDim = 256, kGraphPoints = 1300;
constexpr int64_t kYear2100 = 4'102'444'800'000;
constexpr vz_uuid kRequest = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

vz_str str(const std::string& text) { return {text.data(), text.size()}; }
std::string text_of(vz_str text) { return text.data == nullptr ? "-" : std::string(text.data, text.size); }

vz_error error;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of the call before

void must(vz_status status, const char* what) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "golden: %s: status %u %s: %s\n", what, status, error.field, error.message);
    std::exit(1);
}

struct Release {
    void operator()(vz_result* result) const { vz_result_release(result); }
};
using Result = std::unique_ptr<vz_result, Release>;

vz_engine* open(const std::string& directory) {
    vz_engine* engine = nullptr;
    must(vz_engine_open(str(directory), nullptr, &engine, &error), "open");
    return engine;
}

// ---- writing one ----

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

vz_vector_field field(const char* name, uint32_t dim, vz_metric metric) {
    vz_vector_field made = {};
    made.struct_size = sizeof made;
    made.name = {name, std::strlen(name)};
    made.dim = dim;
    made.metric = metric;
    return made;
}

void create(vz_engine* engine, const std::string& name, const std::vector<vz_vector_field>& fields,
            const std::vector<vz_field_index>& indexes, int64_t ttl_ms = 0) {
    const std::string metadata = R"({"made":"golden"})";
    vz_schema schema = {};
    schema.struct_size = sizeof schema;
    schema.vector_fields = fields.data();
    schema.vector_field_count = static_cast<uint32_t>(fields.size());
    schema.field_indexes = indexes.data();
    schema.field_index_count = static_cast<uint32_t>(indexes.size());
    schema.metadata = str(metadata);
    schema.ttl_ms = ttl_ms;
    must(vz_collection_create(engine, str(name), &schema, nullptr, &error), "create");
}

// Integers, UUIDs and texts.
std::string id_of(uint32_t i) {
    if (i % 3 == 0) return std::to_string(i);
    if (i % 3 == 2) return "point " + std::to_string(i);
    char uuid[40];
    std::snprintf(uuid, sizeof uuid, "0f8fad5b-d9cb-469f-a165-%012u", i);
    return uuid;
}

std::string payload_of(uint32_t i) {
    static const char* const kColors[] = {"red", "green", "blue"};
    static const char* const kWords[] = {"The quick brown fox jumps", "over lazy dogs", "running dogs and foxes",
                                         "nothing of that"};
    char text[512];
    std::snprintf(
        text, sizeof text,
        R"({"n":%u,"color":"%s","price":%u.5,"odd":%s,"at":"2024-03-%02uT10:00:00Z","owner":"0f8fad5b-d9cb-469f-a165-%012u",)"
        R"("place":{"lat":%u.25,"lon":-%u.5},"text":"%s","raw" : [1 , {"caf\u00e9":null}]})",
        i, kColors[i % 3], i, i % 2 == 0 ? "false" : "true", 1 + i % 28, i % 5, i % 40, i % 60, kWords[i % 4]);
    return text;
}

struct Batch {
    std::vector<std::string> id_texts, payload_texts;
    std::vector<vz_str> ids, payloads;
    std::vector<float> values, images;
    std::vector<int64_t> expires;

    explicit Batch(uint32_t from, uint32_t to) {
        for (uint32_t i = from; i < to; ++i) {
            id_texts.push_back(id_of(i));
            payload_texts.push_back(payload_of(i));
            for (uint32_t d = 0; d < kDim; ++d) values.push_back(static_cast<float>((i * (d + 3)) % 11) - 5);
            for (uint32_t d = 0; d < kImageDim; ++d) images.push_back(static_cast<float>((i + d) % 7) / 2);
            expires.push_back(i % 10 == 9 ? kYear2100 : 0);
        }
        for (const std::string& text : id_texts) ids.push_back(str(text));
        for (const std::string& text : payload_texts) payloads.push_back(str(text));
    }
};

vz_write_answer write(vz_engine* engine, const std::string& collection, const vz_write_request& request) {
    vz_write_answer answer = {};
    answer.struct_size = sizeof answer;
    must(vz_write(engine, str(collection), &request, &answer, &error), "write");
    return answer;
}

vz_write_request request_of(uint32_t kind, const Batch& batch) {
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = kind;
    request.count = batch.ids.size();
    request.ids = batch.ids.data();
    return request;
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

void remove(vz_engine* engine, const std::string& collection, uint32_t from, uint32_t to) {
    const Batch batch(from, to);
    write(engine, collection, request_of(VZ_DELETE, batch));
}

void patch(vz_engine* engine, const std::string& collection, const std::string& filter, const std::string& payload) {
    const vz_str text = str(payload);
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPDATE;
    request.filter = str(filter);
    request.payloads = &text;
    request.payload_mode = VZ_PAYLOAD_PATCH;
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

void checkpoint(vz_engine* engine) { must(vz_checkpoint(engine, {}, nullptr, &error), "checkpoint"); }

void put_value(vz_engine* engine, const std::string& key, const std::string& text) {
    vz_value value = {};
    value.struct_size = sizeof value;
    value.key = str(key);
    value.value = str(text);
    const vz_value_request request = {sizeof request, 1, &value};
    must(vz_value_put(engine, &request, nullptr, &error), "value");
}

void set_alias(vz_engine* engine, const std::string& alias, const std::string& collection) {
    const vz_alias_change change = {str(alias), str(collection)};
    const vz_alias_request request = {sizeof request, 1, &change};
    must(vz_alias_apply(engine, &request, nullptr, &error), "alias");
}

void restore(vz_engine* engine, const std::string& snapshot, const std::string& from, const std::string& to) {
    const vz_restore_request request = {sizeof request, 0, str(snapshot), {}, str(from), str(to)};
    must(vz_restore(engine, &request, nullptr, &error), "restore");
}

void expect_graph(vz_engine* engine) {
    const std::vector<float> query = graph_vector(1);
    vz_search_request request = {};
    request.struct_size = sizeof request;
    request.flags = VZ_SEARCH_EXPLAIN;
    request.queries = {query.data(), 1, 0, kGraphDim, VZ_F32};
    request.k = 5;
    vz_result* raw = nullptr;
    must(vz_search(engine, {"graph", 5}, &request, &raw, &error), "search");
    const Result result(raw);
    vz_profile profile = {};
    profile.struct_size = sizeof profile;
    must(vz_result_profile(raw, 0, &profile, &error), "profile");
    if (profile.plan == VZ_PLAN_GRAPH) return;
    std::fprintf(stderr, "golden: the collection 'graph' has no graph\n");
    std::exit(1);
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
    const vz_alter_request request = {sizeof request, 1, &change};
    must(vz_collection_alter(engine, str(collection), &request, nullptr, &error), "alter");
}

// One life that closes in order, then one that ends in the middle: its log is there to be replayed.
void write_directory(const std::string& directory) {
    vz_engine* engine = open(directory);
    create(engine, "articles", {field("", kDim, VZ_COSINE), field("image", kImageDim, VZ_EUCLIDEAN)},
           indexes_of_all_kinds());
    create(engine, "gone", {field("", kDim, VZ_DOT), field("image", kImageDim, VZ_DOT)}, {});
    create(engine, "empty", {field("", 9, VZ_MANHATTAN)}, {}, 86'400'000);
    upsert(engine, "articles", 0, 60);
    upsert(engine, "gone", 0, 10);
    write_graph(engine);
    checkpoint(engine);
    expect_graph(engine);
    const std::string name = "before";
    const vz_snapshot_request snapshot = {sizeof snapshot, 0, str(name), nullptr};
    vz_result* made = nullptr;
    must(vz_snapshot_create(engine, &snapshot, &made, &error), "snapshot");
    vz_result_release(made);
    remove(engine, "articles", 50, 60);
    patch(engine, "articles", R"({"must":[{"key":"n","range":{"lt":5}}]})", R"({"price":0.25,"color":null,"added":3})");
    checkpoint(engine);
    must(vz_collection_drop(engine, {"gone", 4}, nullptr, &error), "drop");
    restore(engine, name, "gone", "restored");
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

// ---- asking one ----

using Lines = std::function<void(const std::string&)>;

std::string number(double value, const char* format = "%.4f") {
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

vz_parts all_parts() {
    vz_parts parts = {};
    parts.struct_size = sizeof parts;
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    return parts;
}

vz_rows rows_of(const Result& result) {
    vz_rows rows = {};
    rows.struct_size = sizeof rows;
    must(vz_result_rows(result.get(), 0, &rows, &error), "rows");
    return rows;
}

void tell_points(vz_engine* engine, const std::string& collection, const Lines& tell) {
    const vz_parts parts = all_parts();
    vz_scan_request request = {};
    request.struct_size = sizeof request;
    request.parts = &parts;
    request.limit = 1000;
    vz_result* raw = nullptr;
    must(vz_scan(engine, str(collection), &request, &raw, &error), "scan");
    const Result result(raw);
    const vz_rows rows = rows_of(result);
    for (uint64_t i = 0; i < rows.count; ++i) {
        std::string line = "point " + text_of(rows.ids[i]) + " kind " + std::to_string(rows.id_kinds[i]) + " version " +
                           std::to_string(rows.versions[i]) + " expires " +
                           std::to_string(rows.expires_ms == nullptr ? 0 : rows.expires_ms[i]);
        for (uint32_t c = 0; c < rows.vector_count; ++c) {
            const vz_vector_column& column = rows.vectors[c];
            if (column.rows[i] == nullptr) continue;
            line += " '" + text_of(column.name) + "'";
            const auto* values = static_cast<const float*>(column.rows[i]);
            for (uint32_t d = 0; d < column.dim; ++d) line += number(values[d], " %g");
        }
        tell(line + " " + text_of(rows.payloads[i]));
    }
}

void tell_collections(vz_engine* engine, const Lines& tell) {
    vz_result* raw = nullptr;
    must(vz_collection_list(engine, &raw, &error), "list");
    const Result result(raw);
    uint64_t count = 0;
    const auto* at = static_cast<const char*>(vz_result_items(result.get(), VZ_RESULT_COLLECTIONS, &count));
    for (uint64_t i = 0; i < count; ++i) {
        vz_collection_info info = {};
        std::memcpy(&info, at, sizeof info);
        at += info.struct_size;
        const vz_schema& schema = *info.schema;
        tell("collection " + text_of(info.name) + " points " + std::to_string(info.stats->points) + " created " +
             std::to_string(info.created_lsn) + " ttl " + std::to_string(schema.ttl_ms) + " metadata " +
             text_of(schema.metadata) + " damage " + text_of(info.damage));
        for (uint32_t k = 0; k < info.alias_count; ++k) tell("  alias " + text_of(info.aliases[k]));
        for (uint32_t k = 0; k < schema.vector_field_count; ++k) {
            const vz_vector_field& one = schema.vector_fields[k];
            tell("  field '" + text_of(one.name) + "' dim " + std::to_string(one.dim) + " metric " +
                 std::to_string(one.metric) + " degree " + std::to_string(one.degree));
        }
        for (uint32_t k = 0; k < schema.field_index_count; ++k) {
            const vz_field_index& one = schema.field_indexes[k];
            tell("  index " + text_of(one.path) + " kind " + std::to_string(one.kind) + " language " +
                 text_of(one.language));
        }
        if (info.stats->points <= 100) tell_points(engine, text_of(info.name), tell);
    }
}

std::vector<std::pair<std::string, float>> hits_of(vz_engine* engine, const std::string& collection,
                                                   const vz_search_request& request) {
    vz_result* raw = nullptr;
    must(vz_search(engine, str(collection), &request, &raw, &error), "search");
    const Result result(raw);
    const vz_rows rows = rows_of(result);
    std::vector<std::pair<std::string, float>> hits;
    for (uint64_t i = 0; i < rows.count; ++i) hits.emplace_back(text_of(rows.ids[i]), rows.scores[i]);
    return hits;
}

vz_search_request search_of(const std::vector<float>& query, uint32_t k, uint32_t flags) {
    vz_search_request request = {};
    request.struct_size = sizeof request;
    request.flags = flags;
    request.queries = {query.data(), 1, 0, static_cast<uint32_t>(query.size()), VZ_F32};
    request.k = k;
    return request;
}

void tell_hits(const std::string& what, const std::vector<std::pair<std::string, float>>& hits, const Lines& tell) {
    tell("search " + what);
    for (const auto& [id, score] : hits) tell("  " + id + " " + number(static_cast<double>(score)));
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
    tell_hits("graph", {exact[0]}, tell);
    for (size_t i = 0; i < exact.size(); ++i)
        tell("  " + number(static_cast<double>(exact[i].second)) +
             (found[i].second == exact[i].second ? " as exact" : " worse"));
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
         R"({"must":[{"key":"text","match":{"text":"foxes"}}]})",
         R"({"must":[{"key":"added","match":{"value":7}}]})"}) {
        vz_count_request request = {};
        request.struct_size = sizeof request;
        request.filter = str(filter);
        uint64_t count = 0;
        must(vz_count(engine, {"articles", 8}, &request, &count, &error), "count");
        tell("count " + std::to_string(count) + " " + filter);
    }
}

void tell_rest(vz_engine* engine, const Lines& tell) {
    vz_result* raw = nullptr;
    must(vz_snapshot_list(engine, &raw, &error), "snapshots");
    const Result snapshots(raw);
    uint64_t count = 0;
    const auto* snapshot =
        static_cast<const vz_snapshot_info*>(vz_result_items(snapshots.get(), VZ_RESULT_SNAPSHOTS, &count));
    for (uint64_t i = 0; i < count; ++i)
        tell("snapshot " + text_of(snapshot[i].name) + " of " + std::to_string(snapshot[i].collection_count) + " at " +
             std::to_string(snapshot[i].lsn));
    must(vz_value_list(engine, {}, &raw, &error), "values");
    const Result values(raw);
    const auto* value = static_cast<const vz_value*>(vz_result_items(values.get(), VZ_RESULT_VALUES, &count));
    for (uint64_t i = 0; i < count; ++i)
        tell("value " + text_of(value[i].key) + " = " + text_of(value[i].value) + " at " +
             std::to_string(value[i].lsn));
    // A request that was answered before is answered again, and not done.
    const Batch batch(100, 101);
    vz_write_request again = request_of(VZ_DELETE, batch);
    again.request_id = kRequest;
    const vz_write_answer answer = write(engine, "docs", again);
    tell("request outcome " + std::to_string(answer.outcome) + " at " + std::to_string(answer.lsn) + " applied " +
         std::to_string(answer.applied));
}

void tell_damage(const std::string& directory, const Lines& tell) {
    vz_directory_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_DIRECTORY_CHECK;
    vz_result* raw = nullptr;
    must(vz_directory_run(str(directory), &request, &raw, &error), "check");
    const Result result(raw);
    uint64_t count = 0, damaged = 0;
    const auto* finding = static_cast<const vz_finding*>(vz_result_items(result.get(), VZ_RESULT_FINDINGS, &count));
    for (uint64_t i = 0; i < count; ++i) {
        if (finding[i].status == VZ_OK) continue;
        ++damaged;
        tell("damage " + text_of(finding[i].file) + " " + text_of(finding[i].message));
    }
    tell("damaged files: " + std::to_string(damaged));
}

std::string answers_of(const std::string& directory) {
    std::string text;
    const Lines tell = [&](const std::string& line) { text += line + "\n"; };
    tell_damage(directory, tell);
    vz_engine* engine = open(directory);
    tell_collections(engine, tell);
    tell_counts(engine, tell);
    tell_searches(engine, tell);
    tell_rest(engine, tell);
    must(vz_engine_close(engine, &error), "close");
    return text;
}

// ---- comparing ----

int differ(const std::string& what, const std::string& expected, const std::string& found) {
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < expected.size() && i < found.size() && expected[i] == found[i]; ++i) {
        if (expected[i] != '\n') continue;
        ++line;
        begin = i + 1;
    }
    std::printf("%s: line %zu\n  expected %s\n  found    %s\n", what.c_str(), line,
                expected.substr(begin, expected.find('\n', begin) - begin).c_str(),
                found.substr(begin, found.find('\n', begin) - begin).c_str());
    return 1;
}

int compare(const std::string& cmake, const std::string& archive, const std::string& answers) {
    std::ifstream file(answers, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    const vz::e2e::TemporaryDirectory directory;
    const vz::e2e::Ran unpacked =
        vz::e2e::run({cmake, "-E", "chdir", directory.path(), cmake, "-E", "tar", "xf", archive});
    int result = unpacked.exit.code != 0 || expected.empty() ? 1 : 0;
    if (result != 0) std::printf("nothing to compare with: %s", unpacked.output.c_str());
    const std::string data = directory.path() + "/data";
    // As it was left; then as today's engine has written it.
    for (const char* const when : {"after recovery", "opened once more"}) {
        if (result != 0) break;
        if (const std::string found = answers_of(data); found != expected) result = differ(when, expected, found);
        vz_engine* engine = open(data);
        checkpoint(engine);
        must(vz_engine_close(engine, &error), "close");
    }
    const auto lines = std::count(expected.begin(), expected.end(), '\n');
    std::printf("GATE golden %s answers=%lld differ=%d\n", result == 0 ? "PASS" : "FAIL", static_cast<long long>(lines),
                result);
    return result;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string mode = count > 1 ? arguments[1] : "";
    if (mode == "write" && count == 3) write_directory(arguments[2]);
    if (mode == "answers" && count == 3) {
        std::fputs(answers_of(arguments[2]).c_str(), stdout);
        return 0;
    }
    if (mode == "compare" && count == 5) return compare(arguments[2], arguments[3], arguments[4]);
    std::fputs("golden write DIRECTORY | answers DIRECTORY | compare CMAKE ARCHIVE ANSWERS\n", stderr);
    return 2;
}
