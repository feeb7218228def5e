#include "engine/runtime/schema_check.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/base/growable.hpp"
#include "engine/base/id.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/graphs.hpp"
#include "engine/payload/json.hpp"
#include "engine/payload/path.hpp"
#include "engine/text/tokenizer.hpp"

namespace vz {
namespace {

// C0, DEL or, in two bytes of UTF-8, C1.
bool has_control(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return true;
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

Status unsupported(const char* field, const char* what) { return failure(VZ_UNSUPPORTED, "%s", what).field(field); }

Status conflicting(const char* field, const char* what) {
    return failure(VZ_INVALID_ARGUMENT, "%s", what).field(field).reason(VZ_REASON_CONFLICTING);
}

Status check_options(const VectorFieldSchema& field) {
    if (field.quantization > VZ_QUANTIZATION_SQ8)
        return unsupported("vector_fields.quantization", "there are the quantizations auto, none and sq8");
    if (field.index > VZ_INDEX_NONE) return unsupported("vector_fields.index", "this kind of index does not exist");
    if (field.search_effort > VZ_EFFORT_MAX) {
        return failure(VZ_INVALID_ARGUMENT, "search_effort is at most %u", VZ_EFFORT_MAX)
            .field("vector_fields.search_effort")
            .reason(VZ_REASON_RANGE)
            .expected(VZ_EFFORT_MAX)
            .actual(field.search_effort);
    }
    if ((field.flags & ~VZ_FIELD_COUNT_NONZERO) != 0)
        return unsupported("vector_fields.flags", "a flag of this vector field is not known");
    return check_index(field);
}

Status check_field(const VectorFieldSchema& field) {
    if (field.name.size() > kNameBytesMax || !is_valid_utf8(field.name)) {
        return failure(VZ_INVALID_ARGUMENT, "the name of a vector field has at most %llu bytes of UTF-8",
                       static_cast<unsigned long long>(kNameBytesMax))
            .field("vector_fields.name")
            .reason(VZ_REASON_NAME);
    }
    if (has_control(field.name)) {
        return failure(VZ_INVALID_ARGUMENT, "the name of a vector field has no control characters")
            .field("vector_fields.name")
            .reason(VZ_REASON_NAME);
    }
    if (field.kind != VZ_VECTOR_DENSE) return unsupported("vector_fields.kind", "only dense vectors are implemented");
    if (field.dim < 1 || field.dim > kDimMax) {
        return failure(VZ_INVALID_ARGUMENT, "a vector field has 1 to %u dimensions, not %u", kDimMax, field.dim)
            .field("vector_fields.dim")
            .reason(VZ_REASON_DIMENSION)
            .expected(kDimMax)
            .actual(field.dim);
    }
    if (field.metric < VZ_COSINE || field.metric > VZ_MANHATTAN) {
        return failure(VZ_INVALID_ARGUMENT, "the metric is none of cosine, euclidean, dot, manhattan")
            .field("vector_fields.metric")
            .reason(VZ_REASON_METRIC);
    }
    if (field.element != VZ_F32) return unsupported("vector_fields.element", "vectors are float32 in this release");
    return check_options(field);
}

// Options of a graph where there will be none. A schema on disk may have them.
Status check_bare(const vz_vector_field& field) {
    if (field.index != VZ_INDEX_NONE) return {};
    const char* const what = "a vector field without an index has no options of one";
    if (field.degree != 0) return conflicting("vector_fields.degree", what);
    if (field.build_effort != 0) return conflicting("vector_fields.build_effort", what);
    if (field.search_effort != 0) return conflicting("vector_fields.search_effort", what);
    if (field.quantization == VZ_QUANTIZATION_SQ8) return conflicting("vector_fields.quantization", what);
    return {};
}

Status check_given(const vz_vector_field& field) {
    if (field.reserved != 0) return unsupported("vector_fields.reserved", "a reserved member is not zero");
    return check_bare(field);
}

Result<VectorFieldSchema> declared_field(const vz_vector_field& from) {
    VZ_TRY(check_given(from));
    VectorFieldSchema to;
    to.name = view(from.name);
    to.kind = from.kind;
    to.dim = from.dim;
    to.metric = from.metric;
    to.element = from.element;
    to.quantization = from.quantization;
    to.index = from.index;
    to.degree = from.degree;
    to.build_effort = from.build_effort;
    to.search_effort = from.search_effort;
    to.flags = from.flags;
    VZ_TRY(check_field(to));
    return to;
}

Status check_ttl(int64_t ttl_ms) {
    if (ttl_ms >= 0 && ttl_ms <= kTtlMsMax) return {};
    return failure(VZ_INVALID_ARGUMENT, "a TTL has 0 to %lld ms", static_cast<long long>(kTtlMsMax))
        .field("ttl_ms")
        .reason(VZ_REASON_RANGE)
        .expected(kTtlMsMax)
        .actual(ttl_ms);
}

Status check_metadata(std::string_view json) {
    Status valid = validate_metadata(json);
    return valid.ok() || valid.error().field[0] != 0 ? std::move(valid) : std::move(valid).field("metadata");
}

Result<VectorFieldSchema*> known_field(Schema& schema, const vz_alter_change& change) {
    if (change.vector_field == nullptr) {
        return failure(VZ_INVALID_ARGUMENT, "the change names no vector field")
            .field("changes.vector_field")
            .reason(VZ_REASON_REQUIRED);
    }
    const std::string_view name = view(change.vector_field->name);
    for (VectorFieldSchema& field : schema.fields) {
        if (field.name == name) return &field;
    }
    return failure(VZ_NOT_FOUND, "there is no such vector field")
        .field("changes.vector_field.name")
        .reason(VZ_REASON_VECTOR_FIELD);
}

Status add_field(const vz_vector_field& from, Schema* schema) {
    if (schema->fields.size() >= kVectorFieldsMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a collection has at most %u vector fields", kVectorFieldsMax)
            .field("vector_fields_max")
            .expected(kVectorFieldsMax)
            .actual(static_cast<int64_t>(schema->fields.size()) + 1);
    }
    if (schema->next_field_id == UINT32_MAX)
        return failure(VZ_LIMIT_EXCEEDED, "a collection has had %u vector fields: no more can be told apart",
                       UINT32_MAX)
            .field("vector_field_ids_max")
            .expected(UINT32_MAX)
            .actual(int64_t{UINT32_MAX} + 1);
    VZ_ASSIGN(VectorFieldSchema field, declared_field(from));
    if (schema->field(field.name) != nullptr) {
        return failure(VZ_ALREADY_EXISTS, "there is a vector field of this name")
            .field("vector_fields.name")
            .reason(VZ_REASON_VECTOR_FIELD);
    }
    field.id = schema->next_field_id++;
    schema->fields.push_back(std::move(field));
    return {};
}

// Zero stands for what is there.
Status check_shape_stays(const vz_vector_field& from, const VectorFieldSchema& field) {
    const auto differs = [](uint32_t given, uint32_t kept) { return given != 0 && given != kept; };
    const char* const what = "a vector field keeps its shape";
    if (differs(from.kind, field.kind)) return conflicting("vector_fields.kind", what);
    if (differs(from.dim, field.dim)) return conflicting("vector_fields.dim", what);
    if (differs(from.metric, field.metric)) return conflicting("vector_fields.metric", what);
    if (differs(from.element, field.element)) return conflicting("vector_fields.element", what);
    return {};
}

// What shapes the vectors stays; all options of index and search are set anew.
Status tune_field(const vz_vector_field& from, VectorFieldSchema* field) {
    vz_vector_field given = from;
    if (given.quantization == VZ_QUANTIZATION_UNCHANGED) given.quantization = field->quantization;
    VZ_TRY(check_given(given));
    VZ_TRY(check_shape_stays(given, *field));
    VectorFieldSchema tuned = *field;
    tuned.index = given.index;
    tuned.degree = given.degree;
    tuned.build_effort = given.build_effort;
    tuned.search_effort = given.search_effort;
    tuned.quantization = given.quantization;
    tuned.flags = given.flags;
    VZ_TRY(check_options(tuned));
    *field = std::move(tuned);
    return {};
}

}  // namespace

namespace {

Status check_index_kind(uint32_t kind) {
    if (kind >= VZ_FIELD_INDEX_KEYWORD && kind <= VZ_FIELD_INDEX_TEXT) return {};
    return failure(VZ_INVALID_ARGUMENT, "there is no such kind of field index")
        .field("field_indexes.kind")
        .reason(VZ_REASON_ENUM);
}

Result<FieldIndexSchema> declared_index(const vz_field_index& from) {
    VZ_TRY(check_index_kind(from.kind));
    FieldIndexSchema index{from.kind, std::string(view(from.path)), {}};
    const std::string_view language = view(from.language);
    if (language.empty() || (from.kind == VZ_FIELD_INDEX_TEXT && language == "none")) return index;
    if (from.kind != VZ_FIELD_INDEX_TEXT) {
        return conflicting("field_indexes.language", "only a text index has a language");
    }
    index.language = Tokenizer::language_named(language);
    if (index.language.empty()) {
        std::string known;
        for (const std::string_view name : Tokenizer::languages()) known += ", " + std::string(name);
        return failure(VZ_INVALID_ARGUMENT, "there is no such language; there are none%s", known.c_str())
            .field("field_indexes.language")
            .reason(VZ_REASON_ENUM);
    }
    return index;
}

Status add_field_index(const FieldIndexSchema& index, Schema* schema) {
    if (index.path.size() > kNameBytesMax || !is_valid_utf8(index.path)) {
        return failure(VZ_INVALID_ARGUMENT, "the path of a field index has at most 255 bytes of UTF-8")
            .field("field_indexes.path")
            .reason(VZ_REASON_NAME);
    }
    Result<Path> path = parse_path(index.path);
    if (!path.ok()) return std::move(path.take_status()).field("field_indexes.path").reason(VZ_REASON_NAME);
    const auto is_same = [&](const FieldIndexSchema& other) {
        return other.kind == index.kind && other.path == index.path;
    };
    if (std::any_of(schema->field_indexes.begin(), schema->field_indexes.end(), is_same)) {
        return failure(VZ_ALREADY_EXISTS, "there is such an index on '%s' already", index.path.c_str())
            .field("field_indexes.path")
            .reason(VZ_REASON_FIELD_INDEX);
    }
    if (schema->field_indexes.size() == kFieldIndexesMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a collection has at most %u field indexes", kFieldIndexesMax)
            .field("field_indexes_max")
            .expected(kFieldIndexesMax)
            .actual(kFieldIndexesMax + 1);
    }
    schema->field_indexes.push_back(index);
    return {};
}

Status add_field_index(const vz_field_index& from, Schema* schema) {
    VZ_ASSIGN(const FieldIndexSchema index, declared_index(from));
    return add_field_index(index, schema);
}

Status drop_field_index(const vz_field_index& from, Schema* schema) {
    const auto found = std::find_if(
        schema->field_indexes.begin(), schema->field_indexes.end(),
        [&](const FieldIndexSchema& index) { return index.kind == from.kind && index.path == view(from.path); });
    if (found == schema->field_indexes.end()) {
        return failure(VZ_NOT_FOUND, "there is no such index on '%s'", std::string(view(from.path)).c_str())
            .field("field_indexes.path")
            .reason(VZ_REASON_FIELD_INDEX);
    }
    schema->field_indexes.erase(found);
    return {};
}

// Each kind of change takes one member.
Status check_members(const vz_alter_change& change) {
    const uint32_t kind = change.kind;
    const bool takes_field =
        kind == VZ_ALTER_ADD_VECTOR_FIELD || kind == VZ_ALTER_DROP_VECTOR_FIELD || kind == VZ_ALTER_TUNE_VECTOR_FIELD;
    const bool takes_index = kind == VZ_ALTER_ADD_FIELD_INDEX || kind == VZ_ALTER_DROP_FIELD_INDEX;
    const char* const what = "this kind of change does not take that";
    if (change.vector_field != nullptr && !takes_field) return conflicting("changes.vector_field", what);
    if (change.field_index != nullptr && !takes_index) return conflicting("changes.field_index", what);
    if (change.metadata.data != nullptr && kind != VZ_ALTER_SET_METADATA) return conflicting("changes.metadata", what);
    if (change.ttl_ms != 0 && kind != VZ_ALTER_SET_TTL) return conflicting("changes.ttl_ms", what);
    return {};
}

}  // namespace

Status apply_change(const vz_alter_change& change, Schema* schema) {
    VZ_TRY(check_members(change));
    switch (change.kind) {
        case VZ_ALTER_SET_METADATA:
            schema->metadata = change.metadata.data == nullptr ? "{}" : std::string(view(change.metadata));
            return check_metadata(schema->metadata);
        case VZ_ALTER_SET_TTL:
            VZ_TRY(check_ttl(change.ttl_ms));
            schema->ttl_ms = change.ttl_ms;
            return {};
        case VZ_ALTER_ADD_VECTOR_FIELD:
            if (change.vector_field == nullptr) {
                return failure(VZ_INVALID_ARGUMENT, "the change names no vector field")
                    .field("changes.vector_field")
                    .reason(VZ_REASON_REQUIRED);
            }
            return add_field(*change.vector_field, schema);
        case VZ_ALTER_TUNE_VECTOR_FIELD: {
            VZ_ASSIGN(VectorFieldSchema* const field, known_field(*schema, change));
            return tune_field(*change.vector_field, field);
        }
        case VZ_ALTER_DROP_VECTOR_FIELD: {
            VZ_ASSIGN(const VectorFieldSchema* const field, known_field(*schema, change));
            if (schema->fields.size() == 1) {
                return failure(VZ_INVALID_ARGUMENT, "the last vector field stays")
                    .field("changes.vector_field")
                    .reason(VZ_REASON_REQUIRED);
            }
            schema->fields.erase(schema->fields.begin() + (field - schema->fields.data()));
            return {};
        }
        case VZ_ALTER_ADD_FIELD_INDEX:
        case VZ_ALTER_DROP_FIELD_INDEX: {
            if (change.field_index == nullptr) {
                return failure(VZ_INVALID_ARGUMENT, "the change names no field index")
                    .field("changes.field_index")
                    .reason(VZ_REASON_REQUIRED);
            }
            const vz_field_index index = grown(*change.field_index, change.field_index->struct_size);
            return change.kind == VZ_ALTER_ADD_FIELD_INDEX ? add_field_index(index, schema)
                                                           : drop_field_index(index, schema);
        }
        default:
            return failure(VZ_INVALID_ARGUMENT, "there is no such change").field("changes.kind").reason(VZ_REASON_ENUM);
    }
}

Status check_name(std::string_view name, const char* field) {
    const auto bad = [&](const char* what) {
        return failure(VZ_INVALID_ARGUMENT, "a name %s", what).field(field).reason(VZ_REASON_NAME);
    };
    if (name.empty()) return bad("must not be empty");
    if (name.size() > kNameBytesMax) return bad("has at most 255 bytes");
    if (!is_valid_utf8(name)) return bad("is valid UTF-8");
    if (name.find('/') != std::string_view::npos || has_control(name))
        return bad("has no '/' and no control characters");
    return {};
}

Result<Schema> check_schema(const vz_schema& from) {
    if (from.flags != 0) return unsupported("flags", "a flag of the schema is not known");
    if (from.vector_field_count == 0 || from.vector_fields == nullptr) {
        return failure(VZ_INVALID_ARGUMENT, "a collection has one vector field or more")
            .field("vector_fields")
            .reason(VZ_REASON_REQUIRED);
    }
    if (from.vector_field_count > kVectorFieldsMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a collection has at most %u vector fields", kVectorFieldsMax)
            .field("vector_fields_max")
            .expected(kVectorFieldsMax)
            .actual(from.vector_field_count);
    }
    VZ_TRY(check_ttl(from.ttl_ms));
    Schema schema;
    for (uint32_t i = 0; i < from.vector_field_count; ++i) {
        VZ_ASSIGN(VectorFieldSchema field, declared_field(*VZ_AT(vz_vector_field, from.vector_fields, i)));
        if (schema.field(field.name) != nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "two vector fields have one name")
                .field("vector_fields.name")
                .reason(VZ_REASON_DUPLICATE)
                .item(i);
        }
        field.id = schema.next_field_id++;
        schema.fields.push_back(std::move(field));
    }
    schema.ttl_ms = from.ttl_ms;
    for (uint32_t i = 0; i < from.field_index_count; ++i) {
        const vz_field_index& given = *VZ_AT(vz_field_index, from.field_indexes, i);
        Status added = add_field_index(grown(given, from.field_indexes->struct_size), &schema);
        if (!added.ok()) return std::move(added).item(i);
    }
    if (from.metadata.data != nullptr) {
        VZ_TRY(check_metadata(view(from.metadata)));
        schema.metadata = view(from.metadata);
    }
    return schema;
}

namespace {

// `before`: the fields in front of it.
Status check_written_field(const VectorFieldSchema& field, const Schema& before, uint32_t next_field_id) {
    VZ_TRY(check_field(field));
    if (field.id >= next_field_id || before.field_by_id(field.id) != nullptr)
        return failure(VZ_INVALID_ARGUMENT, "the id of a vector field is not its own").field("vector_fields");
    if (before.field(field.name) == nullptr) return {};
    return failure(VZ_INVALID_ARGUMENT, "two vector fields have one name")
        .field("vector_fields.name")
        .reason(VZ_REASON_DUPLICATE);
}

Status check_written_index(const FieldIndexSchema& index) {
    VZ_TRY(check_index_kind(index.kind));
    const bool is_known = index.language.empty() || (index.kind == VZ_FIELD_INDEX_TEXT &&
                                                     Tokenizer::language_named(index.language) == index.language);
    if (is_known) return {};
    return failure(VZ_UNSUPPORTED, "the language of a field index is not known").field("field_indexes.language");
}

}  // namespace

Status check_written_schema(const Schema& schema) {
    if (schema.fields.empty() || schema.fields.size() > kVectorFieldsMax) {
        return failure(VZ_INVALID_ARGUMENT, "a collection has 1 to %u vector fields", kVectorFieldsMax)
            .field("vector_fields");
    }
    VZ_TRY(check_ttl(schema.ttl_ms));
    VZ_TRY(check_metadata(schema.metadata));
    Schema before;
    for (const VectorFieldSchema& field : schema.fields) {
        VZ_TRY(check_written_field(field, before, schema.next_field_id));
        before.fields.push_back(field);
    }
    for (const FieldIndexSchema& index : schema.field_indexes) {
        VZ_TRY(check_written_index(index));
        VZ_TRY(add_field_index(index, &before));
    }
    return {};
}

}  // namespace vz
