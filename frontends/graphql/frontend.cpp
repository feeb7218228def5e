// The plugin's one export and its life.
#include "frontends/graphql/frontend.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>

#include "frontends/codec/time.hpp"
#include "frontends/graphql/assets.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/graphql/transport.hpp"
#include "frontends/text/abi_text.hpp"

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

// Reads this instance's keys; the first one that is wrong ends it.
class Settings final {
 public:
    Settings(const vz_host* host, vz_error* error)
        : host_(host),
          error_(error),
          config_(static_cast<const vz_config_service*>(host->service(host, VZ_SERVICE_CONFIG))) {}

    vz_status status() const { return status_; }

    void read(std::string_view key, bool& value) {
        vz_str text{};
        if (!find(key, text)) return;
        if (text::view(text) != "true" && text::view(text) != "false") return reject(key, "must be true or false");
        value = text::view(text) == "true";
    }
    template <typename Number>
    void read(std::string_view key, Number least, Number most, Number& value) {
        vz_str text{};
        if (!find(key, text)) return;
        Number number{};
        const auto [end, code] = std::from_chars(text.data, text.data + text.size, number);
        if (code != std::errc() || end != text.data + text.size || number < least || number > most) {
            return reject(key, "must be from " + std::to_string(least) + " to " + std::to_string(most));
        }
        value = number;
    }
    void read_path(std::string_view key, std::string& value) {
        vz_str text{};
        if (!find(key, text)) return;
        const std::string_view path = text::view(text);
        const auto plain = [](char c) { return c > 0x20 && c < 0x7f && std::strchr("{}*?#'\"\\<>&%", c) == nullptr; };
        if (path.size() < 2 || path[0] != '/' || path.back() == '/' || path.find("//") != std::string_view::npos ||
            !std::all_of(path.begin(), path.end(), plain)) {
            return reject(key, "must begin with / and be a plain path");
        }
        value = path;
    }

 private:
    bool find(std::string_view key, vz_str& text) { return config_->get(host_, text::borrowed(key), &text) != 0; }
    void reject(std::string_view key, std::string_view reason) {
        if (status_ == VZ_OK) status_ = config_->reject(host_, text::borrowed(key), text::borrowed(reason), error_);
    }

    const vz_host* host_;
    vz_error* error_;
    const vz_config_service* config_;
    vz_status status_ = VZ_OK;
};

vz_status read_settings(vz_frontend& self, vz_error* error) {
    Settings settings(self.host, error);
    settings.read_path("path", self.path);
    settings.read("graphiql", self.page);
    settings.read("introspection", self.introspection);
    settings.read("max_depth", 1u, 100u, self.limits.depth_max);
    settings.read("max_root_fields", 1u, 1000u, self.limits.root_fields_max);
    settings.read("max_aliases", 1u, 10000u, self.limits.aliases_max);
    settings.read("max_fields", 1u, 100000u, self.limits.fields_max);
    settings.read("max_items", uint64_t{1}, uint64_t{1000000}, self.items_max);
    return settings.status();
}

// The keys that were made over the REST API: they count here too, also where REST is off.
vz_status load_stored_keys(vz_engine* engine, vz_error* error) {
    vz_result* result = nullptr;
    vz_status status = vz_value_list(engine, text::borrowed(VZH_STORED_KEYS), &result, error);
    if (status != VZ_OK) return status;
    uint64_t count = 0;
    const auto* values = static_cast<const vz_value*>(vz_result_items(result, VZ_RESULT_VALUES, &count));
    status = vzh_store_keys(values, values == nullptr ? 0 : count, error);
    vz_result_release(result);
    return status;
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
    vz_status status = load_stored_keys(self->engine, error);
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
