// Who is let in: the API keys of the configuration, those of section server too, and those that were made over REST.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "frontends/access/keys.hpp"
#include "vectorizer/vectorizer.hpp"

namespace resp {

// Absent: no key is needed, everyone may do everything.
using Keys = std::shared_ptr<const vz::access::KeyRing>;

// Any thread.
class Access {
 public:
    // is_open: while there is no key at all, none is needed.
    Access(vz::EngineView engine, bool is_open) : engine_(engine), is_open_(is_open) {}

    // Replaces the keys of the configuration. Fails, and leaves those in force, where the keys of the database cannot
    // be read, or where nobody could come in any more.
    vz::Expected<void> use(std::vector<vz::access::ApiKey> configured);
    // Those in force a second ago or later.
    Keys keys();
    // Those in force now.
    Keys keys_now();

 private:
    vz::Expected<void> read(const std::vector<vz::access::ApiKey>& configured);

    const vz::EngineView engine_;
    const bool is_open_;
    std::mutex mutex_;  // guards all below
    std::vector<vz::access::ApiKey> configured_;
    Keys keys_;
    std::chrono::steady_clock::time_point read_at_;
};

// Who a client is, and what it may do. Used by one thread.
class Identity {
 public:
    explicit Identity(Access& access) : access_(access) { renew(); }

    // Before requests are executed: keys are made, revoked and expire while a client stays.
    void renew() { use(access_.keys()); }
    // Whether this is a key, and `user` its name or id, "default" or empty. A client that was somebody stays who it was
    // where not.
    bool prove(std::string_view user, std::string_view key);
    // After each command, for whoever asks what keys are used for.
    void note_use() const;

    bool needs_key() const { return keys_ != nullptr; }
    bool is_admitted() const { return keys_ == nullptr || entry_ != nullptr; }
    // Whether some collections are out of its reach.
    bool is_limited() const { return entry_ != nullptr && entry_->key.is_limited(); }
    bool may(uint32_t permission) const {
        return keys_ == nullptr || (entry_ != nullptr && entry_->key.permission >= permission);
    }
    // A collection's own name, not an alias of it.
    bool may(std::string_view collection, uint32_t permission) const {
        return keys_ == nullptr || (entry_ != nullptr && entry_->key.may(collection, permission));
    }
    // "default" without a key.
    std::string_view name() const { return entry_ != nullptr ? std::string_view(entry_->key.name) : "default"; }

 private:
    void use(Keys keys);

    Access& access_;
    Keys keys_;
    std::optional<vz::access::KeyHash> hash_;            // of the key that it came with
    const vz::access::KeyRing::Entry* entry_ = nullptr;  // of keys_; nullptr: nobody
};

}  // namespace resp
