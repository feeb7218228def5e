#include "frontends/access/key_uses.hpp"

#include <map>
#include <mutex>

namespace {

struct Held {
    vz::access::KeyUse use;
    uint64_t holders = 0;
};

struct Table {
    std::mutex mutex;
    std::map<vz::access::KeyHash, Held> keys;
};

// Never destroyed: frontends may be torn down in any order at exit.
Table& table() {
    static Table* const only = new Table;
    return *only;
}

}  // namespace

vz::access::KeyUse* vzk_hold(const vz::access::KeyHash* hash) {
    auto& all = table();
    const std::scoped_lock lock(all.mutex);
    Held& held = all.keys[*hash];
    ++held.holders;
    return &held.use;
}

void vzk_let_go(const vz::access::KeyHash* hash) noexcept {
    auto& all = table();
    const std::scoped_lock lock(all.mutex);
    const auto found = all.keys.find(*hash);
    if (found != all.keys.end() && --found->second.holders == 0) all.keys.erase(found);
}
