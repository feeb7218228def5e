// The plugin: its one export, its configuration and its life, which is that of its mount.
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "frontends/codec/time.hpp"
#include "frontends/http/stored_keys.hpp"
#include "frontends/rest/call.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/routes.hpp"
#include "frontends/text/config_reader.hpp"

namespace {

vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) VZ_NOEXCEPT {
    std::unique_ptr<vz_frontend> frontend(new (std::nothrow) vz_frontend{});
    if (frontend == nullptr) return VZ_OUT_OF_MEMORY;
    frontend->host = host;
    frontend->engine = host->engine;
    frontend->health = static_cast<const vz_health_service*>(host->service(host, VZ_SERVICE_HEALTH));
    frontend->started_ms = vz::codec::now_unix_ms();
    vz::text::ConfigReader config(*host, error);
    config.flag("auto_create", frontend->auto_create);
    if (config.status() != VZ_OK) return config.status();
    vz_status status = vz::http::load_stored_keys(frontend->engine, error);
    if (status != VZ_OK) return status;
    const auto routes = vz::rest::routes();
    status = vzh_declare(host, routes.data(), static_cast<uint32_t>(routes.size()), &vz::rest::dispatch, frontend.get(),
                         &frontend->mount, error);
    if (status != VZ_OK) return status;
    frontend->results_max = vzh_limit(frontend->mount, "results");
    frontend->batch_points_max = vzh_limit(frontend->mount, "batch_points");
    // As many threads read requests as there are cores: handing a search over would only cost. With fewer, it brings
    // the other cores in.
    frontend->searches_inline = vzh_limit(frontend->mount, "threads") >= std::thread::hardware_concurrency();
    *out = frontend.release();
    return VZ_OK;
}

vz_status start(vz_frontend* self, vz_error* error) VZ_NOEXCEPT {
    const vz_status status = vzh_start(self->mount, error);
    if (status == VZ_OK) self->health->report(self->host, VZ_HEALTH_READY, vzh_url(self->mount));
    return status;
}

void drain(vz_frontend* self) VZ_NOEXCEPT {
    self->is_draining.store(true);
    vzh_drain(self->mount);
}

uint32_t idle(vz_frontend* self) VZ_NOEXCEPT { return vzh_idle(self->mount); }

void stop(vz_frontend* self) VZ_NOEXCEPT {
    self->is_draining.store(true);  // a second signal skips the drain
    if (self->mount != nullptr) vzh_stop(self->mount);
    self->mount = nullptr;
}

void destroy(vz_frontend* self) VZ_NOEXCEPT {
    stop(self);  // of a mount that failed to start
    const std::unique_ptr<vz_frontend> owned(self);
}

vz_status reload(vz_frontend* self, vz_error* error) VZ_NOEXCEPT { return vzh_reload(self->mount, error); }

constexpr vz_reload_extension kReload{&reload};

const void* extension(vz_frontend*, const char* id) VZ_NOEXCEPT {
    return std::strcmp(id, VZ_EXTENSION_RELOAD) == 0 ? &kReload : nullptr;
}

constexpr vz_frontend_descriptor kDescriptor{sizeof(vz_frontend_descriptor),
                                             VZ_ABI_VERSION,
                                             "dev.vectorizer.rest",
                                             "REST",
                                             VECTORIZER_VERSION,
                                             &create,
                                             &start,
                                             &drain,
                                             &idle,
                                             &stop,
                                             &destroy,
                                             &extension};

}  // namespace

extern "C" __attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi)
    VZ_NOEXCEPT {
    return host_abi >> 16 == VZ_ABI_VERSION >> 16 ? &kDescriptor : nullptr;
}
