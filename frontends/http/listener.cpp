#include "frontends/http/listener.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "frontends/http/clock.hpp"
#include "frontends/http/connection.hpp"

namespace vz::http {
namespace {

// For everything in the process that is no client: files, epolls, the engine's mappings in the making.
constexpr uint64_t kDescriptorsSpare = 256;
constexpr uint64_t kRequestsPooledMax = 256;
// For what was abandoned to be answered, and then to end where nobody takes the answer.
constexpr auto kAnswerPatience = std::chrono::milliseconds(1000);
constexpr auto kStopPatience = std::chrono::milliseconds(2500);
constexpr auto kLeavePatience = std::chrono::seconds(1);

template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace

Listener::Listener(Settings settings, const std::vector<access::ApiKey>& stored_keys)
    : settings_(std::move(settings)),
      key_rate_(settings_.limits.requests_per_second),
      address_rate_(settings_.limits.requests_per_second),
      open_rate_(settings_.limits.requests_per_second),
      stored_keys_(stored_keys),
      retry_after_(std::to_string(settings_.limits.retry_after_s)),
      connections_max_(settings_.limits.connections),
      budget_(settings_.limits) {
    build_ring();
}

Listener::~Listener() = default;

vz_status Listener::declare(vzh_mount& mount, vz_error* error) {
    const auto router = build_router();
    for (uint32_t i = 0; i < mount.route_count; ++i) {
        Endpoint endpoint;
        endpoint.route = &mount.routes[i];
        endpoint.mount = &mount;
        const auto* taken = router->add(endpoint);
        if (taken == nullptr) continue;
        const auto owner = taken->mount != nullptr ? taken->mount->instance() : std::string_view("the listener itself");
        return fill_error(error, VZ_ALREADY_EXISTS, "port",
                          std::string(mount.instance()) + " and " + std::string(owner) + " both want " +
                              taken->route->method + " " + taken->route->path + " on " + settings_.host + ":" +
                              std::to_string(settings_.port));
    }
    const std::lock_guard lock(mounts_mutex_);
    mounts_.push_back(&mount);
    return VZ_OK;
}

void Listener::use_keys(std::vector<access::ApiKey> keys) {
    settings_.keys = std::move(keys);
    build_ring();
}

void Listener::use_stored_keys(std::vector<access::ApiKey> keys) {
    stored_keys_ = std::move(keys);
    build_ring();
}

void Listener::build_ring() {
    auto keys = settings_.keys;
    keys.insert(keys.end(), stored_keys_.begin(), stored_keys_.end());
    ring_.store(keys.empty() ? nullptr : std::make_shared<const access::KeyRing>(std::move(keys)));
}

vz_status Listener::reload_keys(std::vector<access::ApiKey> keys, vz_error* error) {
    if (keys.empty() && stored_keys_.empty() && !is_loopback(settings_.host) && !settings_.allow_unauthenticated) {
        return fill_error(error, VZ_INVALID_ARGUMENT, "auth.keys",
                          "the last key cannot go while the server listens beyond this machine");
    }
    use_keys(std::move(keys));
    return VZ_OK;
}

vz_status Listener::check_file(vzh_mount& mount, vz_error* error) {
    auto file = std::move(mount.files.back());
    mount.files.pop_back();
    const auto router = build_router();
    Endpoint endpoint;
    file.route.path = file.path.c_str();
    endpoint.route = &file.route;
    endpoint.mount = &mount;
    const bool taken = router->add(endpoint) != nullptr;
    mount.files.push_back(std::move(file));
    mount.files.back().route.path = mount.files.back().path.c_str();
    return taken ? fill_error(error, VZ_ALREADY_EXISTS, "path", "GET " + mount.files.back().path + " is taken") : VZ_OK;
}

std::unique_ptr<Router> Listener::build_router() const {
    auto router = std::make_unique<Router>();
    for (const auto& probe : probes()) {
        Endpoint endpoint;
        endpoint.route = &probe.route;
        endpoint.serve = probe.serve;
        router->add(endpoint);
    }
    for (auto* mount : mounts_) {
        for (uint32_t i = 0; i < mount->route_count; ++i) {
            Endpoint endpoint;
            endpoint.route = &mount->routes[i];
            endpoint.mount = mount;
            router->add(endpoint);
        }
        for (const auto& file : mount->files) {
            Endpoint endpoint;
            endpoint.route = &file.route;
            endpoint.mount = mount;
            endpoint.file = &file;
            endpoint.serve = &serve_file;
            router->add(endpoint);
        }
    }
    return router;
}

void Listener::use_router(std::unique_ptr<Router> router) {
    router_.store(router.get());
    routers_.push_back(std::move(router));
}

vz_status Listener::start(vzh_mount& mount, vz_error* error) {
    use_router(build_router());
    if (!acceptor_) {
        if (const auto status = open(error); status != VZ_OK) return status;
    }
    const bool is_bare_v6 = settings_.host.find(':') != std::string::npos && settings_.host.front() != '[';
    const auto shown = is_bare_v6 ? "[" + settings_.host + "]" : settings_.host;
    mount.url = "http://" + shown + ":" + std::to_string(acceptor_->port());
    mount.state.store(MountState::kServing, std::memory_order_release);
    host_.store(mount.host, std::memory_order_release);
    draining_.store(false, std::memory_order_relaxed);
    return VZ_OK;
}

vz_status Listener::open(vz_error* error) {
    const auto where = settings_.host + ":" + std::to_string(settings_.port);
    raise_descriptor_limit();
    stopping_.store(false);
    const auto shortest =
        std::min({settings_.receive_timeout_ms, settings_.idle_timeout_ms, settings_.write_timeout_ms});
    const auto tick_ms = std::clamp<uint64_t>(shortest / 4, 10, 500);
    const bool writing = writer_.start(settings_.write_timeout_ms, tick_ms, [this](int64_t now_ms) {
        for (const auto& connection : connections()) connection->expire(now_ms);
    });
    if (!writing) return fill_error(error, VZ_IO_ERROR, "port", "no file descriptor is left to listen on " + where);
    workers_.start(settings_.workers);
    std::string why;
    const auto opened = Acceptor::open(*this, settings_.host, static_cast<uint16_t>(settings_.port),
                                       static_cast<int>(settings_.threads), acceptor_, why);
    if (opened == Acceptor::Opened::kOk) return VZ_OK;
    workers_.stop();
    writer_.stop();
    if (opened == Acceptor::Opened::kInUse) {
        return fill_error(
            error, VZ_BUSY, "port",
            "cannot listen on " + where + ": another program has this port. Stop it (ss -ltnp 'sport = :" +
                std::to_string(settings_.port) + "' names it), or choose another port: --port, server.port");
    }
    return fill_error(error, VZ_IO_ERROR, "host", "cannot listen on " + where + ": " + why);
}

void Listener::raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const auto wanted = settings_.limits.connections + kDescriptorsSpare;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return;
    connections_max_ = limit.rlim_cur > 2 * kDescriptorsSpare ? limit.rlim_cur - kDescriptorsSpare : limit.rlim_cur / 2;
    log(host(), VZ_LOG_WARN, "http.connections_lowered",
        "limits.connections is " + std::to_string(connections_max_) + " in effect: the process may open " +
            std::to_string(limit.rlim_cur) + " files only");
}

void Listener::drain(vzh_mount& mount) {
    if (mount.state.load() == MountState::kServing) mount.state.store(MountState::kDraining);
    const bool all = std::none_of(mounts_.begin(), mounts_.end(),
                                  [](const vzh_mount* each) { return each->state.load() == MountState::kServing; });
    if (!all) return;
    draining_.store(true);
    for (const auto& connection : connections()) connection->close_if_idle();
}

bool Listener::idle(const vzh_mount& mount) const { return mount.in_flight.load() == 0; }

bool Listener::stop(vzh_mount& mount) {
    drain(mount);
    mount.state.store(MountState::kStopped);
    {
        const std::lock_guard lock(mounts_mutex_);
        std::erase(mounts_, &mount);
    }
    const bool last = std::none_of(mounts_.begin(), mounts_.end(), [](const vzh_mount* each) {
        return each->state.load() == MountState::kDraining || each->state.load() == MountState::kServing;
    });
    if (acceptor_ && last) {
        close(mount);
    } else if (acceptor_) {
        use_router(build_router());
        const auto serving = std::find_if(mounts_.begin(), mounts_.end(), [](const vzh_mount* each) {
            return each->state.load() != MountState::kDeclared;
        });
        host_.store((*serving)->host, std::memory_order_release);
        // Once nobody is on the way from a router that knew the mount, nobody new comes.
        bool is_unknown = false;
        const auto is_free = [&] {
            is_unknown = is_unknown || routing_.load() == 0;
            return is_unknown && mount.held.load() == 0;
        };
        abandon_until(is_free, mount, kStopPatience);
        return is_free();
    }
    return mount.held.load() == 0;
}

// What begins meanwhile is abandoned too.
template <class Condition>
void Listener::abandon_until(Condition condition, const vzh_mount& mount, std::chrono::milliseconds patience) {
    wait_until(
        [&] {
            if (condition()) return true;
            for (const auto& connection : connections()) connection->abandon(mount);
            return condition();
        },
        patience);
}

// Requests of the mounts before `last` that have not ended are nobody's any more: their frontends may be gone.
void Listener::close(const vzh_mount& last) {
    if (!acceptor_) return;
    stopping_.store(true);
    const auto all_ended = [this] { return in_flight_.load() == 0; };
    abandon_until(all_ended, last, kAnswerPatience);
    for (const auto& connection : connections()) connection->abort();
    abandon_until(all_ended, last, kStopPatience);
    wait_until([this] { return connections().empty(); }, kLeavePatience);
    acceptor_.reset();
    workers_.stop();
    writer_.stop();
    host_.store(nullptr);
}

std::vector<std::shared_ptr<Connection>> Listener::connections() const {
    const std::lock_guard lock(connections_mutex_);
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    return all;
}

std::shared_ptr<Connection> Listener::connect(Descriptor descriptor) {
    auto connection = std::make_shared<Connection>(*this, std::move(descriptor));
    bool full = false;
    {
        const std::lock_guard lock(connections_mutex_);
        full = connections_.size() >= connections_max_;
        connections_.emplace(connection.get(), connection);
    }
    if (stopping_.load()) {
        connection->abort();
    } else if (full) {
        connection->refuse_all();
    }
    return connection;
}

void Listener::forget(Connection& connection) {
    std::shared_ptr<Connection> last;
    const std::lock_guard lock(connections_mutex_);
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    last = std::move(found->second);
    connections_.erase(found);
}

vzh_request* Listener::take_request() {
    held_.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(pool_mutex_);
        if (!pool_.empty()) {
            auto* r = pool_.back().release();
            pool_.pop_back();
            return r;
        }
    }
    return std::make_unique<vzh_request>(*this).release();
}

