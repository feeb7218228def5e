#include "frontends/graphql/introspection.hpp"

#include "frontends/graphql/field_value.hpp"
#include "frontends/graphql/input.hpp"

namespace vz::graphql {
namespace {

constexpr std::string_view kSdl = R"(
"What this server can be asked: its types, directives and root types."
type __Schema {
  description: String
  "All types of the server."
  types: [__Type!]!
  "The type of query root fields."
  queryType: __Type!
  "The type of mutation root fields, if mutations are supported."
  mutationType: __Type
  "The type of subscription root fields, if subscriptions are supported."
  subscriptionType: __Type
  "All directives of the server."
  directives: [__Directive!]!
}
"A type. Which fields are not null depends on its kind."
type __Type {
  kind: __TypeKind!
  name: String
  description: String
  specifiedByURL: String
  fields(includeDeprecated: Boolean = false): [__Field!]
  interfaces: [__Type!]
  possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!]
  ofType: __Type
}
"The kind of a type."
enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
"A field of an object or interface."
type __Field {
  name: String!
  description: String
  args(includeDeprecated: Boolean = false): [__InputValue!]!
  type: __Type!
  isDeprecated: Boolean!
  deprecationReason: String
}
"An argument, or a field of an input object."
type __InputValue {
  name: String!
  description: String
  type: __Type!
  "The default value as GraphQL text."
  defaultValue: String
  isDeprecated: Boolean!
  deprecationReason: String
}
"One value of an enum."
type __EnumValue {
  name: String!
  description: String
  isDeprecated: Boolean!
  deprecationReason: String
}
"A directive."
type __Directive {
  name: String!
  description: String
  isRepeatable: Boolean!
  locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean = false): [__InputValue!]!
}
"Where a directive may stand."
enum __DirectiveLocation {
  QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION SCHEMA SCALAR OBJECT
  FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION
}
)";

FieldValue text_or_null(std::string_view text) { return text.empty() ? FieldValue::null() : FieldValue::of_text(text); }

template <typename Element>
const Element& element(const FieldCall& call) {
    return *static_cast<const Element*>(call.source.object);
}

// Every __Type is a TypeRef; a bare named type is wrapped in the arena.
FieldValue wrap(const FieldCall& call, const NamedType* type) {
    if (type == nullptr) return FieldValue::null();
    return FieldValue::of_object(call.arena.make<TypeRef>(ast::TypeForm::kNamed, type, nullptr));
}

FieldValue pointer_item(const Source& list, uint64_t index) {
    return FieldValue::of_object(static_cast<const void* const*>(list.object)[index]);
}
FieldValue text_item(const Source& list, uint64_t index) {
    return FieldValue::of_text(static_cast<const std::string_view*>(list.object)[index]);
}

FieldValue pointers(const FieldCall& call, const std::vector<const void*>& elements) {
    return FieldValue::of_list(elements.size(), pointer_item, call.arena.copy(elements).data());
}

template <typename List>
FieldValue wrapped_types(const FieldCall& call, const List& types) {
    std::vector<const void*> elements;
    for (const auto& type : types) elements.push_back(call.arena.make<TypeRef>(ast::TypeForm::kNamed, &*type, nullptr));
    return pointers(call, elements);
}

template <typename List>
FieldValue undeprecated(const FieldCall& call, const List& list) {
    const bool all = call.arguments["includeDeprecated"].boolean_or(false);
    std::vector<const void*> elements;
    for (const auto& item : list) {
        if (all || !item.deprecated) elements.push_back(&item);
    }
    return pointers(call, elements);
}

// ---- __Schema ----

