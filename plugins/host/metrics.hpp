// The series that host and frontends declare, and their text together with the engine's samples.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "vectorizer/frontend.h"

namespace vz::host {

// What the host tells of itself.
struct HostFigures {
    bool is_ready = false;                                    // as /readyz says
    std::vector<std::pair<std::string, uint32_t>> frontends;  // instance, VZ_HEALTH_...
    uint64_t log_dropped = 0;
};

// Any thread. add() and observe() take no lock and no memory.
class Metrics {
 public:
    // The engine's names, and those of the process, are not to be declared: a series told twice spoils the whole text.
    void reserve_names(vz_engine* engine);
    // VZ_INVALID_ARGUMENT: what frontend.h forbids; VZ_LIMIT_EXCEEDED: there are kSeriesMax already.
    vz_status declare(const vz_series& series, uint64_t* id);
    // False: NaN, which would spoil the sum for good, and changes nothing.
    bool add(uint64_t id, double value);
    bool observe(uint64_t id, double value);
    // Prometheus text 0.0.4.
    std::string render(vz_engine* engine, const HostFigures& host) const;

 private:
    static constexpr size_t kBlockSeries = 256;
    // Whoever declares without end shall not make every scrape longer.
    static constexpr size_t kSeriesMax = 64 * kBlockSeries;
    struct Series {
        std::string name, help;
        std::vector<std::pair<std::string, std::string>> labels;
        std::vector<double> bounds;
        uint32_t kind = 0;
        std::atomic<double> value{0};               // of histograms the sum
        std::vector<std::atomic<uint64_t>> counts;  // of histograms, by bucket
    };
    using Block = std::array<Series, kBlockSeries>;
    Series& at(uint64_t id) const { return (*blocks_[id / kBlockSeries])[id % kBlockSeries]; }
    // nullptr: nobody declared it.
    Series* find(uint64_t id) const { return id < count_.load(std::memory_order_acquire) ? &at(id) : nullptr; }

    mutable std::mutex mutex_;
    std::array<std::unique_ptr<Block>, kSeriesMax / kBlockSeries> blocks_;
    // Stored when the series is whole: those below it change no more but in their figures.
    std::atomic<uint64_t> count_{0};
    std::map<std::string, uint64_t> ids_;
    std::map<std::string, uint32_t> kinds_;  // by name of a sample; 0: reserved
};

}  // namespace vz::host
