#include "engine/manifest/state.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

// Applies one action; a visitor with one overload per action.
struct Fold {
    ManifestState& state;
    Lsn lsn;

    CollectionState* find(uint64_t id) const {
        const auto found = state.collections.find(id);
        return found == state.collections.end() ? nullptr : &found->second;
    }

    static Status unknown(uint64_t id) {
        return failure(VZ_CORRUPTION, "an edit names collection %llu, which does not exist",
                       static_cast<unsigned long long>(id));
    }

    Status operator()(const CreateCollection& action) const { return begin(action.collection); }

    // The versions in the files are of another history: of another database, or of before what is replaced here.
    Status operator()(const RestoreCollection& action) const {
        CollectionState restored = action.collection;
        for (SegmentRef& segment : restored.segments) segment.restored_lsn = lsn;
        return begin(std::move(restored));
    }

    Status begin(CollectionState collection) const {
        collection.created_lsn = lsn;
        collection.through_lsn = lsn;
        note_files(collection);
        state.next_collection = std::max(state.next_collection, collection.id + 1);
        const uint64_t id = collection.id;
        if (!state.collections.emplace(id, std::move(collection)).second) {
            return failure(VZ_CORRUPTION, "an edit creates collection %llu a second time",
                           static_cast<unsigned long long>(id));
        }
        return {};
    }

    Status operator()(const CreateSnapshot& action) const {
        for (const CollectionState& collection : action.snapshot.collections) note_files(collection);
        if (!state.snapshots.emplace(action.snapshot.name, action.snapshot).second) {
            return failure(VZ_CORRUPTION, "an edit creates snapshot '%s' a second time", action.snapshot.name.c_str());
        }
        return {};
    }

    Status operator()(const DropSnapshot& action) const {
        if (state.snapshots.erase(action.name) == 0)
            return failure(VZ_CORRUPTION, "an edit drops snapshot '%s', which does not exist", action.name.c_str());
        return {};
    }

    // Its segments, and the WALs that may hold records of it that no segment does.
    void keep_files(const CollectionState& collection) const {
        for (const SegmentRef& segment : collection.segments) {
            state.set_aside.push_back(segment.file);
            if (segment.deletes) state.set_aside.push_back(segment.deletes->file);
        }
        for (const WalState& wal : state.wals) {
            if (wal.sealed_end == 0 || wal.last_lsn > collection.through_lsn) state.set_aside.push_back(wal.number);
        }
    }

    Status operator()(const DropCollection& action) const {
        const CollectionState* collection = find(action.collection);
        if (collection == nullptr) return unknown(action.collection);
        if (!collection->damage.empty()) keep_files(*collection);
        state.collections.erase(action.collection);
        std::erase_if(state.aliases, [&](const auto& alias) { return alias.second == action.collection; });
        return {};
    }

    Status operator()(const AlterCollection& action) const {
        CollectionState* collection = find(action.collection);
        if (collection == nullptr) return unknown(action.collection);
        collection->schema = action.schema;
        return {};
    }

    Status operator()(const RenameCollection& action) const {
        CollectionState* collection = find(action.collection);
        if (collection == nullptr) return unknown(action.collection);
        const std::string before = std::exchange(collection->name, action.name);
        for (auto& [name, snapshot] : state.snapshots) rename_within(snapshot, before, action.name);
        return {};
    }

    // People look for a snapshot under the name that its collection has now. One that holds a dropped collection of the
    // new name keeps telling the two apart.
    static void rename_within(SnapshotState& snapshot, const std::string& before, const std::string& now) {
        const auto named = [&](const std::string& name) {
            return std::find_if(snapshot.collections.begin(), snapshot.collections.end(),
                                [&](const CollectionState& each) { return each.name == name; });
        };
        if (named(now) != snapshot.collections.end()) return;
        if (const auto pinned = named(before); pinned != snapshot.collections.end()) pinned->name = now;
    }

    Status operator()(const SetAlias& action) const {
        if (find(action.collection) == nullptr) return unknown(action.collection);
        state.aliases[action.alias] = action.collection;
        return {};
    }

    Status operator()(const DropAlias& action) const {
        if (state.aliases.erase(action.alias) == 0)
            return failure(VZ_CORRUPTION, "an edit drops alias '%s', which does not exist", action.alias.c_str());
        return {};
    }

    Status operator()(const PutValue& action) const {
        if (action.value) {
            state.values[action.key] = {*action.value, lsn};
        } else {
            state.values.erase(action.key);
        }
        return {};
    }