FieldValue schema_description(const FieldCall& call) { return text_or_null(call.schema.description()); }
FieldValue schema_types(const FieldCall& call) { return wrapped_types(call, call.schema.types()); }
FieldValue schema_query(const FieldCall& call) { return wrap(call, call.schema.root(ast::OperationKind::kQuery)); }
FieldValue schema_mutation(const FieldCall& call) {
    return wrap(call, call.schema.root(ast::OperationKind::kMutation));
}
FieldValue schema_subscription(const FieldCall& call) {
    return wrap(call, call.schema.root(ast::OperationKind::kSubscription));
}
FieldValue schema_directives(const FieldCall& call) {
    std::vector<const void*> elements;
    for (const DirectiveDefinition& directive : call.schema.directives()) elements.push_back(&directive);
    return pointers(call, elements);
}

// ---- __Type ----

const NamedType* named_only(const FieldCall& call) {
    const TypeRef& type = element<TypeRef>(call);
    return type.form == ast::TypeForm::kNamed ? type.named : nullptr;
}

FieldValue type_kind(const FieldCall& call) {
    const TypeRef& type = element<TypeRef>(call);
    if (type.non_null()) return FieldValue::of_text("NON_NULL");
    if (type.list()) return FieldValue::of_text("LIST");
    switch (type.named->kind) {
        case TypeKind::kScalar: return FieldValue::of_text("SCALAR");
        case TypeKind::kObject: return FieldValue::of_text("OBJECT");
        case TypeKind::kInterface: return FieldValue::of_text("INTERFACE");
        case TypeKind::kUnion: return FieldValue::of_text("UNION");
        case TypeKind::kEnum: return FieldValue::of_text("ENUM");
        case TypeKind::kInput: return FieldValue::of_text("INPUT_OBJECT");
    }
    return FieldValue::null();
}
FieldValue type_name(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr ? FieldValue::null() : FieldValue::of_text(type->name);
}
FieldValue type_description(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr ? FieldValue::null() : text_or_null(type->description);
}
FieldValue type_specified_by(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr ? FieldValue::null() : text_or_null(type->specified_by);
}
FieldValue type_fields(const FieldCall& call) {
    const NamedType* type = named_only(call);
    if (type == nullptr || (type->kind != TypeKind::kObject && type->kind != TypeKind::kInterface))
        return FieldValue::null();
    const bool all = call.arguments["includeDeprecated"].boolean_or(false);
    std::vector<const void*> elements;
    for (const std::unique_ptr<Field>& field : type->fields) {
        if (all || !field->deprecated) elements.push_back(field.get());
    }
    return pointers(call, elements);
}
FieldValue type_interfaces(const FieldCall& call) {
    const NamedType* type = named_only(call);
    if (type == nullptr || (type->kind != TypeKind::kObject && type->kind != TypeKind::kInterface))
        return FieldValue::null();
    return wrapped_types(call, type->interfaces);
}
FieldValue type_possible(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr || !type->abstract() ? FieldValue::null() : wrapped_types(call, type->possible);
}
FieldValue type_values(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr || type->kind != TypeKind::kEnum ? FieldValue::null() : undeprecated(call, type->values);
}
FieldValue type_inputs(const FieldCall& call) {
    const NamedType* type = named_only(call);
    return type == nullptr || type->kind != TypeKind::kInput ? FieldValue::null()
                                                             : undeprecated(call, type->input_fields);
}
FieldValue type_of(const FieldCall& call) {
    const TypeRef& type = element<TypeRef>(call);
    return type.of == nullptr ? FieldValue::null() : FieldValue::of_object(type.of);
}

// ---- fields, arguments, enum values, directives ----

