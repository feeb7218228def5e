// Collections, aliases and values.
#include <algorithm>

#include "engine/abi/change.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/component_counts.hpp"
#include "engine/collection/stats.hpp"
#include "engine/payload/json.hpp"
#include "engine/runtime/schema_check.hpp"

namespace vz {
namespace {

const vz_schema* describe_schema(const Schema& schema, Descriptions* out) {
    std::vector<vz_vector_field>& fields = out->vector_fields.emplace_back();
    for (const VectorFieldSchema& from : schema.fields) {
        vz_vector_field field = {};
        field.struct_size = sizeof(field);
        field.kind = from.kind;
        field.name = out->keep(from.name);
        field.dim = from.dim;
        field.metric = from.metric;
        field.element = from.element;
        // What is really used: auto takes 8 bits where they keep the metric's order.
        const bool takes_codes = from.index == VZ_INDEX_GRAPH && from.metric != VZ_MANHATTAN;
        field.quantization = from.quantization != VZ_QUANTIZATION_AUTO ? from.quantization
                             : takes_codes                             ? VZ_QUANTIZATION_SQ8
                                                                       : VZ_QUANTIZATION_NONE;
        field.index = from.index;
        field.degree = index_options(from).degree;
        field.build_effort = index_options(from).build_effort;
        field.search_effort = from.search_effort;
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
    info.schema = describe_schema(*collection.schema(), out);
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

// Files by their place in the data directory: frontends pass this on, and where that lies is nobody's business.
vz_str keep_problem(const Engine& engine, std::string text, Descriptions* out) {
    const std::string prefix = engine.directory() + "/";
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
        text.erase(at, prefix.size());
    return out->keep(text);
}

// The files that the manifest names for a collection, looked up on disk. What is missing becomes a problem.
bool report_segments(const Engine& engine, const Collection& collection, Descriptions* out, vz_persistence* report,
                     std::vector<vz_str>* problems) {
    std::vector<vz_segment_info>& segments = out->segments.emplace_back();
    bool all_there = true;
    const ReadView view = collection.pin();
    for (const auto& part : *view.parts) {
        if (part->sealed() == nullptr) continue;
        const SegmentRef& ref = part->ref();
        vz_segment_info info = {};
        info.struct_size = sizeof(info);
        const std::string path = segment_path(engine.directory(), 'S', ref.file);
        info.file = out->keep(path.substr(engine.directory().size() + 1));
        info.rows = ref.rows;
        info.bytes = ref.bytes;
        std::copy(reinterpret_cast<const uint8_t*>(ref.hash.data()),
                  reinterpret_cast<const uint8_t*>(ref.hash.data()) + 16, info.hash);
        info.verified_ms = part->verified_ms();
        segments.push_back(info);
        const Result<std::unique_ptr<File>> file = engine.files().open(path, OpenMode::kRead);
        // Other collections may have segments in it, too.
        const uint64_t file_bytes = part->sealed()->mapping().bytes().size();
        const bool there = file.ok() && (*file)->size().ok() && *(*file)->size() == file_bytes;
        // Another part may have taken its place since.
        if (there || !collection.serves(*part)) continue;
        problems->push_back(out->keep(path.substr(engine.directory().size() + 1) + " is missing or has another size"));
        all_there = false;
    }
    report->segments = segments.data();
    report->segment_count = static_cast<uint32_t>(segments.size());
    return all_there;
}

void report_persistence(const Engine& engine, const Collection& collection, Descriptions* out) {
    vz_collection_stats stats = {};
    fill_stats(collection, &stats);
    vz_persistence report = {};
    report.struct_size = sizeof(report);
    const std::string name = collection.name();
    report.name = out->keep(name);
    report.last_lsn = stats.last_lsn;
    report.durable_lsn = engine.log().durable();
    report.checkpoint_lsn = stats.checkpoint_lsn;
    report.points = stats.points;
    report.wal_points = std::min(stats.points, stats.growing_rows);
    report.wal_bytes = report.wal_points == 0 ? 0 : stats.memory_bytes;
    std::vector<vz_str>& problems = out->lists.emplace_back();
    if (engine.log().has_failed()) {
        report.state = VZ_STATE_READ_ONLY;
        problems.push_back(keep_problem(engine, engine.log().refusal().error().message, out));
    }
    if (!collection.damage().empty()) {
        report.state = VZ_STATE_QUARANTINED;
        problems.push_back(keep_problem(engine, collection.damage(), out));
    }
    std::vector<vz_str>& snapshots = out->lists.emplace_back();
    // By name, as snapshots are listed and restored: one that was restored is a new collection.
    for (const SnapshotState& snapshot : engine.snapshots().list()) {
        const bool has_it = std::any_of(snapshot.collections.begin(), snapshot.collections.end(),
                                        [&](const CollectionState& each) { return each.name == name; });
        if (has_it) snapshots.push_back(out->keep(snapshot.name));
    }
    report.snapshots = snapshots.data();
    report.snapshot_count = static_cast<uint32_t>(snapshots.size());
    const bool all_there = report_segments(engine, collection, out, &report, &problems);
    report.persisted = report.last_lsn <= report.durable_lsn && all_there && collection.damage().empty() ? 1 : 0;
    report.problems = problems.data();
    report.problem_count = static_cast<uint32_t>(problems.size());
    out->persistence.push_back(report);
}

Status check_out(vz_result** out) { return out == nullptr ? misuse("the place for the result is NULL") : Status(); }

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

#define VZ_API __attribute__((visibility("default")))

VZ_API vz_status vz_collection_create(vz_engine* engine, vz_str collection, const vz_schema* schema, vz_change* change,
                                      vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_schema wanted;
        VZ_TRY(take_in(schema, &wanted));
        VZ_TRY(check_elements(wanted.vector_fields, wanted.vector_field_count, "vector_fields"));
        VZ_TRY(check_elements(wanted.field_indexes, wanted.field_index_count, "field_indexes"));
        VZ_ASSIGN(Schema checked, check_schema(wanted));
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().create(view(collection), std::move(checked), given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_drop(vz_engine* engine, vz_str collection, vz_change* change,
                                    vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, VZ_IF_EMPTY, &given));
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->drop(view(collection), (given.flags & VZ_IF_EMPTY) != 0, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_rename(vz_engine* engine, vz_str collection, const vz_rename_request* request,
                                      vz_change* change, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_rename_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if ((wanted.flags & ~VZ_RENAME_KEEP_ALIAS) != 0)
            return failure(VZ_UNSUPPORTED, "a flag of rename is not known").field("flags");
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().rename(view(collection), view(wanted.to),
                                                     (wanted.flags & VZ_RENAME_KEEP_ALIAS) != 0, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_alter(vz_engine* engine, vz_str collection, const vz_alter_request* request,
                                     vz_change* change, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, VZ_IF_EMPTY, &given));
        vz_alter_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.change_count == 0 || wanted.changes == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there is nothing to change")
                .field("changes")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_elements(wanted.changes, wanted.change_count, "changes"));
        const auto apply = [&wanted](Schema& schema) -> Status {
            for (uint32_t i = 0; i < wanted.change_count; ++i) {
                const vz_alter_change* one = VZ_AT(vz_alter_change, wanted.changes, i);
                VZ_TRY(check_elements(one->vector_field, one->vector_field == nullptr ? 0 : 1, "changes.vector_field"));
                VZ_TRY(check_elements(one->field_index, one->field_index == nullptr ? 0 : 1, "changes.field_index"));
                Status applied = apply_change(*one, &schema);
                if (!applied.ok()) return std::move(applied).item(i);
            }
            return {};
        };
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().alter(view(collection), apply, (given.flags & VZ_IF_EMPTY) != 0,
                                                    given.request_id));
        const Result<std::shared_ptr<Collection>> altered = engine->engine->catalogue().resolve(view(collection));
        if (altered.ok()) engine->engine->maintenance().note_changed(*altered);
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_alias_apply(vz_engine* engine, const vz_alias_request* request, vz_change* change,
                                vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_alias_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.change_count == 0 || wanted.changes == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there is nothing to change")
                .field("changes")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().apply_aliases({wanted.changes, wanted.change_count}, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_describe(vz_engine* engine, vz_str collection, vz_result** out,
                                        vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
        auto result = std::make_unique<vz_result>(&engine->results_held);
        Descriptions* const described = result->describe(VZ_RESULT_COLLECTIONS);
        describe(*engine->engine, *found, described);
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_collection_list(vz_engine* engine, vz_result** out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results_held);
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

VZ_API vz_status vz_persistence_read(vz_engine* engine, vz_str collection, vz_result** out,
                                     vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results_held);
        Descriptions* const described = result->describe(VZ_RESULT_PERSISTENCE);
        if (collection.data != nullptr) {
            VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            report_persistence(*engine->engine, *found, described);
        } else {
            for (const auto& each : engine->engine->catalogue().list())
                report_persistence(*engine->engine, *each, described);
        }
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_checkpoint(vz_engine* engine, vz_str collection, uint64_t* lsn, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        Lsn through = 0;
        if (collection.data == nullptr) {
            VZ_ASSIGN(through, engine->engine->checkpoints().take_all());
        } else {
            VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            VZ_ASSIGN(through, engine->engine->checkpoints().take(*found));
        }
        if (lsn != nullptr) *lsn = through;
        return {};
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
        return count_components(found->pin(), *counted, {}, {counts, dim});
    });
}

VZ_API vz_status vz_value_put(vz_engine* engine, const vz_value_request* request, vz_change* change,
                              vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_value_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.value_count == 0 || wanted.values == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there are no values").field("values").reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_elements(wanted.values, wanted.value_count, "values"));
        std::vector<std::pair<std::string, std::optional<std::string>>> values;
        for (uint32_t i = 0; i < wanted.value_count; ++i) {
            const vz_value& from = *VZ_AT(vz_value, wanted.values, i);
            VZ_TRY(no_reserved(from.reserved));
            const std::string_view key = view(from.key);
            if (key.empty() || key.size() > kValueKeyBytesMax) {
                return failure(VZ_INVALID_ARGUMENT, "a key has 1 to %llu bytes",
                               static_cast<unsigned long long>(kValueKeyBytesMax))
                    .field("values.key")
                    .reason(VZ_REASON_RANGE)
                    .item(i);
            }
            if (from.value.size > kValueBytesMax) {
                return failure(VZ_LIMIT_EXCEEDED, "a value has at most %llu bytes",
                               static_cast<unsigned long long>(kValueBytesMax))
                    .field("value_bytes_max")
                    .expected(kValueBytesMax)
                    .actual(static_cast<int64_t>(from.value.size))
                    .item(i);
            }
            std::optional<std::string> value;
            if (from.value.data != nullptr) value = std::string(view(from.value));
            values.emplace_back(key, std::move(value));
        }
        VZ_ASSIGN(const EditOutcome outcome, engine->engine->catalogue().put_values(values, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_value_list(vz_engine* engine, vz_str prefix, vz_result** out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results_held);
        Descriptions* const described = result->describe(VZ_RESULT_VALUES);
        for (const Catalogue::Value& from : engine->engine->catalogue().values(view(prefix))) {
            vz_value value = {};
            value.struct_size = sizeof(value);
            value.key = described->keep(from.key);
            value.value = described->keep(from.value);
            value.lsn = from.lsn;
            described->values.push_back(value);
        }
        *out = result.release();
        return {};
    });
}

}  // extern "C"
