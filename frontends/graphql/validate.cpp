// The traversal: keeps the stack of types and calls each family of rules at the nodes it wants to see.
#include "frontends/graphql/validate.hpp"

#include "frontends/graphql/validation.hpp"

namespace vz::graphql {

Validation::Validation(const Schema& schema_in, const ast::Document& document_in, const ValidationLimits& limits_in)
    : schema(schema_in), document(document_in), limits(limits_in) {
    for (const ast::Definition& definition : document.definitions) {
        switch (definition.kind) {
            case ast::DefinitionKind::kOperation: operations.push_back(definition.operation); break;
            case ast::DefinitionKind::kFragment: fragments[definition.fragment->name.text] = definition.fragment; break;
            case ast::DefinitionKind::kTypeSystem:
                if (!definition.type_system->extension) defined_types.insert(definition.type_system->name.text);
                break;
        }
    }
}

void Validation::report(std::string message, std::vector<uint32_t> positions) {
    if (errors.size() >= limits.errors_max) return;
    errors.push_back({ErrorCode::kValidationFailed, std::move(message), std::move(positions)});
}

void Validation::report_limit(std::string message) {
    errors.push_back({ErrorCode::kLimitExceeded, std::move(message), {}});
}

const ast::Fragment* Validation::fragment(std::string_view name) const {
    const auto found = fragments.find(name);
    return found == fragments.end() ? nullptr : found->second;
}

const TypeRef* Validation::bare(const NamedType* type) {
    return type == nullptr ? nullptr : arena.make<TypeRef>(ast::TypeForm::kNamed, type, nullptr);
}

namespace {

class Traversal final {
 public:
    explicit Traversal(Validation& v) : v_(v), types_(v.types) {}

    void operation(const ast::Operation& operation);
    void fragment(const ast::Fragment& fragment);

 private:
    void variable_definition(const ast::VariableDefinition& variable);
    void selection_set(const ast::SelectionSet& set);
    void selections(const ast::SelectionSet& set);
    void field(const ast::Selection& field);
    void inline_fragment(const ast::Selection& fragment);
    void directives(std::span<const ast::Directive> directives, std::string_view location);
    void arguments(std::span<const ast::Argument> arguments, bool of_field);
    void value(const ast::Value& value, bool judged);
    void push_input(const TypeRef* type, bool has_default);
    void pop_input();

