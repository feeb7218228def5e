// The keys, their defaults and their meaning are those of config.yml, which is part of the program.
#include "plugins/host/print_config.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <string_view>
#include <vector>

#include "config_text.hpp"
#include "plugins/host/engine_handle.hpp"

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

std::string quoted(const std::string& text) { return text == kEmptyList ? text : "\"" + text + "\""; }

// What is set for a key of config.yml: a value, or the items of a list.
struct SetValue {
    std::string text;  // empty: nothing is
    std::string origin;
    std::vector<std::string> keys;
};

SetValue value_of(const Config& config, const std::string& key) {
    SetValue value;
    if (const auto found = config.values().find(key); found != config.values().end())
        return {quoted(found->second.text), found->second.origin, {key}};
    std::vector<std::pair<size_t, std::string>> items;  // in order
    for (const auto& [name, item] : config.values()) {
        const bool is_item = name.size() > key.size() + 1 && name.starts_with(key + ".") &&
                             name.find_first_not_of("0123456789", key.size() + 1) == std::string::npos;
        if (!is_item) continue;
        items.emplace_back(item.order, quoted(item.text));
        value.keys.push_back(name);
        value.origin = item.origin;
    }
    std::sort(items.begin(), items.end());
    for (const auto& [order, text] : items) value.text += (value.text.empty() ? "[" : ", ") + text;
    if (!items.empty()) value.text += "]";
    return value;
}

// The directory's default is not in the file: it depends on who asks.
std::string_view without_mark(std::string_view line) { return line.starts_with("# data_dir:") ? line.substr(2) : line; }

}  // namespace

int print_config(const Config& config) {
    std::vector<std::string> parents;
    std::set<std::string> printed;
    for (std::string_view rest = kConfigText; !rest.empty();) {
        const size_t end = rest.find('\n');
        ConfigLine line = read_line(without_mark(rest.substr(0, end)), parents);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (line.key.empty()) continue;
        if (line.key == "data_dir") line.value = quoted(default_data_directory());
        const SetValue value = value_of(config, line.key);
        const bool is_set = !value.text.empty();
        print(line.key, is_set ? value.text : line.value, is_set ? value.origin : "default", line.meaning);
        printed.insert(value.keys.begin(), value.keys.end());
    }
    for (const auto& [key, value] : config.values()) {
        if (!printed.contains(key)) print(key, "\"" + value.text + "\"", value.origin, "");
    }
    return 0;
}

}  // namespace vz::host
