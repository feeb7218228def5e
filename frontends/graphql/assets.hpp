// Files of GraphiQL, embedded gzipped; none where the build had no npm: then there is a plain page instead.
#pragma once

#include <cstdint>
#include <span>

namespace vz::graphql {

struct Asset {
    const char* name;  // "graphiql.js"
    const char* type;
    const void* gzip;
    uint64_t size;
};
std::span<const Asset> assets();

}  // namespace vz::graphql
