#include "frontends/http/meter.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "frontends/http/clock.hpp"
#include "frontends/http/connection.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/request.hpp"

namespace vz::http {
namespace {

constexpr uint32_t kClientGone = 499;
constexpr std::array kSecondsBounds{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
                                    50e-3, 0.1,    0.25,   0.5,    1.0,  2.5,    5.0,  10.0,  60.0};

uint64_t next_serial() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1) + 1;
}

const vz_metrics_service* metrics_of(const vz_host& host) {
    return static_cast<const vz_metrics_service*>(host.service(&host, VZ_SERVICE_METRICS));
}

uint64_t declare(const vz_metrics_service& metrics, const vz_host& host, const char* name, const char* help,
                 uint32_t kind, const vz_kv* labels, uint32_t label_count) {
    vz_series series{};
    series.name = to_str(name);
    series.help = to_str(help);
    series.kind = kind;
    series.labels = labels;
    series.label_count = label_count;
    if (kind == VZ_SAMPLE_HISTOGRAM) {
        series.bounds = kSecondsBounds.data();
        series.bound_count = kSecondsBounds.size();
    }
    uint64_t id = UINT64_MAX;
    static_cast<void>(metrics.declare(&host, &series, &id));
    return id;
}

// Why a request was refused before its handler could do anything, or its answer given up; empty: neither.
std::string_view refusal_reason(const vzh_request& r, uint32_t status) {
    const std::string_view type = r.error_type;
    if (type == "authentication_error" || type == "authorization_error") return "key";
    if (type == "origin_not_allowed") return "origin";
    if (type == "misdirected_request") return "host";
    if (type == "rate_limit_exceeded") return "rate";
    if (type == "queue_full" || type == "slow_reader") return type;
    if (type == "payload_too_large") return "too_large";
    if (type == "request_timeout") return "timeout";
    if (type == "uri_too_long" || type == "headers_too_large") return "headers";
    if (type == "service_unavailable") return r.listener.draining() ? "draining" : "overloaded";
    return type == "bad_request" && status == 400 ? "bad_request" : "";
}

// Labels do not grow with what clients make up.
std::string_view method_of(const vzh_request& r) {
    if (r.endpoint != nullptr) return r.endpoint->route->method;
    constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    const auto known = std::find(std::begin(kMethods), std::end(kMethods), r.head.method);
    return known == std::end(kMethods) ? std::string_view() : *known;
}

// Whether a frontend answered, rather than the listener by itself.
bool is_of_frontend(const vzh_request& r) { return r.endpoint != nullptr && r.endpoint->mount != nullptr; }

// The only field of the client's that is logged as it came.
bool is_traceparent(std::string_view text) {
    return text.size() <= 64 && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

}  // namespace

Meter::Meter(const Settings& settings) : settings_(settings), serial_(next_serial()) {}

void Meter::ended(const vzh_request& r, const vz_host& host, bool is_client_gone) {
    if (r.status == 0) return;  // it never got as far as an answer
    const uint32_t status = is_client_gone ? kClientGone : r.status;
    const auto us = static_cast<uint64_t>((clock_ns() - r.begun_ns) / 1000);
    count(r, host, status, static_cast<double>(us) * 1e-6);
    if (settings_.access == AccessLog::kOff) return;
    const bool problem = status >= 400 || us >= settings_.slow_ms * 1000;
    if (problem || settings_.access == AccessLog::kAll) log(r, host, status, us);
}

Meter::Ids Meter::ids_of(const vz_metrics_service& metrics, const vz_host& host, const vzh_request& r,
                         const Sort& sort) {
    // Most requests of a thread are like the one before: they take no lock.
    thread_local struct {
        uint64_t serial;
        Sort sort;
        Ids ids;
    } last{};
    if (last.serial == serial_ && last.sort == sort) return last.ids;
    const std::lock_guard lock(mutex_);
    last = {serial_, sort, declared_ids(metrics, host, r, sort)};
    return last.ids;
}

// With the mutex held.
Meter::Ids Meter::declared_ids(const vz_metrics_service& metrics, const vz_host& host, const vzh_request& r,
                               const Sort& sort) {
    const auto* route = sort.route;
    const auto [found, is_new] = ids_.try_emplace(sort);
    if (!is_new) return found->second;
    const auto number = std::to_string(sort.status);
    const vz_kv labels[] = {{to_str("frontend"), is_of_frontend(r) ? host.instance : vz_str{"", 0}},
                            {to_str("route"), to_str(route != nullptr ? route->path : "")},
                            {to_str("method"), to_str(sort.method)},
                            {to_str("status"), to_str(number)}};
    found->second.requests = declare(metrics, host, "vectorizer_http_requests_total", "Requests, by how they ended.",
                                     VZ_SAMPLE_COUNTER, labels, 4);
    found->second.seconds =
        declare(metrics, host, "vectorizer_http_request_seconds",
                "From the complete head of a request to the last byte of its answer.", VZ_SAMPLE_HISTOGRAM, labels, 4);
    const vz_kv& by_route = labels[1];
    if (sort.had_engine) {
        found->second.engine_seconds = declare(metrics, host, "vectorizer_http_engine_seconds",
                                               "Of requests that the engine had a part in: how long it had them.",
                                               VZ_SAMPLE_HISTOGRAM, &by_route, 1);
    }
    if (sort.had_queue) {
        found->second.queue_seconds =
            declare(metrics, host, "vectorizer_http_queue_seconds",
                    "Of requests that went on on a worker thread: how long they waited for one.", VZ_SAMPLE_HISTOGRAM,
                    &by_route, 1);
    }
    return found->second;
}

