#include "frontends/graphql/validation.hpp"

namespace vz::graphql {

void check_field(Validation& v, const ast::Selection& field) {
    const NamedType* parent = v.types.parent();
    if (parent != nullptr && v.types.field() == nullptr) {
        v.report("type " + in_quotes(parent->name) + " has no field " + in_quotes(field.name.text), {field.position});
    }
    const TypeRef* type = v.types.output();
    if (type == nullptr) return;
    if (type->named->leaf() && field.selections != nullptr) {
        v.report("field " + in_quotes(field.name.text) + " of type " + in_quotes(type_text(*type)) +
                     " has no sub-fields to select",
                 {field.selections->position});
    }
    if (!type->named->leaf() && field.selections == nullptr) {
        v.report("field " + in_quotes(field.name.text) + " of type " + in_quotes(type_text(*type)) +
                     " needs a selection of sub-fields",
                 {field.position});
    }
}

void check_argument_names(Validation& v, std::span<const ast::Argument> arguments) {
    if (arguments.size() < 2) return;
    for (const auto& [name, positions] :
         groups_by_name(arguments, [](const ast::Argument& a) -> const ast::Name& { return a.name; })) {
        if (positions.size() > 1) v.report("argument " + in_quotes(name) + " is given more than once", positions);
    }
}

void check_field_argument(Validation& v, const ast::Argument& argument) {
    const NamedType* parent = v.types.parent();
    const Field* field = v.types.field();
    if (parent == nullptr || field == nullptr) return;
    v.report("field " + in_quotes(std::string(parent->name) + "." + std::string(field->name)) + " has no argument " +
                 in_quotes(argument.name.text),
             {argument.name.position});
}

void check_required_field_arguments(Validation& v, const ast::Selection& field) {
    if (v.types.field() == nullptr) return;
    for (const InputValue& wanted : v.types.field()->arguments) {
        if (!wanted.required()) continue;
        bool given = false;
        for (const ast::Argument& argument : field.arguments) given = given || argument.name.text == wanted.name;
        if (given) continue;
        v.report("field " + in_quotes(field.name.text) + " needs argument " + in_quotes(wanted.name) + " of type " +
                     in_quotes(type_text(*wanted.type)),
                 {field.position});
    }
}

void check_type_name(Validation& v, const ast::TypeReference& type) {
    if (type.form != ast::TypeForm::kNamed) return check_type_name(v, *type.of);
    if (v.schema.type(type.name) != nullptr || v.defined_types.contains(type.name)) return;
    v.report("there is no type " + in_quotes(type.name), {type.position});
}

}  // namespace vz::graphql
