// What goes into a sealed segment: the rows of some parts that live at an LSN, and the marks of older parts up to
// there.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/base/workers.hpp"
#include "engine/collection/part.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

// A collection's state to be sealed. Readers go on with it meanwhile.
struct Frozen {
    Lsn through = 0;
    int64_t updated_ms = 0;       // of the last write up to there
    uint64_t unsealed_bytes = 0;  // of the records up to there, as logged
    std::shared_ptr<const Schema> schema;
    // Growing parts that take no more rows, newest first; more than one after a checkpoint that failed. Empty: no new
    // rows.
    PartList growing;
    // Small sealed parts that the new segment takes the place of.
    PartList taken_along;
    std::shared_ptr<const PartList> parts;

    PartList inputs() const;
    // Takes along sealed parts of so many bytes at most together, the smallest first.
    void take_along(uint64_t bytes_max);
};

// The columns of the rows of parts that had not ended at `through`, part behind part, the one with the largest graph
// first, in row order; borrows of the parts.
class LiveRows {
 public:
    LiveRows(const Schema& schema, const PartList& parts, Lsn through);
    SegmentRows rows() const;
    // Where each row of the segment comes from.
    const std::vector<RowRef>& sources() const { return sources_; }
    std::span<const float* const> vectors(size_t field) const { return vectors_[field]; }

 private:
    void take(Part& part, Lsn through);
    std::vector<RowRef> sources_;
    bool any_expiry_ = false;
    std::vector<IdView> ids_;
    std::vector<uint64_t> versions_;
    std::vector<int64_t> expiries_;
    std::vector<std::string_view> payloads_;
    std::vector<std::vector<const float*>> vectors_;
    std::vector<SegmentRows::Field> fields_;
};

// How far the graphs of a new segment go.
enum class GraphsWanted {
    kWhole,      // every row is linked
    kAsTheyAre,  // what is not linked yet stays so: for a close that should not take long
};

// The graphs of a segment's rows, as its derived sections: the first part's graph is taken over, the others' rows are
// linked.
class BuiltGraphs {
 public:
    static Result<BuiltGraphs> build(const Schema& schema, const LiveRows& live, GraphsWanted wanted, Workers& workers);
    std::vector<SegmentRows::Derived> derived() const;

 private:
    struct Field {
        uint32_t id = 0;
        std::unique_ptr<GrowingIndex> index;
        std::vector<std::byte> meta;
    };
    std::vector<Field> fields_;
};

// Rows of a sealed part that ended at or before `through`.
Bitmap ended_rows(const Part& part, Lsn through);

}  // namespace vz