void Listener::give_back(vzh_request* r) {
    if (!r->writes_held.empty()) {
        const std::lock_guard lock(writes_mutex_);
        for (const auto& name : r->writes_held) {
            const auto found = writes_.find(name);
            if (--found->second == 0) writes_.erase(found);
        }
    }
    const auto charged = RequestBudget::take_from(*r);
    auto* mount = r->mount();
    const bool counted = r->counted;
    r->reset();
    budget_.give_back(charged);
    std::unique_ptr<vzh_request> owned(r);
    {
        const std::lock_guard lock(pool_mutex_);
        if (pool_.size() < kRequestsPooledMax) pool_.push_back(std::move(owned));
    }
    // Last: whoever waits for these may take the mount and the listener down.
    if (counted && mount != nullptr) mount->in_flight.fetch_sub(1, std::memory_order_release);
    if (mount != nullptr) mount->held.fetch_sub(1, std::memory_order_release);
    if (counted) in_flight_.fetch_sub(1, std::memory_order_release);
    held_.fetch_sub(1, std::memory_order_release);
}

void Listener::ended(const vzh_request& r, bool is_client_gone) {
    const auto* mount = r.mount();
    const auto* from = mount != nullptr ? mount->host : host();
    if (from != nullptr) meter_.ended(r, *from, is_client_gone);
}

