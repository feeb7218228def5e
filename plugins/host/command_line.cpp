// The door of CLI11: a struct for each command, with its options and its examples.
#include "plugins/host/command_line.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <CLI/CLI.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstdio>
#include <string>

#include "frontends/access/keys.hpp"
#include "plugins/host/api_key.hpp"
#include "plugins/host/check.hpp"
#include "plugins/host/config_flags.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/export.hpp"
#include "plugins/host/healthcheck.hpp"
#include "plugins/host/import.hpp"
#include "plugins/host/plugin_check.hpp"
#include "plugins/host/plugin_trial.hpp"
#include "plugins/host/print_config.hpp"
#include "plugins/host/serve.hpp"
#include "vectorizer/engine.h"

namespace vz::host {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  vectorizer                                   serve on http://127.0.0.1:15002\n"
    "  vectorizer serve --port 8080 --data-dir ./data\n"
    "  vectorizer import ./fashion-mnist --collection pictures --metric euclidean\n"
    "  vectorizer import --help                     more about one command\n"
    "\n"
    "Exit codes:\n"
    "  0 all is well; 1 it failed; 2 command line or configuration; 3 a frontend; 65 damaged data; 66 no such data\n"
    "  directory, collection or snapshot; 74 the disk; 75 the data directory is in use; 130 stopped by a signal\n"
    "  Of check, inspect and repair: 1 files that belong to nothing; 2 damage; 3 locked or unreadable\n";

CLI::App* add_command(CLI::App& parent, const char* name, const char* meaning, const std::string& examples) {
    CLI::App* const app = parent.add_subcommand(name, meaning);
    app->footer("Examples:\n" + examples);
    return app;
}

// Given and empty is a mistake, a variable that is not set for one; not the same as not given.
std::string refuse_empty(const std::string& value) { return value.empty() ? "must not be empty" : ""; }

void add_data_directory(CLI::App* app, std::string& directory) {
    app->add_option("--data-dir", directory, "Where the data lives [" + default_data_directory() + "]")
        ->check(refuse_empty);
}

void add_config_flags(CLI::App* app, ConfigFlags& flags) {
    app->add_option("--config", flags.config, "Configuration file (YAML); also VECTORIZER_CONFIG")->check(refuse_empty);
    add_data_directory(app, flags.data_directory);
    app->add_option("--host", flags.host, "Address to listen on [127.0.0.1]")->check(refuse_empty);
    app->add_option("--port", flags.port, "Port to listen on [15002]; 0: any free one")->check(refuse_empty);
    app->add_option("--log-level", flags.log_level, "error, warn, info, debug or trace [info]")->check(refuse_empty);
    app->add_option("--set", flags.settings, "Any key of the configuration: --set server.http.threads=4");
}

// Commands that read the configuration. They share its flags with the program, which serves without a command.
struct WithConfig {
    CLI::App* const app;
    ConfigFlags& flags;
    char** const environment;

    WithConfig(CLI::App* command, ConfigFlags& config_flags, char** variables)
        : app(command), flags(config_flags), environment(variables) {
        add_config_flags(app, flags);
    }
    template <class Use>
    int with_config(Use use) const {
        Config config;
        Reread reread;
        if (const auto error = flags.read(environment, &config, &reread)) {
            std::fprintf(stderr, "vectorizer: %s\n", error->message.c_str());
            return kExitUsage;
        }
        return use(config, reread);
    }
};

struct ServeCommand : WithConfig {
    ServeCommand(CLI::App& root, ConfigFlags& config_flags, char** variables)
        : WithConfig(add_command(root, "serve", "Serve a data directory over REST and GraphQL (the default)",
                                 "  vectorizer serve                             on http://127.0.0.1:15002\n"
                                 "  vectorizer serve --port 8080 --data-dir ./data\n"
                                 "  vectorizer serve --set server.limits.body_mb=200\n"),
                     config_flags, variables) {}
    int run() const { return with_config(serve); }
};

struct CheckConfigCommand : WithConfig {
    CheckConfigCommand(CLI::App& root, ConfigFlags& config_flags, char** variables)
        : WithConfig(add_command(root, "check-config", "Read the configuration and say what is wrong with it",
                                 "  vectorizer check-config --config /etc/vectorizer/config.yml\n"),
                     config_flags, variables) {}
    int run() const {
        return with_config([](const Config& config, const Reread&) { return check_config(config); });
    }
};

struct PrintConfigCommand : WithConfig {
    PrintConfigCommand(CLI::App& root, ConfigFlags& config_flags, char** variables)
        : WithConfig(add_command(root, "print-config", "Print every key with its value, its origin and its meaning",
                                 "  vectorizer print-config --set server.limits.body_mb=200\n"),
                     config_flags, variables) {}
    int run() const {
        return with_config([](const Config& config, const Reread&) { return print_config(config); });
    }
};

struct HealthcheckCommand : WithConfig {
    HealthcheckOptions options;

