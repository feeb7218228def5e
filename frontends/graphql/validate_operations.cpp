#include "frontends/graphql/validation.hpp"

namespace vz::graphql {
namespace {

// Fields of a subscription's root by response key, fragments included; in order of first appearance.
using Collected = std::vector<std::pair<std::string_view, std::vector<const ast::Selection*>>>;

// A selection whose @skip or @include is constant and leaves it out.
bool left_out(const ast::Selection& selection) {
    for (const ast::Directive& directive : selection.directives) {
        for (const ast::Argument& argument : directive.arguments) {
            if (argument.name.text != "if" || argument.value.kind != ast::ValueKind::kBoolean) continue;
            if (directive.name.text == "skip" && argument.value.boolean) return true;
            if (directive.name.text == "include" && !argument.value.boolean) return true;
        }
    }
    return false;
}

void collect(const Validation& v, const NamedType& root, const ast::SelectionSet& set,
             std::unordered_set<std::string_view>& visited, Collected& collected) {
    const auto applies = [&](std::string_view condition) {
        const NamedType* type = v.schema.type(condition);
        return type != nullptr && (type == &root || (type->abstract() && v.schema.possible(*type, root)));
    };
    for (const ast::Selection& selection : set.selections) {
        if (left_out(selection)) continue;
        if (selection.kind == ast::SelectionKind::kField) {
            auto group = collected.begin();
            while (group != collected.end() && group->first != selection.key()) ++group;
            if (group == collected.end()) group = collected.insert(group, {selection.key(), {}});
            group->second.push_back(&selection);
        } else if (selection.kind == ast::SelectionKind::kInline) {
            if (selection.condition == nullptr || applies(selection.condition->name)) {
                collect(v, root, *selection.selections, visited, collected);
            }
        } else if (visited.insert(selection.name.text).second) {
            const ast::Fragment* fragment = v.fragment(selection.name.text);
            if (fragment != nullptr && applies(fragment->condition->name)) {
                collect(v, root, *fragment->selections, visited, collected);
            }
        }
    }
}

void check_single_root_field(Validation& v, const ast::Operation& operation) {
    const NamedType* root = v.schema.root(ast::OperationKind::kSubscription);
    if (root == nullptr) return;
    Collected collected;
    std::unordered_set<std::string_view> visited;
    collect(v, *root, *operation.selections, visited, collected);
    std::vector<uint32_t> extra;
    for (size_t i = 1; i < collected.size(); ++i) {
        for (const ast::Selection* field : collected[i].second) extra.push_back(field->position);
    }
    if (!extra.empty()) v.report("a subscription has exactly one root field", extra);
    for (const auto& [key, fields] : collected) {
        if (!fields.front()->name.text.starts_with("__")) continue;
        std::vector<uint32_t> positions;
        for (const ast::Selection* field : fields) positions.push_back(field->position);
        v.report("a subscription's root field must not be an introspection field", positions);
    }
}

}  // namespace

void check_definitions(Validation& v) {
    std::unordered_map<std::string_view, uint32_t> position_by_name;
    for (const ast::Definition& definition : v.document.definitions) {
        if (definition.kind == ast::DefinitionKind::kTypeSystem) {
            v.report("a request holds operations and fragments only", {definition.type_system->position});
        }
        if (definition.kind != ast::DefinitionKind::kOperation || definition.operation->name.text.empty()) continue;
        const ast::Name& name = definition.operation->name;
        const auto [known, added] = position_by_name.emplace(name.text, name.position);
        if (!added)
            v.report("there is more than one operation named " + in_quotes(name.text), {known->second, name.position});
    }
}

void check_operation(Validation& v, const ast::Operation& operation) {
    if (operation.name.text.empty() && v.operations.size() > 1) {
        v.report("an anonymous operation must be the only operation of the document", {operation.position});
    }
    if (operation.kind == ast::OperationKind::kSubscription) check_single_root_field(v, operation);
}

}  // namespace vz::graphql
