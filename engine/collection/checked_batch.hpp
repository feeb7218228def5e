// A write request after everything that needs no lock was checked: ids, dimensions, finite floats, payload syntax.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/base/lsn.hpp"
#include "engine/base/schema.hpp"
#include "engine/collection/row_filter.hpp"

namespace vz {

struct CheckedItem {
    IdView id;
    std::string_view payload;           // a null data(): absent
    std::vector<const float*> vectors;  // one per vector field of the schema, null: absent; empty: none at all
    Lsn version = 0;                    // of VZ_IF_VERSION
    std::optional<int64_t> expires_ms;  // 0: never; none: by the collection's TTL
    Status error;                       // the item is left out
};

struct CheckedOperation {
    uint32_t kind = 0;              // VZ_UPSERT, ...
    uint32_t condition = 0;         // VZ_IF_ALWAYS, ...
    bool patches_payloads = false;  // payloads are merge patches of what is there
    std::vector<CheckedItem> items;
    std::unique_ptr<const RowFilter> filter;     // instead of items: the points that pass
    std::string_view filtered_payload;           // what each of them gets
    std::optional<int64_t> filtered_expires_ms;  // likewise; none: as for an item
};

struct CheckedBatch {
    std::vector<CheckedOperation> operations;
    uint64_t items = 0;  // of the whole chain
    vz_uuid request_id = {};
    bool per_item = false;
    Interruption until;  // the log has it
};

// Borrows of the request. Without per-item results the first bad item is the failure, with its number counted through
// the chain.
Result<CheckedBatch> check_write(const vz_write_request& request, const Schema& schema);

}  // namespace vz
