// From parsed SDL to the tables of Schema.
#include <algorithm>

#include "frontends/graphql/introspection.hpp"
#include "frontends/graphql/parser.hpp"
#include "frontends/graphql/schema.hpp"

namespace vz::graphql {
namespace {

constexpr std::string_view kBuiltIn = R"(
"The `Int` scalar type represents non-fractional signed whole numeric values. Int can represent values between -(2^31) and 2^31 - 1."
scalar Int
"The `Float` scalar type represents signed double-precision fractional values as specified by [IEEE 754](https://en.wikipedia.org/wiki/IEEE_floating_point)."
scalar Float
"The `String` scalar type represents textual data, represented as UTF-8 character sequences."
scalar String
"The `Boolean` scalar type represents `true` or `false`."
scalar Boolean
"The `ID` scalar type represents a unique identifier. It is written as a string and accepts integers as input."
scalar ID
"Directs the executor to include this field or fragment only when the `if` argument is true."
directive @include("Included when true." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Directs the executor to skip this field or fragment when the `if` argument is true."
directive @skip("Skipped when true." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Marks an element of a GraphQL schema as no longer supported."
directive @deprecated(
  "Why it was deprecated, and what to use instead."
  reason: String = "No longer supported"
) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"Exposes a URL that specifies the behavior of this scalar."
directive @specifiedBy("The URL that specifies the behavior of this scalar." url: String!) on SCALAR
)";

ScalarKind scalar_kind(std::string_view name) {
    if (name == "Int") return ScalarKind::kInt;
    if (name == "Float") return ScalarKind::kFloat;
    if (name == "String") return ScalarKind::kString;
    if (name == "Boolean") return ScalarKind::kBoolean;
    if (name == "ID") return ScalarKind::kId;
    if (name == "Long") return ScalarKind::kLong;
    if (name == "JSON") return ScalarKind::kJson;
    if (name == "DateTime") return ScalarKind::kDateTime;
    return ScalarKind::kOther;
}

TypeKind type_kind(ast::TypeSystemKind kind) {
    switch (kind) {
        case ast::TypeSystemKind::kObject: return TypeKind::kObject;
        case ast::TypeSystemKind::kInterface: return TypeKind::kInterface;
        case ast::TypeSystemKind::kUnion: return TypeKind::kUnion;
        case ast::TypeSystemKind::kEnum: return TypeKind::kEnum;
        case ast::TypeSystemKind::kInput: return TypeKind::kInput;
        default: return TypeKind::kScalar;
    }
}

std::string_view string_argument(const ast::Directive& directive, std::string_view name, std::string_view otherwise) {
    for (const ast::Argument& argument : directive.arguments) {
        if (argument.name.text == name && argument.value.kind == ast::ValueKind::kString) return argument.value.text;
    }
    return otherwise;
}

template <typename Element>
void read_deprecation(std::span<const ast::Directive> directives, Element& element) {
    for (const ast::Directive& directive : directives) {
        if (directive.name.text != "deprecated") continue;
        element.deprecated = true;
        element.deprecation = string_argument(directive, "reason", "No longer supported");
    }
}

}  // namespace

class SchemaBuilder final {
 public:
    explicit SchemaBuilder(Schema& schema) : schema_(schema) {}

    bool add(std::string sdl);
    bool finish();
    std::string take_error() { return std::move(error_); }

 private:
    bool declare(const ast::TypeSystemDefinition& definition);
    bool fill(const ast::TypeSystemDefinition& definition);
    bool fill_directive(const ast::TypeSystemDefinition& definition);
    bool fill_fields(NamedType& type, const ast::TypeSystemDefinition& definition);
    bool fill_inputs(std::span<const ast::InputValueDefinition> definitions, std::vector<InputValue>& values);
    bool fill_schema(const ast::TypeSystemDefinition& definition);
    const TypeRef* resolve(const ast::TypeReference& reference);
    bool fail(std::string why);

