// The door of CLI11.
#include "plugins/host/command_line.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <CLI/CLI.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "vectorizer/engine.h"

namespace vz::host {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  vectorizer                                   serve on http://127.0.0.1:15002\n"
    "  vectorizer serve --port 8080 --data-dir ./data\n"
    "  vectorizer serve --set server.limits.body_mb=200\n"
    "  vectorizer new-key                           an API key, for serving others than this machine\n"
    "  vectorizer import ./fashion-mnist --collection pictures --metric euclidean\n"
    "  vectorizer export pictures.vecdb --collection pictures\n"
    "  vectorizer import pictures.vecdb --data-dir ./elsewhere\n"
    "  vectorizer plugin check mine.so --set port=0\n"
    "  vectorizer healthcheck                       is the server ready? For HEALTHCHECK of a container, and scripts\n"
    "  vectorizer check ./data                      is everything on disk as it should be?\n"
    "\n"
    "Exit codes:\n"
    "  0 all is well; 1 it failed, or check found what is no damage; 2 command line or configuration; 3 a frontend;\n"
    "  65 damaged data; 66 no such data directory, file, collection or snapshot; 74 the disk; 75 the data directory "
    "is\n"
    "  in use; 130 stopped by a signal\n";

// Given and empty is a mistake, a variable that is not set for one; not the same as not given.
std::string refuse_empty(const std::string& value) { return value.empty() ? "must not be empty" : ""; }

struct ServeFlags {
    std::string config, data_directory, host, port, log_level;
    std::vector<std::string> settings;

    void add_to(CLI::App* app) {
        app->add_option("--config", config, "Configuration file (YAML); also VECTORIZER_CONFIG")->check(refuse_empty);
        app->add_option("--data-dir", data_directory, "Where the data lives [" + default_data_directory() + "]")
            ->check(refuse_empty);
        app->add_option("--host", host, "Address to listen on [127.0.0.1]")->check(refuse_empty);
        app->add_option("--port", port, "Port to listen on [15002]; 0: any free one")->check(refuse_empty);
        app->add_option("--log-level", log_level, "error, warn, info, debug or trace [info]")->check(refuse_empty);
        app->add_option("--set", settings, "Any key of the configuration: --set server.http.threads=4");
    }

    // Of those that stand before the subcommand, the first that this one lacks: it would be without effect. Null: none
    // is.
    static const CLI::Option* first_idle(const CLI::App& app, const CLI::App& subcommand) {
        for (const CLI::Option* option : app.get_options()) {
            if (option->count() != 0 && subcommand.get_option_no_throw(option->get_name()) == nullptr) return option;
        }
        return nullptr;
    }

    // What --config leaves open.
    void find_file() {
        const char* named = std::getenv("VECTORIZER_CONFIG");  // NOLINT(concurrency-mt-unsafe): before any thread
        if (config.empty() && named != nullptr) config = named;
    }