    Validation& v_;
    TypeStack& types_;
};

std::string_view operation_location(ast::OperationKind kind) {
    switch (kind) {
        case ast::OperationKind::kQuery: return "QUERY";
        case ast::OperationKind::kMutation: return "MUTATION";
        case ast::OperationKind::kSubscription: return "SUBSCRIPTION";
    }
    return "QUERY";
}

void Traversal::operation(const ast::Operation& operation) {
    v_.current_uses = &v_.uses[&operation];
    types_.outputs.push_back(v_.bare(v_.schema.root(operation.kind)));
    check_operation(v_, operation);
    check_variable_definitions(v_, operation);
    for (const ast::VariableDefinition& variable : operation.variables) variable_definition(variable);
    directives(operation.directives, operation_location(operation.kind));
    selection_set(*operation.selections);
    types_.outputs.pop_back();
}

void Traversal::variable_definition(const ast::VariableDefinition& variable) {
    check_type_name(v_, *variable.type);
    const TypeRef* type = v_.schema.resolve(*variable.type, v_.arena);
    push_input(type != nullptr && type->named->input() ? type : nullptr, false);
    if (variable.default_value != nullptr) value(*variable.default_value, true);
    directives(variable.directives, "VARIABLE_DEFINITION");
    pop_input();
}

void Traversal::fragment(const ast::Fragment& fragment) {
    v_.current_uses = &v_.uses[&fragment];
    const NamedType* condition = v_.schema.type(fragment.condition->name);
    types_.outputs.push_back(condition != nullptr && condition->output() ? v_.bare(condition) : nullptr);
    check_condition(v_, *fragment.condition, fragment.name.text);
    check_type_name(v_, *fragment.condition);
    directives(fragment.directives, "FRAGMENT_DEFINITION");
    selection_set(*fragment.selections);
    types_.outputs.pop_back();
}

// Inline fragments are part of the set around them, so only the others are compared by the rule of merging.
void Traversal::selection_set(const ast::SelectionSet& set) {
    const TypeRef* type = types_.output();
    v_.selection_sets.emplace_back(type != nullptr && type->named->composite() ? type->named : nullptr, &set);
    selections(set);
}

void Traversal::selections(const ast::SelectionSet& set) {
    const TypeRef* type = types_.output();
    types_.parents.push_back(type != nullptr && type->named->composite() ? type->named : nullptr);
    for (const ast::Selection& selection : set.selections) {
        switch (selection.kind) {
            case ast::SelectionKind::kField: field(selection); break;
            case ast::SelectionKind::kInline: inline_fragment(selection); break;
            case ast::SelectionKind::kSpread:
                v_.current_uses->spreads.push_back(&selection);
                check_spread(v_, selection);
                directives(selection.directives, "FRAGMENT_SPREAD");
                break;
        }
    }
    types_.parents.pop_back();
}

void Traversal::field(const ast::Selection& field) {
    const NamedType* parent = types_.parent();
    const Field* definition = parent == nullptr ? nullptr : v_.schema.field(*parent, field.name.text);
    types_.fields.push_back(definition);
    types_.outputs.push_back(definition == nullptr ? nullptr : definition->type);
    check_field(v_, field);
    arguments(field.arguments, true);
    directives(field.directives, "FIELD");
    if (field.selections != nullptr) selection_set(*field.selections);
    check_required_field_arguments(v_, field);
    types_.outputs.pop_back();
    types_.fields.pop_back();
}

void Traversal::inline_fragment(const ast::Selection& fragment) {
    const TypeRef* type = types_.output();
    const NamedType* inside = type == nullptr ? nullptr : type->named;
    if (fragment.condition != nullptr) inside = v_.schema.type(fragment.condition->name);
    types_.outputs.push_back(inside != nullptr && inside->output() ? v_.bare(inside) : nullptr);
    check_inline_spread(v_, fragment);
    if (fragment.condition != nullptr) {
        check_condition(v_, *fragment.condition, {});
        check_type_name(v_, *fragment.condition);
    }
    directives(fragment.directives, "INLINE_FRAGMENT");
    selections(*fragment.selections);
    types_.outputs.pop_back();
}

void Traversal::directives(std::span<const ast::Directive> directives, std::string_view location) {
    check_directives(v_, directives, location);
    for (const ast::Directive& directive : directives) {
        types_.directive = v_.schema.directive(directive.name.text);
        check_directive_arguments(v_, directive);
        arguments(directive.arguments, false);
        types_.directive = nullptr;
    }
}

void Traversal::arguments(std::span<const ast::Argument> arguments, bool of_field) {
    check_argument_names(v_, arguments);
    for (const ast::Argument& argument : arguments) {
        const InputValue* definition = nullptr;
        if (types_.directive != nullptr) {
            for (const InputValue& known : types_.directive->arguments) {
                if (known.name == argument.name.text) definition = &known;
            }
        } else if (types_.field() != nullptr) {
            definition = types_.field()->argument(argument.name.text);
        }
        if (of_field && definition == nullptr) check_field_argument(v_, argument);
        push_input(definition == nullptr ? nullptr : definition->type,
                   definition != nullptr && definition->default_value != nullptr);
        value(argument.value, true);
        pop_input();
    }
}

// judged: false inside a value that was judged as a whole; names and variables in it are still looked at.
void Traversal::value(const ast::Value& value, bool judged) {
    switch (value.kind) {
        case ast::ValueKind::kVariable:
            v_.current_uses->variables.push_back(
                {value.text, value.position, types_.input(), types_.input_defaults.back()});
            return;
        case ast::ValueKind::kList: {
            const TypeRef* type = types_.input() == nullptr ? nullptr : &types_.input()->nullable();
            push_input(type != nullptr && type->list() ? type->of : type, false);
            const bool inside = judged && check_value(v_, value);
            for (const ast::Value& item : value.items) this->value(item, inside);
            pop_input();
            return;
        }
        case ast::ValueKind::kObject: {
            check_unique_object_fields(v_, value);
            const bool inside = judged && check_value(v_, value);
            const NamedType* object = types_.input() == nullptr ? nullptr : types_.input()->named;
            for (const ast::ObjectField& field : value.fields) {
                const InputValue* definition = object != nullptr && object->kind == TypeKind::kInput
                                                   ? object->input_field(field.name.text)
                                                   : nullptr;
                push_input(definition == nullptr ? nullptr : definition->type,
                           definition != nullptr && definition->default_value != nullptr);
                if (inside) check_object_field(v_, field);
                this->value(field.value, inside);
                pop_input();
            }
            return;
        }
        default:
            if (judged) check_value(v_, value);
            return;
    }
}

void Traversal::push_input(const TypeRef* type, bool has_default) {
    types_.inputs.push_back(type);
    types_.input_defaults.push_back(has_default);
}

void Traversal::pop_input() {
    types_.inputs.pop_back();
    types_.input_defaults.pop_back();
}

}  // namespace

std::vector<DocumentError> validate(const Schema& schema, const ast::Document& document,
                                    const ValidationLimits& limits) {
    Validation v(schema, document, limits);
    check_definitions(v);
    check_fragments_before(v);
    Traversal traversal(v);
    for (const ast::Definition& definition : document.definitions) {
        if (definition.kind == ast::DefinitionKind::kOperation) traversal.operation(*definition.operation);
        if (definition.kind == ast::DefinitionKind::kFragment) traversal.fragment(*definition.fragment);
    }
    check_fragments_after(v);
    check_variables_after(v);
    check_merging(v);
    return std::move(v.errors);
}

}  // namespace vz::graphql
