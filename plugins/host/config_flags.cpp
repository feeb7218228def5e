#include "plugins/host/config_flags.hpp"

#include <cstdlib>

#include "plugins/host/engine_handle.hpp"

namespace vz::host {

std::string ConfigFlags::data_directory_or(const std::string& own) const {
    const std::string& named = own.empty() ? data_directory : own;
    return expand_home(named.empty() ? default_data_directory() : named);
}

std::optional<ConfigError> ConfigFlags::read(char** environment, Config* to, Reread* reread) const {
    const char* named = std::getenv("VECTORIZER_CONFIG");  // NOLINT(concurrency-mt-unsafe): before any thread
    const std::string file = config.empty() && named != nullptr ? named : config;
    Config from_environment;
    if (auto error = from_environment.read_environment(environment)) return error;
    *reread = [flags = *this, file, from_environment](Config* into) {
        return flags.fill(into, file, from_environment);
    };
    return (*reread)(to);
}

std::optional<ConfigError> ConfigFlags::fill(Config* to, const std::string& file, const Config& environment) const {
    if (!file.empty()) {
        if (auto error = to->read_file(file)) return error;
    }
    to->overlay(environment);
    Config flags;
    if (!data_directory.empty()) flags.set("data_dir", data_directory, "--data-dir");
    if (!host.empty()) flags.set("server.host", host, "--host");
    if (!port.empty()) flags.set("server.port", port, "--port");
    if (!log_level.empty()) flags.set("log.level", log_level, "--log-level");
    for (const std::string& setting : settings) {
        const size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            return ConfigError{"--set takes key=value, not '" + setting + "'"};
        flags.set(setting.substr(0, equals), setting.substr(equals + 1), "--set " + setting.substr(0, equals));
    }
    to->overlay(flags);
    to->lend("log.access", "server.log.access");
    to->lend("log.slow_ms", "server.log.slow_ms");
    return to->read_keys_file();
}

}  // namespace vz::host
