// How far one spelling is from another.
#pragma once

#include <cstddef>
#include <string_view>

namespace vz::http {

// Levenshtein distance in bytes; the caller keeps both short.
size_t edit_distance(std::string_view left, std::string_view right);
// Of ASCII letters alone.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same_but_for_case(std::string_view left, std::string_view right);

}  // namespace vz::http
