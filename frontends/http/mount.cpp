// The vzh_ functions, and the table of listeners that lets two plugins serve one port.
#include "frontends/http/mount.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>

#include "frontends/access/key_settings.hpp"
#include "frontends/access/stored_key.hpp"
#include "frontends/http/connection.hpp"
#include "frontends/http/gzip.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/slow_queries.hpp"
#include "frontends/http/turns.hpp"

namespace vz::http {
namespace {

static_assert(VZH_OPEN == access::kOpen && VZH_READ == access::kRead && VZH_WRITE == access::kWrite &&
              VZH_ADMIN == access::kAdmin);
static_assert(VZH_KEY_HASH_BYTES == sizeof(access::KeyHash) && access::kStoredKeys == VZH_STORED_KEYS);

struct Table {
    // Held while a mount is declared, started or stopped, so that none joins a listener that is going. A stop waits for
    // workers, so no worker may wait for this one.
    std::mutex life_mutex;
    std::mutex mutex;  // of what follows; behind the other, and never held while anything is waited for
    std::map<std::string, std::unique_ptr<Listener>> listeners;
    std::vector<access::ApiKey> stored_keys;
    Turns turns;
    SlowQueries slow_queries;
};

// Never destroyed: a plugin's library may be torn down in any order at exit.
Table& table() {
    static Table* const only = new Table;
    return *only;
}

std::string address_of(const Settings& settings) { return settings.host + ":" + std::to_string(settings.port); }

vz_status check_routes(const vzh_route* routes, uint32_t count, vz_error* error) {
    for (uint32_t i = 0; i < count; ++i) {
        const auto& route = routes[i];
        const bool fine = route.method != nullptr && route.method[0] != 0 && route.path != nullptr &&
                          route.path[0] == '/' && route.body <= VZH_BODY_ANY &&
                          (route.permission & ~VZH_WHOLE) <= VZH_ADMIN;
        if (!fine) return fill_error(error, VZ_MISUSE, "routes", "route " + std::to_string(i) + " is malformed");
    }
    return VZ_OK;
}

// Takes the mount out of its listener, and the listener out of the world if it was the last. A mount to which requests
// still lead is left to them.
void leave(vzh_mount* mount) {
    auto& all = table();
    const std::lock_guard life(all.life_mutex);
    auto* listener = mount->listener;
    if (listener->stop(*mount)) delete mount;
    if (listener->mounts_left()) return;
    const std::lock_guard lock(all.mutex);
    const auto found = all.listeners.find(address_of(listener->settings()));
    if (found == all.listeners.end() || found->second.get() != listener) return;
    // A request that a frontend never answered still points here: better to lose the memory than to lose the process.
    if (!listener->unused()) static_cast<void>(found->second.release());
    all.listeners.erase(found);
}

vz_status declare(const vz_host& host, const vzh_route* routes, uint32_t count, vzh_handler handler, void* user,
                  vzh_mount** out, vz_error* error) {
    if (const auto status = check_routes(routes, count, error); status != VZ_OK) return status;
    Settings settings;
    if (const auto status = read_settings(host, settings, error); status != VZ_OK) return status;
    auto mount = std::make_unique<vzh_mount>();
    mount->host = &host;
    mount->routes = routes;
    mount->route_count = count;
    mount->handler = handler;
    mount->user = user;
    mount->url = "http://" + address_of(settings);

    auto& all = table();
    const std::lock_guard life(all.life_mutex);
    const std::lock_guard lock(all.mutex);
    if (settings.keys.empty() && all.stored_keys.empty()) {
        if (const auto status = refuse_open_door(host, settings, error); status != VZ_OK) return status;
    }
    auto& listener = all.listeners[address_of(settings)];
    if (!listener) {
        listener = std::make_unique<Listener>(settings, all.stored_keys);
    } else if (const auto key = first_difference(listener->settings(), settings); !key.empty()) {
        return fill_error(error, VZ_INVALID_ARGUMENT, key,
                          std::string(mount->instance()) + " and " + std::string(listener->first_instance()) +
                              " share " + address_of(settings) + " and must agree on " + std::string(key));
    }
    mount->listener = listener.get();
    if (const auto status = listener->declare(*mount, error); status != VZ_OK) {
        if (!listener->mounts_left()) all.listeners.erase(address_of(settings));
        return status;
    }
    *out = mount.release();
    return VZ_OK;
}

vz_status store_keys(const vz_value* values, uint64_t count, vz_error* error) {
    std::vector<access::ApiKey> keys;
    const auto unreadable = access::read_stored_keys(values, count, keys);
    if (!unreadable.empty())
        return fill_error(error, VZ_CORRUPTION, "", "the stored API key " + unreadable + " cannot be read");
    auto& all = table();
    const std::lock_guard lock(all.mutex);
    for (auto& [address, listener] : all.listeners) listener->use_stored_keys(keys);
    all.stored_keys = std::move(keys);
    return VZ_OK;
}

vzh_key plain_key(const access::KeyRing::Entry& entry, std::vector<vzh_key_scope>& scopes) {
    vzh_key key{};
    key.id = to_str(entry.key.id);
    key.name = to_str(entry.key.name);
    for (const auto& scope : entry.key.scopes) scopes.push_back({to_str(scope.pattern), scope.permission, scope.named});
    key.scopes = scopes.data();
    key.scope_count = static_cast<uint32_t>(scopes.size());
    key.permission = entry.key.permission;
    key.named = entry.key.named;
    std::memcpy(key.hash, entry.key.hash.data(), sizeof key.hash);
    key.created_s = entry.key.created_s;
    key.expires_s = entry.key.expires_s;
    key.last_used_s = entry.use->last_s.load(std::memory_order_relaxed);
    key.uses = entry.use->count.load(std::memory_order_relaxed);
    key.stored = entry.key.stored ? 1 : 0;
    return key;
}

// No exception of the standard library may cross the C functions.
template <class Function>
vz_status guarded(vz_error* error, Function function) {
    try {
        return function();
    } catch (const std::bad_alloc&) {
        return fill_error(error, VZ_OUT_OF_MEMORY, "", "out of memory");
    } catch (const std::exception& failed) {
        return fill_error(error, VZ_INTERNAL, "", failed.what());
    }
}

}  // namespace
}  // namespace vz::http

