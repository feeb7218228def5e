// What the host offers a frontend: the five services of the ABI, and vz_host itself.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "plugins/host/config.hpp"
#include "plugins/host/metrics.hpp"
#include "vectorizer/frontend.h"

namespace vz::host {

// The state of host and instances; the engine's is read when asked.
class Health {
 public:
    void set_host(uint32_t state, const std::string& reason);
    void report(const std::string& who, uint32_t state, const std::string& reason);
    uint32_t read(vz_engine* engine, vz_health_visit_fn visit, void* user) const;
    std::string reason_of(const std::string& who) const;
    // It is gone, whatever it has told.
    void forget(const std::string& who);
    // It serves; one that reports nothing itself is ready.
    void started(const std::string& instance);
    // Of those that have told their state, in the order in which they first did.
    std::vector<std::pair<std::string, uint32_t>> frontends() const;

 private:
    struct Report {
        std::string who, reason;
        uint32_t state = VZ_HEALTH_STARTING;
    };
    mutable std::mutex mutex_;
    std::vector<Report> reports_;
    uint32_t host_state_ = VZ_HEALTH_STARTING;
    std::string host_reason_;
};

// Shared by all instances of a run.
struct Services {
    Services(const Config& configuration, vz_engine* shared_engine) : engine(shared_engine), config_(&configuration) {
        metrics.reserve_names(shared_engine);
    }

    const Config& config() const { return *config_.load(std::memory_order_acquire); }
    // What frontends read from now on; outlives them.
    void use(const Config& configuration) { config_.store(&configuration, std::memory_order_release); }

    vz_engine* engine;
    // Hears, beside the log, of rules of the services that a frontend breaks; set before the first is created.
    vz_log_fn misuse_log = nullptr;
    void* misuse_user = nullptr;
    Metrics metrics;
    Health health;
    std::thread::id host_thread = std::this_thread::get_id();

 private:
    std::atomic<const Config*> config_;
};

// One instance's view: `host` is what the plugin gets. Immovable, as the plugin keeps the address.
class HostView {
 public:
    HostView(Services& services, std::string instance);
    HostView(const HostView&) = delete;
    HostView& operator=(const HostView&) = delete;

    const vz_host* get() const { return &host_; }
    Services& services() const { return services_; }
    const std::string& instance() const { return instance_; }

    // Logs a broken rule under the instance's name.
    void note_misuse(const char* rule) const;
    // As a host of a later minor looks: a longer struct, with something in it.
    void grow();
    bool is_tail_whole() const;
    // The frontend is destroyed; whether it went on calling is asked later.
    void close() { is_closed_.store(true); }
    bool was_used_after_close() const { return was_used_after_close_.load(); }

    static const HostView& of(const vz_host* host) {
        const auto& view = *reinterpret_cast<const HostView*>(host);
        if (view.is_closed_.load(std::memory_order_relaxed)) view.was_used_after_close_.store(true);
        return view;
    }

 private:
    static constexpr uint64_t kTail = 0x6c696174;

    vz_host host_;  // first: the view is found from its address
    std::array<uint64_t, 8> tail_ = {kTail, kTail, kTail, kTail, kTail, kTail, kTail, kTail};
    Services& services_;
    std::string instance_;
    std::atomic<bool> is_closed_ = false;
    mutable std::atomic<bool> was_used_after_close_ = false;
};

}  // namespace vz::host
