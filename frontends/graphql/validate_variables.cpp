#include "frontends/graphql/validation.hpp"

namespace vz::graphql {
namespace {

// Uses of variables by an operation and by every fragment it reaches.
std::vector<VariableUse> uses_reached_from(Validation& v, const ast::Operation& operation) {
    std::vector<VariableUse> reached;
    std::unordered_set<std::string_view> visited;
    std::vector<const void*> open = {&operation};
    while (!open.empty()) {
        const Uses& uses = v.uses[open.back()];
        open.pop_back();
        reached.insert(reached.end(), uses.variables.begin(), uses.variables.end());
        for (const ast::Selection* spread : uses.spreads) {
            if (!visited.insert(spread->name.text).second) continue;
            if (const ast::Fragment* fragment = v.fragment(spread->name.text)) open.push_back(fragment);
        }
    }
    return reached;
}

bool allowed(const Validation& v, const TypeRef& variable, const ast::Value* variable_default, const VariableUse& use) {
    if (!use.type->non_null() || variable.non_null()) return v.schema.subtype(variable, *use.type);
    const bool has_value = variable_default != nullptr && variable_default->kind != ast::ValueKind::kNull;
    return (has_value || use.has_default) && v.schema.subtype(variable, *use.type->of);
}

void check_uses(Validation& v, const ast::Operation& operation) {
    std::unordered_map<std::string_view, const ast::VariableDefinition*> defined;
    for (const ast::VariableDefinition& variable : operation.variables) defined[variable.name.text] = &variable;
    std::unordered_set<std::string_view> used;
    for (const VariableUse& use : uses_reached_from(v, operation)) {
        used.insert(use.name);
        const auto found = defined.find(use.name);
        if (found == defined.end()) {
            v.report("variable " + in_quotes("$" + std::string(use.name)) + " is not defined",
                     {use.position, operation.position});
            continue;
        }
        const ast::VariableDefinition& variable = *found->second;
        const TypeRef* type = v.schema.resolve(*variable.type, v.arena);
        if (type == nullptr || use.type == nullptr || allowed(v, *type, variable.default_value, use)) continue;
        v.report("variable " + in_quotes("$" + std::string(use.name)) + " of type " + in_quotes(type_text(*type)) +
                     " stands where " + in_quotes(type_text(*use.type)) + " is expected",
                 {variable.position, use.position});
    }
    for (const ast::VariableDefinition& variable : operation.variables) {
        if (used.contains(variable.name.text)) continue;
        v.report("variable " + in_quotes("$" + std::string(variable.name.text)) + " is not used", {variable.position});
    }
}

}  // namespace

void check_variable_definitions(Validation& v, const ast::Operation& operation) {
    const auto name_of = [](const ast::VariableDefinition& variable) -> const ast::Name& { return variable.name; };
    for (const auto& [name, positions] : groups_by_name(operation.variables, name_of)) {
        if (positions.size() > 1)
            v.report("variable " + in_quotes("$" + std::string(name)) + " is defined more than once", positions);
    }
    for (const ast::VariableDefinition& variable : operation.variables) {
        const TypeRef* type = v.schema.resolve(*variable.type, v.arena);
        if (type == nullptr || type->named->input()) continue;
        v.report("variable " + in_quotes("$" + std::string(variable.name.text)) + " cannot have type " +
                     in_quotes(type_text(*variable.type)) + ", which is for answers only",
                 {variable.type->position});
    }
}

void check_variables_after(Validation& v) {
    for (const ast::Operation* operation : v.operations) check_uses(v, *operation);
}

}  // namespace vz::graphql
