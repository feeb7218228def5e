#include "frontends/access/key_settings.hpp"

#include <algorithm>
#include <map>

namespace vz::access {
namespace {

constexpr std::string_view kSection = "auth.keys";
constexpr std::string_view kPrefix = "auth.keys.";
constexpr size_t kKeysMax = 10000;

// One key as it is read: what was said of it so far.
struct Draft {
    std::string place;  // "auth.keys.0"
    ApiKey key;
    bool has_hash = false;
    std::map<std::string, KeyScope> scopes;
};

std::string_view next_part(std::string_view& rest) {
    const auto end = rest.find('.');
    const auto part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

const char* read_permission(std::string_view value, uint32_t& permission, uint32_t& named) {
    Permissions all{permission, named};
    const auto added = permission_named(value);
    if (added == 0) return "must be read, write or admin";
    all.add(added);
    permission = all.highest;
    named = all.named;
    return nullptr;
}

const char* read_scope(std::string_view rest, std::string_view value, std::map<std::string, KeyScope>& scopes) {
    auto& scope = scopes[std::string(next_part(rest))];
    const auto member = next_part(rest);
    if (member == "permissions") return read_permission(value, scope.permission, scope.named);
    if (member != "collection") return "is unknown; a scope has collection and permissions";
    if (!is_scope_pattern(value)) {
        return "must be the name of a collection, or the beginning of names and one final *";
    }
    scope.pattern = value;
    return nullptr;
}

// What is wrong with this value; nullptr: nothing.
const char* read_member(std::string_view rest, std::string_view value, Draft& draft) {
    const auto member = next_part(rest);
    if (member == "name") {
        draft.key.id = draft.key.name = value;
        return value.empty() || value.size() > kKeyNameBytesMax ? "must have 1 to 128 bytes" : nullptr;
    }
    if (member == "hash") {
        const auto hash = parse_key_hash(value);
        if (!hash) return "must be sha256: and 64 hexadecimal digits; vectorizer new-key makes one";
        draft.key.hash = *hash;
        draft.has_hash = true;
        return nullptr;
    }
    if (member == "permissions") return read_permission(value, draft.key.permission, draft.key.named);
    if (member == "scopes") return rest.empty() && value == "[]" ? nullptr : read_scope(rest, value, draft.scopes);
    return "is unknown; a key has name, hash, permissions and scopes";
}

KeyFault complete(Draft& draft) {
    if (draft.key.name.empty()) return {draft.place + ".name", "is missing"};
    if (!draft.has_hash) return {draft.place + ".hash", "is missing"};
    if (draft.key.permission == 0) return {draft.place + ".permissions", "must name read, write or admin"};
    for (auto& [index, scope] : draft.scopes) {
        if (scope.pattern.empty()) return {draft.place + ".scopes." + index + ".collection", "is missing"};
        if (scope.permission == 0) {
            scope.permission = draft.key.permission;
            scope.named = draft.key.named;
        }
        if (scope.permission > draft.key.permission)
            return {draft.place + ".scopes." + index + ".permissions", "name more than the key itself may"};
        draft.key.scopes.push_back(std::move(scope));
    }
    return {};
}

}  // namespace

KeyFault read_keys(const KeyFields& fields, std::vector<ApiKey>& out) {
    std::map<std::string, Draft> drafts;
    for (const auto& [key, value] : fields) {
        if (!key.starts_with(kPrefix)) {
            if (value.empty() || value == "[]") continue;
            return {key, "must be a list"};
        }
        std::string_view rest = std::string_view(key).substr(kPrefix.size());
        const std::string index(next_part(rest));
        auto& draft = drafts[index];
        draft.place = std::string(kPrefix) + index;
        if (const char* reason = read_member(rest, value, draft)) return {key, reason};
    }
    if (drafts.size() > kKeysMax) return {"auth.keys", "holds more than 10000 keys"};
    std::vector<ApiKey> keys;
    for (auto& [index, draft] : drafts) {
        if (auto fault = complete(draft); !fault.key.empty()) return fault;
        for (const auto& other : keys) {
            if (other.name == draft.key.name) return {draft.place + ".name", "stands twice"};
            if (other.hash == draft.key.hash) return {draft.place + ".hash", "stands twice"};
        }
        keys.push_back(std::move(draft.key));
    }
    out.insert(out.end(), keys.begin(), keys.end());
    return {};
}

void read_keys(text::ConfigReader& config, std::vector<ApiKey>& out) {
    KeyFields fields;
    config.list(kSection, [&](std::string_view key, std::string_view value) { fields.emplace_back(key, value); });
    const KeyFault fault = read_keys(fields, out);
    if (!fault.key.empty()) config.reject(fault.key, fault.reason);
}

}  // namespace vz::access
