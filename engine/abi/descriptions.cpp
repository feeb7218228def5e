// Collections as they are: schema, aliases, counts.
#include <algorithm>

#include "engine/abi/checks.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/collection/component_counts.hpp"
#include "engine/collection/graphs.hpp"
#include "engine/collection/stats.hpp"

namespace vz {
namespace {

// What auto came to: 8 bits where they keep the metric's order, unless the graphs found that they do not keep that of
// the rows.
vz_quantization quantization_in_use(const VectorFieldSchema& field, const PartList& parts) {
    if (field.index != VZ_INDEX_GRAPH) return VZ_QUANTIZATION_NONE;
    if (field.quantization != VZ_QUANTIZATION_AUTO) return field.quantization;
    if (field.metric == VZ_MANHATTAN) return VZ_QUANTIZATION_NONE;
    bool walks_rows = false;
    for (const auto& part : parts) {
        const GraphView* const graph = part->graph(field.id).view;
        if (graph == nullptr) continue;
        if (graph->shape().layout != Layout::kFp32) return VZ_QUANTIZATION_SQ8;
        walks_rows = true;
    }
    return walks_rows ? VZ_QUANTIZATION_NONE : VZ_QUANTIZATION_SQ8;
}

const vz_schema* describe_schema(const Schema& schema, const PartList& parts, Descriptions* out) {
    std::vector<vz_vector_field>& fields = out->vector_fields.emplace_back();
    for (const VectorFieldSchema& from : schema.fields) {
        vz_vector_field field = {};
        field.struct_size = sizeof(field);
        field.kind = from.kind;
        field.name = out->keep(from.name);
        field.dim = from.dim;
        field.metric = from.metric;
        field.element = from.element;
        field.quantization = quantization_in_use(from, parts);
        field.index = from.index;
        // So that what was described can be declared again.
        if (from.index == VZ_INDEX_GRAPH) {
            field.degree = index_options(from).degree;
            field.build_effort = index_options(from).build_effort;
            field.search_effort = from.search_effort;
        }
        field.flags = from.flags;
        fields.push_back(field);
    }
    std::vector<vz_field_index>& indexes = out->field_indexes.emplace_back();
    for (const FieldIndexSchema& from : schema.field_indexes) {
        indexes.push_back({sizeof(vz_field_index), from.kind, out->keep(from.path),
                           from.language.empty() ? vz_str() : out->keep(from.language)});
    }
    vz_schema& described = out->schemas.emplace_back();
    described.struct_size = sizeof(described);
    described.vector_fields = fields.data();
    described.vector_field_count = static_cast<uint32_t>(fields.size());
    described.field_indexes = indexes.empty() ? nullptr : indexes.data();
    described.field_index_count = static_cast<uint32_t>(indexes.size());
    described.metadata = out->keep(schema.metadata);
    described.ttl_ms = schema.ttl_ms;
    return &described;
}

void describe(const Engine& engine, const Collection& collection, Descriptions* out) {
    vz_collection_info info = {};
    info.struct_size = sizeof(info);
    info.name = out->keep(collection.name());
    info.uuid = collection.uuid();
    info.created_ms = collection.created_ms();
    info.created_lsn = collection.created_lsn();
    info.schema = describe_schema(*collection.schema(), *collection.parts(), out);
    vz_collection_stats& stats = out->stats.emplace_back();
    stats.struct_size = sizeof(stats);
    fill_stats(collection, &stats);
    // Restored rows are older than the collection, and restoring is a write.
    stats.updated_ms = std::max(stats.updated_ms, info.created_ms);
    if (!engine.log().health().ok()) stats.state = VZ_STATE_READ_ONLY;
    info.stats = &stats;
    std::vector<vz_str>& aliases = out->lists.emplace_back();
    for (const std::string& alias : engine.catalogue().aliases_of(collection.id())) aliases.push_back(out->keep(alias));
    if (!collection.damage().empty()) info.damage = out->keep(collection.damage());
    info.aliases = aliases.data();
    info.alias_count = static_cast<uint32_t>(aliases.size());
    out->collections.push_back(info);
}

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_collection_describe(vz_engine* engine, vz_str collection, vz_result** out,
                                        vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
        auto result = std::make_unique<vz_result>(&engine->results);
        Descriptions* const described = result->describe(VZ_RESULT_COLLECTIONS);
        describe(*engine->engine, *found, described);
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_collection_list(vz_engine* engine, vz_result** out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results);
        Descriptions* const described = result->describe(VZ_RESULT_COLLECTIONS);
        for (const auto& collection : engine->engine->catalogue().list())
            describe(*engine->engine, *collection, described);
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_collection_stats_read(vz_engine* engine, vz_str collection, vz_collection_stats* out,
                                          vz_error* error) VZ_NOEXCEPT {
    return guard_engine_anywhere(engine, error, [&]() -> Status {
        VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
        vz_collection_stats stats = {};
        fill_stats(*found, &stats);
        if (!engine->engine->log().health().ok()) stats.state = VZ_STATE_READ_ONLY;
        return give_out(stats, out);
    });
}

VZ_API vz_status vz_component_counts(vz_engine* engine, vz_str collection, vz_str field, uint64_t* counts, uint32_t dim,
                                     vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
        VZ_TRY(found->health());
        const std::shared_ptr<const Schema> schema = found->schema();
        const VectorFieldSchema* const counted = schema->field(view(field));
        if (counted == nullptr)
            return failure(VZ_NOT_FOUND, "there is no such vector field").field("field").reason(VZ_REASON_VECTOR_FIELD);
        if ((counted->flags & VZ_FIELD_COUNT_NONZERO) == 0) {
            return failure(VZ_INVALID_ARGUMENT, "this vector field does not count its components")
                .field("field")
                .reason(VZ_REASON_CONFLICTING);
        }
        if (counts == nullptr)
            return failure(VZ_INVALID_ARGUMENT, "there is no place for the counts")
                .field("counts")
                .reason(VZ_REASON_REQUIRED);
        if (dim != counted->dim) {
            return failure(VZ_INVALID_ARGUMENT, "the field has %u components", counted->dim)
                .field("dim")
                .reason(VZ_REASON_DIMENSION)
                .expected(counted->dim)
                .actual(dim);
        }
        const ReadView view = found->pin();
        VZ_TRY(count_components(view, *counted, {}, {counts, dim}));
        return found->check_readable(*view.parts);
    });
}

}  // extern "C"
