// The graphs of a part's vector fields: growing beside growing rows, mapped beside sealed ones. Slots are the part's
// row numbers.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/memory_budget.hpp"
#include "engine/base/schema.hpp"
#include "engine/base/workers.hpp"
#include "engine/collection/growing_segment.hpp"
#include "engine/index/growing_index.hpp"
#include "engine/index/sealed_index.hpp"
#include "engine/segment/sealed_segment.hpp"

namespace vz {

// What the schema asks of a field's graph.
IndexOptions index_options(const VectorFieldSchema& field);
// VZ_INVALID_ARGUMENT, VZ_UNSUPPORTED: there is no such graph; names the member of a vector field.
Status check_index(const VectorFieldSchema& field);
// Bytes that an exact scan of one row reads.
uint64_t scan_bytes(const VectorFieldSchema& field);

// What a search takes of one field of one part.
struct FieldGraph {
    const GraphView* view = nullptr;  // null: every row is scanned
    uint32_t linked = 0;              // rows from here on are scanned
    const Curve* curve = nullptr;     // null: not calibrated
    float grown = 1;                  // rows by those that the curve was measured with
};

// One linker at a time, any number of readers, no lock for them. Borrows the rows.
class GrowingGraphs {
 public:
    GrowingGraphs(const Schema& schema, const GrowingSegment& rows);

    FieldGraph field(uint32_t field_id) const;
    // Whether the field's graph, if there is one, is built as the schema says now.
    bool is_as_declared(const VectorFieldSchema& declared) const;
    // What an exact scan of the rows below `rows` that are not linked reads, of the field where that is most.
    uint64_t tail_bytes(uint32_t rows) const;
    // What the tail may hold: a row more and writers link before they go on.
    uint64_t tail_bytes_max() const { return tail_bytes_max_; }
    // Links the rows below `end`, staged ones included: readers pass through what they may not see.
    Status link(uint32_t end, Workers& workers);
    // Whether calibrate() would.
    bool wants_calibration() const;
    // Measures anew how effort and recall relate where a graph has grown by half since. One thread at a time, beside
    // the linker.
    void calibrate(Workers& workers);
    uint64_t bytes() const;

 private:
    struct Field {
        const GrowingSegment* rows = nullptr;
        uint32_t id = 0;
        uint64_t row_bytes = 0;
        IndexOptions options;
        uint32_t slots_max = 0;
        std::unique_ptr<GrowingIndex> index;  // by the linker
        std::atomic<const GrowingIndex*> visible{nullptr};
        std::vector<std::unique_ptr<const Curve>> curves;  // the last one counts; older ones may have readers
        std::atomic<const Curve*> curve{nullptr};
        std::atomic<uint32_t> calibrated_at{0};
    };
    static bool wants_calibration(const Field& field);

    std::mutex linking_;  // after the collection's sequencing lock
    std::vector<std::unique_ptr<Field>> fields_;
    uint64_t tail_bytes_max_ = 0;
};

// Any thread. Borrows the segment.
class SealedGraphs {
 public:
    SealedGraphs(const Schema& schema, const SealedSegment& segment);
    SealedGraphs(const SealedGraphs&) = delete;
    SealedGraphs& operator=(const SealedGraphs&) = delete;

    // Takes the blocks of the graphs, as far as the budget goes, out of the map into huge pages, and searches go over
    // to these. One thread at a time.
    void copy_to_memory(MemoryBudget& budget);
    // Taken so far.
    uint64_t copied_bytes() const { return copied_bytes_.load(std::memory_order_relaxed); }

    FieldGraph field(uint32_t field_id) const;
    bool is_as_declared(const VectorFieldSchema& declared) const;
    // Of sections that cannot be used: their fields are searched exactly.
    const std::vector<std::string>& problems() const { return problems_; }
    // Reads all links: problems(), and graphs of which one leads nowhere.
    std::vector<std::string> find_problems() const;
    uint64_t bytes() const;

 private:
    struct Copy {
        MemoryBudget::Share share;
        Arena blocks;
        std::unique_ptr<SealedIndex> index;
    };
    struct Field {
        const SealedSegment* segment = nullptr;
        uint32_t id = 0;
        std::unique_ptr<SealedIndex> mapped;  // stays: searches may be in it
        std::unique_ptr<Copy> copy;
        std::atomic<const SealedIndex*> index{nullptr};

        RowSource rows() const;
    };
    Status copy(Field& field, MemoryBudget& budget);

    std::vector<std::unique_ptr<Field>> fields_;
    std::vector<std::string> problems_;
    std::atomic<uint64_t> copied_bytes_{0};
};

}  // namespace vz
