// Reading a pinned view: get, scan, count and exact search. No locks, no allocation per row beyond the answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/collection/part.hpp"

namespace vz {

// When reading should stop: a deadline passed, or the operation was cancelled. Asked every few thousand rows.
struct Interruption {
    int64_t deadline_ns = 0;                      // CLOCK_MONOTONIC; 0: none
    const std::atomic<bool>* cancelled = nullptr;
    Status check() const;
};

struct Page {
    std::vector<RowRef> rows;     // in id order
    std::optional<std::string> next;  // text of the first id of the next page
};

// Rows from `start` on (absent: all), after leaving out `skip`.
Result<Page> scan_rows(const ReadView& view, const std::optional<IdView>& start, uint64_t skip, uint32_t limit, const Interruption& stop);

Result<uint64_t> count_rows(const ReadView& view, const Interruption& stop);

struct ExactQuery {
    uint32_t field_id = 0;
    uint32_t dim = 0;
    vz_metric metric = VZ_COSINE;
    const float* values = nullptr;
    uint32_t k = 0;       // hits wanted, those to skip included
    std::optional<float> score_limit;  // least similarity or greatest distance
};

struct Hit {
    RowRef row;
    float score = 0;
};

struct ExactCounters {
    uint64_t visited = 0;
    uint64_t scored = 0;
};

// The k best rows, best first, ties by id.
Result<std::vector<Hit>> search_exact(const ReadView& view, const ExactQuery& query, const Interruption& stop, ExactCounters* counters);

}  // namespace vz
