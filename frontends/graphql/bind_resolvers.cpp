#include <unordered_set>

#include "frontends/graphql/resolvers.hpp"

namespace vz::graphql {
namespace {

std::string place(std::string_view type, std::string_view field) {
    return std::string(type) + "." + std::string(field);
}

Field* find(Schema& schema, std::string_view type, std::string_view field) {
    const NamedType* found = schema.type(type);
    return found == nullptr ? nullptr : found->field(field);
}

}  // namespace

bool bind_resolvers(Schema& schema, std::string& error) {
    for (const std::span<const RootResolver> roots : {collection_roots(), definition_roots(), search_roots(),
                                                      read_roots(), write_roots(), text_roots(), server_roots()}) {
        for (const RootResolver& root : roots) {
            Field* field = find(schema, root.type, root.field);
            if (field == nullptr || field->root != nullptr) {
                error = "resolver " + place(root.type, root.field) + " is superfluous";
                return false;
            }
            field->root = &root;
        }
    }
    for (const std::span<const FieldBinding> bindings : {collection_fields(), point_fields(), server_fields()}) {
        for (const FieldBinding& binding : bindings) {
            Field* field = find(schema, binding.type, binding.field);
            if (field == nullptr || field->resolve != nullptr) {
                error = "resolver " + place(binding.type, binding.field) + " is superfluous";
                return false;
            }
            field->resolve = binding.resolve;
        }
    }
    for (const std::unique_ptr<NamedType>& type : schema.types()) {
        if (type->kind != TypeKind::kObject) continue;
        for (const std::unique_ptr<Field>& field : type->fields) {
            if (field->resolve != nullptr || field->root != nullptr) continue;
            error = "field " + place(type->name, field->name) + " has no resolver";
            return false;
        }
    }
    return true;
}

}  // namespace vz::graphql
