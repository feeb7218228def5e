#include "frontends/codec/collection.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>

#include "frontends/codec/element.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::codec {
namespace {

using json::Value;

// Blocks for one small parse.
struct Scratch {
    std::vector<std::unique_ptr<char[]>> blocks;
    static void* take(void* owner, uint64_t bytes, uint64_t align) {
        auto& self = *static_cast<Scratch*>(owner);
        uint64_t room = bytes + align;
        self.blocks.push_back(std::make_unique<char[]>(room));
        void* place = self.blocks.back().get();
        return std::align(align, bytes, place, room);
    }
};

bool is_empty_object(std::string_view json) {
    return json.empty() || (json.front() == '{' && json.find_first_not_of("{} \t\r\n") == std::string_view::npos);
}

struct Quantized {
    bool enabled;
    const char* type;
    uint64_t bits;
};
Quantized quantized(const vz_vector_field* field) {
    if (field != nullptr && field->quantization == VZ_QUANTIZATION_SQ8) return {true, "SQ { bits: 8 }", 8};
    return {false, "None", 0};
}

void write_size(json::Writer& out, const vz_collection_stats& stats) {
    out.key("size");
    out.begin_object();
    out.field("total", size_text(data_bytes(stats)));
    out.field("total_bytes", data_bytes(stats));
    out.field("index", size_text(stats.index_bytes));
    out.field("index_bytes", stats.index_bytes);
    out.field("payload", size_text(stats.payload_bytes));
    out.field("payload_bytes", stats.payload_bytes);
    out.end_object();
}

void write_indexing(json::Writer& out, const vz_collection_info& info, const vz_collection_stats& stats,
                    std::string_view created, std::string_view updated) {
    const bool complete = stats.unindexed_rows == 0;
    const uint64_t indexed = stats.points - (stats.unindexed_rows < stats.points ? stats.unindexed_rows : stats.points);
    out.key("indexing_status");
    out.begin_object();
    out.field("status", complete ? "completed" : "indexing");
    out.key("progress");
    if (complete) {
        out.raw("1.0");
    } else {
        out.float64(stats.points == 0 ? 0.0 : static_cast<double>(indexed) / static_cast<double>(stats.points));
    }
    out.field("total_documents", stats.points);
    out.field("processed_documents", indexed);
    out.field("errors", uint64_t{info.damage.size == 0 ? 0u : 1u});
    out.field("start_time", created);
    if (complete) {
        out.field("end_time", updated);
    } else {
        out.field_null("end_time");
    }
    out.end_object();
}

void write_full(json::Writer& out, const vz_collection_info& info, const vz_collection_stats& stats,
                const vz_vector_field* field, const CollectionNotes& notes,
                const std::function<bool(vz_str alias)>& sees) {
    out.field("similarity_metric", metric_name(field == nullptr ? 0 : field->metric));
    out.field("description", notes.description);
    out.field_raw("metadata", notes.metadata);
    out.key("aliases");
    out.begin_array();
    for (uint32_t i = 0; i < info.alias_count; ++i) {
        if (sees(info.aliases[i])) out.string(text::view(info.aliases[i]));
    }
    out.end_array();

    out.key("hnsw_config");
    out.begin_object();
    out.field("m", uint64_t{field == nullptr || field->degree == 0 ? 16 : field->degree / 2});
    out.field("ef_construction", uint64_t{field == nullptr || field->build_effort == 0 ? 128 : field->build_effort});
    if (field == nullptr || field->search_effort == 0) {
        out.field_null("ef_search");
    } else {
        out.field("ef_search", uint64_t{field->search_effort});
    }
    out.end_object();

    out.key("quantization_config");
    out.begin_object();
    const vz_quantization kind = field == nullptr ? VZ_QUANTIZATION_AUTO : field->quantization;
    out.field("type", kind == VZ_QUANTIZATION_SQ8 ? "sq8" : kind == VZ_QUANTIZATION_NONE ? "none" : "auto");
    out.end_object();

    if (notes.text.empty()) {
        out.field_null("text");
    } else {
        out.field_raw("text", notes.text);
    }
    if (info.schema == nullptr || info.schema->ttl_ms == 0) {
        out.field_null("ttl_secs");
    } else {
        out.field_integer("ttl_secs", info.schema->ttl_ms / 1000);
    }
    out.field("size_bytes", data_bytes(stats));
    out.field("lsn", stats.last_lsn);
}

}  // namespace

bool read_small_object(std::string_view json, std::span<const json::Field> fields,
                       const std::function<bool(json::Reader& reader, uint32_t id, json::Value value)>& on_field,
                       Failure* failure) {
    std::string padded(json);
    padded.append(json::kPadding, ' ');
    Scratch scratch;
    json::Reader reader({padded.data(), json.size()}, {&scratch, &Scratch::take});
    const bool good = reader.read(fields, [&](uint32_t id, Value value) { return on_field(reader, id, value); });
    if (!good && failure != nullptr) *failure = from_reader(reader.error());
    return good;
}

