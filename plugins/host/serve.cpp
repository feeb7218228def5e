#include "plugins/host/serve.hpp"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "plugins/host/api_key.hpp"
#include "plugins/host/banner.hpp"
#include "plugins/host/blame.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/engine_options.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/life_signs.hpp"
#include "plugins/host/loader.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/scratch_directory.hpp"
#include "plugins/host/services.hpp"
#include "plugins/host/supervisor.hpp"
#include "plugins/host/writable.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCreateLimit(10);
constexpr std::chrono::seconds kStopLimit(5);
constexpr std::chrono::milliseconds kIdlePoll(5);
constexpr std::chrono::milliseconds kReturnPatience(200);
constexpr std::chrono::seconds kPoisonLook(1);
constexpr std::chrono::seconds kMoreTime(2);  // between two requests for more time to start or to end

constexpr std::chrono::minutes kEndMax(10);  // what takes longer hangs: the supervisor may end it

// Ends the process when what a plugin is asked for meanwhile does not return in time: what was acknowledged is on disk.
class Watchdog {
 public:
    explicit Watchdog(std::chrono::milliseconds limit)
        : thread_([this, limit] {
              std::unique_lock lock(mutex_);
              if (returned_.wait_for(lock, limit, [this] { return done_; })) return;
              const Blame::Asked asked = Blame::asked();
              std::fprintf(stderr, "vectorizer: frontend '%s' did not return from %s within %lld ms\n",
                           asked.instance != nullptr ? asked.instance : "",
                           asked.function != nullptr ? asked.function : "", static_cast<long long>(limit.count()));
              std::_Exit(kExitFrontend);
          }) {}
    ~Watchdog() {
        {
            const std::scoped_lock lock(mutex_);
            done_ = true;
        }
        returned_.notify_one();
        thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

 private:
    std::mutex mutex_;
    std::condition_variable returned_;
    bool done_ = false;
    std::thread thread_;
};

struct Settings {
    std::string data_directory;
    uint64_t drain_ms = 10'000;
    uint64_t drain_delay_ms = 0;
    EngineOptions engine;
    uint32_t log_level = VZ_LOG_INFO;
    std::string log_file;
    LogFormat log_format = LogFormat::kAuto;
};

std::optional<ConfigError> read_settings(const Config& config, Settings* settings) {
    settings->data_directory = expand_home(config.text("data_dir", default_data_directory()));
    if (settings->data_directory.empty()) return ConfigError{"data_dir must not be empty"};
    if (auto error = config.number("drain_ms", 0, 600'000, &settings->drain_ms)) return error;
    if (auto error = config.number("drain_delay_ms", 0, 600'000, &settings->drain_delay_ms)) return error;
    if (auto error = settings->engine.read(config)) return error;
    settings->log_file = config.text("log.file", "");
    // Frontends find these under their own keys.
    for (const char* key : {"log.access", "log.slow_ms"}) {
        config.find(key);
        config.find(std::string("server.") + key);
    }
    if (const ConfigValue* format = config.find("log.format")) {
        if (format->text != "auto" && format->text != "text" && format->text != "json")
            return ConfigError{format->origin + ": 'log.format' must be auto, text or json"};
        settings->log_format = format->text == "json"   ? LogFormat::kJson
                               : format->text == "text" ? LogFormat::kText
                                                        : LogFormat::kAuto;
    }
    if (const ConfigValue* level = config.find("log.level")) {
        settings->log_level = log_level_named(level->text);
        if (settings->log_level == 0)
            return ConfigError{level->origin + ": 'log.level' must be error, warn, info, debug or trace"};
    }
    return std::nullopt;
}

// The code that a record names; nullptr: none.
const void* code_of(const vz_log_record& record) {
    for (uint64_t i = 0; i < record.field_count; ++i) {
        const vz_kv& field = record.fields[i];
        if (std::string_view(field.key.data, field.key.size) != "code") continue;
        const std::string address(field.value.data, field.value.size);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address it is
        return reinterpret_cast<const void*>(std::strtoull(address.c_str(), nullptr, 16));
    }
    return nullptr;
}

// The engine's log. A broken rule is a frontend's, whose call is on the stack, and so is a result that is never
// released. A frontend that closes the engine takes it from all others: nobody may touch it afterwards.
void log_of_engine(void* engine, const vz_log_record* record) noexcept {
    const std::string_view event(record->event.data, record->event.size);
    if (event == "engine.closing") {
        if (static_cast<const EngineHandle*>(engine)->is_closing()) return;
        Blame::end_process("closes the engine, which is its host's", kExitFrontend);
    }
    const char* culprit = event == "abi.misuse"     ? Blame::on_this_stack()
                          : event == "results.held" ? Blame::owner(code_of(*record))
                                                    : "";
    Log::write(*culprit != 0 ? culprit : "engine", *record);
}

bool takes_writes(vz_engine* engine) {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    return vz_engine_stats_read(engine, &stats, nullptr) != VZ_OK || stats.state != VZ_STATE_READ_ONLY;
}

// Operations in flight. A completion returns a moment after what it answered: those are waited for.
uint64_t operations_left(vz_engine* engine) {
    const auto end = Clock::now() + kReturnPatience;
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    for (;;) {
        if (vz_engine_stats_read(engine, &stats, nullptr) != VZ_OK) return 0;
        if (stats.queued_ops == 0 || Clock::now() > end) return stats.queued_ops;
        std::this_thread::sleep_for(kIdlePoll);
    }
}

// What a frontend wrote over is no longer to be trusted; nothing of it is on disk, and nothing more shall be.
void end_if_damaged(const Instance& instance) {
    if (instance.damage().empty()) return;
    std::fprintf(stderr, "vectorizer: frontend '%s': %s\n", instance.name().c_str(), instance.damage().c_str());
    std::_Exit(kExitFrontend);
}

// Why a frontend failed in that function; those that keep silent are told by their status.
std::string reason_of(const vz_error& error, const char* function, vz_status status) {
    if (error.message[0] != 0) return error.message;
    return std::string(function) + " failed with " + vz_status_name(status) + " and gave no reason";
}

class Server {
 public:
    Server(const Config& config, const Reread& reread, Settings settings)
        : config_(config), reread_(reread), settings_(std::move(settings)), current_(&config) {}

    int run() {
        const auto began = Clock::now();
        sigset_t signals = block_signals();
        const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
        raise_descriptor_limit();
        Blame::watch_signals();
        const ExitWatch exit_watch(kExitFrontend);
        EngineHandle engine;
        std::array<vz_kv, EngineOptions::kPairs> pairs;
        vz_engine_options options = settings_.engine.options(pairs);
        options.log = log_of_engine;
        options.log_user = &engine;
        {
            // A large log takes its time; the supervisor is not to lose patience over it.
            const Repeater notice(kMoreTime,
                                  [] { notify_supervisor("STATUS=recovering\nEXTEND_TIMEOUT_USEC=30000000"); });
            if (const int failed = engine.open(settings_.data_directory, options); failed != 0) return failed;
        }
        services_ = std::make_unique<Services>(config_, engine.get());
        // Requests in flight and the sealing of what has grown may take longer than the supervisor waits by itself.
        std::optional<Repeater> ending;
        int code = create_all();
        if (code == 0) code = start_all();
        if (code == 0) {
            services_->health.set_host(VZ_HEALTH_READY, "");
            BannerFacts facts{settings_.data_directory, addresses(), access(),
                              std::chrono::duration<double, std::milli>(Clock::now() - began).count()};
            print_banner(facts, engine.get());
            notify_supervisor("READY=1");
            const Repeater heart(watchdog_patience() / 2,
                                 [&engine, http = http_addresses()] { beat(engine.get(), http); });
            // One that began without writes, as on a full disk, has not lost them.
            const bool watches = settings_.engine.exits_on_poison() && takes_writes(engine.get());
            std::atomic<bool> is_poisoned = false;
            const Repeater watch(watches ? kPoisonLook : std::chrono::microseconds(0), [&] {
                if (takes_writes(engine.get()) || is_poisoned.exchange(true)) return;
                Log::write(VZ_LOG_ERROR, "host.poisoned",
                           "a write to a log failed: the server ends, as engine.on_poison says");
                ::kill(::getpid(), SIGTERM);
            });
            wait_for_end(signal_fd);
            ending.emplace(kMoreTime, [until = Clock::now() + kEndMax] {
                if (Clock::now() < until) notify_supervisor("EXTEND_TIMEOUT_USEC=30000000");
            });
            drain(signal_fd);
            if (is_poisoned) code = kExitStorage;
        }
        stop_all();
        const auto begun = Clock::now();
        const int closed = engine.close();
        if (code == 0 && closed == 0) {
            const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
            Log::write(VZ_LOG_INFO, "host.stopped",
                       "the data directory was closed in order, in " + std::to_string(took.count()) + " ms");
        }
        ::close(signal_fd);
        return code != 0 ? code : closed;
    }

    // Each frontend reads its keys, over the database, or over an empty engine where there is none that can be opened:
    // another process may serve it.
    int check() {
        Blame::watch_signals();
        const ExitWatch exit_watch(kExitFrontend);
        const ScratchDirectory scratch;
        EngineHandle engine;
        vz_engine_options options = {};
        options.struct_size = sizeof(options);
        options.workers = 1;
        // API keys made over REST lie in the database itself.
        options.flags = VZ_OPEN_READ_ONLY;
        const vz_status there = engine.try_open(settings_.data_directory, options);
        options.flags = 0;
        if (there != VZ_OK) {
            if (const int failed = engine.open(scratch.path() + "/data", options); failed != 0) return failed;
        }
        services_ = std::make_unique<Services>(config_, engine.get());
        const int code = create_all();
        stop_all();
        if (code != 0 && there == VZ_BUSY) {
            std::fprintf(stderr, "Another process serves %s: API keys that are kept there were not looked at.\n",
                         settings_.data_directory.c_str());
        }
        return code;
    }

 private:
    static sigset_t block_signals() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
        ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        // A limit on the size of files is an error of the write that meets it.
        for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
        return signals;
    }

    static void raise_descriptor_limit() {
        rlimit limit = {};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
        limit.rlim_cur = limit.rlim_max;
        static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
    }

    // Instances of the configuration, or the two of the house.
    int create_all() {
        std::vector<std::string> names = {"rest", "graphql"};
        for (const std::string& name : config_.instances()) {
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        for (const std::string& name : names) {
            const std::string prefix = "frontends." + name + ".";
            bool enabled = true;
            bool optional = false;
            for (const auto& [key, value] : {std::pair{"enabled", &enabled}, std::pair{"optional", &optional}}) {
                if (const auto error = config_.flag(prefix + key, value)) return refuse(error->message);
            }
            const std::string library = config_.text(prefix + "library", "vectorizer-" + name + ".so");
            if (!enabled) {
                config_.ask_all("frontends." + name);
                continue;
            }
            if (create(name, library)) {
                if (optional) optional_.insert(name);
                continue;
            }
            if (!optional) return problem_is_config_ ? kExitUsage : kExitFrontend;
            config_.ask_all("frontends." + name);
        }
        if (const auto error = config_.unknown_key()) return refuse(error->message);
        return 0;
    }

    static int refuse(const std::string& message) {
        std::fprintf(stderr, "vectorizer: %s\n", message.c_str());
        return kExitUsage;
    }

    bool create(const std::string& name, const std::string& library) {
        const Watchdog watchdog(kCreateLimit);
        Blame::enter(name.c_str(), "loading");
        const Loaded loaded = load_frontend(library);
        Blame::leave();
        if (loaded.descriptor == nullptr) {
            std::fprintf(stderr, "vectorizer: frontend '%s': %s\n", name.c_str(), loaded.problem.c_str());
            return false;
        }
        auto instance = std::make_unique<Instance>(*services_, name, *loaded.descriptor);
        vz_error error = {};
        const vz_status status = instance->create(&error);
        end_if_damaged(*instance);
        if (status != VZ_OK) {
            problem_is_config_ = status == VZ_INVALID_ARGUMENT;
            std::fprintf(stderr, "vectorizer: frontend '%s': %s\n", name.c_str(),
                         reason_of(error, "create", status).c_str());
            // An address for everybody, and no key yet: here is one to begin with.
            if (problem_is_config_ && std::string_view(error.field).ends_with("host") && keys_configured() == 0)
                new_key("admin", "admin");
            return false;
        }
        Log::write(VZ_LOG_DEBUG, "frontend.created", name + " " + loaded.descriptor->version);
        instances_.push_back(std::move(instance));
        return true;
    }

    int start_all() {
        for (auto instance = instances_.begin(); instance != instances_.end();) {
            if (start(**instance)) {
                ++instance;
                continue;
            }
            if (!optional_.contains((*instance)->name())) return kExitFrontend;
            leave_out(**instance);
            instance = instances_.erase(instance);
        }
        return 0;
    }

    static bool start(Instance& instance) {
        vz_error error = {};
        const Watchdog watchdog(kCreateLimit);
        const vz_status status = instance.start(&error);
        end_if_damaged(instance);
        if (status == VZ_OK) return true;
        std::fprintf(stderr, "vectorizer: frontend '%s': %s\n", instance.name().c_str(),
                     reason_of(error, "start", status).c_str());
        return false;
    }

    // The server goes on without it, and is no less ready for that.
    void leave_out(Instance& instance) {
        const Watchdog watchdog(kStopLimit);
        instance.destroy();
        services_->health.forget(instance.name());
        Log::write(VZ_LOG_WARN, "frontend.left_out",
                   "frontend '" + instance.name() + "' did not start, and is optional: the server goes on without it");
    }

    // A frontend that reports itself ready gives its address as the reason.
    std::vector<std::pair<std::string, std::string>> addresses() const {
        std::vector<std::pair<std::string, std::string>> found;
        for (const auto& instance : instances_)
            found.emplace_back(instance->name(), services_->health.reason_of(instance->name()));
        return found;
    }

    std::vector<HttpAddress> http_addresses() const {
        std::vector<HttpAddress> http;
        for (const auto& [name, url] : addresses()) {
            const HttpAddress address = http_address(url);
            const bool is_known = std::any_of(http.begin(), http.end(), [&](const HttpAddress& each) {
                return each.host == address.host && each.port == address.port;
            });
            if (address.port != 0 && !is_known) http.push_back(address);
        }
        return http;
    }

    // A sign of life for the supervisor, if there is one to give; without it the process is ended and started again.
    static void beat(vz_engine* engine, const std::vector<HttpAddress>& http) {
        const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(watchdog_patience() / 4);
        const std::string missing = missing_sign(engine, http, patience);
        if (missing.empty()) return notify_supervisor("WATCHDOG=1");
        Log::write(VZ_LOG_ERROR, "host.no_sign_of_life", missing);
    }

    size_t keys_configured() const {
        size_t keys = 0;
        for (const auto& [key, value] : config_.values())
            keys += key.starts_with("server.auth.keys.") && key.ends_with(".hash") ? 1 : 0;
        return keys;
    }

    std::string access() const {
        const size_t keys = keys_configured();
        if (keys != 0) return std::to_string(keys) + (keys == 1 ? " API key" : " API keys");
        if (config_.text("server.auth.allow_unauthenticated", "false") == "true")
            return "no keys: everyone who reaches this address";
        return "no keys in the configuration, this machine only. To serve others: vectorizer new-key, then server.host";
    }

    // What cannot change while serving is named, and stays as it was at the start.
    void name_unchanged(const Config& now) const {
        const auto differs = [](const Config& from, const Config& to, auto&& report) {
            for (const auto& [key, value] : from.values()) {
                const auto other = to.values().find(key);
                if (other == to.values().end() || other->second.text != value.text) report(key);
            }
        };
        std::set<std::string> keys;
        const auto note = [&](const std::string& key) {
            if (key != "log.level" && key.find(".auth.keys") == std::string::npos) keys.insert(key);
        };
        differs(config_, now, note);
        differs(now, config_, note);
        for (const std::string& key : keys)
            Log::write(VZ_LOG_WARN, "host.needs_restart", key + " has changed: it needs a restart");
    }

    void reload() {
        Config& now = reread_configs_.emplace_back();
        const auto keep = [&](const std::string& why) {
            Log::write(VZ_LOG_ERROR, "host.reload", why + "; everything stays as it was");
            services_->use(*current_);
        };
        Settings settings;
        auto error = reread_(&now);
        if (!error) error = read_settings(now, &settings);
        if (error) return keep(error->message);
        services_->use(now);
        for (size_t i = 0; i < instances_.size(); ++i) {
            const std::string problem = reload_one(*instances_[i]);
            if (problem.empty()) continue;
            services_->use(*current_);
            put_back(i);
            return keep(problem);
        }
        Log::set_level(settings.log_level);
        name_unchanged(now);
        current_ = &now;
        Log::write(VZ_LOG_INFO, "host.reload", "log level and API keys are as the configuration says now");
    }

    // Empty: it goes by the configuration in use.
    static std::string reload_one(Instance& instance) {
        vz_error failure = {};
        const Watchdog watchdog(kCreateLimit);
        const vz_status status = instance.reload(&failure);
        end_if_damaged(instance);
        if (status == VZ_OK) return "";
        return "frontend '" + instance.name() + "': " + reason_of(failure, "reload", status);
    }

    // The first `count` frontends have taken what another one refused.
    void put_back(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            const std::string problem = reload_one(*instances_[i]);
            if (!problem.empty()) Log::write(VZ_LOG_ERROR, "host.reload", problem + "; it may not go by the old keys");
        }
    }

    void wait_for_end(int signal_fd) {
        for (;;) {
            signalfd_siginfo info = {};
            const ssize_t got = ::read(signal_fd, &info, sizeof(info));
            if (got < 0 && errno == EINTR) continue;
            if (got != sizeof(info)) {
                Log::write(VZ_LOG_ERROR, "host.stopping", "signals cannot be read any more: the server ends");
                return;
            }
            if (info.ssi_signo != SIGHUP) {
                const std::string delay = settings_.drain_delay_ms == 0
                                              ? "no new requests"
                                              : "new requests for " + std::to_string(settings_.drain_delay_ms) + " ms";
                Log::write(VZ_LOG_INFO, "host.stopping",
                           std::string("SIG") + ::sigabbrev_np(static_cast<int>(info.ssi_signo)) + ": " + delay +
                               "; those in flight then have " + std::to_string(settings_.drain_ms) + " ms");
                return;
            }
            notify_supervisor("RELOADING=1");
            reload();
            notify_supervisor("READY=1");
        }
    }

    // Whether the end is asked for again within this time. A SIGHUP is too late to change anything, and asks for
    // nothing less.
    static bool is_hurried(int signal_fd, std::chrono::milliseconds wait) {
        const auto end = Clock::now() + wait;
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            pollfd poll = {signal_fd, POLLIN, 0};
            const int found = ::poll(&poll, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
            if (found < 0 && errno == EINTR) continue;
            if (found != 1) return false;
            signalfd_siginfo info = {};
            if (::read(signal_fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGHUP) return true;
        }
    }

    void drain(int signal_fd) {
        services_->health.set_host(VZ_HEALTH_DRAINING, "the server is stopping");
        notify_supervisor("STOPPING=1");
        if (settings_.drain_delay_ms != 0 && is_hurried(signal_fd, std::chrono::milliseconds(settings_.drain_delay_ms)))
            return;
        const std::chrono::milliseconds limit(settings_.drain_ms);
        {
            const Watchdog watchdog(kStopLimit);
            for (auto& instance : instances_) instance->drain();
        }
        const Watchdog watchdog(limit + kStopLimit);
        const auto deadline = Clock::now() + limit;
        const auto all_idle = [&] {
            return std::all_of(instances_.begin(), instances_.end(), [](const auto& each) { return each->idle(); });
        };
        while (!all_idle()) {
            if (is_hurried(signal_fd, kIdlePoll)) return;
            if (Clock::now() < deadline) continue;
            for (auto& instance : instances_) {
                if (!instance->idle())
                    Log::write(VZ_LOG_WARN, "host.not_idle",
                               "frontend '" + instance->name() + "' is not idle drain_ms after drain, and is stopped");
            }
            return;
        }
    }

    void stop_all() {
        for (auto instance = instances_.rbegin(); instance != instances_.rend(); ++instance) {
            const Watchdog watchdog(kStopLimit);
            (*instance)->stop();
            end_if_damaged(**instance);
        }
        // Completions use the memory of their frontends, and what the host offers: both stay until the engine is
        // closed.
        if (const uint64_t left = operations_left(services_->engine); left != 0) {
            Log::write(VZ_LOG_WARN, "host.operations_left",
                       std::to_string(left) + " operations outlast the frontends that began them");
            return;
        }
        for (auto instance = instances_.rbegin(); instance != instances_.rend(); ++instance) {
            const Watchdog watchdog(kStopLimit);
            (*instance)->destroy();
        }
        instances_.clear();
    }

    const Config& config_;
    const Reread& reread_;
    const Settings settings_;
    std::unique_ptr<Services> services_;
    std::vector<std::unique_ptr<Instance>> instances_;
    std::set<std::string> optional_;
    const Config* current_;              // what was read last
    std::deque<Config> reread_configs_;  // frontends may still hold texts of older ones
    bool problem_is_config_ = false;
};

}  // namespace

static void log_passed_over(const PassedOver& passed_over) {
    for (const std::string& sentence : passed_over.unknown) Log::write(VZ_LOG_WARN, "config.unknown_name", sentence);
    if (passed_over.injected.empty()) return;
    std::string names;
    for (const std::string& name : passed_over.injected) names += (names.empty() ? "" : ", ") + name;
    Log::write(VZ_LOG_INFO, "config.injected_names",
               names + ": set by a container platform for a service of this name, and ignored");
}

int serve(const Config& config, const Reread& reread) {
    Settings settings;
    if (const auto error = read_settings(config, &settings)) {
        std::fprintf(stderr, "vectorizer: %s\n", error->message.c_str());
        return kExitUsage;
    }
    if (!Log::open(settings.log_file, settings.log_level, settings.log_format)) {
        std::fprintf(stderr, "vectorizer: cannot write the log file %s\n", settings.log_file.c_str());
        return kExitUsage;
    }
    log_passed_over(config.passed_over());
    const int code = Server(config, reread, std::move(settings)).run();
    if (!Log::close()) std::_Exit(code);
    return code;
}

int check_config(const Config& config) {
    Settings settings;
    if (const auto error = read_settings(config, &settings)) {
        std::fprintf(stderr, "vectorizer: %s\n", error->message.c_str());
        return kExitUsage;
    }
    for (const std::string& problem : {refuse_file(settings.log_file), refuse_directory(settings.data_directory)}) {
        if (problem.empty()) continue;
        std::fprintf(stderr, "vectorizer: %s\n", problem.c_str());
        return kExitUsage;
    }
    if (!Log::open("", VZ_LOG_ERROR, LogFormat::kText)) return kExitUsage;
    for (const std::string& sentence : config.passed_over().unknown)
        std::fprintf(stderr, "vectorizer: %s\n", sentence.c_str());
    const std::string directory = settings.data_directory;
    const Reread never;
    const int code = Server(config, never, std::move(settings)).check();
    if (code == 0) std::printf("no mistake found; data directory %s\n", directory.c_str());
    return code;
}

}  // namespace vz::host
