// What the manifest says: which collections and files exist. A plain value, and a pure function of the edits folded
// into it, the same in a running engine and at recovery.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/base/delete_ref.hpp"
#include "engine/base/lsn.hpp"
#include "engine/base/schema.hpp"

namespace vz {

struct SegmentRef {
    uint64_t file = 0;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    uint64_t rows = 0;
    Lsn version_min = 0;
    Lsn version_max = 0;
    uint32_t header_crc = 0;
    Hash128 hash = {};
    std::optional<DeleteRef> deletes;
    Lsn restored_lsn = 0;  // not 0: the version of every row, in place of the file's
};

struct CollectionState {
    uint64_t id = 0;
    vz_uuid uuid = {};
    std::string name;
    Schema schema;
    int64_t created_ms = 0;
    Lsn created_lsn = 0;
    Lsn through_lsn = 0;     // rows up to here are in `segments`
    int64_t updated_ms = 0;  // Unix ms of the last write up to there
    std::vector<SegmentRef> segments;
    std::string damage;  // not empty: quarantined
};

// Files of one LSN, kept whatever becomes of the collections.
struct SnapshotState {
    std::string name;
    vz_uuid uuid = {};
    int64_t created_ms = 0;
    Lsn lsn = 0;  // what the collections held up to here, and nothing above
    std::vector<CollectionState> collections;
};

struct ValueState {
    std::string value;
    Lsn lsn = 0;
};

struct WalState {
    uint64_t number = 0;
    uint64_t sealed_end = 0;  // 0: open
    Lsn last_lsn = 0;
};

using RequestId = std::array<uint8_t, 16>;

// The first outcome of a request, answered again when its id comes again.
struct RequestOutcome {
    RequestId id = {};
    Lsn lsn = 0;
    uint32_t applied = 0;
    uint32_t created = 0;
};

// ---- actions; see edit.capnp for which are logical ----

struct CreateCollection {
    CollectionState collection;
};
struct DropCollection {
    uint64_t collection = 0;
};
struct AlterCollection {
    uint64_t collection = 0;
    Schema schema;
};
struct RenameCollection {
    uint64_t collection = 0;
    std::string name;
};
struct SetAlias {
    uint64_t collection = 0;
    std::string alias;
};
struct DropAlias {
    std::string alias;
};
struct PutValue {
    std::string key;
    std::optional<std::string> value;
};
struct CreateSnapshot {
    SnapshotState snapshot;
};
struct DropSnapshot {
    std::string name;
};
// A collection that begins with sealed rows, of files that others may name too.
struct RestoreCollection {
    CollectionState collection;
};
struct WalOpen {
    uint64_t number = 0;
    uint64_t sealed_end = 0;
    Lsn last_lsn = 0;
};
struct WalRetire {
    uint64_t below = 0;
    std::vector<RequestOutcome> requests;
    std::vector<uint64_t> kept;  // of those below: for collections that are set aside
};
struct SegmentDeletes {
    uint64_t segment = 0;
    DeleteRef deletes;
};
struct CheckpointOne {
    uint64_t collection = 0;
    Lsn through_lsn = 0;
    int64_t updated_ms = 0;
    std::vector<SegmentRef> segments;
    std::vector<SegmentDeletes> deletes;
};
struct Checkpoint {
    std::vector<CheckpointOne> collections;
};
struct Replace {
    uint64_t collection = 0;
    std::vector<SegmentRef> add;
    std::vector<uint64_t> remove;
};
struct Quarantine {
    uint64_t collection = 0;
    std::string reason;
};
struct ReserveFiles {
    uint64_t next_file = 0;
};
struct CleanClose {
    uint64_t wal_end = 0;
    Lsn last_lsn = 0;
};

using Action = std::variant<CreateCollection, DropCollection, AlterCollection, RenameCollection, SetAlias, DropAlias,
                            PutValue, CreateSnapshot, DropSnapshot, RestoreCollection, WalOpen, WalRetire, Checkpoint,
                            Replace, Quarantine, ReserveFiles, CleanClose>;

// Actions that become true together.
struct Edit {
    std::vector<Action> actions;
    RequestId request_id = {};
};

struct ManifestState {
    Lsn last_lsn = 0;  // of the last logical edit folded, or of the snapshot
    uint64_t next_file = 1;
    uint64_t next_collection = 1;
    std::map<uint64_t, CollectionState> collections;
    std::map<std::string, uint64_t> aliases;
    std::map<std::string, ValueState> values;
    std::map<std::string, SnapshotState> snapshots;
    // Files of collections that were dropped while quarantined: moved away, not unlinked.
    std::vector<uint64_t> set_aside;
    std::vector<WalState> wals;             // in order; the last one is open
    Lsn retired_lsn = 0;                    // records up to here left with their WALs since the snapshot
    std::deque<RequestOutcome> requests;    // by LSN
    std::optional<CleanClose> clean_close;  // the last edit was an orderly close

    // Folds one edit; `lsn` is 0 for physical ones. VZ_CORRUPTION if it does not fit the state, which is then half
    // changed.
    Status fold(const Edit& edit, Lsn lsn);
};

bool is_logical(const Edit& edit);
// Whether a client asks for more to be kept than before, as opposed to dropping, and to what the engine notes about
// files.
bool adds_content(const Edit& edit);

// Calls `visit` with every segment that a collection or a snapshot names; the same one may come more than once.
template <class Visit>
void for_each_segment(const ManifestState& state, Visit visit) {
    for (const auto& [id, collection] : state.collections) {
        for (const SegmentRef& segment : collection.segments) visit(segment);
    }
    for (const auto& [name, snapshot] : state.snapshots) {
        for (const CollectionState& collection : snapshot.collections) {
            for (const SegmentRef& segment : collection.segments) visit(segment);
        }
    }
}

}  // namespace vz
