// What a request says of the notes of a collection.
#pragma once

#include <string_view>

#include "frontends/json/reader.hpp"

namespace vz::rest {

bool read_description(json::Reader& reader, json::Value value, std::string_view& description);
// An object, as it stands in the body.
bool read_metadata(json::Reader& reader, json::Value value, std::string_view& metadata);

}  // namespace vz::rest
