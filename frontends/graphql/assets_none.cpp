#include "frontends/graphql/assets.hpp"

namespace vz::graphql {

std::span<const Asset> assets() { return {}; }

}  // namespace vz::graphql
