// What an Accept field says of a media type (RFC 9110 section 12.5.1).
#pragma once

#include <string_view>

namespace vz::text {

// In thousandths, the weight of the most specific range that matches; -1: none does. `type` in lower case. A range that
// asks for another charset than UTF-8 does not match.
int accepted_weight(std::string_view accept, std::string_view type);
// Whether the type stands there by name, and is not refused.
bool is_accepted_by_name(std::string_view accept, std::string_view type);

}  // namespace vz::text
