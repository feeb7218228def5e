// Root fields that create, change, rename and delete collections.
#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/text_collection.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"
#include "frontends/text/names.hpp"

namespace vz::graphql {
namespace {

FieldValue described(RootCall& call, std::string_view name) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    bool absent = false;
    const vz_collection_info* info = describe_if_present(call, name, absent);
    if (absent) call.fail(codec::gone_since(name));
    return info == nullptr ? FieldValue::null() : collection_value(info);
}

bool check_metadata(RootCall& call, const Input& metadata) {
    if (metadata.empty()) return true;
    if (metadata.kind != InputKind::kJson || !metadata.text.starts_with('{')) {
        call.fail(codec::validation("metadata", "must be an object"));
        return false;
    }
    if (metadata.text.size() <= codec::kMetadataBytesMax) return true;
    call.fail(codec::validation("metadata", "must be at most " + std::to_string(codec::kMetadataBytesMax) + " bytes"));
    return false;
}

bool check_description(RootCall& call, const Input& description) {
    if (description.text_or({}).size() <= codec::kDescriptionBytesMax) return true;
    call.fail(
        codec::validation("description", "must be at most " + std::to_string(codec::kDescriptionBytesMax) + " bytes"));
    return false;
}

vz_metric metric_of(std::string_view name) {
    if (name == "EUCLIDEAN") return VZ_EUCLIDEAN;
    if (name == "DOT_PRODUCT") return VZ_DOT;
    if (name == "MANHATTAN") return VZ_MANHATTAN;
    return VZ_COSINE;
}

vz_quantization quantization_of(std::string_view name) {
    if (name == "NONE") return VZ_QUANTIZATION_NONE;
    if (name == "SQ8") return VZ_QUANTIZATION_SQ8;
    return VZ_QUANTIZATION_AUTO;
}

// Options that this release does not have are refused unless they ask for what is anyway.
bool check_features(RootCall& call, const Input& input) {
    const Input& shards = input["shardCount"];
    const std::string_view provider = input["embeddingProvider"].text_or("none");
    if (!shards.empty() && shards.integer != 1) {
        call.fail(codec::unimplemented("shardCount"));
    } else if (input["enableGraph"].boolean_or(false)) {
        call.fail(codec::unimplemented("enableGraph"));
    } else if (provider != "none" && provider != "bm25") {
        call.fail(codec::unsupported("unsupported_provider", "embeddingProvider", provider));
    }
    return call.failure == nullptr;
}

bool read_new_collection(RootCall& call, const Input& input, codec::NewCollection& wanted) {
    int64_t dimension = 0;
    int64_t degree = 0;
    int64_t build_effort = 0;
    int64_t search_effort = 0;
    if (!read_number(call, input["dimension"], "dimension", 1, VZ_DIM_MAX, 0, dimension) ||
        !read_number(call, input["hnswM"], "hnswM", VZ_DEGREE_MIN / 2, VZ_DEGREE_MAX / 2, 0, degree) ||
        !read_number(call, input["hnswEfConstruction"], "hnswEfConstruction", VZ_BUILD_EFFORT_MIN, VZ_BUILD_EFFORT_MAX,
                     0, build_effort) ||
        !read_number(call, input["hnswEfSearch"], "hnswEfSearch", 0, VZ_EFFORT_MAX, 0, search_effort)) {
        return false;
    }
    wanted.name = input["name"].text;
    wanted.dimension = static_cast<uint32_t>(dimension);
    wanted.metric = metric_of(input["metric"].text_or({}));
    wanted.quantization = quantization_of(input["quantization"].text_or({}));
    wanted.degree = static_cast<uint32_t>(degree) * 2;
    wanted.build_effort = static_cast<uint32_t>(build_effort);
    wanted.search_effort = static_cast<uint32_t>(search_effort);
    return true;
}

struct Creation {
    vz_field_index lexical;
    vz_vector_field field;
    vz_schema schema;
};

// What of texts the collection is to do. False: the field has failed.
bool add_texts(RootCall& call, const Input& input, codec::NewCollection& wanted, codec::CollectionNotes& notes,
               vz_field_index& index) {
    if (input["embeddingProvider"].text_or("none") == "bm25") {
        if (wanted.dimension < codec::kTextDimensionMin) {
            call.fail(codec::validation("dimension", "must be at least 16 for a text embedding"));
            return false;
        }
        notes.text = codec::text_note(wanted.dimension, "none");
        wanted.field_flags = VZ_FIELD_COUNT_NONZERO;
    }
    const Input& lexical = input["lexical"];
    if (lexical.empty()) return true;
    const codec::Lexical asked{codec::stemmer_named(lexical["stemmer"].text_or("none")),
                               lexical["source"].text_or("content")};
    if (asked.stemmer.empty()) {
        call.fail(codec::validation("lexical.stemmer",
                                    "no such stemmer; there are none and the languages of Snowball, by name or code"));
        return false;
    }
    notes.lexical = codec::lexical_note(asked);
    index = codec::lexical_index(asked);
    call.names.lexical_index = 0;
    wanted.field_indexes = {&index, 1};
    return true;
}

void create_begin(RootCall& call) {
    const Input& input = call.argument("input");
    const std::string_view name = input["name"].text;
    call.names.collection = name;
    if (const char* why = text::refuse_collection_name(name))
        return call.fail(name.empty() ? codec::invalid_configuration("name", why) : codec::validation("name", why));
    codec::NewCollection wanted;
    if (!check_features(call, input) || !read_new_collection(call, input, wanted)) return;
    if (!check_metadata(call, input["metadata"]) || !check_description(call, input["description"])) return;
    codec::CollectionNotes notes;
    notes.description = input["description"].text_or({});
    if (!input["metadata"].empty()) notes.metadata = input["metadata"].text;
    Creation* creation = call.make<Creation>();
    call.state = creation;
    if (!add_texts(call, input, wanted, notes, creation->lexical)) return;
    const std::string_view metadata = call.arena->copy_text(codec::write_notes(notes));
    codec::fill_schema(wanted, metadata.empty() ? vz_str{} : text::borrowed(metadata), creation->field,
                       creation->schema);
    call.expect(1);
    call.engine_calls[0].change.request_id = call.request_id();
    call.set(0, VZ_OP_COLLECTION_CREATE, name, &creation->schema, &call.engine_calls[0].change);
}
// A collection that was dropped since it was made, so that a repeated request finds none: as it was asked for. When it
// was made is not known any more.
const vz_collection_info* as_made(RootCall& call, std::string_view name) {
    vz_collection_info* info = call.make<vz_collection_info>();
    info->struct_size = sizeof *info;
    info->name = text::borrowed(name);
    info->schema = &static_cast<const Creation*>(call.state)->schema;
    info->created_ms = codec::now_unix_ms();
    return info;
}

FieldValue create_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    const std::string_view name = call.argument("input")["name"].text;
    bool absent = false;
    const vz_collection_info* info = describe_if_present(call, name, absent);
    if (absent) info = as_made(call, name);
    return info == nullptr ? FieldValue::null() : collection_value(info);
}

