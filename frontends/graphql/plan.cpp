#include "frontends/graphql/plan.hpp"

#include <unordered_map>
#include <unordered_set>

namespace vz::graphql {
namespace {

using Group = std::vector<const ast::Selection*>;
using Groups = std::vector<std::pair<std::string_view, Group>>;

// Where a field stands: the limits that hold there.
struct Place {
    uint32_t depth = 1;
    bool introspection = false;
    uint32_t lists = 0;
};

class Planner final {
 public:
    Planner(const Schema& schema, const ast::Document& document, const Variables& variables, const PlanLimits& limits,
            Arena& arena, DocumentError& error)
        : schema_(schema), variables_(variables), limits_(limits), arena_(arena), error_(error) {
        for (const ast::Definition& definition : document.definitions) {
            if (definition.kind == ast::DefinitionKind::kFragment)
                fragments_[definition.fragment->name.text] = definition.fragment;
        }
    }

    bool selection(const NamedType& type, const std::vector<const ast::SelectionSet*>& sets, Place place,
                   PlannedSelection& out);

 private:
    bool collect(const NamedType& type, const ast::SelectionSet& set, std::unordered_set<std::string_view>& visited,
                 Groups& groups);
    bool included(const ast::Selection& selection, bool& answer);
    bool applies(const NamedType& type, const ast::TypeReference* condition) const;
    bool field(const NamedType& parent, std::string_view key, const Group& group, Place place, PlannedField& out);
    bool below(const Group& group, Place place, PlannedField& out);
    bool check_limits(const NamedType& parent, const ast::Selection& selection, const Field& field, Place& place);
    bool refuse(std::string what, uint32_t position) {
        error_ = {ErrorCode::kLimitExceeded, std::move(what), {position}};
        return false;
    }

