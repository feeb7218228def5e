// One segment of a collection as readers and the sequencer see it: growing or sealed, behind the same questions.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/expiry.hpp"
#include "engine/base/id.hpp"
#include "engine/collection/component_counts.hpp"
#include "engine/collection/field_indexes.hpp"
#include "engine/collection/graphs.hpp"
#include "engine/collection/growing_segment.hpp"
#include "engine/collection/marks.hpp"
#include "engine/collection/passing_rows.hpp"
#include "engine/collection/read_ahead.hpp"
#include "engine/manifest/state.hpp"
#include "engine/segment/sealed_segment.hpp"

namespace vz {

class Part {
 public:
    // An empty growing part.
    explicit Part(const Schema& schema)
        : growing_(std::make_unique<GrowingSegment>(schema)),
          growing_graphs_(std::make_unique<GrowingGraphs>(schema, *growing_)),
          marks_(0) {}
    Part(std::unique_ptr<SealedSegment> sealed, const SegmentRef& ref, const Schema& schema)
        : sealed_(std::move(sealed)),
          sealed_graphs_(std::make_unique<SealedGraphs>(schema, *sealed_)),
          indexes_(load_indexes(schema, *sealed_)),
          ref_(ref),
          marks_(sealed_->row_count()),
          restored_lsn_(ref.restored_lsn) {}

    GrowingSegment* growing() { return growing_.get(); }
    const GrowingSegment* growing() const { return growing_.get(); }
    const SealedSegment* sealed() const { return sealed_.get(); }
    GrowingGraphs* growing_graphs() { return growing_graphs_.get(); }
    FieldGraph graph(uint32_t field_id) const {
        if (growing_) return growing_graphs_->field(field_id);
        return graphs_distrusted_.load(std::memory_order_relaxed) ? FieldGraph() : sealed_graphs_->field(field_id);
    }
    bool has_mapped_graphs() const {
        return sealed_graphs_ && sealed_graphs_->copied_bytes() < sealed_graphs_->bytes();
    }
    // See SealedGraphs::copy_to_memory.
    void copy_graphs(MemoryBudget& budget) {
        if (sealed_graphs_) sealed_graphs_->copy_to_memory(budget);
    }
    // Whether the graph of a field, if there is one, is built as the schema says now.
    bool graph_is_as_declared(const VectorFieldSchema& field) const {
        return growing_ ? growing_graphs_->is_as_declared(field) : sealed_graphs_->is_as_declared(field);
    }
    // Before it is published.
    void hold(ReadAhead::Admission read_ahead) { read_ahead_ = std::move(read_ahead); }
    // Before it is published: every row has this version, whatever the file says.
    void note_restored(Lsn lsn) { restored_lsn_ = lsn; }
    // Vectors of rows that are read next, one behind the other.
    void announce(uint32_t field_id, uint32_t begin, uint32_t end) const;
    // All of it is: for a rewrite.
    void announce_whole() const;
    // The manifest's entry of a sealed part, as of its last checkpoint.
    const SegmentRef& ref() const { return ref_; }

    uint32_t row_count() const { return growing_ ? growing_->row_count() : sealed_->row_count(); }
    IdView id(uint32_t row) const { return growing_ ? growing_->id(row) : sealed_->id(row); }
    Lsn version(uint32_t row) const {
        if (growing_) return growing_->version(row);
        return restored_lsn_ != 0 ? restored_lsn_ : sealed_->version(row);
    }
    Lsn ended(uint32_t row) const { return growing_ ? growing_->ended(row) : marks_.ended(row); }
    // As the log holds it, and as Unix ms, 0: never.
    int64_t expiry(uint32_t row) const { return growing_ ? growing_->expiry(row) : sealed_->expiry(row); }
    int64_t expires_ms(uint32_t row) const { return expiry_ms(expiry(row)); }
    // "{}" where none was given.
    std::string_view payload(uint32_t row) const {
        const std::string_view payload = growing_ ? growing_->payload(row) : sealed_->payload(row);
        return payload.empty() ? "{}" : payload;
    }
    const float* vector(uint32_t field_id, uint32_t row) const {
        return growing_ ? growing_->vector(field_id, row) : sealed_->vector(field_id, row);
    }
    // A sealed part is published after all of its rows are visible.
    bool is_visible(uint32_t row, Lsn visible) const {
        return growing_ ? growing_->is_visible(row, visible) : visible < marks_.ended(row);
    }
    // Whether some row may expire.
    bool has_expiry() const {
        return growing_ ? growing_->has_expiry()
                        : sealed_->has_expiry() && !nothing_expires_.load(std::memory_order_relaxed);
    }
    // Of a sealed part, all rows of which were looked at: none has a time, though some were named to have none.
    void note_nothing_expires() { nothing_expires_.store(true, std::memory_order_relaxed); }
    bool has_expired(uint32_t row, int64_t now_ms) const {
        if (!has_expiry()) return false;
        const int64_t at = expires_ms(row);
        return at != 0 && at <= now_ms;
    }
    uint32_t find(const IdView& id, Lsn visible) const {
        if (growing_) return growing_->find(id, visible);
        const uint32_t row = sealed_->find(id);
        return row != kNoRow && visible < marks_.ended(row) ? row : kNoRow;
    }
    uint32_t find_latest(const IdView& id) const {
        if (growing_) return growing_->find_latest(id);
        const uint32_t row = sealed_->find(id);
        return row != kNoRow && marks_.ended(row) == kAlive ? row : kNoRow;
    }
    void set_ended(uint32_t row, Lsn lsn) {
        if (growing_) {
            growing_->set_ended(row, lsn);
        } else {
            marks_.set(row, lsn);
        }
    }

