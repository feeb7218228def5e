// The door of yaml-cpp.
#include "plugins/host/config.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "frontends/text/spelling.hpp"
#include "plugins/host/api_key.hpp"
#include "plugins/host/reference_keys.hpp"

namespace vz::host {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr int kDepthMax = 16;
constexpr size_t kNodesMax = 100'000;  // aliases make many of a few bytes

std::string place(const std::string& path, const YAML::Mark& mark) {
    return path + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

// The edit distance of two texts; `most` where it is no less than that.
size_t distance(const std::string& a, const std::string& b, size_t most) {
    if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= most) return most;
    return std::min(text::edit_distance(a, b), most);
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('.') + 1); }

// The outermost list that a key is an item of; empty: of none.
std::string list_of(const std::string& key) {
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
        const size_t end = std::min(key.find('.', dot + 1), key.size());
        if (end != dot + 1 && key.find_first_not_of("0123456789", dot + 1) >= end) return key.substr(0, dot);
    }
    return "";
}

std::string first_part(const std::string& key) { return key.substr(0, key.find('.')); }

// The key that somebody may have meant who wrote this one; empty: none is near.
std::string nearest_to(const std::string& key, const std::map<std::string, bool>& known) {
    std::string nearest;
    size_t least = 2 + key.size() / 3;
    bool is_of_section = false;  // as the key is: of several that are as near, it is one of these
    for (const auto& [other, unused] : known) {
        const size_t far =
            std::min(distance(other, key, least + 1), 1 + distance(last_part(other), last_part(key), least));
        const bool is_same_section = first_part(other) == first_part(key);
        const bool is_nearer = far < least || (far == least && !nearest.empty() && is_same_section && !is_of_section);
        if (!is_nearer) continue;
        least = far;
        nearest = other;
        is_of_section = is_same_section;
    }
    return nearest;
}

// Names, after VECTORIZER_, that have no dots: of keys that are set often.
const std::map<std::string, std::string> kShortNames = {{"HOST", "server.host"},
                                                        {"PORT", "server.port"},
                                                        {"DATA_DIR", "data_dir"},
                                                        {"LOG_LEVEL", "log.level"},
                                                        {"DRAIN_MS", "drain_ms"},
                                                        {"DRAIN_DELAY_MS", "drain_delay_ms"},
                                                        {"ALLOW_UNAUTHENTICATED", "server.auth.allow_unauthenticated"}};

// Whether a container platform sets this for a service that is called vectorizer, or vectorizer-something:
// SERVICE_HOST, SERVICE_PORT_HTTP, PORT=tcp://10.0.0.1:15002, PORT_15002_TCP_ADDR.
bool is_injected(const std::string& name, const std::string& value) {
    if (name.find("__") != std::string::npos) return false;
    if (name.ends_with("SERVICE_HOST") || name.find("SERVICE_PORT") != std::string::npos) return true;
    const auto has = [](const std::string& text, size_t at, std::initializer_list<const char*> beginnings) {
        return std::any_of(beginnings.begin(), beginnings.end(),
                           [&](const char* each) { return text.compare(at, std::strlen(each), each) == 0; });
    };
    if (name == "PORT" || name.ends_with("_PORT")) {
        if (has(value, 0, {"tcp://", "udp://", "sctp://"})) return true;
    }
    const size_t port = name.find("PORT_");
    const size_t end = port == std::string::npos ? port : name.find_first_not_of("0123456789", port + 5);
    return end != std::string::npos && end > port + 5 && has(name, end, {"_TCP", "_UDP", "_SCTP"});
}

std::string unknown_name(const std::string& name) {
    std::map<std::string, bool> known = {{"CONFIG", true}, {"API_KEY", true}, {"READ_ONLY_API_KEY", true}};
    for (const auto& [each, key] : kShortNames) known[each] = true;
    const std::string nearest = nearest_to(name, known);
    const std::string sentence = "VECTORIZER_" + name + " is unknown and is ignored; ";
    return sentence + (nearest.empty() ? "a dot of a key is written __" : "did you mean VECTORIZER_" + nearest + "?");
}

// Where a key of that frontend may stand, the nearest first. One that is asked for by its whole name stands there
// alone.
std::vector<std::string> sections_of(const std::string& instance, const std::string& key) {
    const std::string own = "frontends." + instance + ".";
    if (key.starts_with("server.") || key.starts_with(own)) return {""};
    return {own, "server."};
}

