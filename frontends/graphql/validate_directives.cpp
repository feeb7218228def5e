#include "frontends/graphql/validation.hpp"

namespace vz::graphql {

void check_directives(Validation& v, std::span<const ast::Directive> directives, std::string_view location) {
    std::unordered_map<std::string_view, uint32_t> position_by_name;
    for (const ast::Directive& directive : directives) {
        const DirectiveDefinition* definition = v.schema.directive(directive.name.text);
        if (definition == nullptr) {
            v.report("there is no directive " + in_quotes("@" + std::string(directive.name.text)),
                     {directive.position});
            continue;
        }
        const std::string name = in_quotes("@" + std::string(directive.name.text));
        if (!definition->allowed_on(location)) {
            v.report("directive " + name + " cannot stand on " + std::string(location), {directive.position});
        }
        if (definition->repeatable) continue;
        const auto [known, added] = position_by_name.emplace(directive.name.text, directive.position);
        if (!added) v.report("directive " + name + " is given more than once", {known->second, directive.position});
    }
}

void check_directive_arguments(Validation& v, const ast::Directive& directive) {
    const DirectiveDefinition* definition = v.types.directive;
    if (definition == nullptr) return;
    const std::string name = in_quotes("@" + std::string(directive.name.text));
    for (const ast::Argument& argument : directive.arguments) {
        bool known = false;
        for (const InputValue& wanted : definition->arguments) known = known || wanted.name == argument.name.text;
        if (!known)
            v.report("directive " + name + " has no argument " + in_quotes(argument.name.text),
                     {argument.name.position});
    }
    for (const InputValue& wanted : definition->arguments) {
        if (!wanted.required()) continue;
        bool given = false;
        for (const ast::Argument& argument : directive.arguments) given = given || argument.name.text == wanted.name;
        if (!given) v.report("directive " + name + " needs argument " + in_quotes(wanted.name), {directive.position});
    }
}

}  // namespace vz::graphql
