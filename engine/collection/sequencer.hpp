// One batch under the sequencing lock: each item decided against what is durable and what is on its way, its effect
// staged, and what happened written down.
#pragma once

#include <deque>
#include <string>

#include "engine/collection/checked_batch.hpp"
#include "engine/collection/collection.hpp"
#include "engine/collection/staging.hpp"

namespace vz {

// Used once. Borrows the batch, whose request the record points into, and owns payloads that were merged: it outlives
// the record's use.
class Sequencer {
 public:
    Sequencer(const Schema& schema, Part& writable, Staging& staging, WriteCommit& commit, int64_t now_ms)
        : schema_(schema), fields_(writable.growing()->fields()), staging_(staging), commit_(commit), now_ms_(now_ms) {}

    // Nothing of what came of it counts if a part could not be read: the caller asks afterwards.
    Status run(const CheckedBatch& batch);

    bool is_empty() const { return record_.items == 0 && !cleared_; }
    Batch& record() { return record_; }

 private:
    // The points are found here, under the lock: the log names them, not the filter.
    Status take_filtered(const CheckedOperation& operation, const Interruption& until);

    Status take(const CheckedOperation& operation, const CheckedItem& item);

    // As the log holds it. `patched`: what an update changes; of an upsert none.
    int64_t expiry(const CheckedItem& item, RowRef patched) const;

    Status upsert(const CheckedOperation& operation, const CheckedItem& item, RowRef old, bool exists, Lsn base);

    // Items of one kind in a row share an operation.
    BatchOperation& open(OperationKind kind, uint8_t reason = 0);

    const Schema& schema_;
    const std::vector<GrowingSegment::Field>& fields_;
    Staging& staging_;
    WriteCommit& commit_;
    const int64_t now_ms_;
    std::deque<std::string> merged_;  // payloads that the record borrows
    Batch record_;
    BatchOperation* current_ = nullptr;
    uint64_t item_ = 0;
    bool cleared_ = false;
};

// Columns that say nothing are left out of the log.
void drop_absent_columns(Batch& record);

}  // namespace vz
