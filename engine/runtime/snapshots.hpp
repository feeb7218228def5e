// Snapshots: files of one LSN, pinned by name. Making one is a checkpoint and an edit; restoring is an edit that names
// the same files again. Archives: the same as one file, out of the database and into it.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/runtime/archive.hpp"
#include "engine/runtime/checkpoints.hpp"

namespace vz {

// Any thread.
class Snapshots {
 public:
    Snapshots(Database& database, Checkpoints& checkpoints) : database_(database), checkpoints_(checkpoints) {}

    // Pins what the named collections (none: all) hold at one LSN, under writes. No byte is copied beyond the
    // checkpoint.
    Result<SnapshotState> create(std::string_view name, std::span<const vz_str> collections);
    Result<EditOutcome> drop(std::string_view name, const vz_uuid& request);
    std::vector<SnapshotState> list() const;
    // The collection `from` of a snapshot (absent: each of its collections) becomes `to` (absent: its own name), with
    // the same files, which are read and verified first. Over an existing collection only if `replace`; then in the
    // same edit. VZ_CORRUPTION with VZ_REASON_SNAPSHOT: the snapshot is damaged, nothing was changed.
    Result<EditOutcome> restore(std::string_view snapshot, std::string_view from, std::string_view to, bool replace,
                                const vz_uuid& request);

    // ---- archives; see transfer.cpp ----

    // The collections of a snapshot (none: all of it), or without a snapshot of this moment. Its files stay as long as
    // that takes, also if the snapshot is dropped. Of a directory that is read only, what a checkpoint would write is
    // made in memory: the growing rows once more.
    Status export_archive(std::string_view snapshot, std::span<const vz_str> collections, const ArchiveSink& sink);
    // Into a file that must not exist yet; durable on return, gone after a failure.
    Status export_archive_to(const std::string& path, std::string_view snapshot, std::span<const vz_str> collections);
    // As restore(), from an archive, which is checked whole before anything is made.
    Result<EditOutcome> import_archive(const std::string& path, std::string_view from, std::string_view to,
                                       bool replace, const vz_uuid& request);

 private:
    // With the lock of Checkpoints::exclude(); the files stay until it is given up.
    // VZ_NOT_FOUND: a collection has gone.
    using Keep = std::function<Status(const SnapshotState&)>;
    // What the named collections (none: all) hold now, sealed, and kept in the way that is given.
    Result<SnapshotState> take(std::string_view name, std::span<const vz_str> collections, const Keep& keep = {});
    // Less those that are dropped meanwhile.
    Result<SnapshotState> take(std::string_view name, std::span<const std::shared_ptr<Collection>> chosen);
    // A snapshot with these collections (none: all of its own).
    Result<SnapshotState> find(std::string_view name, std::span<const vz_str> collections) const;
    // The named collections (none: all), if they are sound.
    Result<std::vector<std::shared_ptr<Collection>>> choose(std::span<const vz_str> names) const;
    Status export_unsealed(std::span<const vz_str> collections, const ArchiveSink& sink);
    // What a checkpoint would add to the state of a collection, in files of `store`.
    Status seal_aside(SegmentStore& store, const Collection& collection, const Frozen& frozen, CollectionState* state);

    Database& database_;
    Checkpoints& checkpoints_;
};

}  // namespace vz