void Listener::show_figures(const vz_host& from) {
    const auto gauge = [&](const char* name, const char* help, int64_t value, std::string_view frontend = {}) {
        meter_.show(from, {name, help, VZ_SAMPLE_GAUGE, frontend}, value);
    };
    constexpr const char* kInFlight = "vectorizer_http_in_flight";
    constexpr const char* kInFlightHelp =
        "Requests that are not answered yet; of no frontend those that the listener answers itself.";
    std::string sharers;
    int64_t own = in_flight_.load(std::memory_order_relaxed);
    {
        const std::lock_guard lock(mounts_mutex_);
        for (const auto* mount : mounts_) {
            const auto in_flight = mount->in_flight.load(std::memory_order_relaxed);
            gauge(kInFlight, kInFlightHelp, in_flight, mount->instance());
            own -= in_flight;
            sharers.append(sharers.empty() ? "" : ",").append(mount->instance());
        }
    }
    gauge(kInFlight, kInFlightHelp, std::max<int64_t>(own, 0), "");
    const auto open = connections();
    const auto idle =
        std::count_if(open.begin(), open.end(), [](const auto& connection) { return connection->is_idle(); });
    gauge("vectorizer_http_connections", "Open connections to the address that these frontends share.",
          static_cast<int64_t>(open.size()), sharers);
    gauge("vectorizer_http_connections_idle", "Of these, those without a request.", idle, sharers);
    const auto unsent = static_cast<int64_t>(budget_.held_by_answers());
    // The two are not read at one moment.
    const auto bodies = std::max<int64_t>(static_cast<int64_t>(budget_.held()) - unsent, 0);
    gauge("vectorizer_http_body_bytes", "Memory of request bodies and of what is made of them, above 64 KiB each.",
          bodies);
    gauge("vectorizer_http_unsent_bytes", "Memory of answers until they are sent, above 64 KiB each.", unsent);
    meter_.show(from, {"vectorizer_http_received_bytes_total", "Bytes of request bodies.", VZ_SAMPLE_COUNTER, {}},
                static_cast<int64_t>(meter_.received_bytes()));
    meter_.show(from, {"vectorizer_http_sent_bytes_total", "Bytes of answers.", VZ_SAMPLE_COUNTER, {}},
                static_cast<int64_t>(meter_.sent_bytes()));
}