    const Schema& schema_;
    const Variables& variables_;
    const PlanLimits& limits_;
    Arena& arena_;
    DocumentError& error_;
    std::unordered_map<std::string_view, const ast::Fragment*> fragments_;
    uint32_t fields_ = 0;
    uint32_t introspection_fields_ = 0;
    uint32_t aliases_ = 0;
};

bool Planner::selection(const NamedType& type, const std::vector<const ast::SelectionSet*>& sets, Place place,
                        PlannedSelection& out) {
    Groups groups;
    std::unordered_set<std::string_view> visited;
    for (const ast::SelectionSet* set : sets) {
        if (!collect(type, *set, visited, groups)) return false;
    }
    const std::span<PlannedField> fields = arena_.array<PlannedField>(groups.size());
    uint32_t roots = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
        const auto& [key, group] = groups[i];
        if (place.depth == 1 && !group.front()->name.text.starts_with("__") && ++roots > limits_.root_fields_max) {
            return refuse("more than " + std::to_string(limits_.root_fields_max) + " root fields",
                          group.front()->position);
        }
        if (!field(type, key, group, place, fields[i])) return false;
    }
    out.type = &type;
    out.fields = fields;
    return true;
}

bool Planner::collect(const NamedType& type, const ast::SelectionSet& set,
                      std::unordered_set<std::string_view>& visited, Groups& groups) {
    for (const ast::Selection& selection : set.selections) {
        bool wanted = true;
        if (!selection.directives.empty() && !included(selection, wanted)) return false;
        if (!wanted) continue;
        if (selection.kind == ast::SelectionKind::kField) {
            auto group = groups.begin();
            while (group != groups.end() && group->first != selection.key()) ++group;
            if (group == groups.end()) {
                // Searched in line, so no more of them than any limit lets through.
                if (groups.size() > limits_.fields_max) return refuse("too many fields", selection.position);
                group = groups.insert(group, {selection.key(), {}});
            }
            group->second.push_back(&selection);
        } else if (selection.kind == ast::SelectionKind::kInline) {
            if (applies(type, selection.condition) && !collect(type, *selection.selections, visited, groups))
                return false;
        } else if (visited.insert(selection.name.text).second) {
            const auto fragment = fragments_.find(selection.name.text);
            if (fragment == fragments_.end() || !applies(type, fragment->second->condition)) continue;
            if (!collect(type, *fragment->second->selections, visited, groups)) return false;
        }
    }
    return true;
}

bool Planner::included(const ast::Selection& selection, bool& answer) {
    for (const ast::Directive& directive : selection.directives) {
        const bool skip = directive.name.text == "skip";
        if (!skip && directive.name.text != "include") continue;
        Input arguments;
        std::string why;
        if (!coerce_arguments(schema_.directive(directive.name.text)->arguments, directive.arguments, variables_,
                              arena_, arguments, why)) {
            error_ = {ErrorCode::kBadUserInput, why, {directive.position}};
            return false;
        }
        if (arguments["if"].boolean == skip) answer = false;
    }
    return true;
}

bool Planner::applies(const NamedType& type, const ast::TypeReference* condition) const {
    if (condition == nullptr || condition->name == type.name) return true;
    const NamedType* wanted = schema_.type(condition->name);
    return wanted != nullptr && wanted->abstract() && schema_.possible(*wanted, type);
}

bool Planner::field(const NamedType& parent, std::string_view key, const Group& group, Place place, PlannedField& out) {
    const ast::Selection& first = *group.front();
    out.key = key;
    out.position = first.position;
    out.field = schema_.field(parent, first.name.text);
    if (!check_limits(parent, first, *out.field, place)) return false;
    if (!out.field->arguments.empty()) {
        std::string why;
        if (!coerce_arguments(out.field->arguments, first.arguments, variables_, arena_, out.arguments, why)) {
            out.refused = arena_.make<FieldError>("BAD_USER_INPUT", arena_.copy_text(why), std::string_view());
        }
    }
    return first.selections == nullptr || below(group, place, out);
}

bool Planner::check_limits(const NamedType& parent, const ast::Selection& selection, const Field& field, Place& place) {
    if (place.depth == 1) place.introspection = field.name.starts_with("__");
    const uint32_t depth_max = place.introspection ? limits_.introspection_depth_max : limits_.depth_max;
    if (place.depth > depth_max)
        return refuse("deeper than " + std::to_string(depth_max) + " fields", selection.position);
    uint32_t& count = place.introspection ? introspection_fields_ : fields_;
    if (++count > limits_.fields_max)
        return refuse("more than " + std::to_string(limits_.fields_max) + " fields", selection.position);
    if (!selection.alias.text.empty() && ++aliases_ > limits_.aliases_max)
        return refuse("more than " + std::to_string(limits_.aliases_max) + " aliases", selection.position);
    if (place.introspection) {
        if (parent.introspection && field.type->nullable().list() && parent.name == "__Type" &&
            field.name != "enumValues" && ++place.lists > limits_.introspection_lists_max) {
            return refuse("introspection lists nested deeper than " + std::to_string(limits_.introspection_lists_max),
                          selection.position);
        }
    }
    return true;
}

bool Planner::below(const Group& group, Place place, PlannedField& out) {
    std::vector<const ast::SelectionSet*> sets;
    for (const ast::Selection* selection : group) {
        if (selection->selections != nullptr) sets.push_back(selection->selections);
    }
    ++place.depth;
    const NamedType& type = *out.field->type->named;
    const std::vector<const NamedType*> single = {&type};
    const std::vector<const NamedType*>& possible = type.abstract() ? type.possible : single;
    const std::span<PlannedSelection> selections = arena_.array<PlannedSelection>(possible.size());
    for (size_t i = 0; i < possible.size(); ++i) {
        if (!selection(*possible[i], sets, place, selections[i])) return false;
    }
    out.below = selections;
    return true;
}

}  // namespace

bool PlannedField::selects(std::string_view name) const {
    for (const PlannedSelection& selection : below) {
        for (const PlannedField& candidate : selection.fields) {
            if (candidate.field->name == name) return true;
        }
    }
    return false;
}

bool plan_operation(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                    const Variables& variables, const PlanLimits& limits, Arena& arena, PlannedSelection& out,
                    DocumentError& error) {
    return Planner(schema, document, variables, limits, arena, error)
        .selection(*schema.root(operation.kind), {operation.selections}, Place(), out);
}

}  // namespace vz::graphql
