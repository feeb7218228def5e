#include "plugins/host/frontends.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "plugins/host/api_key.hpp"
#include "plugins/host/blame.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/loader.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/printable.hpp"
#include "plugins/host/watchdog.hpp"

namespace vz::host {
namespace {

int refuse_config(const ConfigError& error) {
    std::fprintf(stderr, "vectorizer: %s\n", printable(error.message).c_str());
    return kExitUsage;
}

void tell(const std::string& name, const std::string& problem) {
    std::fprintf(stderr, "vectorizer: frontend '%s': %s\n", name.c_str(), printable(problem).c_str());
}

// What a frontend wrote over is no longer to be trusted; nothing of it is on disk, and nothing more shall be.
void end_if_damaged(const Instance& instance) {
    if (instance.damage().empty()) return;
    tell(instance.name(), instance.damage());
    std::_Exit(kExitFrontend);
}

// Why a frontend failed in that function; those that keep silent are told by their status.
std::string reason_of(const vz_error& error, const char* function, vz_status status) {
    if (error.message[0] != 0) return error.message;
    return std::string(function) + " failed with " + vz_status_name(status) + " and gave no reason";
}

bool start_one(Instance& instance) {
    vz_error error = {};
    const Watchdog watchdog(kCreateLimit);
    const vz_status status = instance.start(&error);
    end_if_damaged(instance);
    if (status != VZ_OK) tell(instance.name(), reason_of(error, "start", status));
    return status == VZ_OK;
}

// Empty: it goes by the configuration in use.
std::string reload_one(Instance& instance) {
    vz_error failure = {};
    const Watchdog watchdog(kCreateLimit);
    const vz_status status = instance.reload(&failure);
    end_if_damaged(instance);
    if (status == VZ_OK) return "";
    return "frontend '" + instance.name() + "': " + reason_of(failure, "reload", status);
}

// Operations in flight. A completion returns a moment after what it answered: those are waited for.
uint64_t operations_left(vz_engine* engine) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kReturnPatience(200);
    constexpr std::chrono::milliseconds kPoll(5);
    const auto end = Clock::now() + kReturnPatience;
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    for (;;) {
        if (vz_engine_stats_read(engine, &stats, nullptr) != VZ_OK) return 0;
        if (stats.queued_ops == 0 || Clock::now() > end) return stats.queued_ops;
        std::this_thread::sleep_for(kPoll);
    }
}

}  // namespace

int Frontends::create() {
    std::vector<std::string> names = {"rest", "graphql"};
    for (const std::string& name : config_.instances()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (const std::string& name : names) {
        if (const int failed = create_one(name); failed != 0) return failed;
    }
    if (const auto error = config_.unknown_key()) return refuse_config(*error);
    return 0;
}

// 0 too for one that is not wanted, or failed and is optional.
int Frontends::create_one(const std::string& name) {
    const std::string section = "frontends." + name;
    bool is_enabled = true;
    bool is_optional = false;
    if (const auto error = config_.flag(section + ".enabled", &is_enabled)) return refuse_config(*error);
    if (const auto error = config_.flag(section + ".optional", &is_optional)) return refuse_config(*error);
    const std::string library = config_.text(section + ".library", "vectorizer-" + name + ".so");
    if (is_enabled && make(name, library)) {
        if (is_optional) optional_.insert(name);
        return 0;
    }
    if (is_enabled && !is_optional) return is_problem_of_config_ ? kExitUsage : kExitFrontend;
    config_.ask_all(section);
    return 0;
}

bool Frontends::make(const std::string& name, const std::string& library) {
    const Watchdog watchdog(kCreateLimit);
    Blame::enter(name.c_str(), "loading");
    const Loaded loaded = load_frontend(library);
    Blame::leave();
    if (loaded.descriptor == nullptr) {
        tell(name, loaded.problem);
        return false;
    }
    const vz_frontend_descriptor& descriptor = *loaded.descriptor;
    Log::write(VZ_LOG_INFO, "frontend.loaded",
               "frontend '" + name + "': " + descriptor.name + " " + descriptor.version + ", built for ABI " +
                   std::to_string(descriptor.abi >> 16) + "." + std::to_string(descriptor.abi & 0xffff));
    auto instance = std::make_unique<Instance>(services_, name, descriptor);
    vz_error error = {};
    const vz_status status = instance->create(&error);
    end_if_damaged(*instance);
    if (status != VZ_OK) {
        is_problem_of_config_ = status == VZ_INVALID_ARGUMENT;
        tell(name, reason_of(error, "create", status));
        // An address for everybody, and no key yet: here is one to begin with.
        if (is_problem_of_config_ && std::string_view(error.field).ends_with("host") &&
            count_configured_keys(config_) == 0)
            new_key("admin", "admin");
        return false;
    }
    instances_.push_back(std::move(instance));
    return true;
}

int Frontends::start() {
    for (auto instance = instances_.begin(); instance != instances_.end();) {
        if (start_one(**instance)) {
            ++instance;
            continue;
        }
        if (!optional_.contains((*instance)->name())) return kExitFrontend;
        leave_out(**instance);
        instance = instances_.erase(instance);
    }
    return 0;
}

// The server goes on without it, and is no less ready for that.
void Frontends::leave_out(Instance& instance) {
    const Watchdog watchdog(kStopLimit);
    instance.destroy();
    services_.health.forget(instance.name());
    Log::write(VZ_LOG_WARN, "frontend.left_out",
               "frontend '" + instance.name() + "' did not start, and is optional: the server goes on without it");
}

std::string Frontends::reload(const Config& now, const Config& before) {
    services_.use(now);
    for (size_t i = 0; i < instances_.size(); ++i) {
        std::string problem = reload_one(*instances_[i]);
        if (problem.empty()) continue;
        services_.use(before);
        for (size_t taken = 0; taken < i; ++taken) {
            const std::string another = reload_one(*instances_[taken]);
            if (!another.empty()) Log::write(VZ_LOG_ERROR, "host.reload", another + "; it may not go by the old keys");
        }
        return problem;
    }
    return "";
}

void Frontends::drain() {
    const Watchdog watchdog(kStopLimit);
    for (auto& instance : instances_) instance->drain();
}

std::vector<std::string> Frontends::busy() const {
    std::vector<std::string> names;
    for (const auto& instance : instances_) {
        if (!instance->idle()) names.push_back(instance->name());
    }
    return names;
}

void Frontends::stop() {
    for (auto instance = instances_.rbegin(); instance != instances_.rend(); ++instance) {
        const Watchdog watchdog(kStopLimit);
        (*instance)->stop();
        end_if_damaged(**instance);
    }
    // Completions use the memory of their frontends, and what the host offers: both stay until the engine is closed.
    if (const uint64_t left = operations_left(services_.engine); left != 0) {
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

std::vector<std::pair<std::string, std::string>> Frontends::addresses() const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& instance : instances_)
        found.emplace_back(instance->name(), services_.health.reason_of(instance->name()));
    return found;
}

std::vector<HttpAddress> Frontends::http_addresses() const {
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

}  // namespace vz::host
