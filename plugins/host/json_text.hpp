// A JSON string literal. Control characters are left out.
#pragma once

#include <string>
#include <string_view>

namespace vz::host {

inline std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + "\"";
}

}  // namespace vz::host
