#include "frontends/codec/skim.hpp"

#include <charconv>
#include <cstdint>

namespace vz::codec {

size_t skip_space(std::string_view text, size_t at) {
    const size_t found = text.find_first_not_of(" \t\n\r", at);
    return found == std::string_view::npos ? text.size() : found;
}

size_t skip_string(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1 < text.size() ? at + 1 : text.size();
}

size_t skip_value(std::string_view text, size_t at) {
    int depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (depth == 0) return at;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
        ++at;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return at;
    }
    return text.size();
}

std::string_view trimmed(std::string_view text) {
    const size_t begin = skip_space(text, 0);
    const size_t last = text.find_last_not_of(" \t\n\r");
    return begin == text.size() ? std::string_view() : text.substr(begin, last - begin + 1);
}

std::string unescaped(std::string_view text) {
    constexpr size_t kEscapeBytes = 6;
    std::string plain;
    for (size_t at = 0; at < text.size();) {
        const std::string_view escape = text.substr(at, kEscapeBytes);
        uint32_t code = 0;
        const char* const end = escape.data() + escape.size();
        const bool is_letter = escape.starts_with("\\u") && escape.size() == kEscapeBytes &&
                               std::from_chars(escape.data() + 2, end, code, 16).ptr == end && code < 0x80;
        plain += is_letter ? static_cast<char>(code) : text[at];
        at += is_letter ? kEscapeBytes : 1;
    }
    return plain;
}

}  // namespace vz::codec
