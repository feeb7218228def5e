#include "plugins/host/serve.hpp"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugins/host/banner.hpp"
#include "plugins/host/blame.hpp"
#include "plugins/host/engine_handle.hpp"
#include "plugins/host/engine_log.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/frontends.hpp"
#include "plugins/host/life_signs.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/scratch_directory.hpp"
#include "plugins/host/server_settings.hpp"
#include "plugins/host/services.hpp"
#include "plugins/host/stop_signals.hpp"
#include "plugins/host/supervisor.hpp"
#include "plugins/host/watchdog.hpp"
#include "plugins/host/writable.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kIdlePoll(5);
constexpr std::chrono::seconds kPoisonLook(1);
constexpr std::chrono::seconds kMoreTime(2);  // between two requests for more time to start or to end
constexpr std::chrono::minutes kEndMax(10);   // what takes longer hangs: the supervisor may end it
constexpr size_t kSpareDescriptors = 32;

int refuse_start(const std::string& problem) {
    std::fprintf(stderr, "vectorizer: %s\n", problem.c_str());
    return kExitUsage;
}

void raise_descriptor_limit() {
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

// For listeners, connections and files that the engine makes: with fewer it would be ready and serve nobody.
bool can_open_more_files() {
    std::array<int, kSpareDescriptors> spare = {};
    const auto end = std::find_if(spare.begin(), spare.end(), [](int& each) {
        each = ::open("/", O_PATH | O_CLOEXEC);
        return each < 0;
    });
    std::for_each(spare.begin(), end, [](int each) { ::close(each); });
    return end == spare.end();
}

// 0, or an exit code.
int refuse_too_few_descriptors() {
    if (can_open_more_files()) return 0;
    Log::write(
        VZ_LOG_ERROR, "host.too_few_descriptors",
        "the limit of open files leaves fewer than " + std::to_string(kSpareDescriptors) +
            " for listeners, connections and new files: raise it with ulimit -n, or LimitNOFILE= of a systemd unit");
    return kExitFailed;
}

bool takes_writes(vz_engine* engine) {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    return vz_engine_stats_read(engine, &stats, nullptr) != VZ_OK || stats.state != VZ_STATE_READ_ONLY;
}

// A sign of life for the supervisor, if there is one to give; without it the process is ended and started again.
void beat(vz_engine* engine, const std::vector<HttpAddress>& http) {
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(watchdog_patience() / 4);
    const std::string missing = missing_sign(engine, http, patience);
    if (missing.empty()) return notify_supervisor("WATCHDOG=1");
    Log::write(VZ_LOG_ERROR, "host.no_sign_of_life", missing);
}

class Server {
 public:
    Server(const Config& config, const Reread& reread, ServerSettings settings)
        : config_(config), reread_(reread), settings_(std::move(settings)), in_force_(&config) {}

    int run() {
        began_ = Clock::now();
        StopSignals signals;
        raise_descriptor_limit();
        Blame::watch_signals();
        const ExitWatch exit_watch(kExitFrontend);
        EngineHandle engine;
        if (const int failed = open(engine); failed != 0) return failed;
        offer(engine.get());
        int code = refuse_too_few_descriptors();
        if (code == 0) code = frontends_->create();
        if (code == 0) code = frontends_->start();
        if (code == 0) code = serve_until_drained(engine.get(), signals);
        frontends_->stop();
        const auto begun = Clock::now();
        const int closed = engine.close();
        if (code == 0 && closed == 0) {
            const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
            Log::write(VZ_LOG_INFO, "host.stopped",
                       "the data directory was closed in order, in " + std::to_string(took.count()) + " ms");
        }
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
        offer(engine.get());
        const int code = frontends_->create();
        frontends_->stop();
        if (code != 0 && there == VZ_BUSY) {
            std::fprintf(stderr, "Another process serves %s: API keys that are kept there were not looked at.\n",
                         settings_.data_directory.c_str());
        }
        return code;
    }

 private:
    // 0, or an exit code.
    int open(EngineHandle& engine) {
        std::array<vz_kv, EngineOptions::kPairs> pairs;
        vz_engine_options options = settings_.engine.options(pairs);
        options.log = log_of_engine;
        options.log_user = &engine;
        // A large log takes its time; the supervisor is not to lose patience over it.
        const Repeater notice(kMoreTime, [] { notify_supervisor("STATUS=recovering\nEXTEND_TIMEOUT_USEC=30000000"); });
        return engine.open(settings_.data_directory, options);
    }

    void offer(vz_engine* engine) {
        services_ = std::make_unique<Services>(config_, engine);
        frontends_ = std::make_unique<Frontends>(config_, *services_);
    }

    // 0, or the exit code of a server that ends for a failed write to a log.
    int serve_until_drained(vz_engine* engine, StopSignals& signals) {
        services_->health.set_host(VZ_HEALTH_READY, "");
        print_banner({settings_.data_directory, frontends_->addresses(), access_of(config_),
                      std::chrono::duration<double, std::milli>(Clock::now() - began_).count()},
                     engine);
        notify_supervisor("READY=1");
        const Repeater heart(watchdog_patience() / 2,
                             [engine, http = frontends_->http_addresses()] { beat(engine, http); });
        // One that began without writes, as on a full disk, has not lost them.
        const bool watches = settings_.engine.exits_on_poison() && takes_writes(engine);
        std::atomic<bool> is_poisoned = false;
        const Repeater watch(watches ? kPoisonLook : std::chrono::microseconds(0), [&] {
            if (takes_writes(engine) || is_poisoned.exchange(true)) return;
            Log::write(VZ_LOG_ERROR, "host.poisoned",
                       "a write to a log failed: the server ends, as engine.on_poison says");
            ::kill(::getpid(), SIGTERM);
        });
        wait_for_end(signals);
        ending_.emplace(kMoreTime, [until = Clock::now() + kEndMax] {
            if (Clock::now() < until) notify_supervisor("EXTEND_TIMEOUT_USEC=30000000");
        });
        drain(signals);
        return is_poisoned ? kExitStorage : 0;
    }

    void wait_for_end(StopSignals& signals) {
        int signal = 0;
        while ((signal = signals.next()) == SIGHUP) {
            notify_supervisor("RELOADING=1");
            reload();
            notify_supervisor("READY=1");
        }
        if (signal == 0) {
            Log::write(VZ_LOG_ERROR, "host.stopping", "signals cannot be read any more: the server ends");
            return;
        }
        const std::string delay = settings_.drain_delay_ms == 0
                                      ? "no new requests"
                                      : "new requests for " + std::to_string(settings_.drain_delay_ms) + " ms";
        Log::write(VZ_LOG_INFO, "host.stopping",
                   std::string("SIG") + ::sigabbrev_np(signal) + ": " + delay + "; those in flight then have " +
                       std::to_string(settings_.drain_ms) + " ms");
    }

    void reload() {
        Config& now = reread_configs_.emplace_back();
        ServerSettings settings;
        auto error = reread_(&now);
        if (!error) error = settings.read(now);
        const std::string problem = error ? error->message : frontends_->reload(now, *in_force_);
        if (!problem.empty()) {
            Log::write(VZ_LOG_ERROR, "host.reload", problem + "; everything stays as it was");
            return;
        }
        Log::set_level(settings.log_level);
        tell_what_needs_a_restart(now);
        in_force_ = &now;
        Log::write(VZ_LOG_INFO, "host.reload", "log level and API keys are as the configuration says now");
    }

    // What cannot change while serving stays as it was at the start.
    void tell_what_needs_a_restart(const Config& now) const {
        for (const std::string& key : config_.keys_that_differ(now)) {
            if (key == "log.level" || key.find(".auth.keys") != std::string::npos) continue;
            Log::write(VZ_LOG_WARN, "host.needs_restart", key + " has changed: it needs a restart");
        }
    }

    void drain(StopSignals& signals) {
        services_->health.set_host(VZ_HEALTH_DRAINING, "the server is stopping");
        notify_supervisor("STOPPING=1");
        if (settings_.drain_delay_ms != 0 &&
            signals.is_end_asked_for_within(std::chrono::milliseconds(settings_.drain_delay_ms)))
            return;
        frontends_->drain();
        const std::chrono::milliseconds limit(settings_.drain_ms);
        const Watchdog watchdog(limit + kStopLimit);
        const auto deadline = Clock::now() + limit;
        for (auto busy = frontends_->busy(); !busy.empty(); busy = frontends_->busy()) {
            if (signals.is_end_asked_for_within(kIdlePoll)) return;
            if (Clock::now() < deadline) continue;
            for (const std::string& name : busy) {
                Log::write(VZ_LOG_WARN, "host.not_idle",
                           "frontend '" + name + "' is not idle drain_ms after drain, and is stopped");
            }
            return;
        }
    }

    const Config& config_;
    const Reread& reread_;
    const ServerSettings settings_;
    Clock::time_point began_;
    std::unique_ptr<Services> services_;
    std::unique_ptr<Frontends> frontends_;
    const Config* in_force_;
    std::deque<Config> reread_configs_;  // frontends may still hold texts of older ones
    // Requests in flight and the sealing of what has grown may take longer than the supervisor waits by itself.
    std::optional<Repeater> ending_;
};

void log_passed_over(const PassedOver& passed_over) {
    for (const std::string& sentence : passed_over.unknown) Log::write(VZ_LOG_WARN, "config.unknown_name", sentence);
    if (passed_over.injected.empty()) return;
    std::string names;
    for (const std::string& name : passed_over.injected) names += (names.empty() ? "" : ", ") + name;
    Log::write(VZ_LOG_INFO, "config.injected_names",
               names + ": set by a container platform for a service of this name, and ignored");
}

}  // namespace

int serve(const Config& config, const Reread& reread) {
    ServerSettings settings;
    if (const auto error = settings.read(config)) return refuse_start(error->message);
    if (!Log::open(settings.log_file, settings.log_level, settings.log_format))
        return refuse_start("cannot write the log file " + settings.log_file);
    log_passed_over(config.passed_over());
    const int code = Server(config, reread, std::move(settings)).run();
    if (!Log::close()) std::_Exit(code);
    return code;
}

int check_config(const Config& config) {
    ServerSettings settings;
    if (const auto error = settings.read(config)) return refuse_start(error->message);
    for (const std::string& problem : {refuse_file(settings.log_file), refuse_directory(settings.data_directory)}) {
        if (!problem.empty()) return refuse_start(problem);
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
