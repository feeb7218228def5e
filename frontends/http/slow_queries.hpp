// The searches of the process that took longest of late, in memory, whichever frontend they came by.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "frontends/http/http.h"

namespace vz::http {

struct SlowQuery {
    int64_t ended_ms;  // unix time
    std::string collection;
    std::string route;
    std::string request_id;
    std::string plan;  // empty: it was not searched by vectors, or failed
    uint32_t effort;   // likewise
    uint32_t k;
    int64_t took_ns;
};

// Any thread. The oldest make room for the newest.
class SlowQueries final {
 public:
    // Of a request that is about to be answered: kept if it searched, and that took what its listener calls slow.
    void note(const vzh_request& r);
    // Newest first. None is added meanwhile: `visit` is quick.
    template <class Visit>
    void each(Visit visit) const {
        const std::scoped_lock lock(mutex_);
        for (const SlowQuery& query : entries_) visit(query);
    }
    uint64_t capacity() const;
    void set_capacity(uint64_t capacity);

 private:
    mutable std::mutex mutex_;
    std::deque<SlowQuery> entries_;
    uint64_t capacity_ = 1000;
};

}  // namespace vz::http
