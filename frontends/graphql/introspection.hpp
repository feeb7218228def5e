// The introspection system (specification section 4): its types as SDL and its fields as ordinary resolvers over
// Schema.
#pragma once

#include <string_view>

#include "frontends/graphql/schema.hpp"

namespace vz::graphql {

std::string_view introspection_sdl();

// Gives every field of the `__` types, and the three meta fields, its resolver.
void bind_introspection(Schema& schema, Field& type_name, Field& schema_field, Field& type_field);

}  // namespace vz::graphql
