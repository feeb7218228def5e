// One address: its sockets and threads, the mounts that share it, the connections, the budgets.
//
// Functions tagged [host] are called on the host's thread; all others on any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frontends/access/keys.hpp"
#include "frontends/http/acceptor.hpp"
#include "frontends/http/descriptor.hpp"
#include "frontends/http/meter.hpp"
#include "frontends/http/mount.hpp"
#include "frontends/http/rate.hpp"
#include "frontends/http/request.hpp"
#include "frontends/http/request_budget.hpp"
#include "frontends/http/router.hpp"
#include "frontends/http/settings.hpp"
#include "frontends/http/workers.hpp"
#include "frontends/http/writer.hpp"

namespace vz::http {

class Connection;

class Listener final {
 public:
    Listener(Settings settings, const std::vector<access::ApiKey>& stored_keys);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // [host] The life of a mount. The first start opens the socket, the last stop closes it.
    vz_status declare(vzh_mount& mount, vz_error* error);
    vz_status start(vzh_mount& mount, vz_error* error);
    void drain(vzh_mount& mount);
    bool idle(const vzh_mount& mount) const;
    // true: no request leads to the mount any more.
    [[nodiscard]] bool stop(vzh_mount& mount);
    // [host] No mount is left, and no request that a handler still holds.
    bool unused() const { return mounts_.empty() && held_.load() == 0; }
    bool mounts_left() const { return !mounts_.empty(); }
    std::string_view first_instance() const {
        return mounts_.empty() ? std::string_view() : mounts_.front()->instance();
    }
    // [host] Whether the file the mount has just got stands alone at its path.
    vz_status check_file(vzh_mount& mount, vz_error* error);

    const Settings& settings() const { return settings_; }
    // How long a search takes that is slow: that of the settings until it is set.
    uint64_t slow_ms() const { return slow_ms_.load(std::memory_order_relaxed); }
    void set_slow_ms(uint64_t slow_ms) { slow_ms_.store(slow_ms, std::memory_order_relaxed); }
    Writer& writer() { return writer_; }
    Workers& workers() { return workers_; }

    // [host] Replaces the keys of the configuration. Requests that are admitted already keep theirs.
    void use_keys(std::vector<access::ApiKey> keys);
    // Replaces those made over the API. Not at the same time as the others.
    void use_stored_keys(std::vector<access::ApiKey> keys);
    // The same while serving: refused if it would leave an address beyond this machine without a key.
    vz_status reload_keys(std::vector<access::ApiKey> keys, vz_error* error);
    std::shared_ptr<const access::KeyRing> ring() const { return ring_.load(); }

    // [io] A client came: the connection owns the descriptor.
    std::shared_ptr<Connection> connect(Descriptor descriptor);
    void forget(Connection& connection);

    // Who asks, unless it is not told or not known. The verdict counts on routes that need a key.
    Refusal identify_key(vzh_request& r);

    // Requests, from their pool and back. give_back also returns what the request held of the budgets.
    vzh_request* take_request();
    void give_back(vzh_request* r);
    // The answer is out, or the client gone: metrics and the access log.
    void ended(const vzh_request& r, bool is_client_gone);
    // Brings up to date what is not counted as it happens.
    void show_figures(const vz_host& from);
    // Whether a GET of the path is answered here, by whichever mount.
    bool serves(vzh_request& r, std::string_view path);
    // Gives the request its id, and the time its deadline counts from.
    void identify(vzh_request& r);
    // Everything that the head alone decides; a refusal is left in the request. body_bytes: announced, UINT64_MAX
    // unknown.
    void admit(vzh_request& r, uint64_t body_bytes, int descriptor);
    // The request is complete: to its handler, here or on a worker, or refused.
    void deliver(vzh_request& r);

    RequestBudget& budget() { return budget_; }
    uint64_t body_bytes_max() const { return settings_.limits.body_mb * kMebibyte; }
    // A place among the collection's writes in flight; otherwise how many there are.
    struct WritePlace {
        bool had;
        uint64_t depth;
    };
    WritePlace hold_write(vzh_request& r, std::string_view collection);
    // Whether the connection ends with this request's answer.
    bool closing(const vzh_request& r) const;
    bool draining() const { return draining_.load(std::memory_order_relaxed); }
    std::string_view retry_after() const { return retry_after_; }
    // The host of a mount that serves; NULL: none.
    const vz_host* host() const { return host_.load(std::memory_order_acquire); }

 private:
    void build_ring();

    Refusal check(vzh_request& r, uint64_t body_bytes, int descriptor);
    Router::Match route(vzh_request& r, std::string_view path);
    static bool is_answered_here(const vzh_request& r, const Router::Match& match);
    Refusal nothing_at(std::string_view path) const;
    Refusal check_access(vzh_request& r, const Target& target, int descriptor);
    Refusal split_parameters(vzh_request& r, std::string_view query);
    Refusal check_rate(const vzh_request& r);
    Refusal check_query(vzh_request& r);
    Refusal check_body_rules(vzh_request& r, uint64_t body_bytes);
    void hand_over(vzh_request& r);
    void answer_options(vzh_request& r);
    // In the name of that frontend, or of one of those that share the address.
    void log(const vz_host* from, uint32_t level, std::string_view event, std::string_view message) const;

    vz_status open(vz_error* error);
    void close(const vzh_mount& last);
    template <class Condition>
    void abandon_until(Condition condition, const vzh_mount& mount, std::chrono::milliseconds patience);
    void raise_descriptor_limit();
    std::unique_ptr<Router> build_router() const;
    void use_router(std::unique_ptr<Router> router);
    std::vector<std::shared_ptr<Connection>> connections() const;

    Settings settings_;
    std::atomic<uint64_t> slow_ms_{settings_.slow_ms};
    Meter meter_{settings_};
    RateLimit key_rate_;
    RateLimit address_rate_;
    // Of addresses on routes that need no key: what is refused elsewhere shuts nobody out of them.
    RateLimit open_rate_;
    std::vector<access::ApiKey> stored_keys_;
    std::string retry_after_;
    uint64_t connections_max_ = 0;
    mutable std::mutex mounts_mutex_;  // held to change `mounts_`, and to read it on any other thread than the host's
    std::vector<vzh_mount*> mounts_;

    // Replaced as a whole; requests may still point into older ones.
    std::vector<std::unique_ptr<Router>> routers_;
    std::atomic<const Router*> router_{nullptr};
    std::atomic<const vz_host*> host_{nullptr};
    std::atomic<std::shared_ptr<const access::KeyRing>> ring_;  // absent: there are no keys
    std::atomic<bool> draining_{false};
    std::atomic<bool> stopping_{false};

    mutable std::mutex connections_mutex_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;

    std::mutex pool_mutex_;
    std::vector<std::unique_ptr<vzh_request>> pool_;

    std::mutex writes_mutex_;
    std::unordered_map<std::string, uint64_t> writes_;

    std::atomic<int64_t> routing_{0};  // requests that look for their mount
    std::atomic<int64_t> in_flight_{0};
    std::atomic<int64_t> held_{0};  // requests out of the pool
    RequestBudget budget_;

    Workers workers_;
    Writer writer_;
    std::unique_ptr<Acceptor> acceptor_;
};

// The endpoints that every listener has by itself.
struct Probe {
    vzh_route route;
    void (*serve)(vzh_request& r);
};
const std::vector<Probe>& probes();
// Sends a static file as the request's headers want it.
void serve_file(vzh_request& r);

}  // namespace vz::http