class Flattener {
 public:
    Flattener(const std::string& path, std::map<std::string, ConfigValue>* values,
              std::map<std::string, ConfigValue>* empty, size_t* order)
        : path_(path), values_(*values), empty_(*empty), order_(*order), place_(path + ":1:1") {}

    std::optional<ConfigError> flatten(const YAML::Node& node, const std::string& key, int depth) {
        if (depth > kDepthMax) return ConfigError{place(path_, node.Mark()) + ": nested too deeply"};
        if (++nodes_ > kNodesMax)
            return ConfigError{place_ + ": more than " + std::to_string(kNodesMax) + " values, aliases counted"};
        if (!key.empty() && (node.IsNull() || (node.IsMap() && node.size() == 0))) {
            empty_[key] = {"", place_, order_++, false};
        } else if (node.IsMap()) {
            for (const auto& entry : node) {
                if (!entry.first.IsScalar())
                    return ConfigError{place(path_, entry.first.Mark()) + ": a key must be a text"};
                const std::string name = key.empty() ? entry.first.Scalar() : key + "." + entry.first.Scalar();
                if (values_.contains(name))
                    return ConfigError{place(path_, entry.first.Mark()) + ": key '" + name + "' stands twice"};
                place_ = place(path_, entry.first.Mark());
                if (auto error = flatten(entry.second, name, depth + 1)) return error;
            }
        } else if (node.IsSequence()) {
            if (node.size() == 0) values_[key] = {kEmptyList, place_, order_++, false};
            for (size_t i = 0; i < node.size(); ++i) {
                const YAML::Node item = node[i];
                place_ = place(path_, item.Mark());
                if (auto error = flatten(item, key + "." + std::to_string(i), depth + 1)) return error;
            }
        } else if (node.IsScalar()) {
            values_[key] = {node.Scalar(), place_, order_++, false};
        }
        return std::nullopt;
    }

 private:
    const std::string& path_;
    std::map<std::string, ConfigValue>& values_;
    std::map<std::string, ConfigValue>& empty_;
    size_t& order_;
    std::string place_;
    size_t nodes_ = 0;
};

