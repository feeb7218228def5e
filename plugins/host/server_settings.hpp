// What the server itself reads of the configuration: the data directory, drain, log and engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/host/config.hpp"
#include "plugins/host/engine_options.hpp"
#include "plugins/host/log.hpp"

namespace vz::host {

struct ServerSettings {
    std::string data_directory;
    uint64_t drain_ms = 10'000;
    uint64_t drain_delay_ms = 0;
    EngineOptions engine;
    uint32_t log_level = VZ_LOG_INFO;
    std::string log_file;
    LogFormat log_format = LogFormat::kAuto;

    std::optional<ConfigError> read(const Config& config);

 private:
    std::optional<ConfigError> read_log(const Config& config);
};

}  // namespace vz::host
