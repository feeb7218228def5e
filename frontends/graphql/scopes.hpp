// Which collections a root field is about, and whether the key of its request may reach them.
#pragma once

#include <cstdint>

#include "frontends/graphql/root_call.hpp"

namespace vz::graphql {

// A key that lacks something costs the field, which fails; too many writes in flight cost the request. False: it was
// answered and is gone.
bool enter_scopes(RootCall& call, uint32_t permission);

}  // namespace vz::graphql
