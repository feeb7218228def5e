// The searches that took longest of late, in memory: what /slow_queries shows.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vz::rest {

struct SlowQuery {
    int64_t ended_ms;  // unix time
    std::string collection;
    std::string route;
    std::string request_id;
    uint32_t k;
    uint32_t plan;    // 0: it was not searched by vectors, or failed
    uint32_t effort;  // likewise
    double duration_ms;
};

// Any thread. The oldest make room for the newest.
class SlowQueries final {
 public:
    static constexpr uint64_t kCapacityMax = 100'000;

    struct Settings {
        uint64_t threshold_ms = 1000;
        uint64_t capacity = 1000;
    };

    bool is_slow(int64_t duration_ns) const { return duration_ns >= threshold_ns_.load(std::memory_order_relaxed); }
    void record(SlowQuery query);
    // Newest first.
    std::vector<SlowQuery> entries() const;
    Settings settings() const;
    void set(const Settings& settings);

 private:
    mutable std::mutex mutex_;
    std::deque<SlowQuery> entries_;
    Settings settings_;
    std::atomic<int64_t> threshold_ns_{int64_t{1000} * 1'000'000};
};

}  // namespace vz::rest
