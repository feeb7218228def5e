#include "plugins/host/server_settings.hpp"

#include "plugins/host/engine_handle.hpp"

namespace vz::host {

std::optional<ConfigError> ServerSettings::read(const Config& config) {
    data_directory = expand_home(config.text("data_dir", default_data_directory()));
    if (data_directory.empty()) return ConfigError{"data_dir must not be empty"};
    if (auto error = config.number("drain_ms", 0, 600'000, &drain_ms)) return error;
    if (auto error = config.number("drain_delay_ms", 0, 600'000, &drain_delay_ms)) return error;
    // Frontends read it themselves, but not before a data directory was made for them.
    uint64_t port = 0;
    if (auto error = config.number("server.port", 0, 65'535, &port)) return error;
    if (auto error = engine.read(config)) return error;
    return read_log(config);
}

std::optional<ConfigError> ServerSettings::read_log(const Config& config) {
    log_file = config.text("log.file", "");
    // Frontends find these under their own keys.
    for (const char* key : {"log.access", "log.slow_ms"}) {
        config.find(key);
        config.find(std::string("server.") + key);
    }
    if (const ConfigValue* format = config.find("log.format")) {
        if (format->text != "auto" && format->text != "text" && format->text != "json")
            return ConfigError{format->origin + ": 'log.format' must be auto, text or json"};
        log_format = format->text == "json"   ? LogFormat::kJson
                     : format->text == "text" ? LogFormat::kText
                                              : LogFormat::kAuto;
    }
    if (const ConfigValue* level = config.find("log.level")) {
        log_level = log_level_named(level->text);
        if (log_level == 0)
            return ConfigError{level->origin + ": 'log.level' must be error, warn, info, debug or trace"};
    }
    return std::nullopt;
}

}  // namespace vz::host
