// The series that host and frontends declare, and their text together with the engine's samples.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "vectorizer/frontend.h"

namespace vz::host {

// Any thread.
class Metrics {
 public:
    // The engine's names, and those of the process, are not to be declared: a series told twice spoils the whole text.
    void reserve_names(vz_engine* engine);
    vz_status declare(const vz_series& series, uint64_t* id);
    void add(uint64_t id, double value);
    void observe(uint64_t id, double value);
    // Prometheus text 0.0.4.
    std::string render(vz_engine* engine) const;

 private:
    struct Series {
        std::string name, help;
        std::vector<std::pair<std::string, std::string>> labels;
        std::vector<double> bounds;
        uint32_t kind = 0;
        std::atomic<double> value{0};  // of histograms the sum
        std::deque<std::atomic<uint64_t>> counts;
    };
    Series* at(uint64_t id);

    mutable std::mutex mutex_;
    std::deque<Series> series_;
    std::map<std::string, uint64_t> ids_;
    std::map<std::string, uint32_t> kinds_;  // by name; 0: reserved
};

}  // namespace vz::host
