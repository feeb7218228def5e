// What the rules share while a document is traversed: the tables of the document, the stack of types, and the list of
// errors.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "frontends/graphql/validate.hpp"
#include "frontends/json/reader.hpp"

namespace vz::graphql {

// One use of a variable, with the type its place asks for.
struct VariableUse {
    std::string_view name;
    uint32_t position = 0;
    const TypeRef* type = nullptr;  // NULL: unknown
    bool has_default = false;       // the place has a default value of its own
};

// What one operation or fragment uses, by itself.
struct Uses {
    std::vector<VariableUse> variables;
    std::vector<const ast::Selection*> spreads;
};

// Types around the node that is being looked at. NULL: unknown, the rules that need it stay silent.
struct TypeStack {
    std::vector<const NamedType*> parents;  // of selection sets
    std::vector<const TypeRef*> outputs;    // of fields, fragments, operations
    std::vector<const TypeRef*> inputs;     // of arguments, list items, input fields, variables
    std::vector<const Field*> fields;
    std::vector<bool> input_defaults;  // whether the place of inputs.back() has a default value
    const DirectiveDefinition* directive = nullptr;

    template <typename T>
    static T top(const std::vector<T>& stack) {
        return stack.empty() ? T{} : stack.back();
    }
    const NamedType* parent() const { return top(parents); }
    const TypeRef* output() const { return top(outputs); }
    const TypeRef* input() const { return top(inputs); }
    const TypeRef* parent_input() const { return inputs.size() < 2 ? nullptr : inputs[inputs.size() - 2]; }
    const Field* field() const { return top(fields); }
};

class Validation final {
 public:
    Validation(const Schema& schema, const ast::Document& document, const ValidationLimits& limits);

    const Schema& schema;
    const ast::Document& document;
    const ValidationLimits& limits;
    Arena arena;
    TypeStack types;
    std::unordered_map<std::string_view, const ast::Fragment*> fragments;  // the last of each name
    std::vector<const ast::Operation*> operations;
    std::unordered_set<std::string_view> defined_types;  // by the document itself
    std::unordered_map<const void*, Uses> uses;          // by Operation or Fragment
    Uses* current_uses = nullptr;
    // With their parent type, in order.
    std::vector<std::pair<const NamedType*, const ast::SelectionSet*>> selection_sets;
    std::vector<DocumentError> errors;

    void report(std::string message, std::vector<uint32_t> positions);
    void report_limit(std::string message);
    const ast::Fragment* fragment(std::string_view name) const;
    // The type that wraps a named type without wrappers; kept in the arena.
    const TypeRef* bare(const NamedType* type);
};

inline std::string in_quotes(std::string_view text) { return "\"" + std::string(json::clipped(text)) + "\""; }

// Positions of the elements that share a name with another one, grouped by name in order of first appearance.
template <typename List, typename NameOf>
std::vector<std::pair<std::string_view, std::vector<uint32_t>>> groups_by_name(const List& list, NameOf name_of) {
    std::vector<std::pair<std::string_view, std::vector<uint32_t>>> groups;
    std::unordered_map<std::string_view, size_t> index_by_name;
    for (const auto& item : list) {
        const ast::Name& name = name_of(item);
        const auto [found, added] = index_by_name.emplace(name.text, groups.size());
        if (added) groups.push_back({name.text, {}});
        groups[found->second].second.push_back(name.position);
    }
    return groups;
}

// ---- the families of rules; each function looks at one node, or at the whole document before or after the traversal
// ----

// validate_operations.cpp: executable definitions, unique operation names, lone anonymous operation, single-field
// subscriptions
void check_definitions(Validation& v);
void check_operation(Validation& v, const ast::Operation& operation);

// validate_fields.cpp: fields on correct type, leafs, arguments known, unique and given
void check_field(Validation& v, const ast::Selection& field);
void check_argument_names(Validation& v, std::span<const ast::Argument> arguments);
void check_field_argument(Validation& v, const ast::Argument& argument);
void check_required_field_arguments(Validation& v, const ast::Selection& field);
void check_type_name(Validation& v, const ast::TypeReference& type);

// validate_fragments.cpp: names unique, known and used; composite conditions; possible spreads; cycles
void check_fragments_before(Validation& v);
void check_fragments_after(Validation& v);
void check_condition(Validation& v, const ast::TypeReference& condition, std::string_view fragment);
void check_inline_spread(Validation& v, const ast::Selection& fragment);
void check_spread(Validation& v, const ast::Selection& spread);

// validate_directives.cpp: known, in the right place, not repeated; their arguments
void check_directives(Validation& v, std::span<const ast::Directive> directives, std::string_view location);
void check_directive_arguments(Validation& v, const ast::Directive& directive);

// validate_values.cpp: values of correct type, unique input fields. True: look into its items or fields, too.
bool check_value(Validation& v, const ast::Value& value);
void check_object_field(Validation& v, const ast::ObjectField& field);
void check_unique_object_fields(Validation& v, const ast::Value& object);
// Whether a scalar accepts this literal, variables inside included.
bool scalar_accepts(ScalarKind kind, const ast::Value& value);

// validate_variables.cpp: unique, input types, defined, used, in allowed positions
void check_variable_definitions(Validation& v, const ast::Operation& operation);
void check_variables_after(Validation& v);

// validate_merging.cpp: fields that answer under one key can be merged
void check_merging(Validation& v);

}  // namespace vz::graphql
