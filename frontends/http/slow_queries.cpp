#include "frontends/http/slow_queries.hpp"

#include <new>
#include <utility>

#include "frontends/http/clock.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/request.hpp"

namespace vz::http {

void SlowQueries::note(const vzh_request& r) {
    if (r.k == 0) return;
    const int64_t took_ns = clock_ns() - r.begun_ns;
    if (took_ns < static_cast<int64_t>(r.listener.slow_ms()) * 1'000'000) return;
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
        while (entries_.size() > capacity_) entries_.pop_back();
    } catch (const std::bad_alloc&) {
    }
}

uint64_t SlowQueries::capacity() const {
    const std::scoped_lock lock(mutex_);
    return capacity_;
}

void SlowQueries::set_capacity(uint64_t capacity) {
    const std::scoped_lock lock(mutex_);
    capacity_ = capacity;
    while (entries_.size() > capacity_) entries_.pop_back();
}

}  // namespace vz::http
