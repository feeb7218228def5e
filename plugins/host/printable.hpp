// A text of somebody else's as it may stand in a line of ours.
#pragma once

#include <algorithm>
#include <string>

namespace vz::host {

// One line, and nothing that a terminal would obey.
inline std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

}  // namespace vz::host
