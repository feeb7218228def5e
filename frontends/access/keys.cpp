#include "frontends/access/keys.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "frontends/text/hex.hpp"
#include "frontends/text/names.hpp"

namespace vz::access {
namespace {

constexpr std::string_view kHashPrefix = "sha256:";
constexpr size_t kFoundByBytes = 8;

int compare_front(const KeyHash& left, const KeyHash& right) {
    return std::memcmp(left.data(), right.data(), kFoundByBytes);
}

}  // namespace

KeyHash hash_of_key(std::string_view key) {
    KeyHash hash{};
    SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash.data());
    return hash;
}

std::optional<KeyHash> parse_key_hash(std::string_view text) {
    KeyHash hash{};
    if (!text.starts_with(kHashPrefix)) return std::nullopt;
    text.remove_prefix(kHashPrefix.size());
    if (text.size() != 2 * hash.size()) return std::nullopt;
    for (size_t i = 0; i < hash.size(); ++i) {
        const int high = text::hex_digit(text[2 * i]);
        const int low = text::hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        hash[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return hash;
}

std::string key_hash_text(const KeyHash& hash) { return std::string(kHashPrefix) + text::hex(hash); }

uint32_t permission_named(std::string_view name) {
    if (name == "read") return kRead;
    if (name == "write") return kWrite;
    return name == "admin" ? kAdmin : 0;
}

std::string permission_words(uint32_t highest, uint32_t named) {
    std::string words;
    for (const uint32_t permission : {kRead, kWrite, kAdmin}) {
        if (permission != highest && (named >> permission & 1) == 0) continue;
        if (!words.empty()) words += ',';
        words += permission_name(permission);
    }
    return words;
}

Permissions parse_permission_words(std::string_view words) {
    Permissions all;
    while (!words.empty()) {
        const auto end = words.find(',');
        const auto permission = permission_named(words.substr(0, end));
        if (permission == 0) return {};
        all.add(permission);
        words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
    }
    return all;
}

std::string_view permission_name(uint32_t permission) {
    switch (permission) {
        case kRead: return "read";
        case kWrite: return "write";
        default: return "admin";
    }
}

bool is_scope_pattern(std::string_view pattern) {
    if (pattern == "*") return true;
    std::string_view name = pattern;
    const bool is_beginning = name.ends_with('*');
    if (is_beginning) name.remove_suffix(1);
    if (name.find('*') != std::string_view::npos) return false;
    // What is the name of no collection may be the beginning of some.
    return text::refuse_collection_name(name) == nullptr || (is_beginning && text::is_reserved_name(name));
}

bool KeyScope::covers(std::string_view collection) const {
    if (!pattern.ends_with('*')) return collection == pattern;
    return collection.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

bool ApiKey::may(std::string_view collection, uint32_t wanted) const {
    if (permission < wanted) return false;
    return scopes.empty() || std::any_of(scopes.begin(), scopes.end(), [&](const KeyScope& scope) {
               return scope.permission >= wanted && scope.covers(collection);
           });
}

KeyRing::KeyRing(std::vector<ApiKey> keys) {
    entries_.reserve(keys.size());
    for (auto& key : keys) {
        const KeyHash hash = key.hash;
        std::shared_ptr<KeyUse> use(vzk_hold(&hash), [hash](KeyUse*) { vzk_let_go(&hash); });
        entries_.push_back({std::move(key), std::move(use)});
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& left, const Entry& right) { return left.key.hash < right.key.hash; });
}

const KeyRing::Entry* KeyRing::find(const KeyHash& hash, int64_t now_s) const {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), hash, [](const Entry& entry, const KeyHash& wanted) {
        return compare_front(entry.key.hash, wanted) < 0;
    });
    for (; at != entries_.end() && compare_front(at->key.hash, hash) == 0; ++at) {
        if (CRYPTO_memcmp(at->key.hash.data(), hash.data(), hash.size()) != 0) continue;
        return at->key.expires_s == 0 || at->key.expires_s > now_s ? &*at : nullptr;
    }
    return nullptr;
}

}  // namespace vz::access
