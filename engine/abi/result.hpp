// What vz_result points at: row sets over a pinned view, and lists of descriptions.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/collection/part.hpp"
#include "engine/collection/read.hpp"
#include "vectorizer/engine.h"

namespace vz {

// Columns of the rows of one query. Addresses stay valid while it lives.
struct RowSet {
    std::vector<vz_str> ids;
    std::vector<uint8_t> id_kinds;
    std::vector<uint64_t> versions;
    std::vector<int64_t> expires_ms;
    std::vector<float> scores;
    std::vector<vz_str> payloads;
    std::vector<vz_vector_column> columns;
    std::vector<std::vector<const void*>> column_rows;
    std::string cursor;
    bool has_scores = false, has_payloads = false;
    vz_profile profile = {};
    std::string explain;
    std::unique_ptr<char[]> numbers;  // texts of ids that are numbers, one place of kIdNumberTextMax bytes each
    std::list<std::string> texts;     // ids that were asked for in vain, payloads that were cut

    vz_rows view() const;
};

// What the caller wants of each point, resolved against the schema.
struct WantedParts {
    bool payload = false;
    bool vectors = false;
    bool exclude = false;
    std::vector<std::string_view> payload_keys;
    std::vector<const VectorFieldSchema*> fields;
};
Result<WantedParts> want_parts(const vz_parts* parts, const Schema& schema);

// Fills every column but scores. A null part is a point that does not exist: `missing_id` names it.
void fill_rows(const std::vector<RowRef>& rows, const std::vector<vz_str>* missing_ids, const WantedParts& parts,
               RowSet* set);

}  // namespace vz

struct vz_result {
    explicit vz_result(std::atomic<uint64_t>* held) : results_held(held) {
        held->fetch_add(1, std::memory_order_relaxed);
    }
    ~vz_result() {
        mark_ = 0;
        results_held->fetch_sub(1, std::memory_order_relaxed);
    }
    vz_result(const vz_result&) = delete;
    vz_result& operator=(const vz_result&) = delete;

    // False for one that was released, as long as its memory has not become another result.
    bool is_held() const { return mark_ == kHeld; }

 private:
    static constexpr uint64_t kHeld = 0x746c757365725a56;  // "VZresult"
    volatile uint64_t mark_ =
        kHeld;  // first, where an allocator writes over freed memory; volatile, so that it is cleared

 public:
    std::atomic<uint64_t>* results_held;
    vz::ReadView view;
    std::shared_ptr<const vz::Schema> schema;
    std::vector<vz::RowSet> sets;  // reserved for all queries before the first: profiles point into them
    bool explained = false;

    // Descriptions; texts and nested arrays live in the lists, which cost nothing while they are empty.
    uint32_t item_kind = 0;
    std::vector<vz_collection_info> collections;
    std::vector<vz_persistence> persistence;
    std::vector<vz_value> values;
    std::vector<vz_finding> findings;
    std::vector<vz_snapshot_info> snapshots;
    std::list<std::string> texts;
    std::list<vz_schema> schemas;
    std::list<vz_collection_stats> stats;
    std::list<std::vector<vz_vector_field>> vector_fields;
    std::list<std::vector<vz_field_index>> field_indexes;
    std::list<std::vector<vz_str>> lists;
    std::list<std::vector<vz_segment_info>> segments;

    vz_str keep(std::string text) {
        texts.push_back(std::move(text));
        return {texts.back().data(), texts.back().size()};
    }
};
