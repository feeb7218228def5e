// Fields that answer under one key can be merged (specification 5.3.2).
//
// Each selection set is compared with itself, with every fragment it spreads, and those with each other; pairs of
// fragments are compared once. `exclusive` says that the two sides can never be the same object, so that only the
// shapes of answers must agree.
#include <algorithm>
#include <map>

#include "frontends/graphql/validation.hpp"

namespace vz::graphql {
namespace {

struct Occurrence {
    const NamedType* parent = nullptr;
    const ast::Selection* field = nullptr;
    const Field* definition = nullptr;
};

// The fields of one selection set by key, inline fragments opened, and the names of fragments it spreads.
struct FieldMap {
    std::vector<std::pair<std::string_view, std::vector<Occurrence>>> keys;
    std::unordered_map<std::string_view, size_t> index_by_key;
    std::vector<std::string_view> spreads;
    // Fragments this was compared with; true: as exclusive sides only.
    std::unordered_map<std::string_view, bool> compared;
};

struct Conflict {
    std::string_view key;
    std::string reason;
    std::vector<uint32_t> left;
    std::vector<uint32_t> right;
};

// The same literal, whatever the order of an object's fields. Compared in place: a hostile document asks for millions
// of these.
bool same_value(const ast::Value& left, const ast::Value& right) {
    if (left.kind != right.kind || left.items.size() != right.items.size() || left.fields.size() != right.fields.size())
        return false;
    if (left.kind == ast::ValueKind::kList) {
        return std::equal(left.items.begin(), left.items.end(), right.items.begin(), same_value);
    }
    if (left.kind != ast::ValueKind::kObject) return left.text == right.text;
    return std::all_of(left.fields.begin(), left.fields.end(), [&](const ast::ObjectField& field) {
        const auto other =
            std::find_if(right.fields.begin(), right.fields.end(),
                         [&](const ast::ObjectField& candidate) { return candidate.name.text == field.name.text; });
        return other != right.fields.end() && same_value(field.value, other->value);
    });
}

// Remembers a comparison. One of exclusive sides asks less than one of sides that may be the same object, and is no
// substitute for it.
template <typename Map, typename Key>
bool seen(Map& compared, const Key& key, bool exclusive) {
    const auto [found, added] = compared.try_emplace(key, exclusive);
    if (added) return false;
    if (exclusive || !found->second) return true;
    found->second = false;
    return false;
}

bool same_arguments(const ast::Selection& left, const ast::Selection& right) {
    if (left.arguments.size() != right.arguments.size()) return false;
    return std::all_of(left.arguments.begin(), left.arguments.end(), [&](const ast::Argument& argument) {
        const auto other =
            std::find_if(right.arguments.begin(), right.arguments.end(),
                         [&](const ast::Argument& candidate) { return candidate.name.text == argument.name.text; });
        return other != right.arguments.end() && same_value(argument.value, other->value);
    });
}

bool shapes_differ(const TypeRef& left, const TypeRef& right) {
    if (left.form != right.form) return true;
    if (left.form != ast::TypeForm::kNamed) return shapes_differ(*left.of, *right.of);
    return (left.named->leaf() || right.named->leaf()) && left.named != right.named;
}

class Merging final {
 public:
    explicit Merging(Validation& v) : v_(v) {}

    void within(const NamedType* parent, const ast::SelectionSet& set);
    bool exhausted() const { return steps_ > v_.limits.merge_steps_max; }

 private:
    FieldMap& fields_of(const NamedType* parent, const ast::SelectionSet& set);
    const FieldMap* fields_of(std::string_view fragment);
    void collect(const NamedType* parent, const ast::SelectionSet& set, FieldMap& map);
    void compare_maps(std::vector<Conflict>& conflicts, bool exclusive, const FieldMap& left, const FieldMap& right);
    void compare_with_fragment(std::vector<Conflict>& conflicts, bool exclusive, FieldMap& map,
                               std::string_view fragment);
    void compare_fragments(std::vector<Conflict>& conflicts, bool exclusive, std::string_view left,
                           std::string_view right);
    void compare(std::vector<Conflict>& conflicts, bool exclusive, std::string_view key, const Occurrence& left,
                 const Occurrence& right);
    void compare_selections(std::vector<Conflict>& conflicts, bool exclusive, const Occurrence& left,
                            const Occurrence& right);
    void report(const std::vector<Conflict>& conflicts);

