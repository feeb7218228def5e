#include "frontends/graphql/schema.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string>

namespace vz::graphql {
namespace {

template <typename List>
auto find_named(const List& list, std::string_view wanted) -> decltype(&*list.begin()) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.name == wanted; });
    return found == list.end() ? nullptr : &*found;
}

}  // namespace

const InputValue* Field::argument(std::string_view wanted) const { return find_named(arguments, wanted); }
const InputValue* NamedType::input_field(std::string_view wanted) const { return find_named(input_fields, wanted); }
const EnumValue* NamedType::value(std::string_view wanted) const { return find_named(values, wanted); }

Field* NamedType::field(std::string_view wanted) const {
    const auto found = field_by_name.find(wanted);
    return found == field_by_name.end() ? nullptr : found->second;
}

bool DirectiveDefinition::allowed_on(std::string_view location) const {
    return std::find(locations.begin(), locations.end(), location) != locations.end();
}

const NamedType* Schema::type(std::string_view name) const {
    const auto found = type_by_name_.find(name);
    return found == type_by_name_.end() ? nullptr : found->second;
}

NamedType* Schema::mutable_type(std::string_view name) {
    const auto found = type_by_name_.find(name);
    return found == type_by_name_.end() ? nullptr : found->second;
}

const DirectiveDefinition* Schema::directive(std::string_view name) const { return find_named(directives_, name); }

void Schema::bound_default(std::string_view field, uint64_t most) {
    for (const std::unique_ptr<NamedType>& type : types_) {
        for (InputValue& input : type->input_fields) {
            if (input.name != field || input.default_value == nullptr ||
                input.default_value->kind != ast::ValueKind::kInt)
                continue;
            uint64_t number = 0;
            std::from_chars(input.default_value->text.data(),
                            input.default_value->text.data() + input.default_value->text.size(), number);
            if (number <= most) continue;
            auto* const lowered = arena_.make<ast::Value>(*input.default_value);
            lowered->text = arena_.copy_text(std::to_string(most));
            input.default_value = lowered;
        }
    }
}

std::string Schema::sdl() const {
    // The last one first: what stands before it keeps its place.
    std::map<uint32_t, std::string_view, std::greater<>> defaults;
    for (const std::unique_ptr<NamedType>& type : types_) {
        if (type->introspection) continue;
        for (const InputValue& input : type->input_fields) {
            const ast::Value* value = input.default_value;
            if (value != nullptr && value->kind == ast::ValueKind::kInt) defaults.emplace(value->position, value->text);
        }
    }
    std::string text = documents_.front()->text;
    for (const auto& [position, number] : defaults)
        text.replace(position, text.find_first_not_of("-0123456789", position) - position, number);
    return text;
}

const Field* Schema::field(const NamedType& parent, std::string_view name) const {
    if (name.starts_with("__")) {
        if (name == "__typename" && parent.composite()) return &typename_field_;
        if (&parent == root(ast::OperationKind::kQuery)) {
            if (name == "__schema") return &schema_field_;
            if (name == "__type") return &type_field_;
        }
    }
    return parent.field(name);
}

const TypeRef* Schema::resolve(const ast::TypeReference& reference, Arena& arena) const {
    if (reference.form == ast::TypeForm::kNamed) {
        const NamedType* named = type(reference.name);
        return named == nullptr ? nullptr : arena.make<TypeRef>(ast::TypeForm::kNamed, named, nullptr);
    }
    const TypeRef* of = resolve(*reference.of, arena);
    return of == nullptr ? nullptr : arena.make<TypeRef>(reference.form, of->named, of);
}

bool Schema::possible(const NamedType& abstract, const NamedType& object) const {
    return std::find(abstract.possible.begin(), abstract.possible.end(), &object) != abstract.possible.end();
}

bool Schema::overlap(const NamedType& left, const NamedType& right) const {
    if (&left == &right) return true;
    if (left.abstract() && right.abstract()) {
        return std::any_of(left.possible.begin(), left.possible.end(),
                           [&](const NamedType* object) { return possible(right, *object); });
    }
    if (left.abstract()) return possible(left, right);
    return right.abstract() && possible(right, left);
}

bool Schema::subtype(const TypeRef& candidate, const TypeRef& super) const {
    if (super.non_null()) return candidate.non_null() && subtype(*candidate.of, *super.of);
    if (candidate.non_null()) return subtype(*candidate.of, super);
    if (super.list()) return candidate.list() && subtype(*candidate.of, *super.of);
    if (candidate.list()) return false;
    const NamedType& narrow = *candidate.named;
    const NamedType& wide = *super.named;
    if (&narrow == &wide) return true;
    if (!wide.abstract()) return false;
    if (narrow.kind == TypeKind::kObject) return possible(wide, narrow);
    return std::find(narrow.interfaces.begin(), narrow.interfaces.end(), &wide) != narrow.interfaces.end();
}

bool same_type(const TypeRef& left, const TypeRef& right) {
    if (left.form != right.form) return false;
    return left.form == ast::TypeForm::kNamed ? left.named == right.named : same_type(*left.of, *right.of);
}

std::string type_text(const TypeRef& type) {
    switch (type.form) {
        case ast::TypeForm::kNamed: return std::string(type.named->name);
        case ast::TypeForm::kList: return "[" + type_text(*type.of) + "]";
        case ast::TypeForm::kNonNull: return type_text(*type.of) + "!";
    }
    return {};
}

std::string type_text(const ast::TypeReference& type) {
    switch (type.form) {
        case ast::TypeForm::kNamed: return std::string(type.name);
        case ast::TypeForm::kList: return "[" + type_text(*type.of) + "]";
        case ast::TypeForm::kNonNull: return type_text(*type.of) + "!";
    }
    return {};
}

std::string value_text(const ast::Value& value) {
    std::string text;
    switch (value.kind) {
        case ast::ValueKind::kVariable: return "$" + std::string(value.text);
        case ast::ValueKind::kNull: return "null";
        case ast::ValueKind::kInt:
        case ast::ValueKind::kFloat:
        case ast::ValueKind::kBoolean:
        case ast::ValueKind::kEnum: return std::string(value.text);
        case ast::ValueKind::kString: return quoted(value.text);
        case ast::ValueKind::kList:
            for (const ast::Value& item : value.items) text += (text.empty() ? "" : ", ") + value_text(item);
            return "[" + text + "]";
        case ast::ValueKind::kObject:
            for (const ast::ObjectField& field : value.fields) {
                text += (text.empty() ? "" : ", ") + std::string(field.name.text) + ": " + value_text(field.value);
            }
            return "{" + text + "}";
    }
    return text;
}

std::string quoted(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\b') {
            out += "\\b";
        } else if (c == '\f') {
            out += "\\f";
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace vz::graphql
