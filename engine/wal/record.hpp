// WAL records: what one client batch did, with everything resolved. See format.md in this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/base/status.hpp"

namespace vz {

enum class OperationKind : uint8_t { kUpsert = 1, kPatch = 2, kDelete = 3, kClear = 4 };

inline constexpr uint8_t kDeletedByClient = 0;  // BatchOperation::reason of a delete
inline constexpr uint8_t kDeletedByFilter = 1;
inline constexpr uint8_t kDeletedByExpiry = 2;

inline constexpr int64_t kExpiryUnchanged = std::numeric_limits<int64_t>::min();

// One field's vectors for the items of an operation; a null row: the item has none.
struct BatchVectors {
    uint32_t field_id = 0;
    uint32_t dim = 0;
    std::vector<const float*> rows;
};

// Items of one kind. Columns are empty or have one entry per id.
struct BatchOperation {
    OperationKind kind = OperationKind::kUpsert;
    uint8_t reason = 0;
    std::vector<IdView> ids;
    std::vector<BatchVectors> vectors;
    std::vector<std::string_view> payloads;  // a null data(): absent
    std::vector<int64_t> expires;
    std::vector<uint64_t> base_versions;
};

// Borrows: of the request when it is written, of the record's bytes when it is read.
struct Batch {
    uint64_t collection = 0;
    vz_uuid request_id = {};
    uint32_t items = 0;      // what the client is told was applied
    uint32_t created = 0;    // of these, points that did not exist before
    int64_t written_ms = 0;  // Unix; 0: not known
    std::vector<BatchOperation> operations;
};

// 8-aligned bytes of one record. Its size is known beforehand only approximately: the caller compares with
// kRecordBytesMax.
std::vector<std::byte> encode_record(const Batch& batch);

// Reads one record at the start of `bytes`; `*size` is how many it took. Only after the frame's checksum passed.
Result<Batch> decode_record(std::span<const std::byte> bytes, uint64_t* size);

}  // namespace vz