using namespace vz::http;

vz_status vzh_declare(const vz_host* host, const vzh_route* routes, uint32_t count, vzh_handler handler, void* user,
                      vzh_mount** out, vz_error* error) noexcept {
    if (host == nullptr || out == nullptr || handler == nullptr || (routes == nullptr && count != 0)) {
        return fill_error(error, VZ_MISUSE, "",
                          "vzh_declare needs a host, routes, a handler and a place for the mount");
    }
    return guarded(error, [&] { return declare(*host, routes, count, handler, user, out, error); });
}

vz_status vzh_start(vzh_mount* mount, vz_error* error) noexcept {
    return guarded(error, [&] {
        const std::lock_guard life(table().life_mutex);
        return mount->listener->start(*mount, error);
    });
}

vz_status vzh_reload(vzh_mount* mount, vz_error* error) noexcept {
    return guarded(error, [&] {
        std::vector<vz::access::ApiKey> keys;
        vz::text::ConfigReader config(*mount->host, error);
        vz::access::read_keys(config, keys);
        if (config.status() != VZ_OK) return config.status();
        const std::lock_guard lock(table().mutex);
        return mount->listener->reload_keys(std::move(keys), error);
    });
}

vz_status vzh_store_keys(const vz_value* values, uint64_t count, vz_error* error) noexcept {
    return guarded(error, [&] { return store_keys(values, count, error); });
}

void vzh_each_key(const vzh_mount* mount, void (*visit)(void* user, const vzh_key* key) VZ_NOEXCEPT,
                  void* user) noexcept {
    const auto ring = mount->listener->ring();
    if (!ring) return;
    for (const auto& entry : ring->entries()) {
        std::vector<vzh_key_scope> scopes;
        const auto key = plain_key(entry, scopes);
        visit(user, &key);
    }
}

uint32_t vzh_is_scope(vz_str collection) noexcept { return vz::access::is_scope_pattern(to_view(collection)) ? 1 : 0; }

void vzh_hash_key(vz_str key, uint8_t* hash) noexcept {
    const auto made = vz::access::hash_of_key(to_view(key));
    std::memcpy(hash, made.data(), made.size());
}