CollectionNotes read_notes(vz_str schema_metadata) {
    CollectionNotes notes;
    if (schema_metadata.size == 0) return notes;
    constexpr json::Field kFields[] = {{"description", 0}, {"metadata", 1}, {"text", 2}, {"lexical", 3}};
    CollectionNotes found;
    const bool good =
        read_small_object(text::view(schema_metadata), kFields, [&](json::Reader& reader, uint32_t id, Value value) {
            std::string_view text;
            if (!(id == 0 ? reader.string(value, text) : reader.raw_object(value, text))) return false;
            (id == 0 ? found.description : id == 1 ? found.metadata : id == 2 ? found.text : found.lexical) = text;
            return true;
        });
    // Written by another frontend of ours, or by none: what is not understood is not shown.
    return good ? found : notes;
}

std::string write_notes(const CollectionNotes& notes) {
    if (notes.description.empty() && is_empty_object(notes.metadata) && notes.text.empty() && notes.lexical.empty())
        return {};
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        if (!notes.description.empty()) out.field("description", notes.description);
        if (!is_empty_object(notes.metadata)) out.field_raw("metadata", notes.metadata);
        if (!notes.text.empty()) out.field_raw("text", notes.text);
        if (!notes.lexical.empty()) out.field_raw("lexical", notes.lexical);
        out.end_object();
    }
    return text.text();
}

void fill_schema(const NewCollection& wanted, vz_str metadata, vz_vector_field& field, vz_schema& schema) {
    field = vz_vector_field{};
    field.struct_size = sizeof field;
    field.kind = VZ_VECTOR_DENSE;
    field.dim = wanted.dimension;
    field.metric = wanted.metric;
    field.quantization = wanted.quantization;
    field.degree = wanted.degree;
    field.build_effort = wanted.build_effort;
    field.search_effort = wanted.search_effort;
    field.flags = wanted.field_flags;
    schema = vz_schema{};
    schema.struct_size = sizeof schema;
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    schema.field_indexes = wanted.field_indexes.data();
    schema.field_index_count = static_cast<uint32_t>(wanted.field_indexes.size());
    schema.metadata = metadata;
    schema.ttl_ms = wanted.ttl_ms;
}

const vz_vector_field* default_field(const vz_schema* schema) {
    if (schema == nullptr) return nullptr;
    for (uint32_t i = 0; i < schema->vector_field_count; ++i) {
        const vz_vector_field* field = element_at(schema->vector_fields, i);
        if (field->name.size == 0) return field;
    }
    return nullptr;
}

std::string_view state_name(uint32_t state) {
    switch (state) {
        case VZ_STATE_READ_ONLY: return "read_only";
        case VZ_STATE_QUARANTINED: return "quarantined";
        default: return "ready";
    }
}

std::string size_text(uint64_t bytes) {
    constexpr const char* kUnits[] = {"KB", "MB", "GB"};
    double amount = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; amount >= 1024 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
    char text[48];
    const int size = std::snprintf(text, sizeof text, "%.1f %s", amount, kUnits[unit]);
    return std::string(text, static_cast<size_t>(size));
}

void write_item(json::Writer& out, const vz_collection_info& info, bool full,
                const std::function<bool(vz_str alias)>& sees) {
    vz_collection_stats stats{};
    if (info.stats != nullptr) std::memcpy(&stats, info.stats, std::min<size_t>(info.stats->struct_size, sizeof stats));
    const vz_vector_field* field = default_field(info.schema);
    const CollectionNotes notes = read_notes(info.schema == nullptr ? vz_str{} : info.schema->metadata);
    const std::string created = rfc3339(info.created_ms);
    const std::string updated = rfc3339(stats.updated_ms == 0 ? info.created_ms : stats.updated_ms);
    const Quantized quantization = quantized(field);

    out.begin_object();
    out.field("name", text::view(info.name));
    out.field("vector_count", stats.points);
    out.field("document_count", stats.points);
    out.field("dimension", uint64_t{field == nullptr ? 0 : field->dim});
    out.field("metric", metric_title(field == nullptr ? 0 : field->metric));
    out.field("embedding_provider", notes.text.empty() ? "none" : "bm25");
    write_size(out, stats);
    out.key("quantization");
    out.begin_object();
    out.field_boolean("enabled", quantization.enabled);
    out.field("type", quantization.type);
    out.field("bits", quantization.bits);
    out.end_object();
    out.field_raw("normalization", R"({"enabled":false,"level":"Disabled"})");
    out.field("created_at", created);
    out.field("updated_at", updated);
    out.field("status", state_name(stats.state));
    write_indexing(out, info, stats, created, updated);
    if (full) write_full(out, info, stats, field, notes, sees);
    out.end_object();
}

}  // namespace vz::codec