Listener::WritePlace Listener::hold_write(vzh_request& r, std::string_view collection) {
    std::string name(collection);
    if (std::find(r.writes_held.begin(), r.writes_held.end(), name) != r.writes_held.end()) return {true, 0};
    uint64_t depth = 0;
    {
        const std::lock_guard lock(writes_mutex_);
        auto& count = writes_[name];
        if (count >= settings_.limits.writes_per_collection) return {false, count};
        depth = ++count;
    }
    if (depth == settings_.limits.writes_warning) {
        log(r.mount()->host, VZ_LOG_WARN, "http.writes_queue_up",
            "many writes are in flight on collection " + name + ": " + std::to_string(depth));
    }
    r.writes_held.push_back(std::move(name));
    return {true, depth};
}

bool Listener::closing(const vzh_request& r) const {
    if (draining()) return true;
    return r.mount() != nullptr && r.mount()->state.load() != MountState::kServing;
}

void Listener::log(const vz_host* from, uint32_t level, std::string_view event, std::string_view message) const {
    if (from == nullptr && !mounts_.empty()) from = mounts_.front()->host;
    const auto* service =
        from != nullptr ? static_cast<const vz_log_service*>(from->service(from, VZ_SERVICE_LOG)) : nullptr;
    if (service == nullptr || service->level(from) < level) return;
    vz_log_record record{};
    record.struct_size = sizeof record;
    record.level = level;
    record.event = to_str(event);
    record.message = to_str(message);
    service->write(from, &record);
}

}  // namespace vz::http
