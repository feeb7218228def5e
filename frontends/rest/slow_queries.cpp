#include "frontends/codec/element.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

struct SettingsCall : Call {
    vzh_slow_settings wanted;
};

void write_settings(json::Writer& out, const vzh_slow_settings& settings) {
    out.begin_object();
    out.field("threshold_ms", settings.threshold_ms);
    out.field("capacity", settings.capacity);
    out.end_object();
}

struct Entries {
    json::Writer& out;
    uint64_t count = 0;
};

void write_entry(void* user, const vzh_slow_query* query) noexcept {
    auto& [out, count] = *static_cast<Entries*>(user);
    ++count;
    out.begin_object();
    out.field("timestamp", codec::rfc3339(query->ended_ms));
    out.field("collection", view(query->collection));
    out.field("route", view(query->route));
    out.field("k", uint64_t{query->k});
    if (query->plan.size != 0) {
        out.field("plan", view(query->plan));
        out.field("effort", uint64_t{query->effort});
    }
    out.field_float64("duration_ms", static_cast<double>(query->took_ns) / 1e6);
    out.field("request_id", view(query->request_id));
    out.end_object();
}

void write_entries(Call& call, json::Writer& out) {
    Entries entries{out};
    out.begin_object();
    out.key("entries");
    out.begin_array();
    vzh_each_slow_query(&write_entry, &entries);
    out.end_array();
    out.field("total", entries.count);
    out.key("config");
    write_settings(out, vzh_slow(call.request));
    out.end_object();
}

void write_config(Call& base, json::Writer& out) { write_settings(out, static_cast<SettingsCall&>(base).wanted); }

}  // namespace

void list_slow_queries(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<Call>(request, view_in)) deliver(*call, 64 * 1024, &write_entries);
}

void set_slow_queries(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<SettingsCall>(request, view_in);
    if (call == nullptr) return;
    call->wanted = vzh_slow(request);
    constexpr json::Field kFields[] = {{"threshold_ms", 0}, {"capacity", 1}, {"wait", 2}};
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(kFields, [&](uint32_t id, json::Value value) {
        if (id == 2 || reader.is_null(value)) return reader.skip(value);
        return id == 0 ? reader.unsigned_integer(value, 0, 86'400'000, call->wanted.threshold_ms)
                       : reader.unsigned_integer(value, 1, VZH_SLOW_QUERIES_MAX, call->wanted.capacity);
    });
    if (!good) return fail_reading(*call, reader);
    vzh_set_slow(request, call->wanted);
    deliver(*call, 0, &write_config);
}

}  // namespace vz::rest
