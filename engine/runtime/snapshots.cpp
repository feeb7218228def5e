#include "engine/runtime/snapshots.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/runtime/schema_check.hpp"

namespace vz {
namespace {

Status no_snapshot(std::string_view name) {
    return failure(VZ_NOT_FOUND, "there is no snapshot '%.*s'", static_cast<int>(name.size()), name.data())
        .field("snapshot")
        .reason(VZ_REASON_SNAPSHOT);
}

// What is damaged is the snapshot, not the collection that it would replace.
Status cannot_restore(std::string_view name, const Status& cause) {
    const bool is_missing = cause.code() == VZ_NOT_FOUND;
    return failure(is_missing ? VZ_CORRUPTION : cause.code(), "snapshot '%.*s' is not restored: %s",
                   static_cast<int>(name.size()), name.data(), cause.error().message)
        .field("snapshot")
        .reason(VZ_REASON_SNAPSHOT);
}

// What can be computed again is done without, as in a file that is in use.
Status verify_opened(FileSystem& files, Part& part) {
    VZ_ASSIGN(const std::vector<SealedSegment::Damage> damage,
              part.sealed()->find_damage(files, [](uint64_t) { return Status(); }));
    for (const SealedSegment::Damage& each : damage) {
        if (!each.is_derived || Part::decides_existence(each.kind))
            return failure(VZ_CORRUPTION, "%s", each.message.c_str());
        part.distrust(each.kind);
    }
    return {};
}

}  // namespace

Result<std::vector<std::shared_ptr<Collection>>> Snapshots::choose(std::span<const vz_str> names) const {
    std::vector<std::shared_ptr<Collection>> chosen;
    for (const vz_str& each : names) {
        VZ_ASSIGN(std::shared_ptr<Collection> collection, database_.catalogue.resolve({each.data, each.size}));
        if (std::find(chosen.begin(), chosen.end(), collection) == chosen.end())
            chosen.push_back(std::move(collection));
    }
    if (names.empty()) chosen = database_.catalogue.list();
    for (const auto& collection : chosen) VZ_TRY(collection->health());
    return chosen;
}

Result<SnapshotState> Snapshots::create(std::string_view name, std::span<const vz_str> collections) {
    VZ_TRY(check_name(name, "name"));
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    bool is_taken = false;
    database_.log->read_state(
        [&](const ManifestState& state) { is_taken = state.snapshots.contains(std::string(name)); });
    if (is_taken) {
        return failure(VZ_ALREADY_EXISTS, "there is a snapshot '%.*s'", static_cast<int>(name.size()), name.data())
            .field("name")
            .reason(VZ_REASON_SNAPSHOT);
    }
    VZ_ASSIGN(SnapshotState snapshot, take(name, collections, [this](const SnapshotState& taken) {
                  return database_.catalogue.commit_snapshot(CreateSnapshot{taken}, {}).take_status();
              }));
    checkpoints_.clean_up();
    return snapshot;
}

Result<SnapshotState> Snapshots::take(std::string_view name, std::span<const vz_str> collections, const Keep& keep) {
    // Without a collection that goes meanwhile, the others are no cut of one moment; after the first time little is
    // left to seal.
    constexpr int kTries = 16;
    for (int tries = 0; tries < kTries; ++tries) {
        VZ_ASSIGN(const std::vector<std::shared_ptr<Collection>> chosen, choose(collections));
        VZ_ASSIGN(SnapshotState snapshot, take(name, chosen));
        if (snapshot.collections.size() == chosen.size()) {
            Status kept = keep ? keep(snapshot) : Status();
            if (kept.ok()) return snapshot;
            if (kept.code() != VZ_NOT_FOUND) return kept;
        }
        // Behind the drop, which is seen to be done by then.
        VZ_TRY(database_.log->commit(ReserveFiles{database_.numbers->peek()}));
    }
    return failure(VZ_BUSY, "collections are dropped faster than all are taken; name those that are wanted");
}

Result<SnapshotState> Snapshots::take(std::string_view name, std::span<const std::shared_ptr<Collection>> chosen) {
    SnapshotState snapshot;
    snapshot.name = name;
    snapshot.uuid = database_.new_uuid();
    snapshot.created_ms = database_.settings.now_ms();
    const std::vector<std::optional<Frozen>> frozen = Collection::freeze_together(chosen);
    std::vector<std::shared_ptr<Collection>> small;
    std::vector<Frozen> of_small;
    for (size_t i = 0; i < chosen.size(); ++i) {
        snapshot.lsn = std::max(snapshot.lsn, frozen[i] ? frozen[i]->through : chosen[i]->through_lsn());
        if (!frozen[i]) continue;
        uint64_t bytes = 0;
        for (const auto& part : frozen[i]->growing) bytes += part->growing()->bytes();
        if (bytes <= kPackedBytesMax) {
            small.push_back(chosen[i]);
            of_small.push_back(*frozen[i]);
        } else {
            VZ_TRY(checkpoints_.seal_frozen({&chosen[i], 1}, {*frozen[i]}));
        }
    }
    VZ_TRY(checkpoints_.seal_frozen(small, std::move(of_small)));
    database_.log->read_state([&](const ManifestState& state) {
        for (size_t i = 0; i < chosen.size(); ++i) {
            const auto found = state.collections.find(chosen[i]->id());
            if (found == state.collections.end()) continue;
            snapshot.collections.push_back(found->second);
            if (frozen[i]) snapshot.collections.back().schema = *frozen[i]->schema;
        }
    });
    return snapshot;
}

Result<EditOutcome> Snapshots::drop(std::string_view name, const vz_uuid& request) {
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    // Before the snapshot is looked for: it went with the first.
    VZ_ASSIGN(const std::optional<RequestOutcome> first, database_.catalogue.first_outcome(request));
    if (first) return EditOutcome{first->lsn, true};
    bool exists = false;
    database_.log->read_state(
        [&](const ManifestState& state) { exists = state.snapshots.contains(std::string(name)); });
    if (!exists) return no_snapshot(name);
    VZ_ASSIGN(const EditOutcome outcome, database_.catalogue.commit_snapshot(DropSnapshot{std::string(name)}, request));
    checkpoints_.clean_up();
    return outcome;
}

std::vector<SnapshotState> Snapshots::list() const {
    std::vector<SnapshotState> all;
    database_.log->read_state([&](const ManifestState& state) {
        for (const auto& [name, snapshot] : state.snapshots) all.push_back(snapshot);
    });
    return all;
}

Result<SnapshotState> Snapshots::find(std::string_view name, std::span<const vz_str> collections) const {
    std::optional<SnapshotState> found;
    database_.log->read_state([&](const ManifestState& state) {
        const auto named = state.snapshots.find(std::string(name));
        if (named != state.snapshots.end()) found = named->second;
    });
    if (!found) return no_snapshot(name);
    if (collections.empty()) return std::move(*found);
    const auto is_wanted = [&](const CollectionState& collection) {
        return std::any_of(collections.begin(), collections.end(), [&](const vz_str& each) {
            return collection.name == std::string_view(each.data, each.size);
        });
    };
    std::erase_if(found->collections, [&](const CollectionState& collection) { return !is_wanted(collection); });
    if (found->collections.size() >= collections.size()) return std::move(*found);
    return failure(VZ_NOT_FOUND, "the snapshot does not have all of these collections")
        .field("collections")
        .reason(VZ_REASON_COLLECTION);
}

Result<EditOutcome> Snapshots::restore(std::string_view name, std::string_view from, std::string_view to, bool replace,
                                       const vz_uuid& request) {
    // Nobody drops the snapshot, or sweeps its files, until the new collections name them.
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    VZ_ASSIGN(const std::optional<RequestOutcome> first, database_.catalogue.first_outcome(request));
    if (first) return EditOutcome{first->lsn, true};
    VZ_ASSIGN(SnapshotState snapshot, find(name, {}));
    if (!from.empty()) {
        std::erase_if(snapshot.collections, [&](const CollectionState& collection) { return collection.name != from; });
        if (snapshot.collections.empty()) {
            return failure(VZ_NOT_FOUND, "the snapshot has no collection '%.*s'", static_cast<int>(from.size()),
                           from.data())
                .field("from")
                .reason(VZ_REASON_COLLECTION);
        }
    }
    if (!to.empty() && snapshot.collections.size() != 1) {
        return failure(VZ_INVALID_ARGUMENT, "one collection takes a new name: say which by `from`")
            .field("from")
            .reason(VZ_REASON_REQUIRED);
    }
    std::vector<Catalogue::Restored> restored;
    for (CollectionState& state : snapshot.collections) {
        Catalogue::Restored& one = restored.emplace_back();
        for (const SegmentRef& ref : state.segments) {
            Result<SegmentStore::Opened> opened = database_.open_segment(ref, state.schema);
            const Status sound = opened.ok() ? verify_opened(database_.files, *opened->part) : opened.take_status();
            if (!sound.ok()) return cannot_restore(name, sound);
            one.parts.emplace_back(std::move(opened->part), std::move(opened->ended));
        }
        one.state = std::move(state);
        if (!to.empty()) one.state.name = to;
    }
    VZ_ASSIGN(const EditOutcome outcome, database_.catalogue.restore(std::move(restored), replace, request));
    database_.notices.opened();
    checkpoints_.clean_up();
    return outcome;
}

}  // namespace vz
