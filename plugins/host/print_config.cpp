// The keys, their defaults and their meaning are those of config.yml, which is part of the program.
#include "plugins/host/print_config.hpp"

#include <cstdio>
#include <set>
#include <string_view>
#include <vector>

#include "config_text.hpp"

namespace vz::host {
namespace {

struct ConfigLine {
    std::string key;
    std::string value;
    std::string meaning;
};

// "    body_mb: 100   # of one request" under server.limits; empty key: the line is no key with a value.
ConfigLine read_line(std::string_view text, std::vector<std::string>& parents) {
    const size_t indent = text.find_first_not_of(' ');
    const size_t colon = text.find(':');
    if (indent == std::string_view::npos || text[indent] == '#' || colon == std::string_view::npos) return {};
    parents.resize(std::min(parents.size(), indent / 2));
    ConfigLine line;
    for (const std::string& parent : parents) line.key += parent + ".";
    line.key += text.substr(indent, colon - indent);
    std::string_view rest = text.substr(colon + 1);
    const size_t mark = rest.find(" #");
    if (mark != std::string_view::npos) line.meaning = rest.substr(mark + 2);
    rest = rest.substr(0, mark);
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
    if (rest.empty()) {
        parents.emplace_back(text.substr(indent, colon - indent));
        return {};
    }
    line.value = rest;
    return line;
}

void print(const std::string& key, const std::string& value, const std::string& origin, const std::string& meaning) {
    std::printf("%-44s %-28s # %s%s%s\n", (key + ":").c_str(), value.c_str(), origin.c_str(),
                meaning.empty() ? "" : ";", meaning.c_str());
}

}  // namespace

int print_config(const Config& config) {
    std::vector<std::string> parents;
    std::set<std::string> printed;
    for (std::string_view rest = kConfigText; !rest.empty();) {
        const size_t end = rest.find('\n');
        const ConfigLine line = read_line(rest.substr(0, end), parents);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (line.key.empty()) continue;
        const auto found = config.values().find(line.key);
        const bool is_set = found != config.values().end();
        print(line.key, is_set ? "\"" + found->second.text + "\"" : line.value,
              is_set ? found->second.origin : "default", line.meaning);
        printed.insert(line.key);
    }
    for (const auto& [key, value] : config.values()) {
        if (!printed.contains(key)) print(key, "\"" + value.text + "\"", value.origin, "");
    }
    return 0;
}

}  // namespace vz::host
