#include <optional>

#include "frontends/codec/collection.hpp"
#include "frontends/codec/expiry.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/index_fields.hpp"
#include "frontends/rest/notes.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

using json::Value;

enum CreateId : uint32_t {
    kName,
    kDimension,
    kMetric,
    kSimilarityMetric,  // the same, spelt apart: two names of one metric are alike
    kConfig,
    kProvider,
    kText,
    kGraphConfig,
    kQuantization,
    kDescription,
    kMetadata,
    kTtl,
    kLexical,
    kFieldIndexes,
    kGraph,
    kWait,
};

constexpr json::Field kCreateFields[] = {{"name", kName},
                                         {"dimension", kDimension},
                                         {"metric", kMetric},
                                         {"similarity_metric", kSimilarityMetric},
                                         {"config", kConfig},
                                         {"embedding_provider", kProvider},
                                         {"text", kText},
                                         {"hnsw_config", kGraphConfig},
                                         {"quantization", kQuantization},
                                         {"description", kDescription},
                                         {"metadata", kMetadata},
                                         {"ttl_secs", kTtl},
                                         {"lexical", kLexical},
                                         {"field_indexes", kFieldIndexes},
                                         {"graph", kGraph},
                                         {"wait", kWait}};
constexpr json::Field kConfigFields[] = {
    {"dimension", kDimension}, {"metric", kMetric}, {"similarity_metric", kSimilarityMetric}};
constexpr json::Field kGraphConfigFields[] = {{"m", 0}, {"ef_construction", 1}, {"ef_construct", 1}, {"ef_search", 2}};
constexpr json::Field kQuantizationFields[] = {{"type", 0}, {"bits", 1}, {"enabled", 2}};
constexpr json::Field kGraphFields[] = {{"enabled", 0}};

constexpr std::string_view kQuantizations[] = {"auto", "none", "sq8"};

struct CreateCall : Call {
    codec::NewCollection wanted;
    std::string_view metric_text;
    std::string_view description;
    std::string_view metadata;
    std::string_view provider;
    std::string_view stemmer;  // absent: `text` was not sent
    std::optional<codec::Lexical> lexical;
    uint8_t dimension_sent;
    vz_vector_field field;
    vz_schema schema;
    const char* feature;  // what was asked for and is not here
};

bool read_graph_config(json::Reader& reader, Value value, codec::NewCollection& wanted) {
    return reader.object(value, kGraphConfigFields, [&](uint32_t id, Value member) {
        if (reader.is_null(member)) return true;
        constexpr uint64_t kLeast[] = {VZ_DEGREE_MIN / 2, VZ_BUILD_EFFORT_MIN, 1};
        constexpr uint64_t kMost[] = {VZ_DEGREE_MAX / 2, VZ_BUILD_EFFORT_MAX, VZ_EFFORT_MAX};
        uint64_t number = 0;
        if (!reader.unsigned_integer(member, kLeast[id], kMost[id], number)) return false;
        const auto narrow = static_cast<uint32_t>(number);
        (id == 0   ? wanted.degree
         : id == 1 ? wanted.build_effort
                   : wanted.search_effort) = id == 0 ? narrow * 2 : narrow;
        return true;
    });
}

bool read_quantization(json::Reader& reader, Value value, vz_quantization& quantization) {
    std::string_view type;
    std::optional<uint64_t> bits;
    bool enabled = true;
    if (reader.kind(value) == json::Kind::kString) {
        if (!reader.string(value, type)) return false;
    } else {
        const bool good = reader.object(value, kQuantizationFields, [&](uint32_t id, Value member) {
            if (reader.is_null(member)) return true;
            return id == 0   ? reader.string(member, type)
                   : id == 1 ? reader.unsigned_integer(member, 0, 64, bits.emplace())
                             : reader.boolean(member, enabled);
        });
        if (!good) return false;
        if (!enabled && type.data() == nullptr) type = "none";
        if (type.data() == nullptr) return reader.mistake("type", "required");
        if (!enabled && type != "none") return reader.mistake("enabled", "false goes with type \"none\" only");
    }
    if (type == "auto") {
        quantization = VZ_QUANTIZATION_AUTO;
    } else if (type == "none") {
        quantization = VZ_QUANTIZATION_NONE;
    } else if (type == "sq8" || type == "scalar" || type == "sq") {
        quantization = VZ_QUANTIZATION_SQ8;
    } else {
        return reader.not_among(kQuantizations);
    }
    const uint64_t own_bits = type == "none" ? 0 : 8;
    return bits.value_or(own_bits) == own_bits || reader.not_among(kQuantizations);
}

bool read_dimension(json::Reader& reader, Value value, CreateCall& call) {
    uint64_t number = 0;
    if (!reader.unsigned_integer(value, 1, VZ_DIM_MAX, number)) return false;
    if (call.dimension_sent != 0 && call.wanted.dimension != number)
        return reader.mistake("given twice with different values");
    call.dimension_sent = 1;
    call.wanted.dimension = static_cast<uint32_t>(number);
    return true;
}

bool read_metric(json::Reader& reader, Value value, CreateCall& call) {
    std::string_view text;
    if (!reader.string(value, text)) return false;
    const auto metric = codec::parse_metric(text);
    if (!metric) return reader.not_among(codec::kMetricNames);
    if (call.metric_text.data() != nullptr && call.wanted.metric != *metric)
        return reader.mistake("given twice with different values");
    call.metric_text = text;
    call.wanted.metric = *metric;
    return true;
}

