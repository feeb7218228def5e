// What became of each request: counters and histograms of vz.metrics/1, and the access record in the log.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "frontends/http/http.h"
#include "frontends/http/settings.hpp"

struct vzh_request;

namespace vz::http {

// Any thread.
class Meter final {
 public:
    explicit Meter(const Settings& settings);

    // The last byte of the answer is out, or the client is gone. `host`: of the mount that answered, else of any that
    // serves.
    void ended(const vzh_request& r, const vz_host& host, bool is_client_gone);
    // What a gauge or a counter shows from now on. `frontend`: its label; data() nullptr: it has none.
    struct Figure {
        const char* name;
        const char* help;
        uint32_t kind;
        std::string_view frontend;
    };
    void show(const vz_host& host, const Figure& figure, int64_t value);
    // Bytes of bodies in and out so far.
    uint64_t received_bytes() const { return received_bytes_.load(std::memory_order_relaxed); }
    uint64_t sent_bytes() const { return sent_bytes_.load(std::memory_order_relaxed); }

 private:
    // Requests that count in the same series.
    struct Sort {
        const vzh_route* route = nullptr;  // nullptr: none
        std::string_view method;           // static; empty: none that there is
        uint32_t status = 0;
        bool had_engine = false;
        bool had_queue = false;
        auto operator<=>(const Sort&) const = default;
    };
    struct Ids {
        uint64_t requests = 0;
        uint64_t seconds = 0;
        uint64_t engine_seconds = 0;
        uint64_t queue_seconds = 0;
    };
    struct Shown {
        uint64_t id = 0;
        int64_t value = 0;
    };

    Ids ids_of(const vz_metrics_service& metrics, const vz_host& host, const vzh_request& r, const Sort& sort);
    Ids declared_ids(const vz_metrics_service& metrics, const vz_host& host, const vzh_request& r, const Sort& sort);
    void count(const vzh_request& r, const vz_host& host, uint32_t status, double seconds);
    void refused(const vz_host& host, std::string_view reason);
    void log(const vzh_request& r, const vz_host& host, uint32_t status, uint64_t us) const;

    const Settings& settings_;
    const uint64_t serial_;  // no two meters of the process share one
    std::mutex mutex_;
    std::map<Sort, Ids> ids_;
    std::map<std::string, uint64_t, std::less<>> refusals_;       // by reason
    std::map<std::pair<std::string, std::string>, Shown> shown_;  // by name and frontend
    std::atomic<uint64_t> received_bytes_{0};
    std::atomic<uint64_t> sent_bytes_{0};
};

}  // namespace vz::http
