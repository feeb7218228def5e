#include "plugins/host/plugin_trial.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include "plugins/host/blame.hpp"
#include "plugins/host/create_collection.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/loader.hpp"
#include "plugins/host/plugin_file.hpp"
#include "plugins/host/process_state.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kRunning(100);  // between start and stop
constexpr milliseconds kDrainLimit(10'000);
constexpr milliseconds kPromptStop(5'000);
constexpr milliseconds kAtOnce(500);

// What the plugin printed, also what it left in a buffer.
std::string output_of(const TrialInput& input) {
    std::fflush(nullptr);
    std::ifstream file(input.output);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What the engine's log says about broken rules. Nobody closes the engine but a plugin, after which no trial goes on.
class Misuses {
 public:
    explicit Misuses(TrialReport& report) : report_(report) {}
    static void log(void* self, const vz_log_record* record) noexcept {
        const std::string_view event(record->event.data, record->event.size);
        auto& misuses = *static_cast<Misuses*>(self);
        if (event == "engine.closing") {
            misuses.report_.add("it closes the engine, which is its host's");
            misuses.report_.end();
            ::_exit(0);
        }
        if (event != "abi.misuse") return;
        const std::scoped_lock lock(misuses.mutex_);
        misuses.found_.emplace_back(record->message.data, record->message.size);
    }
    std::vector<std::string> found() const {
        const std::scoped_lock lock(mutex_);
        return found_;
    }

 private:
    TrialReport& report_;
    mutable std::mutex mutex_;
    std::vector<std::string> found_;
};

// What the plugin is asked for, while it is.
class Step {
 public:
    Step(const TrialInput& input, const char* function) : report_(*input.report) {
        report_.enter(function);
        Blame::enter(input.file.c_str(), function);
    }
    ~Step() {
        report_.enter(nullptr);
        Blame::leave();
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

 private:
    TrialReport& report_;
};

// What a process has of its own.
struct Possessions {
    std::set<std::string> threads = threads_of_process();
    std::set<std::string> descriptors = descriptors_of_process();
};

// A fresh engine with a collection in it, and everything a frontend is given.
class Stage {
 public:
    explicit Stage(const TrialInput& input)
        : input_(input), name_(input.file.substr(input.file.rfind('/') + 1)), misuses_(*input.report) {
        name_.resize(std::min(name_.size(), name_.rfind(".so")));
        vz_engine_options options = {};
        options.struct_size = sizeof(options);
        options.workers = 2;
        // No file is opened or closed but for the plugin.
        const vz_kv settings[] = {{{"verify", 6}, {"never", 5}}, {{"settle_after_ms", 15}, {"86400000", 8}}};
        options.settings = settings;
        options.setting_count = std::size(settings);
        options.log = Misuses::log;
        options.log_user = &misuses_;
        vz_error error = {};
        if (vz_engine_open({input.directory.data(), input.directory.size()}, &options, &engine_, &error) != VZ_OK) {
            fail(std::string("the checker's own engine does not open: ") + error.message);
        }
        if (create_collection(engine_, "docs", 4, VZ_COSINE, &error) != VZ_OK) fail(error.message);
        // With a sealed file, as in any database of some age: the engine maps it, and guards the map.
        if (write() != VZ_OK || vz_checkpoint(engine_, {nullptr, 0}, nullptr, nullptr) != VZ_OK)
            fail("the checker's own write fails");
        before_loading_ = {};
        const Step step(input, "loading");
        loaded_ = load_frontend(input.file);
        if (loaded_.descriptor == nullptr) fail(loaded_.problem);
        services_ = std::make_unique<Services>(config, engine_);
        services_->health.set_host(VZ_HEALTH_READY, "");
    }

    std::unique_ptr<Instance> instance(const std::string& suffix = "") {
        for (const auto& [key, value] : input_.settings)
            config.set("frontends." + name_ + suffix + "." + key, value, "--set " + key);
        return std::make_unique<Instance>(*services_, name_ + suffix, *loaded_.descriptor);
    }
    vz_status write() const {
        const std::array<float, 4> vector = {1, 0, 0, 0};
        const vz_str id = {"a", 1};
        vz_write_request request = {};
        request.struct_size = sizeof(request);
        request.kind = VZ_UPSERT;
        request.count = 1;
        request.ids = &id;
        request.vectors = {vector.data(), 1, 0, 4, VZ_F32};
        return vz_write(engine_, {"docs", 4}, &request, nullptr, nullptr);
    }
    vz_engine_stats stats() const {
        vz_engine_stats stats = {};
        stats.struct_size = sizeof(stats);
        vz_engine_stats_read(engine_, &stats, nullptr);
        return stats;
    }
    std::vector<std::string> misuses() const { return misuses_.found(); }
    void finding(const std::string& text) const { input_.report->add(text); }
    // Ends the trial: what follows would say nothing.
    [[noreturn]] void fail(const std::string& text) const {
        finding(text);
        input_.report->end();
        ::_exit(0);
    }
    const vz_frontend_descriptor& descriptor() const { return *loaded_.descriptor; }
    Step step(const char* function) const { return {input_, function}; }
    const Possessions& before_loading() const { return before_loading_; }

    Config config;

 private:
    const TrialInput& input_;
    std::string name_;
    Misuses misuses_;
    Possessions before_loading_;
    vz_engine* engine_ = nullptr;
    Loaded loaded_;
    std::unique_ptr<Services> services_;
};

void expect_intact(const Stage& stage, const Instance& instance) {
    if (!instance.damage().empty()) stage.fail(instance.damage());
}

template <class Call>
vz_status attempt(const Stage& stage, const char* function, Call call) {
    const Step step = stage.step(function);
    return call();
}

void create(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "create", [&] { return instance.create(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK)
        stage.fail(std::string("create fails: ") + (*error.message != 0 ? error.message : "without a message"));
}

void start(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "start", [&] { return instance.start(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK)
        stage.fail(std::string("start fails: ") + (*error.message != 0 ? error.message : "without a message"));
}

// Its configuration, read again, is the one it has.
void reload(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "reload", [&] { return instance.reload(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK)
        stage.finding(std::string("reload fails: ") + (*error.message != 0 ? error.message : "without a message"));
}

void drain(const Stage& stage, Instance& instance) {
    const auto began = Clock::now();
    {
        const Step step = stage.step("drain");
        instance.drain();
    }
    expect_intact(stage, instance);
    if (Clock::now() - began > kAtOnce) stage.finding("drain waits; it is to return at once");
    const Step step = stage.step("idle");
    while (!instance.idle() && Clock::now() - began < kDrainLimit) std::this_thread::sleep_for(milliseconds(5));
    if (!instance.idle()) stage.finding("it is not idle 10 s after drain, though nobody asked it for anything");
}

void stop(const Stage& stage, Instance& instance) {
    const Step step = stage.step("stop");
    const auto began = Clock::now();
    instance.stop();
    expect_intact(stage, instance);
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    if (took > kPromptStop)
        stage.finding("stop took " + std::to_string(took.count()) + " ms; the host ends the process after 5,000");
}

void destroy(const Stage& stage, Instance& instance) {
    const Step step = stage.step("destroy");
    instance.destroy();
}

// Threads, processes, descriptors, results and operations, before and after.
class Belongings {
 public:
    explicit Belongings(const Stage& stage, Possessions before = {}) : stage_(stage), before_(std::move(before)) {}

    void expect_nothing_new(const std::string& when) const {
        // A joined thread may be listed for a moment.
        for (int tries = 0; tries < 100 && threads_of_process().size() > before_.threads.size(); ++tries)
            std::this_thread::sleep_for(milliseconds(10));
        const size_t threads = threads_of_process().size();
        if (threads > before_.threads.size())
            stage_.finding(std::to_string(threads - before_.threads.size()) + " threads are alive " + when);
        const std::set<std::string> open = descriptors_of_process();
        for (const std::string& descriptor : open) {
            if (!before_.descriptors.contains(descriptor))
                stage_.finding("descriptor " + descriptor + " is open " + when);
        }
        for (const std::string& descriptor : before_.descriptors) {
            if (!open.contains(descriptor))
                stage_.finding("descriptor " + descriptor + ", not its own, is closed " + when);
        }
        for (const std::string& child : children_of_process())
            stage_.finding("process " + child + " is its child " + when);
        const vz_engine_stats stats = stage_.stats();
        if (stats.results_held != 0) stage_.finding(std::to_string(stats.results_held) + " results are held " + when);
        if (stats.queued_ops != 0)
            stage_.finding(std::to_string(stats.queued_ops) + " operations are in flight " + when);
    }

 private:
    const Stage& stage_;
    const Possessions before_;
};

struct Life {
    bool is_drained = true;
};

void live(const Stage& stage, Instance& instance, Life life = {}) {
    create(stage, instance);
    start(stage, instance);
    std::this_thread::sleep_for(kRunning);
    reload(stage, instance);
    if (life.is_drained) drain(stage, instance);
    stop(stage, instance);
    destroy(stage, instance);
}

void try_load(const TrialInput& input) {
    const Step step(input, "loading");
    const Loaded loaded = load_frontend(input.file);
    if (loaded.descriptor == nullptr) input.report->add(loaded.problem);
}

void try_exports(const TrialInput& input) {
    const auto file = read_plugin_file(input.file);
    if (!file) return input.report->add("its ELF tables cannot be read");
    for (const std::string& name : file->exports) {
        if (name != VZ_FRONTEND_ENTRY_V1) input.report->add("it exports " + name);
    }
    for (const std::string& name : file->unique) input.report->add("it defines the unique symbol " + name);
}

void try_needs(const TrialInput& input) {
    const auto file = read_plugin_file(input.file);
    if (!file) return input.report->add("its ELF tables cannot be read");
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
    if (id.find('.') == std::string_view::npos || id.front() == '.' || id.back() == '.')
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
    {
        const SilentClients clients(listening_ports());
        std::this_thread::sleep_for(kRunning);
        stop(stage, *instance);
    }
    destroy(stage, *instance);
    before.expect_nothing_new("after a stop with clients that said nothing");
}

void try_poisoned(const TrialInput& input) {
    Stage stage(input);
    const auto instance = stage.instance();
    create(stage, *instance);
    start(stage, *instance);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit whole = {};
    ::getrlimit(RLIMIT_FSIZE, &whole);
    const rlimit none = {0, whole.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);  // no file takes a byte
    if (stage.write() == VZ_OK || stage.stats().state != VZ_STATE_READ_ONLY)
        stage.fail("the checker cannot poison its engine");
    ::setrlimit(RLIMIT_FSIZE, &whole);  // the engine stays as it is; last words are written down
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
    const Manners before = Manners::now();
    const auto instance = stage.instance();
    live(stage, *instance);
    for (const std::string& difference : before.differences(Manners::now())) stage.finding(difference);
    std::string output = output_of(input);
    if (!output.empty()) stage.finding("it prints: " + output.substr(0, 200));
}

void try_misuse(const TrialInput& input) {
    Stage stage(input);
    const auto instance = stage.instance();
    live(stage, *instance);
    std::this_thread::sleep_for(kRunning);
    for (const std::string& misuse : stage.misuses()) stage.finding(misuse);
    if (instance->host().was_used_after_close())
        stage.finding("it used the host's services after destroy had returned");
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
    Trial{"slow-stop", "stop within 5 s while clients are connected", try_slow_stop},
    Trial{"poisoned", "an engine that turns read-only", try_poisoned},
    Trial{"growth", "a host of a later minor", try_growth},
    Trial{"manners", "signals, locale, environment, folder, umask, output", try_manners},
    Trial{"misuse", "no rule of the ABI is broken", try_misuse},
};

}  // namespace

std::span<const Trial> all_trials() { return kTrials; }

}  // namespace vz::host
