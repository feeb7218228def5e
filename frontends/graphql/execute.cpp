#include "frontends/graphql/execute.hpp"

#include <cmath>

#include "frontends/graphql/error.hpp"

namespace vz::graphql {
namespace {

// Where the executor is; turned into text only when something fails.
struct Step {
    const Step* parent = nullptr;
    std::string_view key;  // data() nullptr: an index
    uint64_t index = 0;
};

void write_path(json::Writer& out, const Step* step) {
    if (step == nullptr) return;
    write_path(out, step->parent);
    if (step->key.data() != nullptr) {
        out.string(step->key);
    } else {
        out.unsigned_integer(step->index);
    }
}

class Executor final {
 public:
    Executor(json::Writer& out, const Schema& schema, RootValue root_value, void* user, Arena& arena,
             std::vector<ExecutionError>& errors)
        : out_(out), schema_(schema), root_value_(root_value), user_(user), arena_(arena), errors_(errors) {}

    // False: nothing was written, and null must take the place of what encloses it.
    bool root(const PlannedSelection& plan);

 private:
    bool selection(const PlannedSelection& plan, const Source& source, const Step* path);
    bool complete(const TypeRef& type, const FieldValue& value, const PlannedField& field, const Step* path);
    bool complete_list(const TypeRef& list, const FieldValue& value, const PlannedField& field, const Step* path);
    bool complete_object(const TypeRef& type, const FieldValue& value, const PlannedField& field, const Step* path);
    bool complete_leaf(const TypeRef& type, const FieldValue& value, const PlannedField& field, const Step* path);
    void fail(const FieldError& error, const PlannedField& field, const Step* path);
    void fail(std::string_view message, const PlannedField& field, const Step* path) {
        fail(FieldError{"INTERNAL_ERROR", message, {}}, field, path);
    }
    // Null if the type allows it; else false.
    bool null_or_propagate(const TypeRef& type) {
        if (type.non_null()) return false;
        out_.null();
        return true;
    }

