#include "frontends/rest/slow_queries.hpp"

#include "frontends/codec/element.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

struct SettingsCall : Call {
    SlowQueries::Settings wanted;
};

void write_settings(json::Writer& out, const SlowQueries::Settings& settings) {
    out.begin_object();
    out.field("threshold_ms", settings.threshold_ms);
    out.field("capacity", settings.capacity);
    out.end_object();
}

void write_entries(Call& call, json::Writer& out) {
    const auto entries = call.frontend->slow_queries.entries();
    out.begin_object();
    out.key("entries");
    out.begin_array();
    for (const SlowQuery& entry : entries) {
        out.begin_object();
        out.field("timestamp", codec::rfc3339(entry.ended_ms));
        out.field("collection", entry.collection);
        out.field("route", entry.route);
        out.field("k", uint64_t{entry.k});
        if (entry.plan != 0) {
            out.field("plan", codec::plan_name(entry.plan));
            out.field("effort", uint64_t{entry.effort});
        }
        out.field_float64("duration_ms", entry.duration_ms);
        out.field("request_id", entry.request_id);
        out.end_object();
    }
    out.end_array();
    out.field("total", uint64_t{entries.size()});
    out.key("config");
    write_settings(out, call.frontend->slow_queries.settings());
    out.end_object();
}

void write_config(Call& base, json::Writer& out) { write_settings(out, static_cast<SettingsCall&>(base).wanted); }

}  // namespace

void SlowQueries::record(SlowQuery query) {
    const std::scoped_lock lock(mutex_);
    entries_.push_front(std::move(query));
    while (entries_.size() > settings_.capacity) entries_.pop_back();
}

std::vector<SlowQuery> SlowQueries::entries() const {
    const std::scoped_lock lock(mutex_);
    return {entries_.begin(), entries_.end()};
}

SlowQueries::Settings SlowQueries::settings() const {
    const std::scoped_lock lock(mutex_);
    return settings_;
}

void SlowQueries::set(const Settings& settings) {
    const std::scoped_lock lock(mutex_);
    settings_ = settings;
    while (entries_.size() > settings_.capacity) entries_.pop_back();
    threshold_ns_.store(static_cast<int64_t>(settings.threshold_ms) * 1'000'000, std::memory_order_relaxed);
}

void list_slow_queries(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<Call>(request, view_in)) deliver(*call, 64 * 1024, &write_entries);
}

void set_slow_queries(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<SettingsCall>(request, view_in);
    if (call == nullptr) return;
    call->wanted = call->frontend->slow_queries.settings();
    constexpr json::Field kFields[] = {{"threshold_ms", 0}, {"capacity", 1}, {"wait", 2}};
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(kFields, [&](uint32_t id, json::Value value) {
        if (id == 2 || reader.is_null(value)) return reader.skip(value);
        return id == 0 ? reader.unsigned_integer(value, 0, 86'400'000, call->wanted.threshold_ms)
                       : reader.unsigned_integer(value, 1, SlowQueries::kCapacityMax, call->wanted.capacity);
    });
    if (!good) return fail_reading(*call, reader);
    call->frontend->slow_queries.set(call->wanted);
    deliver(*call, 0, &write_config);
}

}  // namespace vz::rest
