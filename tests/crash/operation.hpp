// One operation of a history, as it was drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/schema.hpp"

namespace vz {

// One vector field of a batch of points.
struct FieldVectors {
    uint32_t field_id = 0;
    std::string field;
    uint32_t dim = 0;
    std::vector<float> values;  // a row of `dim` per point, of an absent one zeros
    std::vector<bool> present;  // per point

    bool all_present() const;
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
        kClone
    };
    Kind kind = Kind::kCreate;
    std::string collection;
    std::string name;   // new name; alias; key; snapshot
    std::string value;  // of a filtered write: the bound below which `n` passes; of an index: its path
    Schema schema;      // of a collection that is made
    std::vector<std::string> ids;
    std::vector<FieldVectors> vectors;  // of the fields that are given
    std::vector<std::string> payloads;  // one per id, or none
    vz_uuid request_id = {};
    bool repeated = false;  // the same request a second time: answered, not done again
};

constexpr size_t kOperationKinds = static_cast<size_t>(Operation::Kind::kClone) + 1;
const char* operation_name(Operation::Kind kind);

// What a filtered patch applies.
inline constexpr const char* kFilteredPatch = R"({"seen":true,"t":null})";

}  // namespace vz
