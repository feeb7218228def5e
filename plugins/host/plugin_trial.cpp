#include "plugins/host/plugin_trial.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>

#include "plugins/host/blame.hpp"
#include "plugins/host/disk.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/loader.hpp"
#include "plugins/host/plugin_file.hpp"
#include "plugins/host/process_state.hpp"
#include "plugins/host/trial_life.hpp"
#include "plugins/host/trial_stage.hpp"

namespace vz::host {
namespace {

// What the plugin printed, also what it left in a buffer.
std::string output_of(const TrialInput& input) {
    std::fflush(nullptr);
    std::ifstream file(input.output);
    return {std::istreambuf_iterator<char>(file), {}};
}

void try_load(const TrialInput& input) {
    const Step step(input, "loading");
    const Loaded loaded = load_frontend(input.file);
    if (loaded.descriptor == nullptr) input.report->add(loaded.problem);
}

// Null after a finding.
std::optional<PluginFile> read_symbols(const TrialInput& input) {
    auto file = read_plugin_file(input.file);
    if (file && file->has_symbols) return file;
    input.report->add(
        file ? "it cannot be checked: its table of sections, which the dynamic linker does without, is broken"
             : "its ELF tables cannot be read");
    return std::nullopt;
}

void try_exports(const TrialInput& input) {
    const auto file = read_symbols(input);
    if (!file) return;
    for (const std::string& name : file->exports) {
        if (name != VZ_FRONTEND_ENTRY_V1) input.report->add("it exports " + name);
    }
    for (const std::string& name : file->unique) input.report->add("it defines the unique symbol " + name);
}

void try_needs(const TrialInput& input) {
    const auto file = read_symbols(input);
    if (!file) return;
    for (const NeededSymbol& symbol : file->needs) {
        if (!symbol.name.starts_with("vz_")) continue;
        const void* found = symbol.version.empty()
                                ? ::dlsym(RTLD_DEFAULT, symbol.name.c_str())
                                : ::dlvsym(RTLD_DEFAULT, symbol.name.c_str(), symbol.version.c_str());
        if (found == nullptr)
            input.report->add("it needs " + symbol.name + " " + symbol.version + ", which this library does not have");
    }
    if (file->has_text_relocations) input.report->add("it has text relocations");
    if (file->has_executable_stack) input.report->add("it wants an executable stack");
}

void try_layout(const TrialInput& input) {
    const Stage stage(input);
    const vz_frontend_descriptor& descriptor = stage.descriptor();
    for (const auto& [what, text] :
         {std::pair{"id", descriptor.id}, {"name", descriptor.name}, {"version", descriptor.version}}) {
        if (*text == 0) stage.fail(std::string("its descriptor has no ") + what);
    }
    const std::string_view id = descriptor.id;
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (id.find_first_not_of(kLetters) != std::string_view::npos || id.find('.') == std::string_view::npos ||
        id.front() == '.' || id.back() == '.')
        stage.finding("its id is no reverse domain: " + std::string(id));
}

void try_create(const TrialInput& input) {
    Stage stage(input);
    const Belongings before(stage, stage.before_loading());
    for (int time = 0; time < 3; ++time) {
        const auto instance = stage.instance();
        create(stage, *instance);
        before.expect_nothing_new("after create");
        destroy(stage, *instance);
    }
    before.expect_nothing_new("after destroy");
    if (!output_of(input).empty()) stage.finding("it prints");
    if (const auto unknown = stage.config.unknown_key()) return stage.finding(unknown->message);
    stage.config.set("frontends." + stage.instance()->name() + ".no-such-key", "1", "--set no-such-key");
    const auto instance = stage.instance();
    vz_error error = {};
    if (attempt(stage, "create", [&] { return instance->create(&error); }) != VZ_OK) return;  // refused by itself: fine
    destroy(stage, *instance);
    const auto unknown = stage.config.unknown_key();
    if (!unknown || unknown->message.find("no-such-key") == std::string::npos)
        stage.finding("an unknown key of its configuration passes");
}

void try_cycle(const TrialInput& input) {
    Stage stage(input);
    const Belongings before(stage);
    std::vector<std::unique_ptr<Instance>> past;  // the threads that may be left still see their host
    for (int time = 0; time < 2; ++time) {
        past.push_back(stage.instance());
        live(stage, *past.back());
        before.expect_nothing_new("after stop");
    }
}

void try_second_instance(const TrialInput& input) {
    Stage stage(input);
    const auto first = stage.instance();
    create(stage, *first);
    start(stage, *first);
    const auto second = stage.instance("-2");
    std::this_thread::sleep_for(kRunning);  // threads of the first may start others
    const Belongings before(stage);
    vz_error error = {};
    const bool is_created = attempt(stage, "create", [&] { return second->create(&error); }) == VZ_OK;
    expect_intact(stage, *second);
    const bool is_started = is_created && attempt(stage, "start", [&] { return second->start(&error); }) == VZ_OK;
    expect_intact(stage, *second);
    if (!is_started && *error.message == 0)
        stage.finding(std::string(is_created ? "start" : "create") + " fails without a message");
    stop(stage, *second);
    before.expect_nothing_new(is_started ? "after stop, beside another instance" : "after a start that failed");
    if (is_created) destroy(stage, *second);
    drain(stage, *first);
    stop(stage, *first);
    destroy(stage, *first);
}

void try_hard_stop(const TrialInput& input) {
    Stage stage(input);
    const Belongings before(stage);
    const auto instance = stage.instance();
    live(stage, *instance, {.is_drained = false});
    before.expect_nothing_new("after a stop without drain");
}

// Clients that connected and say nothing, or half a line.
class SilentClients {
 public:
    explicit SilentClients(const std::vector<uint16_t>& ports) {
        for (const uint16_t port : ports) {
            for (const std::string_view words : {"", "G"}) {
                sockaddr_in address = {};
                address.sin_family = AF_INET;
                address.sin_port = htons(port);
                address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
                    static_cast<void>(::send(client, words.data(), words.size(), MSG_NOSIGNAL));
                sockets_.push_back(client);
            }
        }
    }
    ~SilentClients() {
        for (const int client : sockets_) ::close(client);
    }
    SilentClients(const SilentClients&) = delete;
    SilentClients& operator=(const SilentClients&) = delete;