    HealthcheckCommand(CLI::App& root, ConfigFlags& config_flags, char** variables)
        : WithConfig(
              add_command(
                  root, "healthcheck",
                  "Ask the server that this configuration starts whether it is ready; exit code 0: it is, 1: it is not",
                  "  vectorizer healthcheck                       for HEALTHCHECK of a container, and scripts\n"
                  "  vectorizer healthcheck --port 8080 --live --timeout 2\n"),
              config_flags, variables) {
        app->add_flag("--live", options.live, "Whether it lives, ready or not");
        app->add_option("--timeout", options.timeout_s, "Seconds to wait for the answer [5]")
            ->check(CLI::Range(1, 600));
    }
    int run() const {
        return with_config([this](const Config& config, const Reread&) { return healthcheck(config, options); });
    }
};

struct CheckCommand {
    CLI::App* const app;
    std::string directory;
    bool deep = false;
    bool json = false;

    explicit CheckCommand(CLI::App& root)
        : app(add_command(root, "check", "Verify a data directory that no server uses; changes nothing",
                          "  vectorizer check ./data                      is everything on disk as it should be?\n"
                          "  vectorizer check ./data --deep --json\n")) {
        app->add_option("DIR", directory, "The data directory")->required();
        app->add_flag("--deep", deep, "Also parse every payload");
        app->add_flag("--json", json, "Findings as JSON lines");
    }
    int run() const { return check(expand_home(directory), deep, json); }
};

struct RepairCommand {
    CLI::App* const app;
    std::string directory;
    bool accept_loss = false;
    bool json = false;

    explicit RepairCommand(CLI::App& root)
        : app(add_command(root, "repair", "Make a damaged data directory serve again, without what cannot be read",
                          "  vectorizer repair ./data                     what it would be about; changes nothing\n"
                          "  vectorizer repair ./data --accept-loss\n")) {
        app->add_option("DIR", directory, "The data directory; no server uses it")->required();
        app->add_flag("--accept-loss", accept_loss,
                      "Give up what cannot be read; copies of damaged files go to quarantine/");
        app->add_flag("--json", json, "What was lost as JSON lines");
    }
    int run() const { return repair(expand_home(directory), accept_loss, json); }
};

struct InspectCommand {
    CLI::App* const app;
    std::string file;
    bool json = false;

    explicit InspectCommand(CLI::App& root)
        : app(add_command(root, "inspect", "Say what one file of a data directory holds: a log, a segment, an archive",
                          "  vectorizer inspect pictures.vecdb\n")) {
        app->add_option("FILE", file, "The file; nothing else of its directory is read")->required();
        app->add_flag("--json", json, "What it says as JSON lines");
    }
    int run() const { return inspect(file, json); }
};

struct ImportCommand {
    CLI::App* const app;
    const ConfigFlags& flags;
    ImportOptions options;

    ImportCommand(CLI::App& root, const ConfigFlags& config_flags)
        : app(add_command(root, "import", "Load vectors into a collection, straight into the data directory",
                          "  vectorizer import ./fashion-mnist --collection pictures --metric euclidean\n"
                          "  vectorizer import points.ndjson --collection docs --batch 500\n"
                          "  vectorizer import pictures.vecdb --data-dir ./elsewhere\n")),
          flags(config_flags) {
        app->add_option(
               "SOURCE", options.sources,
               "A folder with base.fbin or base.u8bin and payload.jsonl, such files, NDJSON (.ndjson, .jsonl), or an "
               "archive (.vecdb), also one of the reference system")
            ->required();
        app->add_option("--collection", options.collection,
                        "Collection to fill; made if it does not exist. Of an archive: its new name [its own]");
        add_data_directory(app, options.data_directory);
        app->add_option(
               "--metric", options.metric,
               "cosine, euclidean, dot or manhattan; refused where the collection is there and has another [cosine]")
            ->check(CLI::IsMember({"cosine", "euclidean", "dot", "manhattan"}));
        app->add_option("--batch", options.batch, "Points per atomic batch [1000]")->check(CLI::Range(1, 65536));
    }
    int run() const {
        ImportOptions all = options;
        all.data_directory = flags.data_directory_or(options.data_directory);
        return import(all);
    }
};

struct ExportCommand {
    CLI::App* const app;
    const ConfigFlags& flags;
    ExportOptions options;

    ExportCommand(CLI::App& root, const ConfigFlags& config_flags)
        : app(add_command(
              root, "export",
              "Write collections into one archive, straight from the data directory; without their aliases and "
              "snapshots",
              "  vectorizer export all.vecdb\n"
              "  vectorizer export pictures.vecdb --collection pictures --snapshot before-the-move\n")),
          flags(config_flags) {
        app->add_option("FILE", options.file, "The archive to make, NAME.vecdb")->required();
        app->add_option("--collection", options.collections, "Only this one; may be given several times")
            ->allow_extra_args(false);
        app->add_option("--snapshot", options.snapshot, "As of this snapshot [now]");
        add_data_directory(app, options.data_directory);
    }
    int run() const {
        ExportOptions all = options;
        all.data_directory = flags.data_directory_or(options.data_directory);
        return export_archive(all);
    }
};

struct NewKeyCommand {
    CLI::App* const app;
    std::string name = "admin";
    std::string permission = "admin";

