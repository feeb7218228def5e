// Draws collections and changes of their schemas.
#include <algorithm>
#include <iterator>

#include "tests/crash/workload.hpp"

namespace vz {
namespace {

// The default one and others.
constexpr const char* kFields[] = {"", "title", "colour/hsv", "f3"};
constexpr size_t kFieldsMax = 3;

Operation::Kind kind_of(uint32_t change) {
    static constexpr Operation::Kind kKinds[] = {Operation::Kind::kAddField,  Operation::Kind::kDropField,
                                                 Operation::Kind::kTuneField, Operation::Kind::kAddIndex,
                                                 Operation::Kind::kDropIndex, Operation::Kind::kSetMetadata,
                                                 Operation::Kind::kSetTtl};
    return kKinds[change - VZ_ALTER_ADD_VECTOR_FIELD];
}

}  // namespace

Operation WorkloadSource::create(const Model& model) {
    Operation operation;
    operation.collection = fresh_name(model);
    const uint64_t dice = random_.below(10);
    const size_t fields = dice < 5 ? 1 : dice < 8 ? 2 : 3;
    while (operation.schema.fields.size() < fields)
        apply_change(change_of(VZ_ALTER_ADD_VECTOR_FIELD, operation.schema), &operation.schema);
    if (random_.chance(25)) operation.schema.ttl_ms = ttl();
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

// One that the schema does not have yet.
VectorFieldSchema WorkloadSource::vector_field(const Schema& schema) {
    VectorFieldSchema field;
    uint64_t name = random_.below(std::size(kFields));
    while (schema.field(kFields[name]) != nullptr) name = (name + 1) % std::size(kFields);
    field.name = kFields[name];
    field.dim = static_cast<uint32_t>(1 + random_.below(schema.fields.empty() && random_.chance(20) ? 70 : 6));
    field.metric = static_cast<vz_metric>(1 + random_.below(4));
    return field;
}

// A field index comes, or goes.
SchemaChange WorkloadSource::index_change(const Schema& schema) {
    SchemaChange change;
    change.index.path = random_.chance(50) ? "n" : "t";
    change.index.kind = change.index.path == "n" ? VZ_FIELD_INDEX_INTEGER : VZ_FIELD_INDEX_TEXT;
    const bool is_there =
        std::find(schema.field_indexes.begin(), schema.field_indexes.end(), change.index) != schema.field_indexes.end();
    change.kind = is_there ? VZ_ALTER_DROP_FIELD_INDEX : VZ_ALTER_ADD_FIELD_INDEX;
    return change;
}

// One of a kind that is possible: the last vector field stays, and there are few.
SchemaChange WorkloadSource::change_of(uint32_t kind, const Schema& schema) {
    if (kind == VZ_ALTER_ADD_FIELD_INDEX || kind == VZ_ALTER_DROP_FIELD_INDEX) return index_change(schema);
    if (kind == VZ_ALTER_ADD_VECTOR_FIELD && schema.fields.size() == kFieldsMax) kind = VZ_ALTER_DROP_VECTOR_FIELD;
    if (kind == VZ_ALTER_DROP_VECTOR_FIELD && schema.fields.size() == 1) kind = VZ_ALTER_ADD_VECTOR_FIELD;
    SchemaChange change;
    change.kind = kind;
    if (kind == VZ_ALTER_SET_METADATA) {
        change.metadata = R"({"m":)" + std::to_string(random_.below(1000)) + "}";
    } else if (kind == VZ_ALTER_SET_TTL) {
        change.ttl_ms = random_.chance(40) ? 0 : ttl();
    } else if (kind == VZ_ALTER_ADD_VECTOR_FIELD) {
        change.field = vector_field(schema);
    } else {
        change.field = schema.fields[random_.below(schema.fields.size())];
        if (kind == VZ_ALTER_TUNE_VECTOR_FIELD) tune(&change.field);
    }
    return change;
}

void WorkloadSource::tune(VectorFieldSchema* field) {
    const bool has_graph = random_.chance(70);
    field->index = has_graph ? VZ_INDEX_GRAPH : VZ_INDEX_NONE;
    field->degree = has_graph ? static_cast<uint32_t>(VZ_DEGREE_MIN + random_.below(12)) : 0;
    field->build_effort = has_graph ? static_cast<uint32_t>(VZ_BUILD_EFFORT_MIN + random_.below(60)) : 0;
    field->search_effort = has_graph ? static_cast<uint32_t>(random_.below(100)) : 0;
    field->quantization = random_.chance(50) ? VZ_QUANTIZATION_AUTO : VZ_QUANTIZATION_NONE;
    field->flags = random_.chance(50) ? VZ_FIELD_COUNT_NONZERO : 0;
}

Operation WorkloadSource::alter(uint32_t kind, const std::string& name, const Schema& schema) {
    Operation operation;
    operation.collection = name;
    operation.now_ms = now_ms_;
    operation.changes.push_back(change_of(kind, schema));
    operation.kind = kind_of(operation.changes.front().kind);
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

// Now and then only if there are no points; then it may have to be refused.
Operation WorkloadSource::drop(const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.collection = name;
    operation.kind = random_.chance(40) ? Operation::Kind::kDropIfEmpty : Operation::Kind::kDrop;
    if (operation.kind == Operation::Kind::kDropIfEmpty && !collection.points.empty()) operation.refusal = VZ_CONFLICT;
    return operation;
}

Operation WorkloadSource::alter_if_empty(const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.kind = Operation::Kind::kAlterIfEmpty;
    operation.collection = name;
    operation.changes.push_back(change_of(any_change(), collection.schema));
    if (!collection.points.empty()) {
        operation.refusal = VZ_CONFLICT;
    } else if (random_.chance(25)) {
        set_request_id(&operation);
    }
    return operation;
}

// As one edit.
Operation WorkloadSource::alter_several(const std::string& name, const Schema& schema) {
    Operation operation;
    operation.kind = Operation::Kind::kAlterSeveral;
    operation.collection = name;
    operation.now_ms = now_ms_;
    Schema after = schema;
    const uint64_t count = 2 + random_.below(3);
    while (operation.changes.size() < count) {
        operation.changes.push_back(change_of(any_change(), after));
        apply_change(operation.changes.back(), &after);
    }
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

uint32_t WorkloadSource::any_change() { return static_cast<uint32_t>(1 + random_.below(VZ_ALTER_SET_TTL)); }

}  // namespace vz