// Where what documents hold begins, and nothing else of them.
class DocumentStarts final : public YAML::EventHandler {
 public:
    void OnDocumentStart(const YAML::Mark& /*mark*/) override { is_empty_ = true; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { note(mark); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { note(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  const std::string& /*value*/) override {
        note(mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override {
        note(mark);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override {
        note(mark);
    }
    void OnMapEnd() override {}
    const YAML::Mark& last() const { return last_; }

 private:
    void note(const YAML::Mark& mark) {
        if (is_empty_) last_ = mark;
        is_empty_ = false;
    }

    YAML::Mark last_;
    bool is_empty_ = false;
};

// YAML::LoadAll() does not end where a line is one that no document takes: it makes ever more empty ones.
std::optional<YAML::Mark> second_document(const std::string& content) {
    std::istringstream stream(content);
    YAML::Parser parser(stream);
    DocumentStarts starts;
    for (int document = 0; document < 2; ++document) {
        if (!parser.HandleNextDocument(starts)) return std::nullopt;
    }
    return starts.last();
}

}  // namespace

std::optional<ConfigError> Config::read_file(const std::string& path) { return read_file_under(path, ""); }

std::optional<ConfigError> Config::read_file_under(const std::string& path, const std::string& key) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return ConfigError{path + " is a directory, not a configuration"};
    std::ifstream file(path);
    if (!file) return ConfigError{"cannot read the configuration " + path};
    std::stringstream content;
    content << file.rdbuf();
    if (content.str().size() > kFileBytesMax) return ConfigError{path + " has more than 1 MiB"};
    try {
        if (const std::optional<YAML::Mark> second = second_document(content.str()))
            return ConfigError{place(path, *second) +
                               ": a second document, or what begins none, as a comma; a configuration is one document"};
        const YAML::Node root = YAML::Load(content.str());
        if (key.empty() && !root.IsMap() && !root.IsNull())
            return ConfigError{path + ": a configuration has keys and values, such as data_dir: /var/lib/vectorizer"};
        return Flattener(path, &values_, &empty_, &next_order_).flatten(root, key, 0);
    } catch (const YAML::Exception& error) {
        return ConfigError{place(path, error.mark) + ": " + error.msg};
    }
}

std::optional<ConfigError> Config::read_keys_file() {
    const std::string path = text("server.auth.keys_file", "");
    if (path.empty()) return std::nullopt;
    Config file;
    if (auto error = file.read_file_under(path, "file")) return error;
    for (const auto& [key, value] : file.values_) {
        if (key == "file" && value.text == kEmptyList) continue;
        // file.0.name
        if (!key.starts_with("file.") || key.find('.', 5) == std::string::npos)
            return ConfigError{value.origin + ": a file of keys is a list of entries with name, hash and permissions"};
        values_["server.auth.keys.file-" + key.substr(5)] = value;
    }
    for (const auto& [key, value] : file.empty_) {
        if (key.starts_with("file.")) empty_["server.auth.keys.file-" + key.substr(5)] = value;
    }
    return std::nullopt;
}

void Config::lend(const std::string& from, const std::string& to) {
    const auto found = values_.find(from);
    if (found != values_.end()) values_.try_emplace(to, found->second);
}

void Config::overlay(const Config& over) {
    for (const auto& [key, unused] : over.values_) drop_below(key);
    for (const auto& [key, value] : over.values_) {
        values_[key] = value;
        values_[key].order += next_order_;
    }
    next_order_ += over.next_order_;
    const auto append = [](std::vector<std::string>* to, const std::vector<std::string>& from) {
        to->insert(to->end(), from.begin(), from.end());
    };
    append(&passed_over_.unknown, over.passed_over_.unknown);
    append(&passed_over_.injected, over.passed_over_.injected);
}

// What gives way to a value of a later source: the list that it is an item of, or all that stood below it.
void Config::drop_below(const std::string& key) {
    const std::string list = list_of(key);
    std::erase_if(values_, [&](const auto& entry) {
        if (list.empty()) return entry.first.starts_with(key + ".");
        return entry.first == list || list_of(entry.first) == list;
    });
}

std::optional<ConfigError> Config::read_environment(char** environment) {
    for (char** entry = environment; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (!text.starts_with("VECTORIZER_")) continue;
        const size_t equals = text.find('=');
        if (equals == std::string::npos) continue;
        const std::string name = text.substr(11, equals - 11);
        const std::string value = text.substr(equals + 1);
        if (name == "CONFIG") continue;
        if (name == "API_KEY" || name == "READ_ONLY_API_KEY") {
            if (value.empty()) continue;
            const bool read_only = name == "READ_ONLY_API_KEY";
            const std::string key =
                read_only ? "server.auth.keys.environment-read-only" : "server.auth.keys.environment";
            const std::string origin = "environment VECTORIZER_" + name;
            set(key + ".name", read_only ? "environment-read-only" : "environment", origin);
            set(key + ".hash", hash_api_key(value), origin);
            set(key + ".permissions.0", read_only ? "read" : "admin", origin);
            // Whoever may look at this process shall not find the key there.
            std::memset(*entry + equals + 1, '*', value.size());
            continue;
        }
        if (is_injected(name, value)) {
            passed_over_.injected.push_back("VECTORIZER_" + name);
            continue;
        }
        if (const auto found = kShortNames.find(name); found != kShortNames.end()) {
            set(found->second, value, "environment VECTORIZER_" + name);
            continue;
        }
        std::string key;
        for (size_t i = 0; i < name.size(); ++i) {
            if (name.compare(i, 2, "__") == 0) {
                key += '.';
                ++i;
            } else {
                key += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
            }
        }
        if (key.find('.') != std::string::npos) {
            set(key, value, "environment VECTORIZER_" + name);
        } else {
            passed_over_.unknown.push_back(unknown_name(name));
        }
    }
    return std::nullopt;
}

void Config::set(const std::string& key, const std::string& value, const std::string& origin) {
    values_[key] = {value, origin, next_order_++, false};
}

const ConfigValue* Config::find(const std::string& key) const {
    asked_[key] = true;
    const auto found = values_.find(key);
    if (found == values_.end()) return nullptr;
    found->second.asked = true;
    return &found->second;
}

std::string Config::text(const std::string& key, const std::string& otherwise) const {
    const ConfigValue* value = find(key);
    return value == nullptr ? otherwise : value->text;
}

std::optional<ConfigError> Config::number(const std::string& key, uint64_t low, uint64_t high, uint64_t* value) const {
    const ConfigValue* found = find(key);
    if (found == nullptr) return std::nullopt;
    uint64_t number = 0;
    const char* end = found->text.data() + found->text.size();
    const auto parsed = std::from_chars(found->text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < low || number > high) {
        return ConfigError{found->origin + ": '" + key + "' must be a whole number from " + std::to_string(low) +
                           " to " + std::to_string(high)};
    }
    *value = number;
    return std::nullopt;
}

std::optional<ConfigError> Config::flag(const std::string& key, bool* value) const {
    const ConfigValue* found = find(key);
    if (found == nullptr) return std::nullopt;
    if (found->text != "true" && found->text != "false")
        return ConfigError{found->origin + ": '" + key + "' must be true or false"};
    *value = found->text == "true";
    return std::nullopt;
}

const ConfigValue* Config::find_for(const std::string& instance, const std::string& key) const {
    const ConfigValue* nearest = nullptr;
    for (const std::string& section : sections_of(instance, key)) {
        const ConfigValue* value = find(section + key);
        if (nearest == nullptr) nearest = value;
    }
    return nearest;
}

std::vector<std::pair<std::string, const ConfigValue*>> Config::list_for(const std::string& instance,
                                                                         const std::string& prefix) const {
    std::vector<std::pair<std::string, const ConfigValue*>> found;
    for (const std::string& section : sections_of(instance, prefix)) {
        const bool is_hidden = !found.empty();
        asked_[section + prefix] = true;
        for (const auto& [key, value] : values_) {
            if (key != section + prefix && !key.starts_with(section + prefix + ".")) continue;
            value.asked = true;
            if (!is_hidden) found.emplace_back(key.substr(section.size()), &value);
        }
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.second->order < b.second->order; });
    return found;
}

std::vector<std::string> Config::instances() const {
    std::vector<std::pair<size_t, std::string>> found;
    for (const auto& [key, value] : values_) {
        if (!key.starts_with("frontends.")) continue;
        const std::string name = key.substr(10, key.find('.', 10) - 10);
        const auto same =
            std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.second == name; });
        if (same == found.end()) found.emplace_back(value.order, name);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto& entry : found) names.push_back(std::move(entry.second));
    return names;
}

void Config::ask_all(const std::string& section) const {
    for (const auto* keys : {&values_, &empty_}) {
        for (const auto& [key, value] : *keys) value.asked = value.asked || key.starts_with(section + ".");
    }
}

std::set<std::string> Config::keys_that_differ(const Config& other) const {
    std::set<std::string> keys;
    const auto note_all = [&keys](const Config& one, const Config& another) {
        for (const auto& [key, value] : one.values_) {
            const auto same = another.values_.find(key);
            if (same == another.values_.end() || same->second.text != value.text) keys.insert(key);
        }
    };
    note_all(*this, other);
    note_all(other, *this);
    return keys;
}

// A key that somebody asked for, or a section of such keys.
bool Config::is_known(const std::string& key) const {
    if (asked_.contains(key)) return true;
    const auto within = asked_.lower_bound(key + ".");
    return within != asked_.end() && within->first.starts_with(key + ".");
}

std::optional<ConfigError> Config::unknown_key() const {
    const std::pair<const std::string, ConfigValue>* first = nullptr;
    const auto note = [&](const auto& entry) {
        if (first == nullptr || entry.second.order < first->second.order) first = &entry;
    };
    for (const auto& entry : values_) {
        if (!entry.second.asked) note(entry);
    }
    for (const auto& entry : empty_) {
        if (!entry.second.asked && !is_known(entry.first)) note(entry);
    }
    if (first == nullptr) return std::nullopt;
    const std::string list = list_of(first->first);
    const std::string& section = list.empty() ? first->first : list;
    if (!asked_.contains(section) && is_known(section))
        return ConfigError{first->second.origin + ": '" + section + "' is a section of keys"};
    std::string message = first->second.origin + ": unknown key '" + first->first + "'";
    if (const std::string fate = fate_of_reference_key(first->first); !fate.empty())
        return ConfigError{message + "; " + fate};
    const std::string nearest = nearest_to(first->first, asked_);
    if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
    return ConfigError{message};
}

}  // namespace vz::host