void vzh_encode_key(const vzh_key* from, void (*write)(void* user, vz_str text) VZ_NOEXCEPT, void* user) noexcept {
    vz::access::ApiKey key;
    key.name = to_view(from->name);
    std::memcpy(key.hash.data(), from->hash, key.hash.size());
    key.permission = from->permission;
    key.named = from->named;
    key.created_s = from->created_s;
    key.expires_s = from->expires_s;
    for (uint32_t i = 0; i < from->scope_count; ++i)
        key.scopes.push_back(
            {std::string(to_view(from->scopes[i].collection)), from->scopes[i].permission, from->scopes[i].named});
    write(user, to_str(vz::access::write_stored_key(key)));
}

void vzh_drain(vzh_mount* mount) noexcept { mount->listener->drain(*mount); }

uint32_t vzh_idle(vzh_mount* mount) noexcept { return mount->listener->idle(*mount) ? 1 : 0; }

void vzh_stop(vzh_mount* mount) noexcept { leave(mount); }

vz_str vzh_url(const vzh_mount* mount) noexcept { return to_str(mount->url); }

uint64_t vzh_limit(const vzh_mount* mount, const char* name) noexcept {
    const auto& settings = mount->listener->settings();
    if (std::string_view(name) == "threads") return settings.threads;
    if (std::string_view(name) == "default_timeout_ms") return settings.default_timeout_ms;
    return settings.limits.by_name(name);
}

const vzh_view* vzh_request_view(const vzh_request* r) noexcept { return &r->view; }

void* vzh_arena(vzh_request* r, uint64_t bytes, uint64_t align) noexcept {
    if (align == 0) align = 1;
    const auto block = r->arena.block_for(bytes, align);
    if (block != 0 && !r->listener.budget().charge_memory(*r, block)) return nullptr;
    return r->arena.take(bytes, align);
}

uint32_t vzh_charge(vzh_request* r, uint64_t bytes) noexcept {
    return r->listener.budget().charge_memory(*r, bytes) ? 1 : 0;
}

uint32_t vzh_identified(vzh_request* r) noexcept {
    if (!r->ring || r->key != nullptr) return 1;
    const auto refusal = r->listener.identify_key(*r);
    if (refusal.status == 0) return 1;
    r->refuse(refusal);
    return 0;
}

uint32_t vzh_allowed(vzh_request* r, vz_str collection, uint32_t permission) noexcept {
    r->note_collection(to_view(collection));
    if (!r->may(to_view(collection), permission)) {
        const auto details = json_object("required", vz::access::permission_name(permission));
        r->refuse(403, "authorization_error", "The key lacks this permission for this collection", details);
        return 0;
    }
    if (permission != VZH_WRITE) return 1;
    auto& listener = r->listener;
    if (listener.budget().owes_too_much()) {
        r->refuse(503, "service_unavailable", "Too many answers are in memory", json_object("reason", "overloaded"));
        return 0;
    }
    const auto place = listener.hold_write(*r, to_view(collection));
    if (place.had) return 1;
    std::string details = "{\"collection\":";
    append_json_string(to_view(collection), details);
    details.append(",\"depth\":").append(std::to_string(place.depth));
    details.append(",\"hard_limit\":").append(std::to_string(listener.settings().limits.writes_per_collection));
    details.append(",\"retry_after_seconds\":").append(listener.retry_after()).append("}");
    r->refuse(429, "queue_full", "Too many writes are in flight on this collection", details);
    return 0;
}

uint32_t vzh_has_permission(const vzh_request* r, uint32_t permission) noexcept {
    // Without keys everyone who reaches the listener is its owner: the loopback rule and the checks of Host and Origin
    // are the fence.
    return r->may(permission) ? 1 : 0;
}

uint32_t vzh_serves(vzh_request* r, vz_str path) noexcept { return r->listener.serves(*r, to_view(path)) ? 1 : 0; }

uint32_t vzh_sees(const vzh_request* r, vz_str collection, uint32_t permission) noexcept {
    if (collection.data == nullptr) return r->may(permission) && !r->is_limited() ? 1 : 0;
    return r->may(to_view(collection), permission) ? 1 : 0;
}

void vzh_defer(vzh_request* r, vzh_function function, void* user) noexcept {
    r->deferred = function;
    r->deferred_user = user;
    r->go_on();
}

void vzh_take_turn(vzh_request* r, vz_str subject, vzh_function function, void* user) noexcept {
    r->end_turn();
    r->deferred = function;
    r->deferred_user = user;
    r->turns = &table().turns;
    r->turn = to_view(subject);
    if (r->turns->take(r->turn, *r)) r->go_on();
}

