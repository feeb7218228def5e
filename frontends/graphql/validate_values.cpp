#include <algorithm>
#include <charconv>
#include <cmath>

#include "frontends/graphql/validation.hpp"

namespace vz::graphql {
namespace {

template <typename Number>
bool fits(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool has_enum_literal(const ast::Value& value) {
    if (value.kind == ast::ValueKind::kEnum) return true;
    return std::any_of(value.items.begin(), value.items.end(), has_enum_literal) ||
           std::any_of(value.fields.begin(), value.fields.end(),
                       [](const ast::ObjectField& field) { return has_enum_literal(field.value); });
}

void report_value(Validation& v, const TypeRef& type, const ast::Value& value) {
    std::string text = value_text(value);
    if (text.size() > 64) text = std::string(json::clipped(text, 61)) + "...";
    v.report("expected a value of type " + in_quotes(type_text(type)) + ", found " + text, {value.position});
}

// The place asks for a scalar or an enum; a literal that is neither null nor a variable stands there.
void check_leaf(Validation& v, const ast::Value& value) {
    const TypeRef* place = v.types.input();
    if (place == nullptr) return;
    const NamedType& type = *place->named;
    bool accepted = false;
    if (type.kind == TypeKind::kEnum) {
        accepted = value.kind == ast::ValueKind::kEnum && type.value(value.text) != nullptr;
    } else if (type.kind == TypeKind::kScalar) {
        accepted = scalar_accepts(type.scalar, value);
    }
    if (!accepted) report_value(v, *place, value);
}

}  // namespace

bool scalar_accepts(ScalarKind kind, const ast::Value& value) {
    using Kind = ast::ValueKind;
    switch (kind) {
        case ScalarKind::kInt: return value.kind == Kind::kInt && fits<int32_t>(value.text);
        case ScalarKind::kLong: return value.kind == Kind::kInt && fits<int64_t>(value.text);
        case ScalarKind::kFloat: return value.kind == Kind::kInt || value.kind == Kind::kFloat;
        case ScalarKind::kDateTime:
        case ScalarKind::kString: return value.kind == Kind::kString;
        case ScalarKind::kBoolean: return value.kind == Kind::kBoolean;
        case ScalarKind::kId: return value.kind == Kind::kString || value.kind == Kind::kInt;
        case ScalarKind::kJson: return !has_enum_literal(value);
        case ScalarKind::kOther: return true;
    }
    return false;
}

bool check_value(Validation& v, const ast::Value& value) {
    const TypeRef* place = v.types.input();
    switch (value.kind) {
        case ast::ValueKind::kList: {
            const TypeRef* list = v.types.parent_input();
            if (list != nullptr && list->nullable().list()) return true;
            check_leaf(v, value);
            return false;
        }
        case ast::ValueKind::kObject: {
            if (place == nullptr || place->named->kind != TypeKind::kInput) {
                check_leaf(v, value);
                return false;
            }
            for (const InputValue& wanted : place->named->input_fields) {
                if (!wanted.required()) continue;
                const bool given =
                    std::any_of(value.fields.begin(), value.fields.end(),
                                [&](const ast::ObjectField& field) { return field.name.text == wanted.name; });
                if (given) continue;
                v.report("input " + in_quotes(place->named->name) + " needs field " + in_quotes(wanted.name) +
                             " of type " + in_quotes(type_text(*wanted.type)),
                         {value.position});
            }
            return true;
        }
        case ast::ValueKind::kNull:
            if (place != nullptr && place->non_null()) report_value(v, *place, value);
            return false;
        case ast::ValueKind::kVariable: return false;
        default: check_leaf(v, value); return false;
    }
}

void check_object_field(Validation& v, const ast::ObjectField& field) {
    const TypeRef* object = v.types.parent_input();
    if (v.types.input() != nullptr || object == nullptr || object->named->kind != TypeKind::kInput) return;
    v.report("input " + in_quotes(object->named->name) + " has no field " + in_quotes(field.name.text),
             {field.name.position});
}

void check_unique_object_fields(Validation& v, const ast::Value& object) {
    std::unordered_map<std::string_view, uint32_t> position_by_name;
    for (const ast::ObjectField& field : object.fields) {
        const auto [known, added] = position_by_name.emplace(field.name.text, field.name.position);
        if (!added) {
            v.report("input field " + in_quotes(field.name.text) + " is given more than once",
                     {known->second, field.name.position});
        }
    }
}

}  // namespace vz::graphql
