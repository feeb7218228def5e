// API keys: who a key is, what it may do, and the ring that finds it. Only SHA-256 hashes are kept; the door of
// libcrypto. Shared by every frontend that lets in by key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/access/key_uses.hpp"

namespace vz::access {

// What a key may do; each includes those below it. Of kOpen everyone may.
inline constexpr uint32_t kOpen = 0, kRead = 1, kWrite = 2, kAdmin = 3;

inline constexpr size_t kKeyNameBytesMax = 128;

KeyHash hash_of_key(std::string_view key);
// "sha256:" and 64 hexadecimal digits; nothing: something else.
std::optional<KeyHash> parse_key_hash(std::string_view text);
std::string key_hash_text(const KeyHash& hash);
// read, write, admin; 0: no such permission.
uint32_t permission_named(std::string_view name);
std::string_view permission_name(uint32_t permission);

// What a list of permissions comes to: the highest, which includes those below, and those that were named.
struct Permissions {
    uint32_t highest = 0;
    uint32_t named = 0;  // bit 1 << permission each

    void add(uint32_t permission) {
        highest = permission > highest ? permission : highest;
        named |= 1U << permission;
    }
    friend bool operator==(const Permissions&, const Permissions&) = default;
};
// "read,write" and back; highest 0: a word is no permission.
std::string permission_words(uint32_t highest, uint32_t named);
Permissions parse_permission_words(std::string_view words);

// Whether this may be the pattern of a scope: a name that a collection can have, or the beginning of one and a final
// '*'.
bool is_scope_pattern(std::string_view pattern);

// A collection, or with a final '*' all whose names begin so.
struct KeyScope {
    std::string pattern;
    uint32_t permission = 0;  // the highest; each includes those below
    uint32_t named = 0;       // as in Permissions

    bool covers(std::string_view collection) const;
    friend bool operator==(const KeyScope&, const KeyScope&) = default;
};

struct ApiKey {
    std::string id;
    std::string name;
    KeyHash hash{};
    uint32_t permission = 0;       // the highest; each includes those below
    uint32_t named = 0;            // as in Permissions
    std::vector<KeyScope> scopes;  // empty: all collections
    int64_t created_s = 0;         // unix time; 0: unknown
    int64_t expires_s = 0;         // unix time; 0: never
    bool stored = false;           // made over the API

    bool is_limited() const { return !scopes.empty(); }
    // Whether the key has `permission` for this collection.
    bool may(std::string_view collection, uint32_t permission) const;
    friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

// All keys in force. Immutable; replaced as a whole, a request keeps the one it was admitted with.
class KeyRing final {
 public:
    struct Entry {
        ApiKey key;
        std::shared_ptr<KeyUse> use;  // of the process: other rings with this key hold the same
    };

    explicit KeyRing(std::vector<ApiKey> keys);

    bool empty() const { return entries_.empty(); }
    // nullptr: unknown or expired. The time does not depend on how much of a hash is right, beyond its first 8 bytes.
    const Entry* find(std::string_view key, int64_t now_s) const { return find(hash_of_key(key), now_s); }
    const Entry* find(const KeyHash& hash, int64_t now_s) const;
    const std::vector<Entry>& entries() const { return entries_; }

 private:
    std::vector<Entry> entries_;  // by hash
};

}  // namespace vz::access
