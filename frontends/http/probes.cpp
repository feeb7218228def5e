// What a listener answers by itself: probes, metrics, static files.
#include "frontends/http/gzip.hpp"
#include "frontends/http/listener.hpp"

namespace vz::http {
namespace {

void live(vzh_request& r) { r.text(200, "ok"); }

void unavailable(vzh_request& r, std::string_view reason, std::string_view message) {
    r.refuse(503, "service_unavailable", message, json_object("reason", reason));
}

void ready(vzh_request& r) {
    const auto* host = r.listener.host();
    if (r.listener.draining()) return unavailable(r, "draining", "The server is shutting down");
    const auto* health =
        host != nullptr ? static_cast<const vz_health_service*>(host->service(host, VZ_SERVICE_HEALTH)) : nullptr;
    if (health == nullptr) return unavailable(r, "starting", "The server is starting");
    switch (health->read(host, nullptr, nullptr)) {
        case VZ_HEALTH_READY: return r.text(200, "ready");
        case VZ_HEALTH_DEGRADED: return r.text(200, "degraded");
        case VZ_HEALTH_STARTING: return unavailable(r, "starting", "The server is starting");
        case VZ_HEALTH_DRAINING: return unavailable(r, "draining", "The server is shutting down");
        case VZ_HEALTH_POISONED:
            return r.refuse(503, "storage_error", "Writes are refused until a restart", R"({"reason":"read_only"})");
        default: return unavailable(r, "failed", "A part of the server has failed");
    }
}

void metrics(vzh_request& r) {
    const auto* host = r.listener.host();
    const auto* service =
        host != nullptr ? static_cast<const vz_metrics_service*>(host->service(host, VZ_SERVICE_METRICS)) : nullptr;
    if (service == nullptr) return unavailable(r, "starting", "The server is starting");
    r.listener.show_figures(*host);
    // Whoever wants to see how short memory is must not be refused for it.
    if (r.listener.budget().owes_too_much()) return unavailable(r, "overloaded", "Too many answers are in memory");
    r.owed = true;
    const auto write = [](void* user, const void* bytes, uint64_t size) noexcept -> vz_status {
        auto& request = *static_cast<vzh_request*>(user);
        if (!request.listener.budget().grow_answer(request, size)) return VZ_OUT_OF_MEMORY;
        return request.answer.append(static_cast<const char*>(bytes), size) ? VZ_OK : VZ_OUT_OF_MEMORY;
    };
    if (service->render(host, write, &r) != VZ_OK)
        return r.refuse(500, "internal_error", "The metrics cannot be rendered", "");
    r.reply(200, "text/plain; version=0.0.4; charset=utf-8");
}

vzh_route get(const char* path, uint32_t permission = VZH_OPEN) {
    vzh_route route{};
    route.permission = permission;
    route.method = "GET";
    route.path = path;
    return route;
}

void send_unzipped(vzh_request& r) {
    const auto& file = *r.endpoint->file;
    if (inflate_gzip(file.gzip, r.listener.budget().answer_bytes_max(r), r.answer) != Inflated::kDone) {
        return r.refuse(500, "internal_error", "The file cannot be read", "");
    }
    if (!r.listener.budget().charge_answer(r, r.answer.capacity())) {
        r.answer.reset(0);
        return unavailable(r, "overloaded", "Too many answers are in memory");
    }
    r.reply(200, file.content_type);
}

}  // namespace

const std::vector<Probe>& probes() {
    static const std::vector<Probe> all = {
        {get("/healthz"), &live},
        {get("/livez"), &live},
        {get("/readyz"), &ready},
        {get("/metrics", VZH_READ | VZH_WHOLE), &metrics},
        {get("/prometheus/metrics", VZH_READ | VZH_WHOLE), &metrics},
    };
    return all;
}

void serve_file(vzh_request& r) {
    const auto& file = *r.endpoint->file;
    r.field("ETag", file.etag);
    r.field("Vary", "Accept-Encoding");
    r.field("Cache-Control", "no-cache");
    if (r.head.if_none_match == "*" || r.head.if_none_match.find(file.etag) != std::string_view::npos)
        return r.reply(304, "");
    if (accepts_gzip(r.head.accept_encoding)) {
        r.field("Content-Encoding", "gzip");
        r.file = file.gzip;
        return r.reply(200, file.content_type);
    }
    r.post(&send_unzipped);
}

}  // namespace vz::http