bool read_create_field(json::Reader& reader, uint32_t id, Value value, CreateCall& call,
                       List<vz_field_index>& indexes) {
    if (id == kWait || reader.is_null(value)) return reader.skip(value);
    bool enabled = false;
    int64_t seconds = 0;
    switch (id) {
        case kName: return reader.string(value, call.wanted.name);
        case kDimension: return read_dimension(reader, value, call);
        case kMetric:
        case kSimilarityMetric: return read_metric(reader, value, call);
        case kConfig:
            return reader.object(value, kConfigFields, [&](uint32_t member, Value inner) {
                if (reader.is_null(inner)) return true;
                return member == kDimension ? read_dimension(reader, inner, call) : read_metric(reader, inner, call);
            });
        case kProvider: return reader.string(value, call.provider);
        case kGraphConfig: return read_graph_config(reader, value, call.wanted);
        case kQuantization: return read_quantization(reader, value, call.wanted.quantization);
        case kDescription: return read_description(reader, value, call.description);
        case kMetadata: return read_metadata(reader, value, call.metadata);
        case kTtl:
            if (!reader.integer(value, 1, codec::kTtlSecondsMax, seconds)) return false;
            call.wanted.ttl_ms = seconds * 1000;
            return true;
        case kLexical: return read_lexical(reader, value, call.lexical);
        case kText: return read_text_settings(reader, value, call.stemmer);
        case kFieldIndexes: return read_field_indexes(reader, value, indexes);
        default:
            return reader.object(value, kGraphFields, [&](uint32_t, Value inner) {
                if (reader.is_null(inner)) return true;
                if (!reader.boolean(inner, enabled)) return false;
                if (enabled) call.feature = "graph";
                return true;
            });
    }
}

// What of texts the collection is to do: its notes, and what the engine has to keep for it.
codec::Failure add_texts(CreateCall& call, List<vz_field_index>& indexes, codec::CollectionNotes& notes) {
    const bool is_bound = call.provider == "bm25";
    if (!is_bound && call.provider.data() != nullptr && call.provider != "none") {
        return codec::unsupported("unsupported_provider", "embedding_provider", call.provider);
    }
    if (!is_bound && call.stemmer.data() != nullptr)
        return codec::validation("text", "needs `embedding_provider` \"bm25\"");
    if (is_bound) {
        if (call.wanted.dimension < codec::kTextDimensionMin)
            return codec::validation("dimension", "must be at least 16 for a text embedding");
        notes.text = codec::text_note(call.wanted.dimension, call.stemmer.data() == nullptr ? "none" : call.stemmer);
        call.wanted.field_flags = VZ_FIELD_COUNT_NONZERO;
    }
    if (call.lexical) {
        notes.lexical = codec::lexical_note(*call.lexical);
        call.names.lexical_index = indexes.size();
        if (!indexes.add(codec::lexical_index(*call.lexical))) return codec::overloaded();
    }
    call.wanted.field_indexes = {indexes.data(), indexes.size()};
    return {};
}

void write_created(Call& base, json::Writer& out) {
    auto& call = static_cast<CreateCall&>(base);
    const std::string_view name = call.wanted.name;
    out.begin_object();
    out.field("message", std::string("Collection '").append(name).append("' created successfully"));
    out.field("collection", name);
    out.field("name", name);
    out.field("dimension", uint64_t{call.wanted.dimension});
    out.field("metric", call.metric_text.data() == nullptr ? std::string_view("cosine") : call.metric_text);
    out.end_object();
}

void created(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    deliver(base, 0, &write_created);
}

}  // namespace

void create_collection(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<CreateCall>(request, view_in);
    if (call == nullptr) return;
    List<vz_field_index> indexes(call->arena);
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(
        kCreateFields, [&](uint32_t id, Value value) { return read_create_field(reader, id, value, *call, indexes); });
    if (!good) return fail_reading(*call, reader);
    const std::string_view name = call->wanted.name;
    if (name.data() == nullptr) return fail(*call, codec::validation("name", "required"));
    if (const char* reason = text::refuse_collection_name(name)) {
        return fail(*call,
                    name.empty() ? codec::invalid_configuration("name", reason) : codec::validation("name", reason));
    }
    if (call->feature != nullptr) return fail(*call, codec::unimplemented(call->feature));
    if (!enter(*call, name, VZH_WRITE)) return;

    codec::CollectionNotes notes;
    notes.description = call->description;
    if (call->metadata.data() != nullptr) notes.metadata = call->metadata;
    if (const codec::Failure failure = add_texts(*call, indexes, notes); codec::is_failure(failure))
        return fail(*call, failure);
    const std::string text = codec::write_notes(notes);
    std::string_view kept;
    if (!text.empty()) {
        kept = call->arena.copy(text);
        if (kept.data() == nullptr) return fail(*call, codec::overloaded());
    }
    codec::fill_schema(call->wanted, borrowed(kept), call->field, call->schema);
    call->change.request_id = request_id(*call, 0);
    submit(*call, VZ_OP_COLLECTION_CREATE, name, &call->schema, &call->change, &created);
}

}  // namespace vz::rest
