#include "frontends/codec/collection.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/rest/collection_item.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/notes.hpp"

namespace vz::rest {
namespace {

using json::Value;

enum PutId : uint32_t {
    kPutDescription,
    kPutMetadata,
    kPutGraph,
    kPutMetric,
    kPutSimilarityMetric,
    kPutDimension,
    kPutWait
};
constexpr json::Field kPutFields[] = {{"description", kPutDescription},
                                      {"metadata", kPutMetadata},
                                      {"hnsw_config", kPutGraph},
                                      {"metric", kPutMetric},
                                      {"similarity_metric", kPutSimilarityMetric},
                                      {"dimension", kPutDimension},
                                      {"wait", kPutWait}};
constexpr json::Field kPutGraphFields[] = {{"ef_search", 0}, {"m", 1}, {"ef_construction", 1}, {"ef_construct", 1}};

struct PutCall : ItemCall {
    std::string_view description;
    std::string_view metadata;
    uint64_t search_effort;
    vz_metric metric;
    std::string_view metric_field;  // as the request spells it
    uint64_t dimension;
    vz_vector_field field;
    vz_alter_change changes[2];
    vz_alter_request wanted;
};

bool read_put(PutCall& call) {
    json::Reader reader(view(call.view->body), call.arena);
    const bool good = reader.read(kPutFields, [&](uint32_t id, Value value) {
        if (id == kPutWait || reader.is_null(value)) return reader.skip(value);
        std::string_view text;
        switch (id) {
            case kPutDescription: return read_description(reader, value, call.description);
            case kPutMetadata: return read_metadata(reader, value, call.metadata);
            case kPutDimension: return reader.unsigned_integer(value, 1, VZ_DIM_MAX, call.dimension);
            case kPutMetric:
            case kPutSimilarityMetric: {
                if (!reader.string(value, text)) return false;
                const auto metric = codec::parse_metric(text);
                if (!metric) return reader.not_among(codec::kMetricNames);
                if (call.metric != 0 && call.metric != *metric)
                    return reader.mistake("given twice with different values");
                call.metric = *metric;
                call.metric_field = reader.spelling();
                return true;
            }
            default:
                return reader.object(value, kPutGraphFields, [&](uint32_t member, Value inner) {
                    if (reader.is_null(inner)) return true;
                    return member == 0 ? reader.unsigned_integer(inner, 1, VZ_EFFORT_MAX, call.search_effort)
                                       : reader.mistake("is changed by reindex");
                });
        }
    });
    if (!good) fail_reading(call, reader);
    return good;
}

void altered(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    on_worker(base, &answer_item);  // describing is not for completions
}

// False: the request was answered.
bool fits_present(PutCall& call, const vz_vector_field& present) {
    if (call.metric != 0 && call.metric != present.metric) {
        fail(call, codec::validation(call.metric_field, "cannot be changed"));
        return false;
    }
    if (call.dimension != 0 && call.dimension != present.dim) {
        fail(call, codec::validation("dimension", "cannot be changed"));
        return false;
    }
    return true;
}

void alter(Call& base) {
    auto& call = static_cast<PutCall&>(base);
    if (is_told_gone(call) || !describe(call, call.names.collection, call.info)) return;
    const vz_vector_field* present = codec::default_field(call.info->schema);
    if (present == nullptr) return fail(call, codec::validation("body", "the collection has no default vector field"));
    // A repeat is not judged by a collection that has the name since.
    const auto was_made = was_done(call, 0);
    if (!was_made || (!*was_made && !fits_present(call, *present))) return;

    uint32_t count = 0;
    if (call.description.data() != nullptr || call.metadata.data() != nullptr) {
        codec::CollectionNotes notes = codec::read_notes(call.info->schema->metadata);
        if (call.description.data() != nullptr) notes.description = call.description;
        if (call.metadata.data() != nullptr) notes.metadata = call.metadata;
        const std::string text = codec::write_notes(notes);
        const std::string_view kept = call.arena.copy(text.empty() ? std::string_view("{}") : std::string_view(text));
        if (kept.data() == nullptr) return fail(call, codec::overloaded());
        vz_alter_change& change = call.changes[count++];
        change.kind = VZ_ALTER_SET_METADATA;
        change.metadata = borrowed(kept);
    }
    if (call.search_effort != 0) {
        call.field = vz_vector_field{};
        call.field.struct_size = sizeof(vz_vector_field);
        call.field.kind = present->kind;
        call.field.dim = present->dim;
        call.field.metric = present->metric;
        call.field.element = present->element;
        call.field.quantization = VZ_QUANTIZATION_UNCHANGED;
        call.field.index = present->index;
        call.field.degree = present->degree;
        call.field.build_effort = present->build_effort;
        call.field.search_effort = static_cast<uint32_t>(call.search_effort);
        call.field.flags = present->flags;
        vz_alter_change& change = call.changes[count++];
        change.kind = VZ_ALTER_TUNE_VECTOR_FIELD;
        change.vector_field = &call.field;
    }
    vz_result_release(call.result);
    call.result = nullptr;
    if (count == 0) return answer_item(call);
    for (vz_alter_change& change : call.changes) change.struct_size = sizeof(vz_alter_change);
    call.wanted.struct_size = sizeof(vz_alter_request);
    call.wanted.change_count = count;
    call.wanted.changes = call.changes;
    call.change.request_id = request_id(call, 0);
    submit(call, VZ_OP_COLLECTION_ALTER, call.names.collection, &call.wanted, &call.change, &altered);
}

}  // namespace

void put_collection(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<PutCall>(request, view_in);
    if (call == nullptr || !wants_full(*call) || !read_put(*call) || !enter(*call, call->param(0), VZH_WRITE)) return;
    in_turn(*call, &alter);
}

}  // namespace vz::rest
