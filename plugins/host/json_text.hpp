// A JSON string literal. In a text that is not UTF-8 each byte beyond ASCII becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "frontends/text/hex.hpp"
#include "frontends/text/utf8.hpp"

namespace vz::host {

inline std::string json_text(std::string_view text) {
    const bool is_utf8 = text::is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20) {
            out += "\\u00" + text::hex({&byte, 1});
        } else if (byte < 0x80 || is_utf8) {
            out += c;
        } else {
            out += "\xEF\xBF\xBD";
        }
    }
    return out + "\"";
}

}  // namespace vz::host