    Status operator()(const WalOpen& action) const {
        if (!state.wals.empty()) {
            state.wals.back().sealed_end = action.sealed_end;
            state.wals.back().last_lsn = action.last_lsn;
        }
        state.wals.push_back({action.number, 0, 0});
        state.next_file = std::max(state.next_file, action.number + 1);
        return {};
    }

    Status operator()(const WalRetire& action) const {
        std::erase_if(state.wals, [&](const WalState& wal) {
            const bool is_kept = std::find(action.kept.begin(), action.kept.end(), wal.number) != action.kept.end();
            const bool leaves = wal.number < action.below && !is_kept;
            if (leaves) state.retired_lsn = std::max(state.retired_lsn, wal.last_lsn);
            return leaves;
        });
        // Of records that are older than some edits whose ids are here.
        state.requests.insert(state.requests.end(), action.requests.begin(), action.requests.end());
        std::stable_sort(state.requests.begin(), state.requests.end(),
                         [](const RequestOutcome& a, const RequestOutcome& b) { return a.lsn < b.lsn; });
        while (state.requests.size() > kRequestIdsMax) state.requests.pop_front();
        return {};
    }

    void note_file(uint64_t number) const { state.next_file = std::max(state.next_file, number + 1); }

    void note_files(const CollectionState& collection) const {
        for (const SegmentRef& segment : collection.segments) {
            note_file(segment.file);
            if (segment.deletes) note_file(segment.deletes->file);
        }
    }

    Status operator()(const Checkpoint& action) const {
        for (const CheckpointOne& one : action.collections) {
            CollectionState* collection = find(one.collection);
            if (collection == nullptr) continue;  // dropped while it was being sealed
            collection->through_lsn = one.through_lsn;
            collection->updated_ms = one.updated_ms;
            for (const SegmentRef& segment : one.segments) {
                collection->segments.push_back(segment);
                note_file(segment.file);
            }
            for (const SegmentDeletes& entry : one.deletes) {
                note_file(entry.deletes.file);
                for (SegmentRef& segment : collection->segments) {
                    if (segment.file == entry.segment) segment.deletes = entry.deletes;
                }
            }
        }
        return {};
    }

    Status operator()(const Replace& action) const {
        CollectionState* collection = find(action.collection);
        if (collection == nullptr) return {};
        std::erase_if(collection->segments, [&](const SegmentRef& segment) {
            return std::find(action.remove.begin(), action.remove.end(), segment.file) != action.remove.end();
        });
        for (const SegmentRef& segment : action.add) {
            note_file(segment.file);
            if (segment.deletes) note_file(segment.deletes->file);
            collection->segments.push_back(segment);
        }
        return {};
    }

    Status operator()(const Quarantine& action) const {
        CollectionState* collection = find(action.collection);
        if (collection == nullptr) return {};  // dropped while it was read
        collection->damage = action.reason;
        return {};
    }

    Status operator()(const ReserveFiles& action) const {
        state.next_file = std::max(state.next_file, action.next_file);
        return {};
    }

    Status operator()(const CleanClose& action) const {
        state.clean_close = action;
        return {};
    }
};

}  // namespace

bool is_logical(const Edit& edit) {
    return std::any_of(edit.actions.begin(), edit.actions.end(),
                       [](const Action& action) { return action.index() <= 9; });
}

bool adds_content(const Edit& edit) {
    return std::any_of(edit.actions.begin(), edit.actions.end(), [](const Action& action) {
        if (const auto* put = std::get_if<PutValue>(&action)) return put->value.has_value();
        return std::holds_alternative<CreateCollection>(action) || std::holds_alternative<AlterCollection>(action) ||
               std::holds_alternative<RenameCollection>(action) || std::holds_alternative<SetAlias>(action) ||
               std::holds_alternative<CreateSnapshot>(action) || std::holds_alternative<RestoreCollection>(action);
    });
}

Status ManifestState::fold(const Edit& edit, Lsn lsn) {
    clean_close.reset();
    for (const Action& action : edit.actions) VZ_TRY(std::visit(Fold{*this, lsn}, action));
    if (lsn != 0) last_lsn = lsn;
    if (edit.request_id != RequestId{}) {
        requests.push_back({edit.request_id, lsn, 0, 0});
        if (requests.size() > kRequestIdsMax) requests.pop_front();
    }
    return {};
}

}  // namespace vz