    json::Writer& out_;
    const Schema& schema_;
    RootValue root_value_;
    void* user_;
    Arena& arena_;
    std::vector<ExecutionError>& errors_;
};

bool Executor::root(const PlannedSelection& plan) {
    const json::Writer::Mark mark = out_.mark();
    const Source nothing;
    out_.begin_object();
    for (size_t i = 0; i < plan.fields.size(); ++i) {
        const PlannedField& field = plan.fields[i];
        const Step here{nullptr, field.key, 0};
        out_.key(field.key);
        FieldValue value;
        if (field.refused != nullptr) {
            value = FieldValue::of_error(field.refused);
        } else if (field.field->resolve != nullptr) {
            value = field.field->resolve({schema_, nothing, field.arguments, arena_, *plan.type});
        } else {
            value = root_value_(user_, i);
        }
        if (complete(*field.field->type, value, field, &here)) continue;
        out_.rewind(mark);
        return false;
    }
    out_.end_object();
    return true;
}

bool Executor::selection(const PlannedSelection& plan, const Source& source, const Step* path) {
    const json::Writer::Mark mark = out_.mark();
    out_.begin_object();
    for (const PlannedField& field : plan.fields) {
        const Step here{path, field.key, 0};
        out_.key(field.key);
        const FieldValue value = field.refused != nullptr
                                     ? FieldValue::of_error(field.refused)
                                     : field.field->resolve({schema_, source, field.arguments, arena_, *plan.type});
        if (complete(*field.field->type, value, field, &here)) continue;
        out_.rewind(mark);
        return false;
    }
    out_.end_object();
    return true;
}

bool Executor::complete(const TypeRef& type, const FieldValue& value, const PlannedField& field, const Step* path) {
    if (value.kind == FieldKind::kError) {
        fail(*value.error, field, path);
        return null_or_propagate(type);
    }
    if (value.kind == FieldKind::kNull) {
        if (type.non_null()) fail("a value that must not be null is missing", field, path);
        return null_or_propagate(type);
    }
    const TypeRef& shape = type.nullable();
    bool completed = false;
    if (shape.list()) {
        completed = complete_list(shape, value, field, path);
    } else if (shape.named->leaf()) {
        completed = complete_leaf(shape, value, field, path);
    } else {
        completed = complete_object(shape, value, field, path);
    }
    return completed || null_or_propagate(type);
}

bool Executor::complete_list(const TypeRef& list, const FieldValue& value, const PlannedField& field,
                             const Step* path) {
    if (value.kind == FieldKind::kFloats) {
        for (uint64_t i = 0; i < value.count; ++i) {
            if (std::isfinite(value.floats[i])) continue;
            fail("a number that is not finite", field, path);
            return false;
        }
        out_.float32_array(value.floats, value.count);
        return true;
    }
    if (value.kind != FieldKind::kList) {
        fail("not a list", field, path);
        return false;
    }
    const json::Writer::Mark mark = out_.mark();
    out_.begin_array();
    for (uint64_t i = 0; i < value.count; ++i) {
        const Step here{path, {}, i};
        if (complete(*list.of, value.item(value.source, i), field, &here)) continue;
        out_.rewind(mark);
        return false;
    }
    out_.end_array();
    return true;
}

bool Executor::complete_object(const TypeRef& type, const FieldValue& value, const PlannedField& field,
                               const Step* path) {
    if (value.kind == FieldKind::kObject) {
        for (const PlannedSelection& selection : field.below) {
            if (!type.named->abstract() || selection.type == value.source.type)
                return this->selection(selection, value.source, path);
        }
    }
    fail("not an object of the field's type", field, path);
    return false;
}

bool Executor::complete_leaf(const TypeRef& type, const FieldValue& value, const PlannedField& field,
                             const Step* path) {
    const bool narrow = type.named->scalar == ScalarKind::kInt && type.named->kind == TypeKind::kScalar;
    switch (value.kind) {
        case FieldKind::kText: out_.string(value.text); return true;
        case FieldKind::kBoolean: out_.boolean(value.boolean); return true;
        case FieldKind::kJson: out_.raw(value.text); return true;
        case FieldKind::kInteger:
            if (narrow && (value.integer < INT32_MIN || value.integer > INT32_MAX)) break;
            out_.integer(value.integer);
            return true;
        case FieldKind::kDouble:
            if (!std::isfinite(value.number)) break;
            out_.float64(value.number);
            return true;
        case FieldKind::kFloat:
            if (!std::isfinite(value.single)) break;
            out_.float32(value.single);
            return true;
        default: break;
    }
    fail("not a value of the field's type", field, path);
    return false;
}

void Executor::fail(const FieldError& error, const PlannedField& field, const Step* path) {
    json::Text text;
    {
        json::Writer writer(text.target());
        writer.begin_array();
        write_path(writer, path);
        writer.end_array();
    }
    errors_.push_back({std::string(error.message),
                       std::string(error.code),
                       std::string(error.details),
                       text.text(),
                       {field.position}});
}

}  // namespace

void write_data(json::Writer& out, const Schema& schema, const PlannedSelection& plan, RootValue root_value, void* user,
                Arena& arena, std::vector<ExecutionError>& errors) {
    if (!Executor(out, schema, root_value, user, arena, errors).root(plan)) out.null();
}

void write_errors(json::Writer& out, std::string_view document, std::string_view request_id,
                  const std::vector<ExecutionError>& errors) {
    out.begin_array();
    for (const ExecutionError& error : errors) {
        out.begin_object();
        out.field("message", std::string_view(error.message));
        if (!error.positions.empty()) {
            out.key("locations");
            out.begin_array();
            for (const uint32_t position : error.positions) {
                const Location where = locate(document, position);
                out.begin_object();
                out.field("line", uint64_t{where.line});
                out.field("column", uint64_t{where.column});
                out.end_object();
            }
            out.end_array();
        }
        if (!error.path.empty()) out.field_raw("path", error.path);
        out.key("extensions");
        out.begin_object();
        out.field("code", std::string_view(error.code));
        if (!error.details.empty()) out.field_raw("details", error.details);
        if (!request_id.empty()) out.field("request_id", request_id);
        out.end_object();
        out.end_object();
    }
    out.end_array();
}

ExecutionError error_of(const DocumentError& error) {
    return {error.message, std::string(error_code_name(error.code)), {}, {}, error.positions};
}

}  // namespace vz::graphql
