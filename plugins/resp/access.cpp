#include "plugins/resp/access.hpp"

#include <ctime>

#include "frontends/access/stored_key.hpp"

namespace resp {
namespace {

using vz::access::ApiKey;
using vz::access::KeyRing;

// Nothing tells a frontend that a key was revoked over another one, and looking at each command would cost more than
// it.
constexpr std::chrono::seconds kAgeMax{1};

int64_t now_s() { return static_cast<int64_t>(std::time(nullptr)); }

}  // namespace

vz::Expected<void> Access::use(std::vector<ApiKey> configured) {
    const std::scoped_lock lock(mutex_);
    const vz::Expected<void> whole = read(configured);
    if (whole) configured_ = std::move(configured);
    return whole;
}

Keys Access::keys() {
    const std::scoped_lock lock(mutex_);
    // With keys that cannot be read now, those read before stay in force.
    if (std::chrono::steady_clock::now() - read_at_ >= kAgeMax) static_cast<void>(read(configured_));
    return keys_;
}

Keys Access::keys_now() {
    const std::scoped_lock lock(mutex_);
    static_cast<void>(read(configured_));
    return keys_;
}

vz::Expected<void> Access::read(const std::vector<ApiKey>& configured) {
    read_at_ = std::chrono::steady_clock::now();
    const vz::Expected<vz::Result> listed = engine_.list_values(vz::access::kStoredKeys);
    if (!listed) return listed.error();
    uint64_t count = 0;
    const auto* values = static_cast<const vz_value*>(vz_result_items(listed->raw(), VZ_RESULT_VALUES, &count));
    std::vector<ApiKey> keys;
    if (const std::string id = vz::access::read_stored_keys(values, values == nullptr ? 0 : count, keys); !id.empty())
        return vz::Error(VZ_CORRUPTION, "", "the stored API key " + id + " cannot be read");
    keys.insert(keys.end(), configured.begin(), configured.end());
    if (keys.empty() && !is_open_)
        return vz::Error(VZ_INVALID_ARGUMENT, "host",
                         "beyond loopback needs an API key (vectorizer new-key), or auth.allow_unauthenticated: true");
    keys_ = keys.empty() ? nullptr : std::make_shared<const KeyRing>(std::move(keys));
    return {};
}

bool Identity::prove(std::string_view user, std::string_view key) {
    use(access_.keys_now());
    if (keys_ == nullptr) return false;
    const vz::access::KeyHash hash = vz::access::hash_of_key(key);
    const KeyRing::Entry* const entry = keys_->find(hash, now_s());
    if (entry == nullptr) return false;
    if (!user.empty() && user != "default" && user != entry->key.name && user != entry->key.id) return false;
    hash_ = hash;
    entry_ = entry;
    return true;
}

void Identity::note_use() const {
    if (entry_ != nullptr) entry_->use->add(now_s());
}

void Identity::use(Keys keys) {
    keys_ = std::move(keys);
    entry_ = keys_ != nullptr && hash_ ? keys_->find(*hash_, now_s()) : nullptr;
}

}  // namespace resp
