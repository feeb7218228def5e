// How far one spelling is from another, and when they are the same in HTTP.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vz::text {

// Levenshtein distance in bytes; the caller keeps both short.
size_t edit_distance(std::string_view left, std::string_view right);
// Of ASCII letters alone.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lowered(std::string_view text);
bool same_but_for_case(std::string_view left, std::string_view right);

// Without the blanks around it that RFC 9110 calls optional.
constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace vz::text
