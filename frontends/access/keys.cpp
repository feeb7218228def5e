#include "frontends/access/keys.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace vz::access {
namespace {

constexpr std::string_view kHashPrefix = "sha256:";
constexpr size_t kFoundByBytes = 8;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

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
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        hash[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return hash;
}

std::string key_hash_text(const KeyHash& hash) {
    std::string text(kHashPrefix);
    for (const unsigned char byte : hash) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

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
    constexpr size_t kNameBytesMax = 255;
    if (pattern == "*") return true;
    std::string_view name = pattern;
    if (name.ends_with('*')) name.remove_suffix(1);
    // What no path reaches is the name of none, though of the beginning of some.
    constexpr std::string_view kReserved[] = {".", "..", "empty", "cleanup"};
    if (name.size() == pattern.size() &&
        std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved))
        return false;
    if (name.empty() || name.size() > kNameBytesMax || name.find_first_of("/*") != std::string_view::npos) return false;
    for (size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<unsigned char>(name[i]);
        const auto next = i + 1 == name.size() ? 0 : static_cast<unsigned char>(name[i + 1]);
        // C0, DEL or, in two bytes of UTF-8, C1.
        if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next >= 0x80 && next < 0xA0)) return false;
    }
    return true;
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

KeyRing::KeyRing(std::vector<ApiKey> keys, const KeyRing* before) {
    for (auto& key : keys) {
        Entry entry{std::move(key), nullptr};
        if (before != nullptr) {
            const auto known = std::find_if(before->entries_.begin(), before->entries_.end(),
                                            [&](const Entry& each) { return each.key.hash == entry.key.hash; });
            if (known != before->entries_.end()) entry.use = known->use;
        }
        if (!entry.use) entry.use = std::make_shared<KeyUse>();
        entries_.push_back(std::move(entry));
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
