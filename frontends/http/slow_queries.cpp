#include "frontends/http/slow_queries.hpp"

#include <new>
#include <utility>

#include "frontends/http/clock.hpp"
#include "frontends/http/request.hpp"

namespace vz::http {

void SlowQueries::note(const vzh_request& r) {
    if (r.k == 0) return;
    const int64_t took_ns = clock_ns() - r.begun_ns;
    if (took_ns < threshold_ns_.load(std::memory_order_relaxed)) return;
    // Without memory for it, it is not remembered.
    try {
        SlowQuery query{clock_unix_ms(),
                        r.first_collection,
                        r.view.route->path,
                        std::string(to_view(r.view.request_id)),
                        std::string(r.plan),
                        r.effort,
                        r.k,
                        took_ns};
        const std::scoped_lock lock(mutex_);
        entries_.push_front(std::move(query));
        while (entries_.size() > settings_.capacity) entries_.pop_back();
    } catch (const std::bad_alloc&) {
    }
}

vzh_slow_settings SlowQueries::settings() const {
    const std::scoped_lock lock(mutex_);
    return settings_;
}

void SlowQueries::set(const vzh_slow_settings& settings) {
    const std::scoped_lock lock(mutex_);
    settings_ = settings;
    while (entries_.size() > settings_.capacity) entries_.pop_back();
    threshold_ns_.store(static_cast<int64_t>(settings.threshold_ms) * 1'000'000, std::memory_order_relaxed);
}

}  // namespace vz::http
