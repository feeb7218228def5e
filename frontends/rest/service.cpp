// The server about itself.
#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/process_memory.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/rest/call.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/text/accept.hpp"

namespace vz::rest {
namespace {

constexpr const char* kHtmlType = "text/html; charset=utf-8";
// By the names of their paths; of another frontend, and so perhaps not there: graphql.
constexpr std::string_view kLinks[] = {"health",  "collections", "stats",        "status",
                                       "metrics", "docs",        "openapi.json", "graphql"};

template <typename Visit>
void each_link(const Call& call, Visit visit) {
    for (const std::string_view name : kLinks) {
        const std::string path = "/" + std::string(name);
        if (vzh_serves(call.request, borrowed(path)) != 0) visit(name, path);
    }
}

uint64_t uptime_s(const Call& call) {
    return static_cast<uint64_t>(codec::now_unix_ms() - call.frontend->started_ms) / 1000;
}

struct StatsCall : Call {
    vz_engine_stats engine;
    uint64_t data_bytes;
};

void write_health(Call& call, json::Writer& out) {
    const uint32_t state = call.frontend->health->read(call.frontend->host, nullptr, nullptr);
    out.begin_object();
    out.field("status", state == VZ_HEALTH_POISONED || state == VZ_HEALTH_FAILED ? "unhealthy" : "healthy");
    out.field_boolean("ready", state == VZ_HEALTH_READY || state == VZ_HEALTH_DEGRADED);
    out.field("timestamp", codec::rfc3339(codec::now_unix_ms()));
    out.field("version", VECTORIZER_VERSION);
    out.field_raw("cache", R"({"size":0,"capacity":0,"hits":0,"misses":0,"evictions":0,"hit_rate":0.0})");
    out.end_object();
}

void write_status(Call& base, json::Writer& out) {
    const auto& call = static_cast<StatsCall&>(base);
    out.begin_object();
    out.field_boolean("online", true);
    out.field("version", VECTORIZER_VERSION);
    out.field("uptime_seconds", uptime_s(call));
    out.field("collections_count", call.engine.collections);
    out.end_object();
}

void write_stats(Call& base, json::Writer& out) {
    const auto& call = static_cast<StatsCall&>(base);
    out.begin_object();
    out.field("collections", call.engine.collections);
    out.field("total_collections", call.engine.collections);
    out.field("total_vectors", call.engine.points);
    out.field("total_size_bytes", call.data_bytes);
    out.field("memory_usage_bytes", codec::resident_bytes());
    out.field("uptime_seconds", uptime_s(call));
    out.field("version", VECTORIZER_VERSION);
    out.field("default_quantization", "none");
    out.field_raw("compression_ratio", "1.0");
    out.field_raw("providers", R"([{"name":"bm25","dimension":512,"default":true}])");
    out.field("default_provider", "bm25");
    out.end_object();
}

void write_root(Call& call, json::Writer& out) {
    out.begin_object();
    out.field("title", "vectorizer");
    out.field("version", VECTORIZER_VERSION);
    out.key("links");
    out.begin_object();
    each_link(call, [&](std::string_view name, const std::string& path) { out.field(name, path); });
    out.end_object();
    out.end_object();
}

std::string root_page(const Call& call) {
    std::string page =
        "<!doctype html><html lang=\"en\"><meta "
        "charset=\"utf-8\"><title>vectorizer</title><h1>vectorizer " VECTORIZER_VERSION "</h1><ul>";
    each_link(call, [&](std::string_view name, const std::string& path) {
        page.append("<li><a href=\"").append(path).append("\">").append(name).append("</a>");
    });
    return page + "</ul></html>\n";
}

StatsCall* read_engine(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<StatsCall>(request, view_in);
    if (call == nullptr) return nullptr;
    call->engine.struct_size = sizeof(vz_engine_stats);
    const vz_status status = vz_engine_stats_read(call->frontend->engine, &call->engine, &call->error);
    if (status == VZ_OK) return call;
    fail_status(*call, status);
    return nullptr;
}

void sum_sizes(Call& base) {
    auto& call = static_cast<StatsCall&>(base);
    const vz_status status = vz_collection_list(call.frontend->engine, &call.result, &call.error);
    if (status != VZ_OK) {
        call.result = nullptr;
        return fail_status(call, status);
    }
    uint64_t count = 0;
    const auto* infos =
        static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &count));
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (info.stats != nullptr) call.data_bytes += codec::data_bytes(*info.stats);
    }
    deliver(call, 0, &write_stats);
}

}  // namespace

void get_health(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call != nullptr) deliver(*call, 0, &write_health);
}

void get_stats(vzh_request* request, const vzh_view* view_in) {
    auto* call = read_engine(request, view_in);
    if (call != nullptr) on_worker(*call, &sum_sizes);
}

void get_status(vzh_request* request, const vzh_view* view_in) {
    auto* call = read_engine(request, view_in);
    if (call != nullptr) deliver(*call, 0, &write_status);
}

void get_root(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call == nullptr) return;
    const std::string_view accept = view(view_in->accept);
    const bool wants_page =
        text::is_accepted_by_name(accept, "text/html") &&
        text::accepted_weight(accept, "text/html") >= text::accepted_weight(accept, "application/json");
    vzh_header(request, "Vary", borrowed("Accept"));
    if (!wants_page) return deliver(*call, 0, &write_root);
    const std::string page = root_page(*call);
    uint64_t size = 0;
    char* place = vzh_space(request, page.size(), &size);
    if (place == nullptr) return fail(*call, codec::overloaded());
    page.copy(place, page.size());
    vzh_wrote(request, page.size());
    vzh_reply(request, 200, kHtmlType);
}

}  // namespace vz::rest
