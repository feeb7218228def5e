#include "engine/runtime/schema_check.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/base/id.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/graphs.hpp"
#include "engine/payload/json.hpp"

namespace vz {
namespace {

Status unsupported(const char* field, const char* what) {
    return failure(VZ_UNSUPPORTED, "%s", what).field(field);
}

Result<VectorFieldSchema> check_field(const vz_vector_field& from) {
    VectorFieldSchema to;
    to.name = view(from.name);
    if (to.name.size() > kNameBytesMax || !is_valid_utf8(to.name)) {
        return failure(VZ_INVALID_ARGUMENT, "the name of a vector field has at most %llu bytes of UTF-8", static_cast<unsigned long long>(kNameBytesMax))
            .field("vector_fields.name")
            .reason(VZ_REASON_NAME);
    }
    if (from.kind != VZ_VECTOR_DENSE) return unsupported("vector_fields.kind", "only dense vectors are implemented");
    if (from.dim < 1 || from.dim > kDimMax) {
        return failure(VZ_INVALID_ARGUMENT, "a vector field has 1 to %u dimensions, not %u", kDimMax, from.dim)
            .field("vector_fields.dim")
            .reason(VZ_REASON_DIMENSION)
            .expected(kDimMax)
            .actual(from.dim);
    }
    if (from.metric < VZ_COSINE || from.metric > VZ_MANHATTAN) {
        return failure(VZ_INVALID_ARGUMENT, "the metric is none of cosine, euclidean, dot, manhattan")
            .field("vector_fields.metric")
            .reason(VZ_REASON_METRIC);
    }
    if (from.element != VZ_F32) return unsupported("vector_fields.element", "vectors are float32 in this release");
    if (from.quantization > VZ_QUANTIZATION_SQ8) return unsupported("vector_fields.quantization", "there are the quantizations auto, none and sq8");
    if (from.index > VZ_INDEX_NONE) return unsupported("vector_fields.index", "this kind of index does not exist");
    if (from.search_effort > kHitsMax) {
        return failure(VZ_INVALID_ARGUMENT, "search_effort is at most %u", kHitsMax)
            .field("vector_fields.search_effort")
            .reason(VZ_REASON_RANGE)
            .expected(kHitsMax)
            .actual(from.search_effort);
    }
    if (from.flags != 0) return unsupported("vector_fields.flags", "component counts are not implemented yet");
    to.dim = from.dim;
    to.metric = from.metric;
    to.element = from.element;
    to.quantization = from.quantization;
    to.index = from.index;
    to.degree = from.degree;
    to.build_effort = from.build_effort;
    to.search_effort = from.search_effort;
    VZ_TRY(check_index(to));
    return to;
}

}  // namespace

Status check_name(std::string_view name, const char* field) {
    const auto bad = [&](const char* what) {
        return failure(VZ_INVALID_ARGUMENT, "a name %s", what).field(field).reason(VZ_REASON_NAME);
    };
    if (name.empty()) return bad("must not be empty");
    if (name.size() > kNameBytesMax) return bad("has at most 255 bytes");
    const bool has_forbidden = std::any_of(name.begin(), name.end(), [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (has_forbidden) return bad("has no '/' and no control characters");
    if (!is_valid_utf8(name)) return bad("is valid UTF-8");
    return {};
}

Result<Schema> check_schema(const vz_schema& from) {
    if (from.flags != 0) return unsupported("flags", "a flag of the schema is not known");
    if (from.vector_field_count == 0 || from.vector_fields == nullptr) {
        return failure(VZ_INVALID_ARGUMENT, "a collection has one vector field or more").field("vector_fields").reason(VZ_REASON_REQUIRED);
    }
    if (from.vector_field_count > kVectorFieldsMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a collection has at most %u vector fields", kVectorFieldsMax)
            .field("vector_fields_max")
            .expected(kVectorFieldsMax)
            .actual(from.vector_field_count);
    }
    if (from.field_index_count != 0) return unsupported("field_indexes", "payload indexes are not implemented yet");
    if (from.ttl_ms != 0) return unsupported("ttl_ms", "expiry is not implemented yet");
    Schema schema;
    for (uint32_t i = 0; i < from.vector_field_count; ++i) {
        VZ_ASSIGN(VectorFieldSchema field, check_field(*VZ_AT(vz_vector_field, from.vector_fields, i)));
        if (schema.field(field.name) != nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "two vector fields have one name").field("vector_fields.name").reason(VZ_REASON_DUPLICATE).item(i);
        }
        field.id = schema.next_field_id++;
        schema.fields.push_back(std::move(field));
    }
    if (from.metadata.data != nullptr) {
        VZ_TRY(validate_metadata(view(from.metadata)));
        schema.metadata = view(from.metadata);
    }
    return schema;
}

}  // namespace vz
