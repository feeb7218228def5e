#include <clocale>

#include "plugins/host/api_key.hpp"
#include "plugins/host/check.hpp"
#include "plugins/host/command_line.hpp"
#include "plugins/host/import.hpp"
#include "plugins/host/plugin_check.hpp"
#include "plugins/host/print_config.hpp"
#include "plugins/host/serve.hpp"

extern char** environ;

int main(int argc, char** argv) {
    using namespace vz::host;
    const CommandLine line = parse_command_line(argc, argv, environ);
    switch (line.command) {
        case Command::kServe: return serve(line.config, line.reread);
        case Command::kCheck: return check(line.directory, line.deep, line.json);
        case Command::kRepair: return repair(line.directory, line.accept_loss, line.json);
        case Command::kInspect: return inspect(line.file, line.json);
        case Command::kExport: return export_archive(line.archive);
        case Command::kImport: return import(line.import);
        case Command::kPluginCheck: return plugin_check(line.plugin_check);
        case Command::kCheckConfig: return check_config(line.config);
        case Command::kPrintConfig: return print_config(line.config);
        case Command::kNewKey: return new_key(line.key_name, line.key_permission);
        case Command::kHashKey: return hash_key();
        case Command::kHealthcheck: return healthcheck(line.config, line.healthcheck);
        case Command::kExit: break;
    }
    return line.exit_code;
}