    Validation& v_;
    std::map<std::pair<const NamedType*, const ast::SelectionSet*>, FieldMap> maps_;
    std::map<std::pair<std::string_view, std::string_view>, bool> pairs_;
    uint32_t steps_ = 0;
};

void Merging::within(const NamedType* parent, const ast::SelectionSet& set) {
    std::vector<Conflict> conflicts;
    FieldMap& map = fields_of(parent, set);
    for (const auto& [key, occurrences] : map.keys) {
        for (size_t i = 0; i < occurrences.size(); ++i) {
            for (size_t j = i + 1; j < occurrences.size(); ++j)
                compare(conflicts, false, key, occurrences[i], occurrences[j]);
        }
    }
    for (size_t i = 0; i < map.spreads.size(); ++i) {
        compare_with_fragment(conflicts, false, map, map.spreads[i]);
        for (size_t j = i + 1; j < map.spreads.size(); ++j)
            compare_fragments(conflicts, false, map.spreads[i], map.spreads[j]);
    }
    report(conflicts);
}

void Merging::report(const std::vector<Conflict>& conflicts) {
    for (const Conflict& conflict : conflicts) {
        std::vector<uint32_t> positions = conflict.left;
        positions.insert(positions.end(), conflict.right.begin(), conflict.right.end());
        v_.report(
            "fields " + in_quotes(conflict.key) + " conflict: " + conflict.reason + "; give one of them another alias",
            std::move(positions));
    }
}

FieldMap& Merging::fields_of(const NamedType* parent, const ast::SelectionSet& set) {
    const auto [found, added] = maps_.try_emplace({parent, &set});
    if (added) collect(parent, set, found->second);
    return found->second;
}

const FieldMap* Merging::fields_of(std::string_view fragment) {
    const ast::Fragment* definition = v_.fragment(fragment);
    if (definition == nullptr) return nullptr;
    return &fields_of(v_.schema.type(definition->condition->name), *definition->selections);
}

void Merging::collect(const NamedType* parent, const ast::SelectionSet& set, FieldMap& map) {
    for (const ast::Selection& selection : set.selections) {
        if (selection.kind == ast::SelectionKind::kField) {
            const bool has_fields =
                parent != nullptr && (parent->kind == TypeKind::kObject || parent->kind == TypeKind::kInterface);
            const Field* definition = has_fields ? parent->field(selection.name.text) : nullptr;
            const auto [found, added] = map.index_by_key.emplace(selection.key(), map.keys.size());
            if (added) map.keys.push_back({selection.key(), {}});
            map.keys[found->second].second.push_back({parent, &selection, definition});
        } else if (selection.kind == ast::SelectionKind::kSpread) {
            if (std::find(map.spreads.begin(), map.spreads.end(), selection.name.text) == map.spreads.end()) {
                map.spreads.push_back(selection.name.text);
            }
        } else {
            collect(selection.condition == nullptr ? parent : v_.schema.type(selection.condition->name),
                    *selection.selections, map);
        }
    }
}

void Merging::compare_maps(std::vector<Conflict>& conflicts, bool exclusive, const FieldMap& left,
                           const FieldMap& right) {
    for (const auto& [key, occurrences] : left.keys) {
        const auto found = right.index_by_key.find(key);
        if (found == right.index_by_key.end()) continue;
        for (const Occurrence& one : occurrences) {
            for (const Occurrence& other : right.keys[found->second].second)
                compare(conflicts, exclusive, key, one, other);
        }
    }
}

void Merging::compare_with_fragment(std::vector<Conflict>& conflicts, bool exclusive, FieldMap& map,
                                    std::string_view fragment) {
    ++steps_;
    if (exhausted() || map.keys.empty() || seen(map.compared, fragment, exclusive)) return;
    const FieldMap* inside = fields_of(fragment);
    if (inside == nullptr || inside == &map) return;
    compare_maps(conflicts, exclusive, map, *inside);
    for (const std::string_view spread : inside->spreads) compare_with_fragment(conflicts, exclusive, map, spread);
}

void Merging::compare_fragments(std::vector<Conflict>& conflicts, bool exclusive, std::string_view left,
                                std::string_view right) {
    ++steps_;
    if (exhausted() || left == right) return;
    if (seen(pairs_, left < right ? std::pair{left, right} : std::pair{right, left}, exclusive)) return;
    const FieldMap* one = fields_of(left);
    const FieldMap* other = fields_of(right);
    if (one == nullptr || other == nullptr) return;
    compare_maps(conflicts, exclusive, *one, *other);
    for (const std::string_view spread : other->spreads) compare_fragments(conflicts, exclusive, left, spread);
    for (const std::string_view spread : one->spreads) compare_fragments(conflicts, exclusive, spread, right);
}

void Merging::compare(std::vector<Conflict>& conflicts, bool exclusive, std::string_view key, const Occurrence& left,
                      const Occurrence& right) {
    ++steps_;
    if (exhausted()) return;
    const auto conflict = [&](std::string reason) {
        conflicts.push_back({key, std::move(reason), {left.field->position}, {right.field->position}});
    };
    const bool apart = exclusive || (left.parent != right.parent && left.parent != nullptr && right.parent != nullptr &&
                                     left.parent->kind == TypeKind::kObject && right.parent->kind == TypeKind::kObject);
    if (!apart && left.field->name.text != right.field->name.text) {
        return conflict(in_quotes(left.field->name.text) + " and " + in_quotes(right.field->name.text) +
                        " are different fields");
    }
    if (!apart && !same_arguments(*left.field, *right.field)) return conflict("they have different arguments");
    if (left.definition != nullptr && right.definition != nullptr &&
        shapes_differ(*left.definition->type, *right.definition->type)) {
        return conflict("they have types " + in_quotes(type_text(*left.definition->type)) + " and " +
                        in_quotes(type_text(*right.definition->type)));
    }
    if (left.field->selections == nullptr || right.field->selections == nullptr) return;
    std::vector<Conflict> below;
    compare_selections(below, apart, left, right);
    if (below.empty()) return;
    Conflict joined{key,
                    "sub-fields " + in_quotes(below.front().key) + " conflict, " + below.front().reason,
                    {left.field->position},
                    {right.field->position}};
    for (const Conflict& inner : below) {
        joined.left.insert(joined.left.end(), inner.left.begin(), inner.left.end());
        joined.right.insert(joined.right.end(), inner.right.begin(), inner.right.end());
    }
    conflicts.push_back(std::move(joined));
}

void Merging::compare_selections(std::vector<Conflict>& conflicts, bool exclusive, const Occurrence& left,
                                 const Occurrence& right) {
    const auto type_below = [](const Occurrence& field) {
        return field.definition == nullptr ? nullptr : field.definition->type->named;
    };
    FieldMap& one = fields_of(type_below(left), *left.field->selections);
    FieldMap& other = fields_of(type_below(right), *right.field->selections);
    compare_maps(conflicts, exclusive, one, other);
    for (const std::string_view spread : other.spreads) compare_with_fragment(conflicts, exclusive, one, spread);
    for (const std::string_view spread : one.spreads) compare_with_fragment(conflicts, exclusive, other, spread);
    for (const std::string_view a : one.spreads) {
        for (const std::string_view b : other.spreads) compare_fragments(conflicts, exclusive, a, b);
    }
}

}  // namespace

void check_merging(Validation& v) {
    Merging merging(v);
    for (const auto& [parent, set] : v.selection_sets) {
        merging.within(parent, *set);
        if (merging.exhausted()) return v.report_limit("the fields of the document take too long to compare");
    }
}

}  // namespace vz::graphql
