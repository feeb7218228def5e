// How far one spelling is from another, for the words "did you mean".
#pragma once

#include <cstddef>
#include <string_view>

namespace vz::http {

// Levenshtein distance in bytes; the caller keeps both short.
size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace vz::http
