// What a checkpoint of one collection writes: the rows of its frozen part that live at an LSN, and the marks of older parts up to there.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/collection/part.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

// A collection's state to be sealed. Readers go on with it meanwhile.
struct Frozen {
    Lsn through = 0;
    std::shared_ptr<const Schema> schema;
    // Growing parts that take no more rows, newest first; more than one after a checkpoint that failed. Empty: no new rows.
    PartList growing;
    std::shared_ptr<const PartList> parts;
};

// The columns of the rows of frozen parts that live at `through`; borrows of the parts.
class LiveRows {
 public:
    explicit LiveRows(const Frozen& frozen);
    SegmentRows rows() const;
    // Where each row of the segment comes from.
    const std::vector<RowRef>& sources() const { return sources_; }

 private:
    void take(Part& part, Lsn through);
    std::vector<RowRef> sources_;
    bool any_expiry_ = false;
    std::vector<IdView> ids_;
    std::vector<uint64_t> versions_;
    std::vector<int64_t> expires_ms_;
    std::vector<std::string_view> payloads_;
    std::vector<std::vector<const float*>> vectors_;
    std::vector<SegmentRows::Field> fields_;
};

// Rows of a sealed part that ended at or before `through`.
Bitmap ended_rows(const Part& part, Lsn through);

}  // namespace vz