    // Rows known to have ended; readers of older LSNs may still see some of them.
    uint32_t ended_rows() const { return growing_ ? growing_->ended_rows() : marks_.count(); }

    // Of derived sections: without it no answer is right, so nothing is answered until the file is written anew.
    static bool decides_existence(SectionKind kind) {
        return kind == SectionKind::kIdTable || kind == SectionKind::kIdOrder;
    }
    // A derived section of the file is damaged: what was computed from the rows does without it from here on.
    void distrust(SectionKind kind);
    // Reads the graphs of a sealed part: those that are not as they were written are distrusted.
    void check_graphs(const Schema& schema);
    // When the file was last read whole and found good; 0: not since it was opened.
    int64_t verified_ms() const { return verified_ms_.load(std::memory_order_relaxed); }
    void note_verified(int64_t now_ms) { verified_ms_.store(now_ms, std::memory_order_relaxed); }

    // Of payload fields; null in a growing part.
    std::shared_ptr<const IndexList> indexes() const { return std::atomic_load(&indexes_); }
    bool wants_indexes(const Schema& schema) const;
    // Drops and builds what the schema asks for. One thread at a time; readers go on.
    void refresh_indexes(const Schema& schema);
    // Of a growing part: has all rows that were there when it was asked.
    std::shared_ptr<const GrowingTextIndex> growing_text(const FieldIndexSchema& declared) const;

    // Of a vector field.
    ComponentCounts& component_counts(const VectorFieldSchema& field) const;

    // What filters found among the rows.
    FilterCache& filters() const { return filters_; }

    // Rows were read from bytes that turned out to be unreadable.
    bool failed() const { return sealed_ && sealed_->mapping().failed(); }
    uint64_t memory_bytes() const {
        return (growing_ ? growing_->bytes() : sealed_graphs_->copied_bytes()) + growing_texts_.bytes() +
               filters_.bytes();
    }
    uint64_t index_bytes() const { return growing_ ? growing_graphs_->bytes() : sealed_graphs_->bytes(); }
    uint64_t mapped_bytes() const { return sealed_ ? sealed_->bytes() : 0; }
    uint64_t payload_bytes() const { return growing_ ? growing_->payload_bytes() : sealed_->payload_bytes(); }

 private:
    std::unique_ptr<GrowingSegment> growing_;
    std::unique_ptr<GrowingGraphs> growing_graphs_;
    std::unique_ptr<SealedSegment> sealed_;
    std::unique_ptr<SealedGraphs> sealed_graphs_;
    std::shared_ptr<const IndexList> indexes_;  // by atomic_load, atomic_store; null in a growing part
    SegmentRef ref_;
    ReadAhead::Admission read_ahead_;
    Marks marks_;
    Lsn restored_lsn_ = 0;
    std::atomic<bool> graphs_distrusted_{false};
    std::atomic<bool> nothing_expires_{false};
    std::atomic<int64_t> verified_ms_{0};
    mutable FilterCache filters_;
    mutable GrowingTexts growing_texts_;
    mutable std::mutex counting_;
    bool counts_distrusted_ = false;
    mutable std::vector<std::unique_ptr<ComponentCounts>> component_counts_;
};

// Newest first: at most one row of an id is visible at an LSN, so the first hit ends a look-up.
using PartList = std::vector<std::shared_ptr<Part>>;

// Zeros stand in place of rows that cannot be read: whether some were among what was found in these parts, or not
// found. VZ_CORRUPTION names a file.
Status check_readable(const PartList& parts);

// What one request reads: the parts, and the LSN up to which it sees them. Keeps the parts alive.
struct ReadView {
    std::shared_ptr<const PartList> parts;
    Lsn visible = 0;
    int64_t now_ms = 0;  // points that have expired by then are hidden; 0: none ever expires here

    bool shows(const Part& part, uint32_t row) const {
        return part.is_visible(row, visible) && !part.has_expired(row, now_ms);
    }
};

struct RowRef {
    Part* part = nullptr;  // null: no such point
    uint32_t row = 0;
};

inline RowRef find_row(const ReadView& view, const IdView& id) {
    for (const auto& part : *view.parts) {
        const uint32_t row = part->find(id, view.visible);
        if (row == kNoRow) continue;
        return part->has_expired(row, view.now_ms) ? RowRef() : RowRef{part.get(), row};
    }
    return {};
}

}  // namespace vz
