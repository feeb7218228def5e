// The effect of one batch on a collection's parts, from its first item until it has an LSN: staged rows and ends are
// seen by the sequencer and by no reader. Dropped without commit(), it leaves nothing behind.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/collection/part.hpp"
#include "engine/collection/row_filter.hpp"
#include "engine/wal/record.hpp"

namespace vz {

// Used under the sequencing lock, or by the one thread of recovery.
class Staging {
 public:
    Staging(const PartList& parts, Part& writable) : parts_(parts), writable_(writable) {}
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    // The newest live row of an id, earlier items of this batch included.
    RowRef find(const IdView& id) const;
    // The newest live row of every id that passes, earlier items of this batch included.
    Result<std::vector<RowRef>> find_all(const RowFilter& filter, const Interruption& stop) const;
    // Version of a row as a record names it: 0 for one of this batch.
    Lsn base_version(RowRef row) const;

    // Rows are pointers per field of the writable part.
    void upsert(const GrowingSegment::NewRow& row, RowRef old);
    void erase(RowRef row);
    void clear();

    // Completes rows and ends under `lsn`. Allocates nothing.
    void commit(Lsn lsn);
    int64_t live_delta() const { return live_delta_; }

 private:
    const PartList& parts_;
    Part& writable_;
    std::vector<uint32_t> rows_;
    std::vector<RowRef> ends_;
    int64_t live_delta_ = 0;
    bool committed_ = false;
};

// The pieces of a row after a change: what is given, over what the old row has. `vectors` has one place per field of
// `fields`.
struct RowImage {
    GrowingSegment::NewRow row;
    std::vector<const float*> vectors;
};
void fill_from(RowRef old, const std::vector<GrowingSegment::Field>& fields, RowImage* image);

}  // namespace vz
