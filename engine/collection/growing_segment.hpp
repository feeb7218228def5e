// The mutable head of a collection: rows since the last seal, in memory, searchable as soon as their LSN is visible.
//
// One writer (under the collection's sequencing lock), any number of readers without a lock: a reader sees a row iff
// version <= its LSN < ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/base/schema.hpp"
#include "engine/collection/chunks.hpp"
#include "engine/collection/marks.hpp"

namespace vz {

// Bytes that stay where they are until the arena goes.
class ByteArena {
 public:
    // Throws std::bad_alloc.
    std::string_view copy(std::string_view bytes);
    uint64_t bytes() const { return total_; }

 private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    size_t left_ = 0;
    char* next_ = nullptr;
    uint64_t total_ = 0;
};

class GrowingSegment {
 public:
    // The vector fields of the schema as it is now; a change of them needs a new segment.
    explicit GrowingSegment(const Schema& schema);

    struct NewRow {
        IdView id;
        std::string_view payload;  // copied; empty stands for {}
        int64_t expiry = 0;
        const float* const* vectors = nullptr;  // one pointer per field of fields(), null: absent
    };

    // Whether its vector fields are those of the schema.
    bool is_for(const Schema& schema) const;

    // ---- the writer ----

    // Places a row with version kStaged, reachable by its id but visible to nobody. Throws std::bad_alloc; then nothing
    // has changed.
    uint32_t stage(const NewRow& row);
    void set_version(uint32_t row, Lsn version) { rows_.at(row)->version.store(version, std::memory_order_release); }
    void set_ended(uint32_t row, Lsn ended) {
        const bool was_alive = rows_.at(row)->ended.load(std::memory_order_relaxed) == kAlive;
        if (was_alive != (ended == kAlive))
            ended_rows_.store(ended_rows() + (was_alive ? 1 : UINT32_MAX), std::memory_order_relaxed);
        rows_.at(row)->ended.store(ended, std::memory_order_release);
    }
    // The newest row of an id that is not ended and whose batch was not refused, as the sequencer sees it.
    uint32_t find_latest(const IdView& id) const;

    // ---- readers ----

    // Whether some row has a time to expire.
    bool has_expiry() const { return has_expiry_.load(std::memory_order_acquire); }
    uint32_t ended_rows() const { return ended_rows_.load(std::memory_order_relaxed); }
    uint32_t row_count() const { return row_count_.load(std::memory_order_acquire); }
    uint32_t find(const IdView& id, Lsn visible) const;  // kNoRow: none
    bool is_visible(uint32_t row, Lsn visible) const { return version(row) <= visible && visible < ended(row); }
    Lsn version(uint32_t row) const { return rows_.at(row)->version.load(std::memory_order_acquire); }
    Lsn ended(uint32_t row) const { return rows_.at(row)->ended.load(std::memory_order_acquire); }
    const IdView& id(uint32_t row) const { return rows_.at(row)->id; }
    std::string_view payload(uint32_t row) const { return rows_.at(row)->payload; }
    int64_t expiry(uint32_t row) const { return rows_.at(row)->expiry; }
    // Null: the row has none, or there is no such field.
    const float* vector(uint32_t field_id, uint32_t row) const;

    struct Field {
        uint32_t id;
        uint32_t dim;
    };
    const std::vector<Field>& fields() const { return fields_; }
    uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    uint64_t payload_bytes() const { return payload_bytes_.load(std::memory_order_relaxed); }

 private:
    struct Row {
        std::atomic<Lsn> version;
        std::atomic<Lsn> ended;
        IdView id;
        std::string_view payload;
        int64_t expiry;
        uint64_t present;   // bit i: fields_[i]
        uint32_t previous;  // older row of the same id, or kNoRow
    };
    // Open addressing over row numbers + 1. A full table is replaced; readers of the old one still find every row it
    // knew.
    struct IdTable {
        explicit IdTable(uint32_t capacity) : mask(capacity - 1), slots(new std::atomic<uint32_t>[capacity]()) {}
        uint32_t mask;
        std::unique_ptr<std::atomic<uint32_t>[]> slots;
    };

    uint32_t newest(const IdView& id) const;
    void insert(IdTable& table, uint32_t row);
    void grow_table();

    std::vector<Field> fields_;
    Chunks<Row> rows_;
    std::vector<std::unique_ptr<Chunks<float>>> vectors_;  // one per field
    ByteArena arena_;
    std::vector<std::unique_ptr<IdTable>> tables_;
    std::atomic<IdTable*> table_;
    std::atomic<uint32_t> row_count_{0};
    std::atomic<uint32_t> ended_rows_{0};
    std::atomic<bool> has_expiry_{false};
    std::atomic<uint64_t> bytes_{0};
    std::atomic<uint64_t> payload_bytes_{0};
};

}  // namespace vz