template <typename Element>
FieldValue element_name(const FieldCall& call) {
    return FieldValue::of_text(element<Element>(call).name);
}
template <typename Element>
FieldValue element_description(const FieldCall& call) {
    return text_or_null(element<Element>(call).description);
}
template <typename Element>
FieldValue element_type(const FieldCall& call) {
    return FieldValue::of_object(element<Element>(call).type);
}
template <typename Element>
FieldValue element_arguments(const FieldCall& call) {
    return undeprecated(call, element<Element>(call).arguments);
}
template <typename Element>
FieldValue element_deprecated(const FieldCall& call) {
    return FieldValue::of_boolean(element<Element>(call).deprecated);
}
template <typename Element>
FieldValue element_reason(const FieldCall& call) {
    const Element& item = element<Element>(call);
    return item.deprecated ? FieldValue::of_text(item.deprecation) : FieldValue::null();
}
FieldValue input_default(const FieldCall& call) {
    const ast::Value* value = element<InputValue>(call).default_value;
    return value == nullptr ? FieldValue::null() : FieldValue::of_text(call.arena.copy_text(value_text(*value)));
}
FieldValue directive_repeatable(const FieldCall& call) {
    return FieldValue::of_boolean(element<DirectiveDefinition>(call).repeatable);
}
FieldValue directive_locations(const FieldCall& call) {
    const DirectiveDefinition& directive = element<DirectiveDefinition>(call);
    return FieldValue::of_list(directive.locations.size(), text_item, directive.locations.data());
}

// ---- meta fields ----

FieldValue meta_typename(const FieldCall& call) { return FieldValue::of_text(call.parent.name); }
FieldValue meta_schema(const FieldCall& call) { return FieldValue::of_object(&call.schema); }
FieldValue meta_type(const FieldCall& call) { return wrap(call, call.schema.type(call.arguments["name"].text)); }

struct Binding {
    std::string_view type;
    std::string_view field;
    FieldResolver resolve;
};

constexpr Binding kBindings[] = {
    {"__Schema", "description", schema_description},
    {"__Schema", "types", schema_types},
    {"__Schema", "queryType", schema_query},
    {"__Schema", "mutationType", schema_mutation},
    {"__Schema", "subscriptionType", schema_subscription},
    {"__Schema", "directives", schema_directives},
    {"__Type", "kind", type_kind},
    {"__Type", "name", type_name},
    {"__Type", "description", type_description},
    {"__Type", "specifiedByURL", type_specified_by},
    {"__Type", "fields", type_fields},
    {"__Type", "interfaces", type_interfaces},
    {"__Type", "possibleTypes", type_possible},
    {"__Type", "enumValues", type_values},
    {"__Type", "inputFields", type_inputs},
    {"__Type", "ofType", type_of},
    {"__Field", "name", element_name<Field>},
    {"__Field", "description", element_description<Field>},
    {"__Field", "args", element_arguments<Field>},
    {"__Field", "type", element_type<Field>},
    {"__Field", "isDeprecated", element_deprecated<Field>},
    {"__Field", "deprecationReason", element_reason<Field>},
    {"__InputValue", "name", element_name<InputValue>},
    {"__InputValue", "description", element_description<InputValue>},
    {"__InputValue", "type", element_type<InputValue>},
    {"__InputValue", "defaultValue", input_default},
    {"__InputValue", "isDeprecated", element_deprecated<InputValue>},
    {"__InputValue", "deprecationReason", element_reason<InputValue>},
    {"__EnumValue", "name", element_name<EnumValue>},
    {"__EnumValue", "description", element_description<EnumValue>},
    {"__EnumValue", "isDeprecated", element_deprecated<EnumValue>},
    {"__EnumValue", "deprecationReason", element_reason<EnumValue>},
    {"__Directive", "name", element_name<DirectiveDefinition>},
    {"__Directive", "description", element_description<DirectiveDefinition>},
    {"__Directive", "isRepeatable", directive_repeatable},
    {"__Directive", "locations", directive_locations},
    {"__Directive", "args", element_arguments<DirectiveDefinition>},
};

}  // namespace

std::string_view introspection_sdl() { return kSdl; }

void bind_introspection(Schema& schema, Field& type_name_field, Field& schema_field, Field& type_field) {
    for (const Binding& binding : kBindings)
        schema.mutable_type(binding.type)->field(binding.field)->resolve = binding.resolve;
    type_name_field.resolve = meta_typename;
    schema_field.resolve = meta_schema;
    type_field.resolve = meta_type;
}

}  // namespace vz::graphql
