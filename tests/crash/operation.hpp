// One operation of a history, as it was drawn.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/schema.hpp"

namespace vz {

// The simulated clock moves with operations alone.
inline constexpr int64_t kClockBegins = 1'700'000'000'000;

// One vector field of a batch of points.
struct FieldVectors {
    uint32_t field_id = 0;
    std::string field;
    uint32_t dim = 0;
    std::vector<float> values;  // a row of `dim` per point, of an absent one zeros
    std::vector<bool> present;  // per point

    bool all_present() const;
};

// One change of a schema, as vz_alter_change has it.
struct SchemaChange {
    uint32_t kind = 0;        // VZ_ALTER_...
    VectorFieldSchema field;  // of a vector field
    FieldIndexSchema index;
    std::string metadata;
    int64_t ttl_ms = 0;
};

struct Operation {
    enum class Kind {
        kCreate,
        kDrop,
        kRename,
        kSetAlias,
        kDropAlias,
        kPutValue,
        kDropValue,
        kUpsert,
        kUpdatePayloads,
        kUpdateVectors,
        kDelete,
        kClear,
        kCheckpoint,
        kCompact,
        kSnapshot,
        kDropSnapshot,
        kRestore,
        kIdle,
        kDeleteFiltered,
        kPatchFiltered,
        kAddIndex,
        kDropIndex,
        kClone,
        kSetExpiry,
        kExpire,
        kAddField,
        kDropField,
        kTuneField,
        kSetMetadata,
        kSetTtl,
        kAlterSeveral,
        kRenameKeepingAlias,
        kPatchPayloads,
        kWriteChain,
        kSnapshotAll,
        kExport,
        kExportSnapshot,
        kExportStream,
        kImport,
        kImportOver,
        kUpsertPerItem,
        kUpdatePerItem,
        kDropIfEmpty,
        kAlterIfEmpty
    };
    Kind kind = Kind::kCreate;
    std::string collection;
    std::string name;  // new name; alias; key; snapshot; archive
    // Of a filtered write the bound below which `n` passes; of what is made of a snapshot or an archive the collection
    // there; of an exported snapshot its name.
    std::string value;
    Schema schema;                      // of a collection that is made
    std::vector<SchemaChange> changes;  // of one that is altered
    std::vector<std::string> ids;
    std::vector<FieldVectors> vectors;  // of the fields that are given
    std::vector<std::string> payloads;  // one per id, or none
    std::vector<int64_t> expires;       // likewise, Unix ms, 0: never; of a filtered patch one for all
    int64_t now_ms = kClockBegins;      // when it is done
    uint32_t condition = VZ_IF_ALWAYS;
    std::vector<uint64_t> versions;  // of VZ_IF_VERSION
    std::vector<Operation> parts;    // of a chain: writes that are one record
    vz_uuid request_id = {};
    bool repeated = false;      // the same request a second time: answered, not done again
    vz_status refusal = VZ_OK;  // what the store has to answer, without a trace

    // Some items may be wrong, and are left out.
    bool is_per_item() const { return kind == Kind::kUpsertPerItem || kind == Kind::kUpdatePerItem; }
};

constexpr size_t kOperationKinds = static_cast<size_t>(Operation::Kind::kAlterIfEmpty) + 1;
const char* operation_name(Operation::Kind kind);

// How many operations of each kind there were.
using Tally = std::array<uint64_t, kOperationKinds>;

// No JSON: an item of a write per item that has it is wrong.
inline constexpr const char* kBrokenPayload = R"({"n":)";
// What a filtered patch applies.
inline constexpr const char* kFilteredPatch = R"({"seen":true,"t":null})";

}  // namespace vz
