// Draws collections and changes of their schemas.
#include <algorithm>
#include <iterator>

#include "tests/crash/workload.hpp"

namespace vz {
namespace {

// The default one and others.
constexpr const char* kFields[] = {"", "title", "colour/hsv", "f3"};

}  // namespace

Operation WorkloadSource::create(const Model& model) {
    Operation operation;
    operation.collection = fresh_name(model);
    const uint64_t dice = random_.below(10);
    const size_t fields = dice < 5 ? 1 : dice < 8 ? 2 : 3;
    while (operation.schema.fields.size() < fields) operation.schema.fields.push_back(vector_field(operation.schema));
    operation.schema.next_field_id = static_cast<uint32_t>(fields);
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

// One that the schema does not have yet, with its next id.
VectorFieldSchema WorkloadSource::vector_field(const Schema& schema) {
    VectorFieldSchema field;
    uint64_t name = random_.below(std::size(kFields));
    while (schema.field(kFields[name]) != nullptr) name = (name + 1) % std::size(kFields);
    field.name = kFields[name];
    field.id = schema.fields.empty() ? 0 : std::max(schema.next_field_id, schema.fields.back().id + 1);
    field.dim = static_cast<uint32_t>(1 + random_.below(schema.fields.empty() && random_.chance(20) ? 70 : 6));
    field.metric = static_cast<vz_metric>(1 + random_.below(4));
    return field;
}

// A field index comes, or goes.
Operation WorkloadSource::index(const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.collection = name;
    operation.value = random_.chance(50) ? "n" : "t";
    operation.kind =
        has_index(collection.schema, operation.value) ? Operation::Kind::kDropIndex : Operation::Kind::kAddIndex;
    return operation;
}

}  // namespace vz
