// One segment of a collection as readers and the sequencer see it: growing or sealed, behind the same questions.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/collection/growing_segment.hpp"
#include "engine/collection/marks.hpp"

namespace vz {

class Part {
 public:
    static constexpr uint32_t kNoRow = GrowingSegment::kNoRow;

    explicit Part(std::unique_ptr<GrowingSegment> growing) : growing_(std::move(growing)) {}

    GrowingSegment* growing() { return growing_.get(); }
    const GrowingSegment* growing() const { return growing_.get(); }

    uint32_t row_count() const { return growing_->row_count(); }
    IdView id(uint32_t row) const { return growing_->id(row); }
    Lsn version(uint32_t row) const { return growing_->version(row); }
    Lsn ended(uint32_t row) const { return growing_->ended(row); }
    int64_t expires_ms(uint32_t row) const { return growing_->expires_ms(row); }
    // "{}" where none was given.
    std::string_view payload(uint32_t row) const {
        const std::string_view payload = growing_->payload(row);
        return payload.empty() ? "{}" : payload;
    }
    const float* vector(uint32_t field_id, uint32_t row) const { return growing_->vector(field_id, row); }
    bool is_visible(uint32_t row, Lsn visible) const { return version(row) <= visible && visible < ended(row); }
    uint32_t find(const IdView& id, Lsn visible) const { return growing_->find(id, visible); }
    uint32_t find_latest(const IdView& id) const { return growing_->find_latest(id); }
    void set_ended(uint32_t row, Lsn lsn) { growing_->set_ended(row, lsn); }

    uint64_t memory_bytes() const { return growing_->bytes(); }
    uint64_t payload_bytes() const { return growing_->payload_bytes(); }

 private:
    std::unique_ptr<GrowingSegment> growing_;
};

// Newest first: at most one row of an id is visible at an LSN, so the first hit ends a look-up.
using PartList = std::vector<std::shared_ptr<Part>>;

// What one request reads: the parts, and the LSN up to which it sees them. Keeps the parts alive.
struct ReadView {
    std::shared_ptr<const PartList> parts;
    Lsn visible = 0;
};

struct RowRef {
    Part* part = nullptr;  // null: no such point
    uint32_t row = 0;
};

inline RowRef find_row(const ReadView& view, const IdView& id) {
    for (const auto& part : *view.parts) {
        const uint32_t row = part->find(id, view.visible);
        if (row != Part::kNoRow) return {part.get(), row};
    }
    return {};
}

}  // namespace vz