struct Alteration {
    vz_vector_field field;
    vz_alter_change changes[2];
    vz_alter_request request;
};

void submit_update(RootCall& call, Alteration& alteration, uint32_t count) {
    for (vz_alter_change& change : alteration.changes) change.struct_size = sizeof change;
    alteration.request = {sizeof alteration.request, count, alteration.changes};
    call.expect(1);
    call.engine_calls[0].change.request_id = call.request_id();
    call.set(0, VZ_OP_COLLECTION_ALTER, call.argument("name").text, &alteration.request, &call.engine_calls[0].change);
}

void update_begin(RootCall& call) {
    const std::string_view name = call.argument("name").text;
    const Input& input = call.argument("input");
    int64_t search_effort = 0;
    if (!read_number(call, input["hnswEfSearch"], "hnswEfSearch", 0, VZ_EFFORT_MAX, -1, search_effort)) return;
    if (!check_metadata(call, input["metadata"]) || !check_description(call, input["description"])) return;
    if (!call.in_turn(name)) return;
    Alteration* alteration = call.make<Alteration>();
    bool absent = false;
    const vz_collection_info* info = describe_if_present(call, name, absent);
    // The engine tells whether that is so, or the request was done before.
    if (absent) return submit_update(call, *alteration, 1);
    if (info == nullptr) return;
    call.state = info;
    uint32_t count = 0;
    if (!input["description"].empty() || !input["metadata"].empty()) {
        codec::CollectionNotes notes;
        if (info->schema != nullptr) notes = codec::read_notes(info->schema->metadata);
        if (!input["description"].empty()) notes.description = input["description"].text;
        if (!input["metadata"].empty()) notes.metadata = input["metadata"].text;
        vz_alter_change& change = alteration->changes[count++];
        change.kind = VZ_ALTER_SET_METADATA;
        // An absent text would keep what is there.
        const std::string written = codec::write_notes(notes);
        change.metadata =
            text::borrowed(call.arena->copy_text(written.empty() ? std::string_view("{}") : std::string_view(written)));
    }
    if (search_effort >= 0) {
        const vz_vector_field* field = default_vector(*info);
        if (field == nullptr)
            return call.fail(codec::validation("hnswEfSearch", "the collection has no default vector field"));
        alteration->field = *field;
        alteration->field.struct_size = sizeof alteration->field;
        alteration->field.search_effort = static_cast<uint32_t>(search_effort);
        alteration->field.quantization = VZ_QUANTIZATION_UNCHANGED;
        vz_alter_change& change = alteration->changes[count++];
        change.kind = VZ_ALTER_TUNE_VECTOR_FIELD;
        change.vector_field = &alteration->field;
    }
    if (count != 0) submit_update(call, *alteration, count);
}
FieldValue update_finish(RootCall& call) {
    if (call.engine_calls.empty()) return collection_value(static_cast<const vz_collection_info*>(call.state));
    return described(call, call.argument("name").text);
}

