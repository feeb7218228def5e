// What tests look for in what a program has written.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace vz::e2e {

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

inline std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
    std::vector<std::string> found;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (contains(line, part)) found.push_back(line);
    }
    return found;
}

// The value of one series of a Prometheus text; -1: it is not there.
inline double series(const std::string& text, const std::string& name) {
    for (const std::string& line : lines_with(text, name)) {
        if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return -1;
}

}  // namespace vz::e2e
