// What the user typed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/host/config.hpp"
#include "plugins/host/export.hpp"
#include "plugins/host/healthcheck.hpp"
#include "plugins/host/plugin_check.hpp"

namespace vz::host {

enum class Command {
    kServe,
    kCheck,
    kInspect,
    kRepair,
    kImport,
    kExport,
    kCheckConfig,
    kPluginCheck,
    kPrintConfig,
    kNewKey,
    kHashKey,
    kHealthcheck,
    kExit
};

struct ImportOptions {
    std::vector<std::string> sources;
    std::string collection;
    std::string data_directory;
    std::optional<std::string> metric;  // none: cosine for a new collection
    std::optional<uint32_t> batch;      // none: 1000
};

struct CommandLine {
    Command command = Command::kServe;
    int exit_code = 0;  // of kExit
    Config config;      // of serve, check-config and healthcheck: file, environment and flags together
    Reread reread;      // of serve
    std::string key_name = "admin";
    std::string key_permission = "admin";
    std::string directory;  // of check and repair
    std::string file;       // of inspect
    bool deep = false;
    bool accept_loss = false;
    bool json = false;
    ImportOptions import;
    ExportOptions archive;  // of export
    HealthcheckOptions healthcheck;
    PluginCheckOptions plugin_check;
};

// Help, version and mistakes are printed here; then the command is kExit.
CommandLine parse_command_line(int argc, char** argv, char** environment);

}  // namespace vz::host
