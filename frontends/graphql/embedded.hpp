// Files that are part of the program.
#pragma once

#include <string_view>

namespace vz::graphql {

std::string_view schema_text();  // schema.graphql
std::string_view page_text();    // page.html

}  // namespace vz::graphql