    std::optional<ConfigError> fill(Config* to, const Config& environment) const {
        if (!config.empty()) {
            if (auto error = to->read_file(config)) return error;
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
};

}  // namespace

CommandLine parse_command_line(int argc, char** argv, char** environment) {
    CommandLine line;
    CLI::App app("A vector database with a crash-safe, memory-mapped engine.", "vectorizer");
    app.footer(kExamples);
    app.set_version_flag("--version", std::string("vectorizer " VECTORIZER_VERSION " (") + vz_build_info() + ")");
    app.require_subcommand(0, 1);
    ServeFlags flags;
    flags.add_to(&app);

    CLI::App* serve = app.add_subcommand("serve", "Serve a data directory over REST and GraphQL (the default)");
    flags.add_to(serve);
    CLI::App* check_config = app.add_subcommand("check-config", "Read the configuration and say what is wrong with it");
    flags.add_to(check_config);
    CLI::App* print_config =
        app.add_subcommand("print-config", "Print every key with its value, its origin and its meaning");
    flags.add_to(print_config);
    CLI::App* healthcheck = app.add_subcommand(
        "healthcheck",
        "Ask the server that this configuration starts whether it is ready; exit code 0: it is, 1: it is not");
    flags.add_to(healthcheck);
    healthcheck->add_flag("--live", line.healthcheck.live, "Whether it lives, ready or not");
    healthcheck->add_option("--timeout", line.healthcheck.timeout_s, "Seconds to wait for the answer [5]")
        ->check(CLI::Range(1, 600));
    CLI::App* check = app.add_subcommand("check", "Verify a data directory that no server uses; changes nothing");
    check->add_option("DIR", line.directory, "The data directory")->required();
    check->add_flag("--deep", line.deep, "Also parse every payload");
    check->add_flag("--json", line.json, "Findings as JSON lines");
    CLI::App* repair =
        app.add_subcommand("repair", "Make a damaged data directory serve again, without what cannot be read");
    repair->add_option("DIR", line.directory, "The data directory; no server uses it")->required();
    repair->add_flag("--accept-loss", line.accept_loss,
                     "Give up what cannot be read; copies of damaged files go to quarantine/");
    repair->add_flag("--json", line.json, "What was lost as JSON lines");
    CLI::App* inspect =
        app.add_subcommand("inspect", "Say what one file of a data directory holds: a log, a segment, an archive");
    inspect->add_option("FILE", line.file, "The file; nothing else of its directory is read")->required();
    inspect->add_flag("--json", line.json, "What it says as JSON lines");
    CLI::App* import = app.add_subcommand("import", "Load vectors into a collection, straight into the data directory");
    import
        ->add_option("SOURCE", line.import.sources,
                     "A folder with base.fbin or base.u8bin and payload.jsonl, such files, NDJSON (.ndjson, .jsonl), "
                     "or an archive (.vecdb), also one of the reference system")
        ->required();
    import->add_option("--collection", line.import.collection,
                       "Collection to fill; made if it does not exist. Of an archive: its new name [its own]");
    import
        ->add_option("--data-dir", line.import.data_directory,
                     "Where the data lives [" + default_data_directory() + "]")
        ->check(refuse_empty);
    import
        ->add_option(
            "--metric", line.import.metric,
            "cosine, euclidean, dot or manhattan; refused where the collection is there and has another [cosine]")
        ->check(CLI::IsMember({"cosine", "euclidean", "dot", "manhattan"}));
    import->add_option("--batch", line.import.batch, "Points per atomic batch [1000]")->check(CLI::Range(1, 65536));

    CLI::App* archive = app.add_subcommand(
        "export",
        "Write collections into one archive, straight from the data directory; without their aliases and snapshots");
    archive->add_option("FILE", line.archive.file, "The archive to make, NAME.vecdb")->required();
    archive->add_option("--collection", line.archive.collections, "Only this one; may be given several times")
        ->allow_extra_args(false);
    archive->add_option("--snapshot", line.archive.snapshot, "As of this snapshot [now]");
    archive
        ->add_option("--data-dir", line.archive.data_directory,
                     "Where the data lives [" + default_data_directory() + "]")
        ->check(refuse_empty);

    CLI::App* new_key =
        app.add_subcommand("new-key", "Make an API key and the entry of the configuration that lets it in");
    new_key->add_option("--name", line.key_name, "What it is called in logs [admin]")
        ->check([](const std::string& name) {
            const auto fits = [](char c) {
                return c != '"' && c != '\\' && c != 0x7f && static_cast<unsigned char>(c) >= 0x20;
            };
            return std::all_of(name.begin(), name.end(), fits) ? "" : "no quotes and no control characters";
        });
    new_key->add_option("--permission", line.key_permission, "read, write or admin [admin]")
        ->check(CLI::IsMember({"read", "write", "admin"}));
    CLI::App* hash_key = app.add_subcommand("hash-key", "Hash the API key on standard input, for server.auth.keys");

    CLI::App* plugin = app.add_subcommand("plugin", "Tools for authors of frontends");
    plugin->require_subcommand(1);
    CLI::App* plugin_check =
        plugin->add_subcommand("check", "Put a frontend through its life, each check in a process of its own");
    plugin_check->add_option("FILE", line.plugin_check.file, "The frontend, a shared library")->required();
    plugin_check->add_option("--set", line.plugin_check.settings, "A key of the frontend's configuration: --set port=0")
        ->allow_extra_args(false);
    plugin_check->add_option("--check", line.plugin_check.only, "Only this check; may be given several times")
        ->allow_extra_args(false);
    plugin_check->add_flag("--json", line.plugin_check.json, "The report as JSON");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        line.command = Command::kExit;
        line.exit_code = app.exit(error) == 0 ? 0 : kExitUsage;
        return line;
    }
    for (const CLI::App* subcommand : app.get_subcommands()) {
        const CLI::Option* const idle = ServeFlags::first_idle(app, *subcommand);
        if (idle == nullptr) continue;
        std::fprintf(stderr, "vectorizer: '%s' takes no %s\n", subcommand->get_name().c_str(),
                     idle->get_name().c_str());
        line.command = Command::kExit;
        line.exit_code = kExitUsage;
        return line;
    }
    const auto directory_of = [&flags](const std::string& own) {
        const std::string& named = own.empty() ? flags.data_directory : own;
        return expand_home(named.empty() ? default_data_directory() : named);
    };
    line.directory = expand_home(line.directory);
    if (check->parsed()) {
        line.command = Command::kCheck;
        return line;
    }
    if (repair->parsed()) {
        line.command = Command::kRepair;
        return line;
    }
    if (inspect->parsed()) {
        line.command = Command::kInspect;
        return line;
    }
    if (new_key->parsed() || hash_key->parsed()) {
        line.command = new_key->parsed() ? Command::kNewKey : Command::kHashKey;
        return line;
    }
    if (plugin_check->parsed()) {
        line.command = Command::kPluginCheck;
        return line;
    }
    if (archive->parsed()) {
        line.command = Command::kExport;
        line.archive.data_directory = directory_of(line.archive.data_directory);
        return line;
    }
    if (import->parsed()) {
        line.command = Command::kImport;
        line.import.data_directory = directory_of(line.import.data_directory);
        return line;
    }
    line.command = check_config->parsed()   ? Command::kCheckConfig
                   : print_config->parsed() ? Command::kPrintConfig
                   : healthcheck->parsed()  ? Command::kHealthcheck
                                            : Command::kServe;
    flags.find_file();
    Config from_environment;
    auto error = from_environment.read_environment(environment);
    line.reread = [flags, from_environment](Config* to) { return flags.fill(to, from_environment); };
    if (!error) error = line.reread(&line.config);
    if (error) {
        std::fprintf(stderr, "vectorizer: %s\n", error->message.c_str());
        line.command = Command::kExit;
        line.exit_code = kExitUsage;
    }
    return line;
}

}  // namespace vz::host
