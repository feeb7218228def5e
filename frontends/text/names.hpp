// Which names and ids a frontend takes.
#pragma once

#include <string_view>

namespace vz::text {

// `.`, `..`, `empty`, `cleanup`: a path could not reach such a collection, so no frontend creates one.
bool is_reserved_name(std::string_view name);
// Whether the engine's rules for collection names hold and the name is not reserved; else why not (static text). NULL:
// it is fine.
const char* refuse_collection_name(std::string_view name);
// 1 to 256 bytes, UTF-8 without control characters, no white space at either end; else why not (static text). NULL: it
// is fine.
const char* refuse_id(std::string_view id);

}  // namespace vz::text