    Schema& schema_;
    std::string error_;
    std::vector<const ast::TypeSystemDefinition*> definitions_;
    bool rooted_ = false;
};

bool SchemaBuilder::add(std::string sdl) {
    DocumentError parse_error;
    std::unique_ptr<ast::Document> document = parse(std::move(sdl), kNoParseLimits, parse_error);
    if (document == nullptr) return fail(parse_error.message);
    for (const ast::Definition& definition : document->definitions) {
        if (definition.kind != ast::DefinitionKind::kTypeSystem)
            return fail("a schema holds definitions of types only");
        if (definition.type_system->extension) return fail("extensions are not supported in a schema's text");
        if (!declare(*definition.type_system)) return false;
    }
    schema_.documents_.push_back(std::move(document));
    return true;
}

bool SchemaBuilder::declare(const ast::TypeSystemDefinition& definition) {
    definitions_.push_back(&definition);
    if (definition.kind == ast::TypeSystemKind::kSchema || definition.kind == ast::TypeSystemKind::kDirective)
        return true;
    auto type = std::make_unique<NamedType>();
    type->kind = type_kind(definition.kind);
    type->name = definition.name.text;
    type->description = definition.description;
    type->introspection = type->name.starts_with("__");
    if (type->kind == TypeKind::kScalar) type->scalar = scalar_kind(type->name);
    if (!schema_.type_by_name_.emplace(type->name, type.get()).second)
        return fail("type " + std::string(type->name) + " is defined twice");
    schema_.types_.push_back(std::move(type));
    return true;
}

bool SchemaBuilder::finish() {
    for (const ast::TypeSystemDefinition* definition : definitions_) {
        if (!fill(*definition)) return false;
    }
    for (const std::unique_ptr<NamedType>& type : schema_.types_) {
        for (const NamedType* interface : type->interfaces) {
            if (type->kind == TypeKind::kObject) schema_.type_by_name_[interface->name]->possible.push_back(type.get());
        }
    }
    if (!rooted_) {
        schema_.roots_[0] = schema_.type("Query");
        schema_.roots_[1] = schema_.type("Mutation");
        schema_.roots_[2] = schema_.type("Subscription");
    }
    if (schema_.roots_[0] == nullptr) return fail("a schema needs a query root");
    const auto non_null = [&](std::string_view name) {
        const NamedType* named = schema_.type(name);
        const TypeRef* inner = schema_.arena_.make<TypeRef>(ast::TypeForm::kNamed, named, nullptr);
        return schema_.arena_.make<TypeRef>(ast::TypeForm::kNonNull, named, inner);
    };
    schema_.typename_field_.name = "__typename";
    schema_.typename_field_.type = non_null("String");
    schema_.schema_field_.name = "__schema";
    schema_.schema_field_.type = non_null("__Schema");
    schema_.type_field_.name = "__type";
    schema_.type_field_.type = non_null("__Type")->of;
    InputValue name;
    name.name = "name";
    name.type = non_null("String");
    schema_.type_field_.arguments.push_back(name);
    bind_introspection(schema_, schema_.typename_field_, schema_.schema_field_, schema_.type_field_);
    return true;
}

bool SchemaBuilder::fill(const ast::TypeSystemDefinition& definition) {
    if (definition.kind == ast::TypeSystemKind::kSchema) return fill_schema(definition);
    if (definition.kind == ast::TypeSystemKind::kDirective) return fill_directive(definition);
    NamedType& type = *schema_.type_by_name_[definition.name.text];
    for (const ast::Directive& directive : definition.directives) {
        if (directive.name.text == "specifiedBy") type.specified_by = string_argument(directive, "url", {});
    }
    for (const ast::EnumValueDefinition& value : definition.values) {
        if (type.value(value.name.text) != nullptr)
            return fail("value " + std::string(value.name.text) + " is defined twice");
        EnumValue& added = type.values.emplace_back(EnumValue{value.name.text, value.description, false, {}});
        read_deprecation(value.directives, added);
    }
    for (const ast::TypeReference* member : definition.members) {
        const NamedType* object = schema_.type(member->name);
        if (object == nullptr || object->kind != TypeKind::kObject)
            return fail(std::string(member->name) + " is no object type");
        type.possible.push_back(object);
    }
    for (const ast::TypeReference* wanted : definition.interfaces) {
        const NamedType* interface = schema_.type(wanted->name);
        if (interface == nullptr || interface->kind != TypeKind::kInterface)
            return fail(std::string(wanted->name) + " is no interface");
        type.interfaces.push_back(interface);
    }
    if (type.kind == TypeKind::kInput) return fill_inputs(definition.input_fields, type.input_fields);
    return fill_fields(type, definition);
}

bool SchemaBuilder::fill_fields(NamedType& type, const ast::TypeSystemDefinition& definition) {
    for (const ast::FieldDefinition& parsed : definition.fields) {
        auto field = std::make_unique<Field>();
        field->name = parsed.name.text;
        field->description = parsed.description;
        field->type = resolve(*parsed.type);
        if (field->type == nullptr) return false;
        if (!field->type->named->output()) return fail("field " + std::string(field->name) + " has an input type");
        if (!fill_inputs(parsed.arguments, field->arguments)) return false;
        read_deprecation(parsed.directives, *field);
        if (!type.field_by_name.emplace(field->name, field.get()).second) {
            return fail("field " + std::string(type.name) + "." + std::string(field->name) + " is defined twice");
        }
        type.fields.push_back(std::move(field));
    }
    return true;
}

bool SchemaBuilder::fill_inputs(std::span<const ast::InputValueDefinition> definitions,
                                std::vector<InputValue>& values) {
    for (const ast::InputValueDefinition& parsed : definitions) {
        InputValue value;
        value.name = parsed.name.text;
        value.description = parsed.description;
        value.default_value = parsed.default_value;
        value.type = resolve(*parsed.type);
        if (value.type == nullptr) return false;
        if (!value.type->named->input()) return fail("input " + std::string(value.name) + " has an output type");
        read_deprecation(parsed.directives, value);
        values.push_back(value);
    }
    return true;
}

bool SchemaBuilder::fill_directive(const ast::TypeSystemDefinition& definition) {
    if (schema_.directive(definition.name.text) != nullptr) return true;  // a schema may repeat the built-in ones
    DirectiveDefinition directive;
    directive.name = definition.name.text;
    directive.description = definition.description;
    directive.repeatable = definition.repeatable;
    for (const ast::Name& location : definition.locations) directive.locations.push_back(location.text);
    if (!fill_inputs(definition.input_fields, directive.arguments)) return false;
    schema_.directives_.push_back(std::move(directive));
    return true;
}

bool SchemaBuilder::fill_schema(const ast::TypeSystemDefinition& definition) {
    rooted_ = true;
    schema_.description_ = definition.description;
    for (const ast::RootOperation& root : definition.roots) {
        const NamedType* type = schema_.type(root.type->name);
        if (type == nullptr || type->kind != TypeKind::kObject)
            return fail("root " + std::string(root.type->name) + " is no object type");
        schema_.roots_[static_cast<size_t>(root.kind)] = type;
    }
    return true;
}

const TypeRef* SchemaBuilder::resolve(const ast::TypeReference& reference) {
    const TypeRef* type = schema_.resolve(reference, schema_.arena_);
    if (type == nullptr) fail("unknown type in " + type_text(reference));
    return type;
}

bool SchemaBuilder::fail(std::string why) {
    error_ = std::move(why);
    return false;
}

std::unique_ptr<Schema> Schema::build(std::string sdl, std::string& error) {
    std::unique_ptr<Schema> schema(new Schema());
    SchemaBuilder builder(*schema);
    const bool built = builder.add(std::move(sdl)) && builder.add(std::string(kBuiltIn)) &&
                       builder.add(std::string(introspection_sdl())) && builder.finish();
    if (built) return schema;
    error = builder.take_error();
    return nullptr;
}

}  // namespace vz::graphql
