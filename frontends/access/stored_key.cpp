#include "frontends/access/stored_key.hpp"

#include <algorithm>
#include <charconv>

namespace vz::access {
namespace {

constexpr std::string_view kFirstLine = "vectorizer-key 1";

std::string_view next_part(std::string_view& rest, char end_mark) {
    const auto end = rest.find(end_mark);
    const auto part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

bool read_number(std::string_view text, int64_t& out) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc() && end == text.data() + text.size();
}

// False: the line is unknown or its value is none.
bool read_line(std::string_view line, ApiKey& key, bool& has_hash) {
    const auto member = next_part(line, ' ');
    if (member == "name") {
        key.name = line;
        return !line.empty();
    }
    if (member == "hash") {
        const auto hash = parse_key_hash(line);
        has_hash = hash.has_value();
        if (hash) key.hash = *hash;
        return has_hash;
    }
    if (member == "permission") {
        const auto all = parse_permission_words(line);
        key.permission = all.highest;
        key.named = all.named;
        return all.highest != 0;
    }
    if (member == "created") return read_number(line, key.created_s);
    if (member == "expires") return read_number(line, key.expires_s);
    if (member != "scope") return false;
    auto& scope = key.scopes.emplace_back();
    const auto all = parse_permission_words(next_part(line, ' '));
    scope.permission = all.highest;
    scope.named = all.named;
    scope.pattern = line;
    return scope.permission != 0 && !line.empty();
}

}  // namespace

std::string write_stored_key(const ApiKey& key) {
    std::string out(kFirstLine);
    out.append("\nname ").append(key.name).append("\nhash ").append(key_hash_text(key.hash));
    out.append("\npermission ").append(permission_words(key.permission, key.named));
    out.append("\ncreated ")
        .append(std::to_string(key.created_s))
        .append("\nexpires ")
        .append(std::to_string(key.expires_s));
    for (const auto& scope : key.scopes)
        out.append("\nscope ")
            .append(permission_words(scope.permission, scope.named))
            .append(" ")
            .append(scope.pattern);
    return out;
}

std::optional<ApiKey> read_stored_key(std::string_view id, std::string_view value) {
    if (next_part(value, '\n') != kFirstLine) return std::nullopt;
    ApiKey key;
    bool has_hash = false;
    while (!value.empty()) {
        if (!read_line(next_part(value, '\n'), key, has_hash)) return std::nullopt;
    }
    if (!has_hash || key.permission == 0 || key.name.empty()) return std::nullopt;
    key.id = id;
    key.stored = true;
    return key;
}

std::string read_stored_keys(const vz_value* values, uint64_t count, std::vector<ApiKey>& out) {
    std::vector<ApiKey> keys;
    for (uint64_t i = 0; i < count; ++i) {
        const auto& value = *VZ_AT(vz_value, values, i);
        std::string_view id(value.key.data, value.key.size);
        id.remove_prefix(std::min(kStoredKeys.size(), id.size()));
        auto key = read_stored_key(id, {value.value.data, value.value.size});
        if (!key) return std::string(id);
        keys.push_back(std::move(*key));
    }
    out = std::move(keys);
    return {};
}

}  // namespace vz::access