void rename_begin(RootCall& call) {
    const std::string_view to = call.argument("newName").text;
    if (const char* why = text::refuse_collection_name(to)) return call.fail(codec::validation("newName", why));
    auto* request = call.make<vz_rename_request>();
    request->struct_size = sizeof *request;
    request->flags = call.argument("retainAlias").boolean_or(true) ? VZ_RENAME_KEEP_ALIAS : 0;
    request->to = text::borrowed(to);
    call.expect(1);
    call.engine_calls[0].change.request_id = call.request_id();
    call.names.named_by = "name";
    call.set(0, VZ_OP_COLLECTION_RENAME, call.argument("name").text, request, &call.engine_calls[0].change);
}
FieldValue rename_finish(RootCall& call) {
    if (call.engine_calls[0].op.status == VZ_ALREADY_EXISTS) call.names.collection = call.argument("newName").text;
    return described(call, call.argument("newName").text);
}

void drop_begin(RootCall& call) {
    call.expect(1);
    call.engine_calls[0].change.request_id = call.request_id();
    call.names.named_by = "name";
    call.set(0, VZ_OP_COLLECTION_DROP, call.argument("name").text, nullptr, &call.engine_calls[0].change);
}
FieldValue drop_finish(RootCall& call) {
    const EngineCall& dropped = call.engine_calls[0];
    const bool absent = dropped.op.status == VZ_NOT_FOUND;
    if (!absent && call.failed(dropped)) return FieldValue::null();
    const std::string name(call.argument("name").text);
    const std::string message = absent ? "Collection not found: " + name : "Collection '" + name + "' deleted";
    auto* view =
        call.arena->make<MutationView>(!absent, call.arena->copy_text(message), int64_t{-1}, dropped.change.lsn);
    return FieldValue::of_object(view);
}

constexpr RootResolver kDefinitionRoots[] = {
    {"MutationRoot", "createCollection", "Failed to create collection: ", "input.name", create_begin, create_finish},
    {"MutationRoot", "updateCollection", "Failed to update collection: ", "name", update_begin, update_finish},
    {"MutationRoot", "renameCollection", "Failed to rename collection: ", "newName name", rename_begin, rename_finish},
    {"MutationRoot", "deleteCollection", "Failed to delete collection: ", "name", drop_begin, drop_finish},
};

}  // namespace

std::span<const RootResolver> definition_roots() { return kDefinitionRoots; }

}  // namespace vz::graphql