    explicit NewKeyCommand(CLI::App& root)
        : app(add_command(root, "new-key", "Make an API key and the entry of the configuration that lets it in",
                          "  vectorizer new-key                           for serving others than this machine\n"
                          "  vectorizer new-key --name dashboard --permission read\n")) {
        app->add_option("--name", name, "What it is called in logs [admin]")->check([](const std::string& text) {
            const auto fits = [](char c) {
                return c != '"' && c != '\\' && c != 0x7f && static_cast<unsigned char>(c) >= 0x20;
            };
            if (text.empty() || text.size() > access::kKeyNameBytesMax) return "must have 1 to 128 bytes";
            return std::all_of(text.begin(), text.end(), fits) ? "" : "no quotes and no control characters";
        });
        app->add_option("--permission", permission, "read, write or admin [admin]")
            ->check(CLI::IsMember({"read", "write", "admin"}));
    }
    int run() const { return new_key(name, permission); }
};

struct HashKeyCommand {
    CLI::App* const app;

    explicit HashKeyCommand(CLI::App& root)
        : app(add_command(root, "hash-key", "Hash the API key on standard input, for server.auth.keys",
                          "  vectorizer hash-key < key.txt\n")) {}
    int run() const { return hash_key(); }
};

struct PluginCheckCommand {
    CLI::App* const app;
    PluginCheckOptions options;

    explicit PluginCheckCommand(CLI::App& plugin)
        : app(add_command(plugin, "check", "Put a frontend through its life, each check in a process of its own",
                          "  vectorizer plugin check mine.so --set port=0\n"
                          "  vectorizer plugin check mine.so --set port=0 --check cycle --json\n"
                          "\n"
                          "Exit codes: 0 nothing found; 1 findings; 2 it cannot be loaded\n")) {
        app->add_option("FILE", options.file, "The frontend, a shared library")->required();
        app->add_option("--set", options.settings, "A key of the frontend's configuration: --set port=0")
            ->allow_extra_args(false);
        std::string names;
        for (const Trial& trial : all_trials()) names += (names.empty() ? "" : ", ") + std::string(trial.name);
        app->add_option("--check", options.only, "Only this check; may be given several times: " + names)
            ->allow_extra_args(false);
        app->add_flag("--json", options.json, "The report as JSON");
    }
    int run() const { return plugin_check(options); }
};

// Of the options before the subcommand, the first that this one lacks: it would be without effect. Null: none is.
const CLI::Option* first_idle(const CLI::App& root, const CLI::App& subcommand) {
    for (const CLI::Option* option : root.get_options()) {
        if (option->count() != 0 && subcommand.get_option_no_throw(option->get_name()) == nullptr) return option;
    }
    return nullptr;
}

// The exit code of the one that was asked for; of the first if none was.
template <class Default, class... Others>
int run_one(const Default& otherwise, const Others&... others) {
    int code = 0;
    const auto runs = [&code](const auto& command) {
        if (!command.app->parsed()) return false;
        code = command.run();
        return true;
    };
    return (runs(others) || ...) ? code : otherwise.run();
}

}  // namespace

int run_command_line(int argc, char** argv, char** environment) {
    CLI::App root("A vector database with a crash-safe, memory-mapped engine.", "vectorizer");
    root.footer(kFooter);
    root.set_version_flag("--version", std::string("vectorizer " VECTORIZER_VERSION " (") + vz_build_info() + ")");
    root.require_subcommand(0, 1);
    ConfigFlags flags;
    add_config_flags(&root, flags);
    ServeCommand serve(root, flags, environment);
    CheckConfigCommand check_config(root, flags, environment);
    PrintConfigCommand print_config(root, flags, environment);
    HealthcheckCommand healthcheck(root, flags, environment);
    CheckCommand check(root);
    RepairCommand repair(root);
    InspectCommand inspect(root);
    ImportCommand import(root, flags);
    ExportCommand archive(root, flags);
    NewKeyCommand new_key(root);
    HashKeyCommand hash_key(root);
    CLI::App* const plugin = root.add_subcommand("plugin", "Tools for authors of frontends");
    plugin->footer("");
    plugin->require_subcommand(1);
    PluginCheckCommand plugin_check(*plugin);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return root.exit(error) == 0 ? 0 : kExitUsage;
    }
    for (const CLI::App* subcommand : root.get_subcommands()) {
        const CLI::Option* const idle = first_idle(root, *subcommand);
        if (idle == nullptr) continue;
        std::fprintf(stderr, "vectorizer: '%s' takes no %s\n", subcommand->get_name().c_str(),
                     idle->get_name().c_str());
        return kExitUsage;
    }
    return run_one(serve, check_config, print_config, healthcheck, check, repair, inspect, import, archive, new_key,
                   hash_key, plugin_check);
}

}  // namespace vz::host
