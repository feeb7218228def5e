// JSON skimmed: parts of a text found without reading what lies between. Of text that is no JSON some parts are found,
// or none: the engine refuses it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vz::codec {

// Where the next character is that is no white space, or the end.
size_t skip_space(std::string_view text, size_t at);
// Behind the string whose opening quote is at `at`.
size_t skip_string(std::string_view text, size_t at);
// Behind the value that begins at `at`: balanced brackets, strings skipped.
size_t skip_value(std::string_view text, size_t at);
std::string_view trimmed(std::string_view text);
// What a string as written stands for, as far as names go that have letters and underscores: of these \u is the only
// escape.
std::string unescaped(std::string_view text);

// Calls visit(key, value), both as written, with each member of the object that the text begins with, until one gives
// false. False: it did, or this is no object.
template <typename Visit>
bool skim_members(std::string_view object, Visit&& visit) {
    if (object.empty() || object.front() != '{') return false;
    size_t at = skip_space(object, 1);
    if (at < object.size() && object[at] == '}') return true;
    while (at < object.size() && object[at] == '"') {
        const size_t key_end = skip_string(object, at);
        const std::string_view key = object.substr(at + 1, key_end - at - 2);
        at = skip_space(object, key_end);
        if (at >= object.size() || object[at] != ':') return false;
        const size_t begin = skip_space(object, at + 1);
        const size_t end = skip_value(object, begin);
        if (!visit(key, trimmed(object.substr(begin, end - begin)))) return false;
        at = skip_space(object, end);
        if (at < object.size() && object[at] == '}') return true;
        if (at >= object.size() || object[at] != ',') return false;
        at = skip_space(object, at + 1);
    }
    return false;
}

}  // namespace vz::codec
