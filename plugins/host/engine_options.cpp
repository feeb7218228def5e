#include "plugins/host/engine_options.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace vz::host {
namespace {

// The engine's, in MiB.
constexpr uint64_t kMemoryMin = 64;
constexpr uint64_t kWalMin = 128;

std::optional<ConfigError> read_choice(const Config& config, const char* key,
                                       std::initializer_list<std::string_view> choices, std::string* value) {
    const ConfigValue* const given = config.find(key);
    if (given == nullptr) return std::nullopt;
    if (std::find(choices.begin(), choices.end(), given->text) == choices.end()) {
        std::string names;
        for (const std::string_view& choice : choices) {
            if (!names.empty()) names += &choice + 1 == choices.end() ? " or " : ", ";
            names += choice;
        }
        return ConfigError{given->origin + ": '" + key + "' must be " + names};
    }
    *value = given->text;
    return std::nullopt;
}

// 0 stands for the default.
std::optional<ConfigError> read_size(const Config& config, const std::string& key, uint64_t least, uint64_t most,
                                     uint64_t* value) {
    if (auto error = config.number(key, 0, most, value)) return error;
    if (*value == 0 || *value >= least) return std::nullopt;
    return ConfigError{config.find(key)->origin + ": '" + key + "' must be 0, or " + std::to_string(least) +
                       " at least"};
}

}  // namespace

std::optional<ConfigError> EngineOptions::read(const Config& config) {
    uint64_t settle_after_ms = 10'000;
    uint64_t disk_reserve_mb = 0;
    uint64_t scrub_mb_per_s = 64;
    std::string verify = "background";
    std::string on_poison = "serve_reads";
    if (auto error = config.number("engine.workers", 0, 256, &workers_)) return error;
    if (auto error = read_size(config, "engine.memory_mb", kMemoryMin, 1 << 30, &memory_mb_)) return error;
    if (auto error = read_size(config, "engine.wal_max_mb", kWalMin, 1 << 20, &wal_max_mb_)) return error;
    if (auto error = config.number("engine.queue_max_mb", 0, 65'536, &queue_max_mb_)) return error;
    if (auto error = config.number("engine.settle_after_ms", 1, 86'400'000, &settle_after_ms)) return error;
    if (auto error = config.number("engine.disk_reserve_mb", 0, 1'000'000, &disk_reserve_mb)) return error;
    if (auto error = config.number("engine.scrub_mb_per_s", 1, 1'000'000, &scrub_mb_per_s)) return error;
    if (auto error = read_choice(config, "engine.verify", {"background", "open", "never"}, &verify)) return error;
    if (auto error = read_choice(config, "engine.on_poison", {"serve_reads", "exit"}, &on_poison)) return error;
    exits_on_poison_ = on_poison == "exit";
    settings_ = {{{"disk_reserve_mb", std::to_string(disk_reserve_mb)},
                  {"verify", verify},
                  {"scrub_mb_per_s", std::to_string(scrub_mb_per_s)},
                  {"settle_after_ms", std::to_string(settle_after_ms)}}};
    return std::nullopt;
}

vz_engine_options EngineOptions::options(std::array<vz_kv, kPairs>& pairs) const {
    std::transform(settings_.begin(), settings_.end(), pairs.begin(), [](const Setting& setting) {
        return vz_kv{{setting.name, std::string_view(setting.name).size()},
                     {setting.value.data(), setting.value.size()}};
    });
    vz_engine_options options = {};
    options.struct_size = sizeof(options);
    options.workers = static_cast<uint32_t>(workers_);
    options.memory_bytes_max = memory_mb_ << 20;
    options.wal_bytes_max = wal_max_mb_ << 20;
    options.queue_bytes_max = queue_max_mb_ << 20;
    options.settings = pairs.data();
    options.setting_count = pairs.size();
    return options;
}

}  // namespace vz::host
