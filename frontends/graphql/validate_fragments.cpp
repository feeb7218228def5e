#include <algorithm>

#include "frontends/graphql/validation.hpp"

namespace vz::graphql {
namespace {

// Finds every cycle of fragments that spread each other, each once.
class CycleSearch final {
 public:
    explicit CycleSearch(Validation& v) : v_(v) {}

    void from(const ast::Fragment& fragment) {
        if (!visited_.insert(fragment.name.text).second) return;
        const std::vector<const ast::Selection*> spreads = spreads_in(*fragment.selections);
        if (spreads.empty()) return;
        index_in_path_[fragment.name.text] = path_.size();
        for (const ast::Selection* spread : spreads) {
            path_.push_back(spread);
            const auto open = index_in_path_.find(spread->name.text);
            if (open != index_in_path_.end()) {
                report_from(open->second);
            } else if (const ast::Fragment* next = v_.fragment(spread->name.text)) {
                from(*next);
            }
            path_.pop_back();
        }
        index_in_path_.erase(fragment.name.text);
    }

 private:
    static std::vector<const ast::Selection*> spreads_in(const ast::SelectionSet& set) {
        std::vector<const ast::Selection*> spreads;
        std::vector<const ast::SelectionSet*> open = {&set};
        while (!open.empty()) {
            const ast::SelectionSet* next = open.back();
            open.pop_back();
            for (const ast::Selection& selection : next->selections) {
                if (selection.kind == ast::SelectionKind::kSpread) {
                    spreads.push_back(&selection);
                } else if (selection.selections != nullptr) {
                    open.push_back(selection.selections);
                }
            }
        }
        return spreads;
    }

    void report_from(size_t first) {
        std::vector<uint32_t> positions;
        for (size_t i = first; i < path_.size(); ++i) positions.push_back(path_[i]->position);
        v_.report("fragment " + in_quotes(path_.back()->name.text) + " spreads itself", positions);
    }

    Validation& v_;
    std::unordered_set<std::string_view> visited_;
    std::vector<const ast::Selection*> path_;
    std::unordered_map<std::string_view, size_t> index_in_path_;
};

}  // namespace

void check_fragments_before(Validation& v) {
    std::unordered_map<std::string_view, uint32_t> position_by_name;
    CycleSearch cycles(v);
    for (const ast::Definition& definition : v.document.definitions) {
        if (definition.kind != ast::DefinitionKind::kFragment) continue;
        const ast::Name& name = definition.fragment->name;
        const auto [known, added] = position_by_name.emplace(name.text, name.position);
        if (!added)
            v.report("there is more than one fragment named " + in_quotes(name.text), {known->second, name.position});
        cycles.from(*definition.fragment);
    }
}

void check_fragments_after(Validation& v) {
    std::unordered_set<std::string_view> used;
    std::vector<const void*> open(v.operations.begin(), v.operations.end());
    while (!open.empty()) {
        const void* next = open.back();
        open.pop_back();
        for (const ast::Selection* spread : v.uses[next].spreads) {
            if (!used.insert(spread->name.text).second) continue;
            if (const ast::Fragment* fragment = v.fragment(spread->name.text)) open.push_back(fragment);
        }
    }
    for (const ast::Definition& definition : v.document.definitions) {
        if (definition.kind != ast::DefinitionKind::kFragment || used.contains(definition.fragment->name.text))
            continue;
        v.report("fragment " + in_quotes(definition.fragment->name.text) + " is not used",
                 {definition.fragment->position});
    }
}

void check_condition(Validation& v, const ast::TypeReference& condition, std::string_view fragment) {
    const NamedType* type = v.schema.type(condition.name);
    if (type == nullptr || type->composite()) return;
    const std::string which = fragment.empty() ? "a fragment" : "fragment " + in_quotes(fragment);
    v.report(which + " cannot be on " + in_quotes(condition.name) + ", which has no fields", {condition.position});
}

void check_inline_spread(Validation& v, const ast::Selection& fragment) {
    const TypeRef* inside = v.types.output();
    const NamedType* parent = v.types.parent();
    if (inside == nullptr || parent == nullptr || !inside->named->composite() ||
        v.schema.overlap(*inside->named, *parent))
        return;
    v.report("an object of type " + in_quotes(parent->name) + " can never be of type " + in_quotes(inside->named->name),
             {fragment.position});
}

void check_spread(Validation& v, const ast::Selection& spread) {
    const ast::Fragment* fragment = v.fragment(spread.name.text);
    if (fragment == nullptr)
        return v.report("there is no fragment " + in_quotes(spread.name.text), {spread.name.position});
    const NamedType* inside = v.schema.type(fragment->condition->name);
    const NamedType* parent = v.types.parent();
    if (inside == nullptr || parent == nullptr || !inside->composite() || v.schema.overlap(*inside, *parent)) return;
    v.report("fragment " + in_quotes(spread.name.text) + " is on " + in_quotes(inside->name) +
                 ", which an object of type " + in_quotes(parent->name) + " can never be",
             {spread.position});
}

}  // namespace vz::graphql