uint32_t vzh_take_turn_if_free(vzh_request* r, vz_str subject) noexcept {
    r->end_turn();
    r->turn = to_view(subject);
    if (!table().turns.take_if_free(r->turn, *r)) return 0;
    r->turns = &table().turns;
    return 1;
}

void vzh_end_turn(vzh_request* r) noexcept { r->end_turn(); }

uint32_t vzh_on_abandoned(vzh_request* r, vzh_function cancel, void* user) noexcept {
    return r->connection->on_abandoned(*r, cancel, user) ? 0 : 1;
}

void vzh_engine_took(vzh_request* r, int64_t ns) noexcept { r->engine_ns += ns; }

void vzh_searches(vzh_request* r, uint32_t k) noexcept { r->k = std::max(r->k, k); }

void vzh_searched(vzh_request* r, const char* plan, uint32_t effort) noexcept {
    r->plan = r->plan.empty() || r->plan == plan ? std::string_view(plan) : std::string_view("mixed");
    r->effort = std::max(r->effort, effort);
}

void vzh_each_slow_query(void (*visit)(void* user, const vzh_slow_query* query) noexcept, void* user) noexcept {
    table().slow_queries.each([&](const SlowQuery& entry) {
        const vzh_slow_query query{entry.ended_ms,
                                   to_str(entry.collection),
                                   to_str(entry.route),
                                   to_str(entry.request_id),
                                   entry.plan.empty() ? vz_str{} : to_str(entry.plan),
                                   entry.effort,
                                   entry.k,
                                   entry.took_ns};
        visit(user, &query);
    });
}

vzh_slow_settings vzh_slow(const vzh_request* r) noexcept {
    return {r->listener.slow_ms(), table().slow_queries.capacity()};
}

void vzh_set_slow(vzh_request* r, vzh_slow_settings settings) noexcept {
    r->listener.set_slow_ms(settings.threshold_ms);
    table().slow_queries.set_capacity(settings.capacity);
}

char* vzh_space(vzh_request* r, uint64_t at_least, uint64_t* size) noexcept {
    if (!r->listener.budget().grow_answer(*r, at_least)) return nullptr;
    *size = std::min<uint64_t>(r->answer.room(), r->listener.budget().answer_bytes_max(*r) - r->answer.size());
    return r->answer.end();
}

void vzh_wrote(vzh_request* r, uint64_t bytes) noexcept { r->answer.grew(bytes); }

void vzh_truncate(vzh_request* r, uint64_t bytes) noexcept {
    if (bytes < r->answer.size()) r->answer.truncate(bytes);
}

uint32_t vzh_is_starved(const vzh_request* r) noexcept { return r->starved ? 1 : 0; }

void vzh_acted(vzh_request* r) noexcept { r->owed = true; }

void vzh_header(vzh_request* r, const char* name, vz_str value) noexcept { r->field(name, to_view(value)); }

void vzh_reply(vzh_request* r, uint32_t status, const char* content_type) noexcept {
    table().slow_queries.note(*r);
    r->reply(status, content_type != nullptr ? std::string_view(content_type) : std::string_view());
}

void vzh_refuse(vzh_request* r, uint32_t status, const char* error_type, vz_str message, vz_str details) noexcept {
    table().slow_queries.note(*r);
    r->refuse(status, error_type, to_view(message), to_view(details));
}

vz_status vzh_file(vzh_mount* mount, const char* path, const void* gzip, uint64_t size, const char* content_type,
                   vz_error* error) noexcept {
    return guarded(error, [&] {
        if (path == nullptr || path[0] != '/' || gzip == nullptr || content_type == nullptr) {
            return fill_error(error, VZ_MISUSE, "path", "vzh_file needs a path, bytes and a type");
        }
        auto& file = mount->files.emplace_back();
        file.path = path;
        file.route.method = "GET";
        file.route.path = file.path.c_str();
        file.gzip = {static_cast<const char*>(gzip), size};
        file.content_type = content_type;
        file.etag.append("\"")
            .append(std::to_string(crc_of(file.gzip)))
            .append("-")
            .append(std::to_string(size))
            .append("\"");
        if (const auto status = mount->listener->check_file(*mount, error); status != VZ_OK) {
            mount->files.pop_back();
            return status;
        }
        return VZ_OK;
    });
}
