// A JSON string literal. Control characters are left out; in a text that is not UTF-8 each byte beyond ASCII becomes
// U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "frontends/json/reader.hpp"

namespace vz::host {

inline std::string json_text(std::string_view text) {
    const bool is_utf8 = json::is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) continue;
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x80 || is_utf8) {
            out += c;
        } else {
            out += "\xEF\xBF\xBD";
        }
    }
    return out + "\"";
}

}  // namespace vz::host
