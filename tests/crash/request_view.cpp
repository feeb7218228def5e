#include "tests/crash/request_view.hpp"

#include <cstring>

namespace vz {
namespace {

uint32_t write_kind(Operation::Kind kind) {
    switch (kind) {
        case Operation::Kind::kUpsert:
        case Operation::Kind::kUpsertPerItem: return VZ_UPSERT;
        case Operation::Kind::kUpdatePayloads:
        case Operation::Kind::kPatchPayloads:
        case Operation::Kind::kUpdateVectors:
        case Operation::Kind::kUpdatePerItem:
        case Operation::Kind::kSetExpiry: return VZ_UPDATE;
        case Operation::Kind::kDelete:
        case Operation::Kind::kDeleteFiltered: return VZ_DELETE;
        case Operation::Kind::kPatchFiltered: return VZ_UPDATE;
        default: return VZ_CLEAR;
    }
}

}  // namespace

vz_vector_field field_view(const VectorFieldSchema& field) {
    return {sizeof(vz_vector_field),
            field.kind,
            text_of(field.name),
            field.dim,
            field.metric,
            field.element,
            field.quantization,
            field.index,
            field.degree,
            field.build_effort,
            field.search_effort,
            field.flags,
            0};
}

vz_field_index index_view(const FieldIndexSchema& index) {
    return {sizeof(vz_field_index), index.kind, text_of(index.path), text_of(index.language)};
}

SchemaView::SchemaView(const Schema& of) {
    for (const VectorFieldSchema& field : of.fields) fields.push_back(field_view(field));
    for (const FieldIndexSchema& index : of.field_indexes) indexes.push_back(index_view(index));
    schema.struct_size = sizeof schema;
    schema.vector_fields = fields.data();
    schema.field_indexes = indexes.data();
    schema.vector_field_count = static_cast<uint32_t>(fields.size());
    schema.field_index_count = static_cast<uint32_t>(indexes.size());
    schema.metadata = text_of(of.metadata);
    schema.ttl_ms = of.ttl_ms;
}

AlterView::AlterView(const std::vector<SchemaChange>& of) {
    fields.reserve(of.size());
    indexes.reserve(of.size());
    for (const SchemaChange& from : of) {
        vz_alter_change& to = changes.emplace_back();
        to = {sizeof to, from.kind, nullptr, nullptr, {}, from.ttl_ms};
        if (from.kind == VZ_ALTER_SET_METADATA) to.metadata = text_of(from.metadata);
        if (from.kind == VZ_ALTER_ADD_FIELD_INDEX || from.kind == VZ_ALTER_DROP_FIELD_INDEX)
            to.field_index = &indexes.emplace_back(index_view(from.index));
        if (from.kind >= VZ_ALTER_ADD_VECTOR_FIELD && from.kind <= VZ_ALTER_TUNE_VECTOR_FIELD)
            to.vector_field = &fields.emplace_back(field_view(from.field));
    }
}

WriteView::WriteView(const Operation& operation) {
    for (const std::string& id : operation.ids) ids.push_back(text_of(id));
    for (const std::string& payload : operation.payloads) payloads.push_back(text_of(payload));
    request.struct_size = sizeof(request);
    request.kind = write_kind(operation.kind);
    request.count = ids.size();
    request.ids = ids.empty() ? nullptr : ids.data();
    request.payloads = payloads.empty() ? nullptr : payloads.data();
    request.request_id = operation.request_id;
    if (operation.kind == Operation::Kind::kPatchPayloads) request.payload_mode = VZ_PAYLOAD_PATCH;
    if (operation.is_per_item()) request.flags = VZ_WRITE_PER_ITEM;
    request.condition = operation.condition;
    request.versions = operation.versions.empty() ? nullptr : operation.versions.data();
    request.expires_ms = operation.expires.empty() ? nullptr : operation.expires.data();
    if (operation.kind == Operation::Kind::kDeleteFiltered || operation.kind == Operation::Kind::kPatchFiltered) {
        filter = R"({"must":[{"key":"n","range":{"lt":)" + operation.value + "}}]}";
        request.filter = text_of(filter);
    }
    if (operation.kind == Operation::Kind::kPatchFiltered) {
        payloads.push_back({kFilteredPatch, std::strlen(kFilteredPatch)});
        request.payloads = payloads.data();
        request.payload_mode = VZ_PAYLOAD_PATCH;
    }
    for (const FieldVectors& given : operation.vectors) {
        const vz_matrix matrix = {given.values.data(), ids.size(), 0, given.dim, VZ_F32};
        if (given.field.empty() && given.all_present()) {
            request.vectors = matrix;
            continue;
        }
        std::vector<uint64_t>& bits = present.emplace_back((ids.size() + 63) / 64);
        for (size_t row = 0; row < ids.size(); ++row) bits[row / 64] |= uint64_t{given.present[row]} << (row % 64);
        vectors.push_back({sizeof(vz_vectors), VZ_VECTOR_DENSE, text_of(given.field), matrix,
                           given.all_present() ? nullptr : bits.data()});
    }
    request.fields = vectors.data();
    request.field_count = static_cast<uint32_t>(vectors.size());
}

}  // namespace vz
