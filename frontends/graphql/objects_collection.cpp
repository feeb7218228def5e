// Fields of a collection and of its schema.
#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

const vz_collection_info& info(const FieldCall& call) {
    return *static_cast<const vz_collection_info*>(call.source.object);
}
const vz_vector_field& field(const FieldCall& call) {
    static constexpr vz_vector_field kUnknown{};
    const vz_vector_field* found = default_vector(info(call));
    return found == nullptr ? kUnknown : *found;
}
const vz_collection_stats& stats(const FieldCall& call) {
    static constexpr vz_collection_stats kUnknown{};
    return info(call).stats == nullptr ? kUnknown : *info(call).stats;
}
codec::CollectionNotes notes(const FieldCall& call) {
    return info(call).schema == nullptr ? codec::CollectionNotes() : codec::read_notes(info(call).schema->metadata);
}
FieldValue time(const FieldCall& call, int64_t unix_ms) {
    return FieldValue::of_text(call.arena.copy_text(codec::rfc3339(unix_ms)));
}

FieldValue name(const FieldCall& call) { return FieldValue::of_text(text::view(info(call).name)); }
FieldValue always_null(const FieldCall&) { return FieldValue::null(); }
FieldValue always_false(const FieldCall&) { return FieldValue::of_boolean(false); }
FieldValue created(const FieldCall& call) { return time(call, info(call).created_ms); }
FieldValue updated(const FieldCall& call) {
    return time(call, stats(call).updated_ms == 0 ? info(call).created_ms : stats(call).updated_ms);
}
FieldValue points(const FieldCall& call) { return FieldValue::of_count(stats(call).points); }
FieldValue config(const FieldCall& call) { return FieldValue::of_object(&info(call)); }
FieldValue status(const FieldCall& call) {
    switch (stats(call).state) {
        case VZ_STATE_READ_ONLY: return FieldValue::of_text("READ_ONLY");
        case VZ_STATE_QUARANTINED: return FieldValue::of_text("QUARANTINED");
        default: return FieldValue::of_text(info(call).damage.size == 0 ? "READY" : "QUARANTINED");
    }
}
FieldValue description(const FieldCall& call) {
    return FieldValue::of_text(call.arena.copy_text(notes(call).description));
}
FieldValue metadata(const FieldCall& call) { return FieldValue::of_json(call.arena.copy_text(notes(call).metadata)); }
FieldValue aliases(const FieldCall& call) {
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return FieldValue::of_text(text::view(static_cast<const vz_str*>(list.object)[index]));
    };
    return FieldValue::of_list(info(call).alias_count, kItem, info(call).aliases);
}
FieldValue size_bytes(const FieldCall& call) { return FieldValue::of_count(codec::data_bytes(stats(call))); }
FieldValue indexed_share(const FieldCall& call) {
    const vz_collection_stats& figures = stats(call);
    if (figures.points == 0) return FieldValue::of_double(1.0);
    const uint64_t missing = figures.unindexed_rows < figures.points ? figures.unindexed_rows : figures.points;
    return FieldValue::of_double(1.0 - static_cast<double>(missing) / static_cast<double>(figures.points));
}

FieldValue dimension(const FieldCall& call) { return FieldValue::of_count(field(call).dim); }
FieldValue metric(const FieldCall& call) {
    switch (field(call).metric) {
        case VZ_COSINE: return FieldValue::of_text("COSINE");
        case VZ_EUCLIDEAN: return FieldValue::of_text("EUCLIDEAN");
        case VZ_DOT: return FieldValue::of_text("DOT_PRODUCT");
        case VZ_MANHATTAN: return FieldValue::of_text("MANHATTAN");
        default: return FieldValue::null();
    }
}
FieldValue graph_config(const FieldCall& call) { return FieldValue::of_object(&info(call)); }
FieldValue storage_type(const FieldCall&) { return FieldValue::of_text("MMAP"); }
FieldValue quantization(const FieldCall& call) {
    switch (field(call).quantization) {
        case VZ_QUANTIZATION_NONE: return FieldValue::of_text("NONE");
        case VZ_QUANTIZATION_SQ8: return FieldValue::of_text("SQ8");
        default: return FieldValue::of_text("AUTO");
    }
}
FieldValue embedding_provider(const FieldCall& call) {
    return FieldValue::of_text(notes(call).text.empty() ? "none" : "bm25");
}

// Zero stands for the engine's defaults of types.h.
FieldValue degree(const FieldCall& call) {
    return FieldValue::of_count(field(call).degree == 0 ? 16 : field(call).degree / 2);
}
FieldValue build_effort(const FieldCall& call) {
    return FieldValue::of_count(field(call).build_effort == 0 ? 128 : field(call).build_effort);
}
FieldValue search_effort(const FieldCall& call) { return FieldValue::of_count(field(call).search_effort); }

constexpr FieldBinding kCollectionFields[] = {
    {"GqlCollection", "name", name},
    {"GqlCollection", "tenantId", always_null},
    {"GqlCollection", "createdAt", created},
    {"GqlCollection", "updatedAt", updated},
    {"GqlCollection", "vectorCount", points},
    {"GqlCollection", "documentCount", points},
    {"GqlCollection", "config", config},
    {"GqlCollection", "status", status},
    {"GqlCollection", "description", description},
    {"GqlCollection", "metadata", metadata},
    {"GqlCollection", "aliases", aliases},
    {"GqlCollection", "sizeBytes", size_bytes},
    {"GqlCollection", "indexedShare", indexed_share},
    {"GqlCollectionConfig", "dimension", dimension},
    {"GqlCollectionConfig", "metric", metric},
    {"GqlCollectionConfig", "hnswConfig", graph_config},
    {"GqlCollectionConfig", "storageType", storage_type},
    {"GqlCollectionConfig", "shardingEnabled", always_false},
    {"GqlCollectionConfig", "shardCount", always_null},
    {"GqlCollectionConfig", "graphEnabled", always_false},
    {"GqlCollectionConfig", "quantization", quantization},
    {"GqlCollectionConfig", "embeddingProvider", embedding_provider},
    {"GqlHnswConfig", "m", degree},
    {"GqlHnswConfig", "efConstruction", build_effort},
    {"GqlHnswConfig", "efSearch", search_effort},
};

}  // namespace

std::span<const FieldBinding> collection_fields() { return kCollectionFields; }

const vz_vector_field* default_vector(const vz_collection_info& info) {
    return info.schema == nullptr ? nullptr : codec::default_field(info.schema);
}

FieldValue collection_value(const vz_collection_info* info) { return FieldValue::of_object(info); }

}  // namespace vz::graphql
