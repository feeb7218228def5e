// The plugin's one export and its life.
#include "frontends/graphql/frontend.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include "frontends/codec/time.hpp"
#include "frontends/graphql/assets.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/graphql/transport.hpp"
#include "frontends/http/stored_keys.hpp"
#include "frontends/text/abi_text.hpp"
#include "frontends/text/config_reader.hpp"

namespace vz::graphql {
namespace {

vz_status fail(vz_error* error, vz_status status, std::string_view message) {
    if (error == nullptr) return status;
    *error = vz_error{};
    error->status = status;
    error->item = VZ_NO_ITEM;
    std::snprintf(error->message, sizeof error->message, "%.*s", static_cast<int>(message.size()), message.data());
    return status;
}

void read_path(text::ConfigReader& config, std::string& path) {
    const auto plain = [](char c) { return c > 0x20 && c < 0x7f && std::strchr("{}*?#'\"\\<>&%", c) == nullptr; };
    path = config.text("path").value_or(path);
    if (path.size() < 2 || path[0] != '/' || path.back() == '/' || path.find("//") != std::string::npos ||
        !std::all_of(path.begin(), path.end(), plain))
        config.reject("path", "must begin with / and be a plain path");
}

vz_status read_settings(vz_frontend& self, vz_error* error) {
    text::ConfigReader config(*self.host, error);
    read_path(config, self.path);
    config.flag("graphiql", self.page);
    config.flag("introspection", self.introspection);
    config.number("max_depth", 1, 100, self.limits.depth_max);
    config.number("max_root_fields", 1, 1000, self.limits.root_fields_max);
    config.number("max_aliases", 1, 10000, self.limits.aliases_max);
    config.number("max_fields", 1, 100000, self.limits.fields_max);
    config.number("max_items", 1, 1000000, self.items_max);
    return config.status();
}

vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) VZ_NOEXCEPT {
    auto self = std::unique_ptr<vz_frontend>(new (std::nothrow) vz_frontend());
    if (self == nullptr) return fail(error, VZ_OUT_OF_MEMORY, "out of memory");
    self->host = host;
    self->engine = host->engine;
    self->health = static_cast<const vz_health_service*>(host->service(host, VZ_SERVICE_HEALTH));
    if (const vz_status status = read_settings(*self, error); status != VZ_OK) return status;
    std::string why;
    self->schema = Schema::build(std::string(schema_text()), why);
    if (self->schema == nullptr || !bind_resolvers(*self->schema, why))
        return fail(error, VZ_INTERNAL, "schema.graphql: " + why);
    self->documents = std::make_unique<DocumentCache>(*self->schema);
    self->meter = std::make_unique<Meter>(host);
    make_routes(*self);
    vz_status status = http::load_stored_keys(self->engine, error);
    if (status != VZ_OK) return status;
    status = vzh_declare(host, self->routes.data(), static_cast<uint32_t>(self->routes.size()), &handle, self.get(),
                         &self->mount, error);
    if (status != VZ_OK) return status;
    for (const Asset& asset : self->page ? assets() : std::span<const Asset>()) {
        status = vzh_file(self->mount, (self->path + "/assets/" + asset.name).c_str(), asset.gzip, asset.size,
                          asset.type, error);
        if (status != VZ_OK) return status;
    }
    if (const uint64_t limit = vzh_limit(self->mount, "results"); limit != 0) self->results_max = limit;
    for (const char* field : {"limit", "denseK", "textK"}) self->schema->bound_default(field, self->results_max);
    self->schema_text = self->schema->sdl();
    if (const uint64_t limit = vzh_limit(self->mount, "batch_points"); limit != 0) self->batch_points_max = limit;
    self->default_timeout_ms = vzh_limit(self->mount, "default_timeout_ms");
    *out = self.release();
    return VZ_OK;
}

vz_status start(vz_frontend* self, vz_error* error) VZ_NOEXCEPT {
    self->started_ms = codec::now_unix_ms();
    const vz_status status = vzh_start(self->mount, error);
    if (status != VZ_OK) return status;
    const std::string address = std::string(text::view(vzh_url(self->mount))) + self->path;
    const std::string url = address + (self->page ? " (GraphiQL in a browser)" : "");
    const auto* log = static_cast<const vz_log_service*>(self->host->service(self->host, VZ_SERVICE_LOG));
    vz_kv field{text::borrowed("url"), text::borrowed(url)};
    vz_log_record record{};
    record.struct_size = sizeof record;
    record.level = VZ_LOG_INFO;
    record.event = text::borrowed("frontend.listening");
    record.message = text::borrowed("GraphQL is served");
    record.fields = &field;
    record.field_count = 1;
    log->write(self->host, &record);
    self->health->report(self->host, VZ_HEALTH_READY, text::borrowed(address));
    return VZ_OK;
}

void drain(vz_frontend* self) VZ_NOEXCEPT { vzh_drain(self->mount); }

uint32_t idle(vz_frontend* self) VZ_NOEXCEPT {
    return vzh_idle(self->mount) != 0 && self->in_flight.load(std::memory_order_acquire) == 0 ? 1u : 0u;
}

void stop(vz_frontend* self) VZ_NOEXCEPT {
    vzh_stop(self->mount);
    self->mount = nullptr;
}

void destroy(vz_frontend* self) VZ_NOEXCEPT {
    if (self->mount != nullptr) vzh_stop(self->mount);
    delete self;
}

vz_status reload(vz_frontend* self, vz_error* error) VZ_NOEXCEPT { return vzh_reload(self->mount, error); }

constexpr vz_reload_extension kReload{&reload};

const void* extension(vz_frontend*, const char* id) VZ_NOEXCEPT {
    return std::strcmp(id, VZ_EXTENSION_RELOAD) == 0 ? &kReload : nullptr;
}

constexpr vz_frontend_descriptor kDescriptor = {sizeof(vz_frontend_descriptor),
                                                VZ_ABI_VERSION,
                                                "dev.vectorizer.graphql",
                                                "GraphQL",
                                                VECTORIZER_VERSION,
                                                &create,
                                                &start,
                                                &drain,
                                                &idle,
                                                &stop,
                                                &destroy,
                                                &extension};

}  // namespace
}  // namespace vz::graphql

extern "C" __attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi)
    VZ_NOEXCEPT {
    return host_abi >> 16 == VZ_ABI_VERSION >> 16 ? &vz::graphql::kDescriptor : nullptr;
}
