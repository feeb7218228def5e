// The nearest rows of a pinned view: each part is searched by the plan that fits it, the hits are merged. No locks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/collection/candidates.hpp"
#include "engine/collection/interruption.hpp"
#include "engine/collection/part.hpp"

namespace vz {

struct NearestQuery {
    const VectorFieldSchema* field = nullptr;
    const float* values = nullptr;
    uint32_t k = 0;       // hits wanted, those to skip included
    bool exact = false;   // every row is scored
    uint32_t effort = 0;  // 0: by recall; the field's search_effort if that is 0 too; else what a recall of 0.98 takes
    float recall = 0;
    uint32_t rerank = 0;                // rows scored exactly behind a walk; 0: the index's default
    const RowFilter* filter = nullptr;  // null: every row passes
    std::optional<float> score_limit;   // least similarity or greatest distance
};

struct Hit {
    RowRef row;
    float score = 0;
};

// How one part was searched.
struct PartReport {
    uint64_t file = 0;     // 0: growing
    bool is_tail = false;  // the rows of a growing part that no graph covers
    uint32_t plan = 0;     // VZ_PLAN_EXACT, ...
    uint32_t rows = 0;
    uint32_t effort = 0;  // of its walk; 0: there was none
    float estimate = 0;   // of recall; 0: unknown
    uint64_t hops = 0;
    uint64_t scored = 0;
    Layout layout = Layout::kFp32;  // of the graph; exact plans read the full rows
    uint64_t reranked = 0;
    uint64_t rerank_ns = 0;  // part of ns
    bool is_filtered = false;
    FilterSource filter_source = FilterSource::kRowByRow;
    uint64_t passing = 0;      // rows that pass the filter, visible or not; 0 of kRowByRow
    std::string wanted_index;  // a path whose index would have spared reading payloads; empty: none
    uint64_t filter_ns = 0;
    uint64_t ns = 0;  // filter_ns not included
};

struct SearchReport {
    uint32_t plan = 0;      // of all parts: VZ_PLAN_MIXED where they differ
    uint32_t effort = 0;    // the largest; 0: no graph was walked
    bool has_parts = true;  // set before the search: whether what follows is filled
    std::vector<PartReport> parts;
    uint64_t merge_ns = 0;

    void add(const PartReport& part);
};

// Whether no value is infinite or no number: what search_nearest takes.
bool are_finite(const float* values, uint32_t dim);

// The k best rows, best first, ties by id. `report` may be null.
Result<std::vector<Hit>> search_nearest(const ReadView& view, const NearestQuery& query, const Interruption& stop,
                                        SearchReport* report);

}  // namespace vz
