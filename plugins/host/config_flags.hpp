// The configuration as the command line, the environment and the file give it together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/host/config.hpp"

namespace vz::host {

// Flags of the command line that are keys of the configuration, or say where it stands.
struct ConfigFlags {
    std::string config, data_directory, host, port, log_level;
    std::vector<std::string> settings;  // key=value

    // The data directory of a command that takes no configuration, where its own flag does not name one.
    std::string data_directory_or(const std::string& own) const;
    // Reads all three; $VECTORIZER_CONFIG names the file where --config does not. `reread` reads the
    // file again, under the same flags and environment. Wipes API keys out of `environment`.
    std::optional<ConfigError> read(char** environment, Config* to, Reread* reread) const;

 private:
    std::optional<ConfigError> fill(Config* to, const std::string& file, const Config& environment) const;
};

}  // namespace vz::host
