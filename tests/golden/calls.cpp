#include "tests/golden/calls.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace vz::golden {

vz_error error;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of the call before

void must(vz_status status, const char* what) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "golden: %s: status %u %s: %s\n", what, status, error.field, error.message);
    std::exit(1);
}

vz_engine* open(const std::string& directory) {
    vz_engine* engine = nullptr;
    must(vz_engine_open(str(directory), nullptr, &engine, &error), "open");
    return engine;
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
            const std::vector<vz_field_index>& indexes, int64_t ttl_ms, vz_change* change) {
    const std::string metadata = R"({"made":"golden"})";
    vz_schema schema = {};
    schema.struct_size = sizeof schema;
    schema.vector_fields = fields.data();
    schema.vector_field_count = static_cast<uint32_t>(fields.size());
    schema.field_indexes = indexes.data();
    schema.field_index_count = static_cast<uint32_t>(indexes.size());
    schema.metadata = str(metadata);
    schema.ttl_ms = ttl_ms;
    must(vz_collection_create(engine, str(name), &schema, change, &error), "create");
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

Batch::Batch(uint32_t from, uint32_t to) {
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

void alter(vz_engine* engine, const std::string& collection, const std::vector<vz_alter_change>& changes) {
    const vz_alter_request request = {sizeof request, static_cast<uint32_t>(changes.size()), changes.data()};
    must(vz_collection_alter(engine, str(collection), &request, nullptr, &error), "alter");
}

void make_snapshot(vz_engine* engine, const std::string& name, const std::vector<vz_str>& collections) {
    const vz_snapshot_request request = {sizeof request, static_cast<uint32_t>(collections.size()), str(name),
                                         collections.data()};
    vz_result* made = nullptr;
    must(vz_snapshot_create(engine, &request, &made, &error), "snapshot");
    vz_result_release(made);
}

void expect_graph(vz_engine* engine, const std::string& collection, const std::string& field,
                  const std::vector<float>& query) {
    vz_search_request request = search_of(query, 5, VZ_SEARCH_EXPLAIN);
    request.field = str(field);
    vz_result* raw = nullptr;
    must(vz_search(engine, str(collection), &request, &raw, &error), "search");
    const Result result(raw);
    vz_profile profile = {};
    profile.struct_size = sizeof profile;
    must(vz_result_profile(raw, 0, &profile, &error), "profile");
    if (profile.plan == VZ_PLAN_GRAPH) return;
    std::fprintf(stderr, "golden: field '%s' of '%s' has no graph\n", field.c_str(), collection.c_str());
    std::exit(1);
}

std::string number(double value, const char* format) {
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

static vz_parts all_parts() {
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
        if (info.damage.data == nullptr && info.stats->points <= 100) tell_points(engine, text_of(info.name), tell);
    }
}

Hits hits_of(vz_engine* engine, const std::string& collection, const vz_search_request& request) {
    vz_result* raw = nullptr;
    must(vz_search(engine, str(collection), &request, &raw, &error), "search");
    const Result result(raw);
    const vz_rows rows = rows_of(result);
    Hits hits;
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

void tell_hits(const std::string& what, const Hits& hits, const Lines& tell) {
    tell("search " + what);
    for (const auto& [id, score] : hits) tell("  " + id + " " + number(static_cast<double>(score)));
}

void tell_snapshots(vz_engine* engine, const Lines& tell) {
    vz_result* raw = nullptr;
    must(vz_snapshot_list(engine, &raw, &error), "snapshots");
    const Result snapshots(raw);
    uint64_t count = 0;
    const auto* snapshot =
        static_cast<const vz_snapshot_info*>(vz_result_items(snapshots.get(), VZ_RESULT_SNAPSHOTS, &count));
    for (uint64_t i = 0; i < count; ++i)
        tell("snapshot " + text_of(snapshot[i].name) + " of " + std::to_string(snapshot[i].collection_count) + " at " +
             std::to_string(snapshot[i].lsn));
}

void tell_values(vz_engine* engine, const Lines& tell) {
    vz_result* raw = nullptr;
    uint64_t count = 0;
    must(vz_value_list(engine, {}, &raw, &error), "values");
    const Result values(raw);
    const auto* value = static_cast<const vz_value*>(vz_result_items(values.get(), VZ_RESULT_VALUES, &count));
    for (uint64_t i = 0; i < count; ++i)
        tell("value " + text_of(value[i].key) + " = " + text_of(value[i].value) + " at " +
             std::to_string(value[i].lsn));
}

void tell_count(vz_engine* engine, const std::string& collection, const std::string& filter, const Lines& tell) {
    vz_count_request request = {};
    request.struct_size = sizeof request;
    request.filter = str(filter);
    uint64_t count = 0;
    must(vz_count(engine, str(collection), &request, &count, &error), "count");
    tell("count " + std::to_string(count) + " " + filter);
}

void tell_answer(const vz_write_answer& answer, const Lines& tell) {
    tell("request outcome " + std::to_string(answer.outcome) + " at " + std::to_string(answer.lsn) + " applied " +
         std::to_string(answer.applied));
}

void tell_walk(const std::string& what, const Hits& found, const Hits& exact, const Lines& tell) {
    tell_hits(what, {exact[0]}, tell);
    for (size_t i = 0; i < exact.size(); ++i)
        tell("  " + number(static_cast<double>(exact[i].second)) +
             (found[i].second == exact[i].second ? " as exact" : " worse"));
}

}  // namespace vz::golden
