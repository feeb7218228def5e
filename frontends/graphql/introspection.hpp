// The introspection system (specification section 4): its types as SDL and its fields as ordinary resolvers over
// Schema.
#pragma once

#include <string_view>

#include "frontends/graphql/schema.hpp"

namespace vz::graphql {

// Why it is refused where it is turned off.
inline constexpr std::string_view kNoIntrospection = "introspection is turned off";

std::string_view introspection_sdl();

// Gives every field of the `__` types, and the three meta fields, its resolver.
void bind_introspection(Schema& schema, Field& type_name, Field& schema_field, Field& type_field);

}  // namespace vz::graphql
