// Section `engine` of the configuration.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "plugins/host/config.hpp"
#include "vectorizer/engine.h"

namespace vz::host {

class EngineOptions {
 public:
    std::optional<ConfigError> read(const Config& config);
    static constexpr size_t kPairs = 4;
    // Of vz_engine_open(); refers to this, and to `pairs`, which it fills.
    vz_engine_options options(std::array<vz_kv, kPairs>& pairs) const;
    // A failed write to a log ends the process, so that its supervisor starts it again and it recovers.
    bool exits_on_poison() const { return exits_on_poison_; }

 private:
    struct Setting {
        const char* name;
        std::string value;
    };

    uint64_t workers_ = 0;
    uint64_t memory_mb_ = 0;
    uint64_t wal_max_mb_ = 0;
    uint64_t queue_max_mb_ = 0;
    bool exits_on_poison_ = false;
    std::array<Setting, kPairs> settings_;
};

}  // namespace vz::host
