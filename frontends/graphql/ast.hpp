// Nodes of a parsed document, executable or type system. They live in the arena of their Document and point into its
// text. Positions are byte offsets of the first token of a node.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "frontends/graphql/arena.hpp"

namespace vz::graphql::ast {

struct Name {
    std::string_view text;
    uint32_t position = 0;
};

enum class ValueKind : uint8_t { kVariable, kInt, kFloat, kString, kBoolean, kNull, kEnum, kList, kObject };

struct ObjectField;

struct Value {
    ValueKind kind = ValueKind::kNull;
    bool boolean = false;
    uint32_t position = 0;
    std::string_view text;  // name of variable or enum value, digits of a number, decoded string
    std::span<const Value> items;
    std::span<const ObjectField> fields;
};

struct ObjectField {
    Name name;
    Value value;
};

enum class TypeForm : uint8_t { kNamed, kList, kNonNull };

struct TypeReference {
    TypeForm form = TypeForm::kNamed;
    uint32_t position = 0;
    std::string_view name;              // of kNamed
    const TypeReference* of = nullptr;  // of the others
};

struct Argument {
    Name name;
    Value value;
};

struct Directive {
    uint32_t position = 0;
    Name name;
    std::span<const Argument> arguments;
};

enum class SelectionKind : uint8_t { kField, kSpread, kInline };

struct SelectionSet;

struct Selection {
    SelectionKind kind = SelectionKind::kField;
    uint32_t position = 0;
    Name alias;                                // empty text: none
    Name name;                                 // of the field, or of the fragment that is spread
    const TypeReference* condition = nullptr;  // of an inline fragment, may be absent
    std::span<const Argument> arguments;
    std::span<const Directive> directives;
    const SelectionSet* selections = nullptr;

    std::string_view key() const { return alias.text.empty() ? name.text : alias.text; }
};

struct SelectionSet {
    uint32_t position = 0;
    std::span<const Selection> selections;
};

struct VariableDefinition {
    uint32_t position = 0;
    Name name;  // without the dollar sign
    const TypeReference* type = nullptr;
    const Value* default_value = nullptr;
    std::span<const Directive> directives;
};

enum class OperationKind : uint8_t { kQuery, kMutation, kSubscription };

struct Operation {
    OperationKind kind = OperationKind::kQuery;
    uint32_t position = 0;
    Name name;  // empty text: anonymous
    std::span<const VariableDefinition> variables;
    std::span<const Directive> directives;
    const SelectionSet* selections = nullptr;
};

struct Fragment {
    uint32_t position = 0;
    Name name;
    const TypeReference* condition = nullptr;
    std::span<const Directive> directives;
    const SelectionSet* selections = nullptr;
};

// ---- type system ----

struct InputValueDefinition {
    uint32_t position = 0;
    std::string_view description;
    Name name;
    const TypeReference* type = nullptr;
    const Value* default_value = nullptr;
    std::span<const Directive> directives;
};

struct FieldDefinition {
    std::string_view description;
    Name name;
    std::span<const InputValueDefinition> arguments;
    const TypeReference* type = nullptr;
    std::span<const Directive> directives;
};

struct EnumValueDefinition {
    std::string_view description;
    Name name;
    std::span<const Directive> directives;
};

struct RootOperation {
    OperationKind kind = OperationKind::kQuery;
    const TypeReference* type = nullptr;
};

enum class TypeSystemKind : uint8_t { kSchema, kScalar, kObject, kInterface, kUnion, kEnum, kInput, kDirective };

// One definition or extension; only the members of its kind are set.
struct TypeSystemDefinition {
    TypeSystemKind kind = TypeSystemKind::kScalar;
    bool extension = false;
    bool repeatable = false;
    uint32_t position = 0;
    std::string_view description;
    Name name;
    std::span<const Directive> directives;
    std::span<const FieldDefinition> fields;
    std::span<const TypeReference* const> interfaces;
    std::span<const TypeReference* const> members;  // of a union
    std::span<const EnumValueDefinition> values;
    std::span<const InputValueDefinition> input_fields;  // of an input, arguments of a directive
    std::span<const RootOperation> roots;
    std::span<const Name> locations;
};

enum class DefinitionKind : uint8_t { kOperation, kFragment, kTypeSystem };

struct Definition {
    DefinitionKind kind = DefinitionKind::kOperation;
    const Operation* operation = nullptr;
    const Fragment* fragment = nullptr;
    const TypeSystemDefinition* type_system = nullptr;
};

// Owns its text and its nodes; immovable, because nodes point into both.
struct Document {
    explicit Document(std::string source) : text(std::move(source)) {}
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    const std::string text;
    Arena arena;
    std::span<const Definition> definitions;
};

}  // namespace vz::graphql::ast
