#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <thread>

#include "tests/golden/contents.hpp"

namespace vz::golden {
namespace {

constexpr int64_t kCentury = 3'155'760'000'000;
constexpr uint32_t kWideDim = 2048, kWidePoints = 144;              // enough for a graph of each field
constexpr uint32_t kPlainPoints = 10'000, kRowsBetweenHoles = 512;  // numbers alone, deleted here and there
constexpr vz_uuid kCreated = {{9, 1}}, kWritten = {{9, 2}}, kAliased = {{9, 3}};

const std::vector<std::string> kGraphFields = {"dot", "taxi", "exact", "bytes"};

// Some of what a write can say; the rest is absent.
struct Some {
    bool vectors = true, images = false, payloads = true, expires = false;
    vz_uuid id = {};
};

vz_write_answer put(vz_engine* engine, const std::string& collection, const Batch& batch, const Some& some,
                    uint32_t kind = VZ_UPSERT) {
    vz_vectors image = {};
    image.struct_size = sizeof image;
    image.name = {"image", 5};
    image.matrix = {batch.images.data(), batch.ids.size(), 0, kImageDim, VZ_F32};
    vz_write_request request = request_of(kind, batch);
    if (some.vectors) request.vectors = {batch.values.data(), batch.ids.size(), 0, kDim, VZ_F32};
    if (some.payloads) request.payloads = batch.payloads.data();
    if (some.expires) request.expires_ms = batch.expires.data();
    request.fields = &image;
    request.field_count = some.images ? 1 : 0;
    request.request_id = some.id;
    return write(engine, collection, request);
}

// Ids of one kind: 0 numbers, 1 UUIDs, 2 texts.
Batch of_kind(uint32_t kind, uint32_t count) {
    Batch batch(0, 3 * count);
    Batch chosen(0, 0);
    for (uint32_t i = kind; i < 3 * count; i += 3) {
        chosen.ids.push_back(batch.ids[i]);
        chosen.payloads.push_back(batch.payloads[i]);
        chosen.values.insert(chosen.values.end(), batch.values.data() + i * kDim, batch.values.data() + (i + 1) * kDim);
    }
    chosen.id_texts = std::move(batch.id_texts);
    chosen.payload_texts = std::move(batch.payload_texts);
    return chosen;
}

// Few components are not zero: small when packed. Whole numbers where codes are to be bytes; where they are dense, few
// vectors are told apart.
std::vector<float> wide_vector(uint32_t point, const std::string& field) {
    const uint32_t i = field == "dot" ? point % 12 : point;
    std::vector<float> vector(kWideDim, 0.0F);
    for (uint32_t k = 0; k < 8; ++k) {
        const auto whole = static_cast<float>(1 + (i * (k + 3) + i / 5) % 17);
        vector[(i * (k * 2 + 7) + k * 251) % kWideDim] = field == "bytes" ? whole : whole / 7 - 1;
    }
    return vector;
}

void write_graphs(vz_engine* engine) {
    std::vector<vz_vector_field> fields = {field("dot", kWideDim, VZ_DOT), field("taxi", kWideDim, VZ_MANHATTAN),
                                           field("exact", kWideDim, VZ_EUCLIDEAN),
                                           field("bytes", kWideDim, VZ_EUCLIDEAN)};
    fields[0].quantization = VZ_QUANTIZATION_SQ8;
    fields[2].quantization = VZ_QUANTIZATION_NONE;
    fields[2].search_effort = 77;
    for (vz_vector_field& each : fields) each.degree = 8;
    fields.push_back(field("scanned", kDim, VZ_EUCLIDEAN));
    fields.back().index = VZ_INDEX_NONE;
    fields.back().flags = VZ_FIELD_COUNT_NONZERO;
    create(engine, "graphs", fields, {});
    const Batch batch(0, kWidePoints);
    std::vector<std::vector<float>> values(kGraphFields.size());
    std::vector<vz_vectors> columns(fields.size());
    for (size_t f = 0; f < fields.size(); ++f) {
        columns[f].struct_size = sizeof columns[f];
        columns[f].name = fields[f].name;
        columns[f].matrix = {batch.values.data(), kWidePoints, 0, fields[f].dim, VZ_F32};
        if (f == kGraphFields.size()) continue;
        for (uint32_t i = 0; i < kWidePoints; ++i) {
            const std::vector<float> vector = wide_vector(i, kGraphFields[f]);
            values[f].insert(values[f].end(), vector.begin(), vector.end());
        }
        columns[f].matrix.data = values[f].data();
    }
    vz_write_request request = request_of(VZ_UPSERT, batch);
    request.fields = columns.data();
    request.field_count = static_cast<uint32_t>(columns.size());
    write(engine, "graphs", request);
}

void write_plain(vz_engine* engine) {
    vz_vector_field scanned = field("", 1, VZ_EUCLIDEAN);
    scanned.index = VZ_INDEX_NONE;
    create(engine, "plain", {scanned}, {});
    std::vector<std::string> texts;
    std::vector<vz_str> ids;
    for (uint32_t i = 0; i < kPlainPoints; ++i) texts.push_back(std::to_string(i));
    for (const std::string& text : texts) ids.push_back(str(text));
    const std::vector<float> values(kPlainPoints, 1);
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = kPlainPoints;
    request.ids = ids.data();
    request.vectors = {values.data(), kPlainPoints, 0, 1, VZ_F32};
    write(engine, "plain", request);
}

// One point of each so many rows.
void make_holes(vz_engine* engine, uint32_t first) {
    std::vector<std::string> texts;
    std::vector<vz_str> ids;
    for (uint32_t i = first; i < kPlainPoints; i += kRowsBetweenHoles) texts.push_back(std::to_string(i));
    for (const std::string& text : texts) ids.push_back(str(text));
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_DELETE;
    request.count = ids.size();
    request.ids = ids.data();
    write(engine, "plain", request);
}

uint64_t last_lsn(vz_engine* engine) {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof stats;
    must(vz_engine_stats_read(engine, &stats, &error), "stats");
    return stats.last_lsn;
}

// Until the engine has deleted them: a record of its own, with an LSN that those behind it count from.
void let_expire(vz_engine* engine, uint32_t from, uint32_t to) {
    Batch batch(from, to);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const int64_t soon = std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + 100;
    for (int64_t& each : batch.expires) each = soon;
    put(engine, "fleeting", batch, {.expires = true});
    const uint64_t written = last_lsn(engine);
    while (last_lsn(engine) == written) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::string file_of(vz_engine* engine, const std::string& collection) {
    vz_result* raw = nullptr;
    must(vz_persistence_read(engine, str(collection), &raw, &error), "persistence");
    const Result result(raw);
    uint64_t count = 0;
    const auto* report = static_cast<const vz_persistence*>(vz_result_items(raw, VZ_RESULT_PERSISTENCE, &count));
    return count == 1 && report->segment_count == 1 ? text_of(report->segments[0].file) : "none";
}

// A payload that no longer checks.
void damage(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const size_t at = bytes.find("nothing of that");
    if (at == std::string::npos) must(VZ_INTERNAL, "damage");
    bytes[at] = 'N';
    std::ofstream(path, std::ios::binary) << bytes;
}

void begin_sick(vz_engine* engine, const std::string& name) {
    create(engine, name, {field("", kDim, VZ_DOT)}, {});
    put(engine, name, Batch(0, 12), {});
    must(vz_checkpoint(engine, str(name), nullptr, &error), "checkpoint");
}

vz_alter_change change_of(uint32_t kind) {
    vz_alter_change change = {};
    change.struct_size = sizeof change;
    change.kind = kind;
    return change;
}

vz_alter_change change_of(uint32_t kind, const vz_vector_field& of) {
    vz_alter_change change = change_of(kind);
    change.vector_field = &of;
    return change;
}

vz_alter_change change_of(uint32_t kind, const vz_field_index& of) {
    vz_alter_change change = change_of(kind);
    change.field_index = &of;
    return change;
}

vz_field_index index_of(uint32_t kind, const char* path) {
    vz_field_index index = {};
    index.struct_size = sizeof index;
    index.kind = kind;
    index.path = {path, std::strlen(path)};
    return index;
}

vz_change change_with(const vz_uuid& request) {
    vz_change change = {};
    change.struct_size = sizeof change;
    change.request_id = request;
    return change;
}

void change_value(vz_engine* engine, const std::string& key, const std::optional<std::string>& text) {
    vz_value value = {};
    value.struct_size = sizeof value;
    value.key = str(key);
    if (text) value.value = str(*text);
    const vz_value_request request = {sizeof request, 1, &value};
    must(vz_value_put(engine, &request, nullptr, &error), "value");
}

void change_alias(vz_engine* engine, const std::string& alias, const std::string& collection, vz_change* change) {
    const vz_alias_change one = {str(alias), collection.empty() ? vz_str{} : str(collection)};
    const vz_alias_request request = {sizeof request, 1, &one};
    must(vz_alias_apply(engine, &request, change, &error), "alias");
}

void create_lasting(vz_engine* engine, vz_change* change) {
    create(engine, "lasting", {field("", kDim, VZ_DOT), field("image", kImageDim, VZ_COSINE)},
           {index_of(VZ_FIELD_INDEX_TEXT, "text"), index_of(VZ_FIELD_INDEX_INTEGER, "n")}, kCentury, change);
}

void live_first(const std::string& directory, std::vector<std::string>* files) {
    vz_engine* engine = open(directory);
    // Each alone in its file.
    for (const char* name : {"sick", "sick and dropped"}) begin_sick(engine, name);
    vz_change created = change_with(kCreated);
    create_lasting(engine, &created);
    // By the collection's time, and by that of the write: some never.
    put(engine, "lasting", Batch(0, 8), {});
    put(engine, "lasting", Batch(8, 20), {.expires = true, .id = kWritten});
    create(engine, "fleeting", {field("", kDim, VZ_DOT)}, {});
    put(engine, "fleeting", Batch(0, 3), {});
    create(engine, "numbers", {field("", kDim, VZ_DOT)}, {});
    create(engine, "uuids", {field("", kDim, VZ_DOT)}, {});
    create(engine, "texts", {field("", kDim, VZ_DOT), field("image", kImageDim, VZ_DOT)}, {});
    for (uint32_t kind = 0; kind < 3; ++kind)
        put(engine, kind == 0 ? "numbers" : kind == 1 ? "uuids" : "texts", of_kind(kind, 6), {.payloads = kind != 1});
    create(engine, "cleared", {field("", kDim, VZ_DOT)}, {});
    put(engine, "cleared", Batch(0, 10), {});
    write_graphs(engine);
    write_plain(engine);
    checkpoint(engine);
    for (const std::string& name : kGraphFields) expect_graph(engine, "graphs", name, wide_vector(1, name));
    make_holes(engine, 3);
    let_expire(engine, 3, 5);
    checkpoint(engine);
    make_snapshot(engine, "kept", {str("texts"), str("uuids")});
    make_snapshot(engine, "dropped");
    const std::string path = directory + ".archive";
    const std::vector<std::string> names = {"lasting", "fleeting", "texts"};
    const std::vector<vz_str> chosen = {str(names[0]), str(names[1]), str(names[2])};
    vz_archive_request archive = {};
    archive.struct_size = sizeof archive;
    archive.collection_count = 3;
    archive.collections = chosen.data();
    archive.path = str(path);
    must(vz_archive_export(engine, &archive, &error), "export");
    for (const char* name : {"sick", "sick and dropped"}) {
        files->push_back(file_of(engine, name));
        put(engine, name, Batch(10, 15), {});  // in the log alone
    }
    must(vz_engine_close(engine, &error), "close");
}

// A log with records of others behind those that are kept for a repair.
void live_second(const std::string& directory) {
    vz_engine* engine = open(directory);
    put(engine, "lasting", Batch(18, 22), {});
    must(vz_engine_close(engine, &error), "close");
}

// Edits of every kind that are not of an orderly close: a manifest holds those of its life.
void change_all(vz_engine* engine) {
    must(vz_collection_drop(engine, str("sick and dropped"), nullptr, &error), "drop");
    vz_change aliased = change_with(kAliased);
    change_alias(engine, "moved", "lasting", &aliased);
    change_alias(engine, "moved", "texts", nullptr);
    change_alias(engine, "gone", "texts", nullptr);
    change_alias(engine, "gone", "", nullptr);
    change_value(engine, "stays", "1");
    change_value(engine, "changes", "1");
    change_value(engine, "changes", std::string());
    change_value(engine, "goes", "1");
    change_value(engine, "goes", {});
    must(vz_snapshot_drop(engine, str("dropped"), nullptr, &error), "snapshot");
    const std::string renamed = "words";
    const vz_rename_request rename = {sizeof rename, 0, str(renamed)};
    must(vz_collection_rename(engine, str("texts"), &rename, nullptr, &error), "rename");
    restore(engine, "kept", "uuids", "uuids again");
    const vz_vector_field late = field("late", 2, VZ_EUCLIDEAN), image = field("image", kImageDim, VZ_DOT);
    const vz_field_index n = index_of(VZ_FIELD_INDEX_INTEGER, "n"), color = index_of(VZ_FIELD_INDEX_KEYWORD, "color");
    vz_alter_change metadata = change_of(VZ_ALTER_SET_METADATA), ttl = change_of(VZ_ALTER_SET_TTL);
    metadata.metadata = str(R"({"changed":[1,2]})");
    ttl.ttl_ms = 2 * kCentury;
    alter(engine, "lasting",
          {change_of(VZ_ALTER_ADD_VECTOR_FIELD, late), change_of(VZ_ALTER_DROP_FIELD_INDEX, n),
           change_of(VZ_ALTER_ADD_FIELD_INDEX, color), metadata});
    alter(engine, "numbers", {ttl});
    put(engine, "words", of_kind(2, 2), {});
    alter(engine, "words", {change_of(VZ_ALTER_DROP_VECTOR_FIELD, image)});
    vz_vector_field tuned = field("taxi", kWideDim, VZ_MANHATTAN);
    tuned.degree = 16;
    tuned.build_effort = 99;
    tuned.search_effort = 55;
    tuned.quantization = VZ_QUANTIZATION_UNCHANGED;
    alter(engine, "graphs", {change_of(VZ_ALTER_TUNE_VECTOR_FIELD, tuned)});
    put(engine, "lasting", Batch(20, 24), {});
    make_snapshot(engine, "late", {str("lasting")});
    checkpoint(engine);
}

// Records of every kind.
void write_all(vz_engine* engine) {
    put(engine, "lasting", Batch(22, 30), {.expires = true});
    put(engine, "lasting", Batch(30, 33), {});
    put(engine, "lasting", Batch(8, 10), {.vectors = false}, VZ_UPDATE);                   // times stay
    put(engine, "lasting", Batch(0, 2), {.payloads = false, .expires = true}, VZ_UPDATE);  // never
    put(engine, "lasting", Batch(4, 5), {.vectors = false, .images = true}, VZ_UPDATE);
    const Batch first(40, 43), gone(41, 42);
    vz_write_request rest = request_of(VZ_DELETE, gone);
    vz_write_request chain = request_of(VZ_UPSERT, first);
    chain.vectors = {first.values.data(), first.ids.size(), 0, kDim, VZ_F32};
    chain.next = &rest;
    write(engine, "lasting", chain);
    vz_write_request by_filter = {};
    by_filter.struct_size = sizeof by_filter;
    by_filter.kind = VZ_DELETE;
    const std::string filter = R"({"must":[{"key":"n","range":{"gte":12,"lt":14}}]})";
    by_filter.filter = str(filter);
    write(engine, "lasting", by_filter);
    vz_write_request clear = {};
    clear.struct_size = sizeof clear;
    clear.kind = VZ_CLEAR;
    write(engine, "cleared", clear);
    put(engine, "cleared", Batch(20, 22), {.payloads = false});
    make_holes(engine, 4);
    put(engine, "uuids again", Batch(0, 3), {});
    let_expire(engine, 5, 7);
    put(engine, "fleeting", Batch(8, 9), {});
}

// Its manifest ends as an orderly close leaves it: the records are in sealed files, their log has gone.
void write_closed(const std::string& directory) {
    vz_engine* engine = open(directory);
    create(engine, "closed", {field("", kDim, VZ_DOT)}, {});
    put(engine, "closed", Batch(0, 4), {.id = kWritten});
    checkpoint(engine);
    must(vz_engine_close(engine, &error), "close");
    std::filesystem::remove(directory + "/BALLAST");
}

// ---- asking ----

void tell_fields(vz_engine* engine, const std::string& collection, const Lines& tell) {
    vz_result* raw = nullptr;
    must(vz_collection_describe(engine, str(collection), &raw, &error), "describe");
    const Result result(raw);
    uint64_t count = 0;
    const auto* info = static_cast<const vz_collection_info*>(vz_result_items(raw, VZ_RESULT_COLLECTIONS, &count));
    for (uint32_t k = 0; k < info->schema->vector_field_count; ++k) {
        const vz_vector_field& one = info->schema->vector_fields[k];
        tell("field '" + text_of(one.name) + "' of " + collection + " index " + std::to_string(one.index) +
             " quantization " + std::to_string(one.quantization) + " efforts " + std::to_string(one.build_effort) +
             " " + std::to_string(one.search_effort) + " flags " + std::to_string(one.flags));
    }
}

void tell_walks(vz_engine* engine, const Lines& tell) {
    for (const std::string& name : kGraphFields) {
        std::vector<float> query = wide_vector(77, name);
        query[5] += 0.5F;
        vz_search_request walk = search_of(query, 5, 0), all = search_of(query, 5, VZ_SEARCH_EXACT);
        walk.effort = 1000;
        walk.field = all.field = str(name);
        tell_walk(name, hits_of(engine, "graphs", walk), hits_of(engine, "graphs", all), tell);
    }
    std::vector<uint64_t> counts(kDim);
    must(vz_component_counts(engine, str("graphs"), str("scanned"), counts.data(), kDim, &error), "counts");
    std::string line = "not zero";
    for (const uint64_t each : counts) line += " " + std::to_string(each);
    tell(line);
}

// Of fields that no point has, or only some in the log: in sealed rows, and made later than either.
void tell_empty_fields(vz_engine* engine, const Lines& tell) {
    for (const auto& [name, dim] : {std::pair{"image", kImageDim}, std::pair{"late", 2U}}) {
        const std::vector<float> query(dim, 1);
        vz_search_request request = search_of(query, 5, 0);
        request.field = {name, std::strlen(name)};
        tell_hits("lasting " + std::string(name), hits_of(engine, "lasting", request), tell);
    }
}

void tell_holes(vz_engine* engine, const Lines& tell) {
    vz_scan_request request = {};
    request.struct_size = sizeof request;
    request.limit = kPlainPoints;
    vz_result* raw = nullptr;
    must(vz_scan(engine, str("plain"), &request, &raw, &error), "scan");
    const Result result(raw);
    const vz_rows rows = rows_of(result);
    std::string line = "holes";
    uint64_t row = 0;
    for (uint32_t i = 0; i < kPlainPoints; ++i) {
        if (row < rows.count && text_of(rows.ids[row]) == std::to_string(i)) {
            ++row;
        } else {
            line += " " + std::to_string(i);
        }
    }
    tell(line);
}

// Done before: told again, and not done.
void tell_requests(vz_engine* engine, const Lines& tell) {
    tell_answer(put(engine, "numbers", Batch(0, 1), {.id = kWritten}), tell);
    vz_change created = change_with(kCreated), aliased = change_with(kAliased);
    create_lasting(engine, &created);
    change_alias(engine, "moved", "lasting", &aliased);
    for (const vz_change& each : {created, aliased})
        tell("change outcome " + std::to_string(each.outcome) + " at " + std::to_string(each.lsn));
}

void tell_closed(const std::string& directory, const Lines& tell) {
    vz_engine* engine = open(directory);
    tell("closed");
    tell_collections(engine, tell);
    tell_answer(put(engine, "closed", Batch(0, 1), {.id = kWritten}), tell);
    must(vz_engine_close(engine, &error), "close");
}

// Sealed files that are kept out of the way of everything; logs follow them when nobody else needs them.
void tell_set_aside(const std::string& directory, const Lines& tell) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/quarantine"))
        names.insert(entry.path().filename());
    for (const std::string& name : names) {
        if (name.starts_with("S-")) tell("set aside " + name);
    }
}

void tell_archive(const std::string& path, const Lines& tell) {
    const std::string directory = path + ".opened";
    std::filesystem::remove_all(directory);
    vz_engine* engine = open(directory);
    const vz_restore_request request = {sizeof request, 0, {}, str(path), {}, {}};
    must(vz_restore(engine, &request, nullptr, &error), "restore");
    tell("archive");
    tell_collections(engine, tell);
    must(vz_engine_close(engine, &error), "close");
}

}  // namespace

void write_rest(const std::string& directory) {
    write_closed(directory + ".closed");
    std::vector<std::string> files;
    live_first(directory, &files);
    damage(directory + "/" + files[0]);
    live_second(directory);
    damage(directory + "/" + files[1]);
    vz_engine* engine = open(directory);
    change_all(engine);
    write_all(engine);
    ::_exit(0);
}

void tell_rest(vz_engine* engine, const std::string& directory, const Lines& tell) {
    for (const char* name : {"graphs", "lasting", "words"}) tell_fields(engine, name, tell);
    tell_walks(engine, tell);
    tell_empty_fields(engine, tell);
    tell_holes(engine, tell);
    for (const std::string filter : {R"({"must":[{"key":"color","match":{"value":"red"}}]})",
                                     R"({"must":[{"key":"text","match":{"text":"dogs"}}]})",
                                     R"({"must":[{"key":"n","range":{"gte":10,"lt":28}}]})"})
        tell_count(engine, "lasting", filter, tell);
    tell_snapshots(engine, tell);
    tell_values(engine, tell);
    tell_requests(engine, tell);
    tell_set_aside(directory, tell);
    tell_archive(directory + ".archive", tell);
    tell_closed(directory + ".closed", tell);
}

// Its rows that are whole, and what the log has kept for it.
void tell_repair(const std::string& directory, const Lines& tell) {
    const std::string copy = directory + ".repaired";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(directory, copy, std::filesystem::copy_options::recursive);
    vz_directory_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_DIRECTORY_REPAIR;
    request.flags = VZ_DIRECTORY_ACCEPT_LOSS;
    vz_result* raw = nullptr;
    must(vz_directory_run(str(copy), &request, &raw, &error), "repair");
    vz_result_release(raw);
    vz_engine* engine = open(copy);
    tell("repaired");
    tell_points(engine, "sick", tell);
    must(vz_engine_close(engine, &error), "close");
}

}  // namespace vz::golden