void Meter::count(const vzh_request& r, const vz_host& host, uint32_t status, double seconds) {
    const auto* metrics = metrics_of(host);
    if (metrics == nullptr) return;
    const Sort sort{r.endpoint != nullptr ? r.endpoint->route : nullptr, method_of(r), status, r.engine_ns != 0,
                    r.queue_ns != 0};
    const auto ids = ids_of(*metrics, host, r, sort);
    metrics->add(&host, ids.requests, 1);
    metrics->observe(&host, ids.seconds, seconds);
    if (sort.had_engine) metrics->observe(&host, ids.engine_seconds, static_cast<double>(r.engine_ns) * 1e-9);
    if (sort.had_queue) metrics->observe(&host, ids.queue_seconds, static_cast<double>(r.queue_ns) * 1e-9);
    received_bytes_.fetch_add(r.body.size(), std::memory_order_relaxed);
    sent_bytes_.fetch_add(r.sent, std::memory_order_relaxed);
    if (const auto reason = refusal_reason(r, status); !reason.empty()) refused(host, reason);
}

void Meter::refused(const vz_host& host, std::string_view reason) {
    const auto* metrics = metrics_of(host);
    if (metrics == nullptr) return;
    uint64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto [found, is_new] = refusals_.try_emplace(std::string(reason));
        const vz_kv label{to_str("reason"), to_str(reason)};
        if (is_new) {
            found->second = declare(*metrics, host, "vectorizer_http_refused_total",
                                    "Requests that were refused for what they are.", VZ_SAMPLE_COUNTER, &label, 1);
        }
        id = found->second;
    }
    metrics->add(&host, id, 1);
}

void Meter::show(const vz_host& host, const Figure& figure, int64_t value) {
    const auto* metrics = metrics_of(host);
    if (metrics == nullptr) return;
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = shown_.try_emplace({figure.name, std::string(figure.frontend)});
    const vz_kv label{to_str("frontend"), to_str(figure.frontend)};
    if (is_new)
        found->second.id = declare(*metrics, host, figure.name, figure.help, figure.kind, &label,
                                   figure.frontend.data() != nullptr ? 1 : 0);
    metrics->add(&host, found->second.id, static_cast<double>(value - found->second.value));
    found->second.value = value;
}

void Meter::log(const vzh_request& r, const vz_host& host, uint32_t status, uint64_t us) const {
    const auto* service = static_cast<const vz_log_service*>(host.service(&host, VZ_SERVICE_LOG));
    if (service == nullptr || service->level(&host) < VZ_LOG_INFO) return;
    const auto status_text = std::to_string(status);
    const auto in = std::to_string(r.body.size());
    const auto out = std::to_string(r.sent);
    const auto total = std::to_string(us);
    const auto engine = std::to_string(r.engine_ns / 1000);
    const auto queue = std::to_string(r.queue_ns / 1000);
    const auto* route = r.endpoint != nullptr ? r.endpoint->route : nullptr;
    const std::string peer = r.connection ? std::string(r.connection->peer()) : std::string();
    const auto effort = r.plan.empty() ? std::string() : std::to_string(r.effort);
    std::array<vz_kv, 16> fields;
    uint32_t used = 0;
    const auto add = [&](std::string_view key, std::string_view value) {
        if (!value.empty()) fields[used++] = {to_str(key), to_str(value)};
    };
    add("request_id", to_view(r.view.request_id));
    if (is_traceparent(r.head.traceparent)) add("traceparent", r.head.traceparent);
    add("key", to_view(r.view.key_id));
    add("peer", peer);
    add("method", r.head.method);
    add("route", route != nullptr ? route->path : "");
    add("status", status_text);
    add("bytes_in", in);
    add("bytes_out", out);
    add("us_total", total);
    add("us_engine", engine);
    add("us_queue", queue);
    add("collection", r.first_collection);
    add("error_type", r.error_type);
    add("plan", r.plan);
    add("effort", effort);
    vz_log_record record{};
    record.struct_size = sizeof record;
    record.level = VZ_LOG_INFO;
    record.event = to_str("http.request");
    record.message = to_str(us >= settings_.slow_ms * 1000 ? "slow" : status >= 400 ? "refused" : "served");
    record.fields = fields.data();
    record.field_count = used;
    service->write(&host, &record);
}

}  // namespace vz::http