 private:
    std::vector<int> sockets_;
};

void try_slow_stop(const TrialInput& input) {
    Stage stage(input);
    const Belongings before(stage);
    const auto instance = stage.instance();
    create(stage, *instance);
    start(stage, *instance);
    use_disk(Disk::kSlow);
    {
        const SilentClients clients(listening_ports());
        std::this_thread::sleep_for(kRunning);
        stop(stage, *instance);
    }
    before.expect_nothing_new("after a stop with clients that said nothing and a slow disk");
    use_disk(Disk::kSound);
    destroy(stage, *instance);
}

void try_poisoned(const TrialInput& input) {
    Stage stage(input);
    const auto instance = stage.instance();
    create(stage, *instance);
    start(stage, *instance);
    use_disk(Disk::kBroken);
    if (stage.write() == VZ_OK || stage.stats().state != VZ_STATE_READ_ONLY)
        stage.fail("the checker cannot poison its engine");
    use_disk(Disk::kSound);  // the engine stays as it is
    std::this_thread::sleep_for(kRunning);
    drain(stage, *instance);
    stop(stage, *instance);
    destroy(stage, *instance);
}

void try_growth(const TrialInput& input) {
    Stage stage(input);
    const auto instance = stage.instance();
    instance->grow_host();
    live(stage, *instance);
}

void try_manners(const TrialInput& input) {
    Stage stage(input);
    const auto instance = stage.instance();
    live(stage, *instance);
    for (const std::string& difference : stage.manners_before_loading().differences(Manners::now()))
        stage.finding(difference);
    std::string output = output_of(input);
    if (!output.empty()) stage.finding("it prints: " + output.substr(0, 200));
}

// What is looked at when the process ends by exit(), and the plugin has done what it left to be done there.
struct LastLook {
    TrialReport& report;
    const Instance* instance = nullptr;  // once it has lived

    static void take(int, void* self) {
        const auto& [report, instance] = *static_cast<LastLook*>(self);
        if (instance == nullptr) return;
        if (instance->host().was_used_after_close())
            report.add("it used the host's services after destroy had returned");
        report.end();
    }
};

void try_misuse(const TrialInput& input) {
    LastLook last_look{*input.report};
    ::on_exit(LastLook::take, &last_look);  // before the plugin is loaded: what it registers comes first
    Stage stage(input);
    const auto instance = stage.instance();
    live(stage, *instance);
    std::this_thread::sleep_for(kRunning);
    last_look.instance = instance.get();
    const Step step = stage.step("exit");
    Blame::enter(instance->name().c_str(), "exit");
    const bool is_closed = stage.close_engine();
    for (const std::string& misuse : stage.misuses()) stage.finding(misuse);
    if (!is_closed) return LastLook::take(0, &last_look);
    std::exit(0);  // NOLINT(concurrency-mt-unsafe): it is what is tried
}

constexpr std::array kTrials = {
    Trial{"load", "it loads and its descriptor is one of ABI 1", try_load},
    Trial{"exports", "it exports its entry and nothing else", try_exports, true},
    Trial{"needs", "everything it needs is there", try_needs, true},
    Trial{"layout", "the descriptor's texts", try_layout},
    Trial{"create", "three times create and destroy: no thread, no descriptor, no output; unknown keys are refused",
          try_create},
    Trial{"cycle", "the whole life twice: no thread, descriptor, result or operation left", try_cycle},
    Trial{"second", "a second instance runs, or fails with a reason and leaves nothing", try_second_instance},
    Trial{"hard-stop", "stop without drain", try_hard_stop},
    Trial{"slow-stop",
          "stop within 5 s, and not before what runs is done, while clients are connected and the disk is slow",
          try_slow_stop},
    Trial{"poisoned", "an engine that turns read-only", try_poisoned},
    Trial{"growth", "a host of a later minor", try_growth},
    Trial{"manners", "signals, timers, locale, arithmetic, priority, environment, folder, umask, limits, output",
          try_manners},
    Trial{"misuse", "no rule of the ABI is broken", try_misuse},
};

}  // namespace

std::span<const Trial> all_trials() { return kTrials; }

}  // namespace vz::host
