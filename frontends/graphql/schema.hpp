// The type system as immutable tables. Built once from SDL; every name and node points into the schema, which outlives
// all documents.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontends/graphql/ast.hpp"

namespace vz::graphql {

struct NamedType;
struct FieldValue;
struct FieldCall;
struct RootResolver;

// How a field below a root gets its value: a pure look at its source. [any]
using FieldResolver = FieldValue (*)(const FieldCall& call);

// A type with its wrappers. `named` is always the innermost type.
struct TypeRef {
    ast::TypeForm form = ast::TypeForm::kNamed;
    const NamedType* named = nullptr;
    const TypeRef* of = nullptr;

    bool non_null() const { return form == ast::TypeForm::kNonNull; }
    bool list() const { return form == ast::TypeForm::kList; }
    const TypeRef& nullable() const { return non_null() ? *of : *this; }
};

struct InputValue {
    std::string_view name;
    std::string_view description;
    const TypeRef* type = nullptr;
    const ast::Value* default_value = nullptr;
    bool deprecated = false;
    std::string_view deprecation;

    bool required() const { return type->non_null() && default_value == nullptr; }
};

struct Field {
    std::string_view name;
    std::string_view description;
    std::vector<InputValue> arguments;
    const TypeRef* type = nullptr;
    bool deprecated = false;
    std::string_view deprecation;
    FieldResolver resolve = nullptr;  // one of the two once bound
    const RootResolver* root = nullptr;

    const InputValue* argument(std::string_view wanted) const;
};

struct EnumValue {
    std::string_view name;
    std::string_view description;
    bool deprecated = false;
    std::string_view deprecation;
};

enum class TypeKind : uint8_t { kScalar, kObject, kInterface, kUnion, kEnum, kInput };
enum class ScalarKind : uint8_t { kInt, kFloat, kString, kBoolean, kId, kLong, kJson, kDateTime, kOther };

struct NamedType {
    TypeKind kind = TypeKind::kScalar;
    ScalarKind scalar = ScalarKind::kOther;
    bool introspection = false;
    std::string_view name;
    std::string_view description;
    std::string_view specified_by;
    std::vector<std::unique_ptr<Field>> fields;
    std::vector<InputValue> input_fields;
    std::vector<EnumValue> values;
    std::vector<const NamedType*> interfaces;
    std::vector<const NamedType*> possible;  // of abstract types: the object types it may be
    std::unordered_map<std::string_view, Field*> field_by_name;

    bool composite() const {
        return kind == TypeKind::kObject || kind == TypeKind::kInterface || kind == TypeKind::kUnion;
    }
    bool abstract() const { return kind == TypeKind::kInterface || kind == TypeKind::kUnion; }
    bool leaf() const { return kind == TypeKind::kScalar || kind == TypeKind::kEnum; }
    bool input() const { return leaf() || kind == TypeKind::kInput; }
    bool output() const { return kind != TypeKind::kInput; }

    Field* field(std::string_view wanted) const;
    const InputValue* input_field(std::string_view wanted) const;
    const EnumValue* value(std::string_view wanted) const;
};

struct DirectiveDefinition {
    std::string_view name;
    std::string_view description;
    bool repeatable = false;
    std::vector<std::string_view> locations;
    std::vector<InputValue> arguments;

    bool allowed_on(std::string_view location) const;
};

class Schema final {
 public:
    // NULL: `error` says what is wrong with the text.
    static std::unique_ptr<Schema> build(std::string sdl, std::string& error);

    const NamedType* type(std::string_view name) const;
    NamedType* mutable_type(std::string_view name);
    const DirectiveDefinition* directive(std::string_view name) const;
    const NamedType* root(ast::OperationKind kind) const { return roots_[static_cast<size_t>(kind)]; }

    // Lowers the default of every input field of that name to `most`. Before the schema is shared.
    void bound_default(std::string_view field, uint64_t most);
    // The text it was built of, with the defaults that hold.
    std::string sdl() const;

    // The field of that name on that type, `__typename`, and on the query root `__schema` and `__type`; NULL: none.
    const Field* field(const NamedType& parent, std::string_view name) const;

    // In the order of the text, introspection and built-in types after.
    const std::vector<std::unique_ptr<NamedType>>& types() const { return types_; }
    const std::vector<DirectiveDefinition>& directives() const { return directives_; }
    std::string_view description() const { return description_; }

    // NULL: names an unknown type.
    const TypeRef* resolve(const ast::TypeReference& reference, Arena& arena) const;
    bool possible(const NamedType& abstract, const NamedType& object) const;
    // Whether some object type is both.
    bool overlap(const NamedType& left, const NamedType& right) const;
    bool subtype(const TypeRef& candidate, const TypeRef& super) const;

 private:
    friend class SchemaBuilder;
    Schema() = default;

    std::vector<std::unique_ptr<ast::Document>> documents_;
    Arena arena_;
    std::vector<std::unique_ptr<NamedType>> types_;
    std::unordered_map<std::string_view, NamedType*> type_by_name_;
    std::vector<DirectiveDefinition> directives_;
    const NamedType* roots_[3] = {nullptr, nullptr, nullptr};
    std::string_view description_;
    Field typename_field_;
    Field schema_field_;
    Field type_field_;
};

bool same_type(const TypeRef& left, const TypeRef& right);
// "[Float!]!"
std::string type_text(const TypeRef& type);
std::string type_text(const ast::TypeReference& type);
// A literal as GraphQL text.
std::string value_text(const ast::Value& value);
// A quoted string literal.
std::string quoted(std::string_view text);

}  // namespace vz::graphql
