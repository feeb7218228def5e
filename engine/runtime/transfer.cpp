// Archives out of the database and into it.
#include <algorithm>
#include <map>

#include "engine/collection/upkeep.hpp"
#include "engine/io/memory_overlay.hpp"
#include "engine/runtime/snapshots.hpp"

namespace vz {
namespace {

std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Status Snapshots::export_archive(std::string_view snapshot, std::span<const vz_str> collections,
                                 const ArchiveSink& sink) {
    if (!database_.log->has_begun() && snapshot.empty()) return export_unsealed(collections, sink);
    const auto write_pinned = [&]() -> Status {
        Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
        VZ_ASSIGN(const SnapshotState state,
                  snapshot.empty() ? take("archive", collections) : find(snapshot, collections));
        const SegmentStore::Pin pin(*database_.segments, state);
        one_at_a_time.unlock();
        return write_archive(database_.files, database_.directory, database_.uuid, database_.numbers->salt(), state,
                             sink);
    };
    Status written = write_pinned();
    if (!database_.log->has_begun()) return written;
    // What was dropped meanwhile.
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    checkpoints_.clean_up();
    return written;
}

Status Snapshots::export_unsealed(std::span<const vz_str> collections, const ArchiveSink& sink) {
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    VZ_ASSIGN(const std::vector<std::shared_ptr<Collection>> chosen, choose(collections));
    MemoryOverlay files(database_.files);
    SegmentStore store(files, database_.directory, database_.uuid, *database_.numbers, 0);
    SnapshotState snapshot;
    snapshot.name = "archive";
    snapshot.uuid = database_.new_uuid();
    snapshot.created_ms = database_.settings.now_ms();
    const std::vector<std::optional<Frozen>> frozen = Collection::freeze_together(chosen);
    // Begun meanwhile, it may have writes on their way that are frozen here: they are durable behind an edit.
    if (database_.log->has_begun()) VZ_TRY(database_.log->commit(ReserveFiles{database_.numbers->peek()}));
    for (size_t i = 0; i < chosen.size(); ++i) {
        database_.log->read_state([&](const ManifestState& state) {
            const auto found = state.collections.find(chosen[i]->id());
            if (found != state.collections.end()) snapshot.collections.push_back(found->second);
        });
        if (snapshot.collections.size() != i + 1)
            return failure(VZ_NOT_FOUND, "a collection is not in the manifest").reason(VZ_REASON_COLLECTION);
        snapshot.lsn = std::max(snapshot.lsn, frozen[i] ? frozen[i]->through : chosen[i]->through_lsn());
        if (frozen[i]) VZ_TRY(seal_aside(store, *chosen[i], *frozen[i], &snapshot.collections.back()));
    }
    return write_archive(files, database_.directory, database_.uuid, database_.numbers->salt(), snapshot, sink);
}

Status Snapshots::seal_aside(SegmentStore& store, const Collection& collection, const Frozen& frozen,
                             CollectionState* state) {
    state->schema = *frozen.schema;
    state->through_lsn = frozen.through;
    state->updated_ms = frozen.updated_ms;
    const LiveRows live(*frozen.schema, frozen.inputs(), frozen.through);
    for (const auto& part : *frozen.parts) {
        if (part->sealed() == nullptr) continue;
        const Bitmap ended = ended_rows(*part, frozen.through);
        if (ended.cardinality() == 0) continue;
        const DeleteEntry entry{part->ref().file, &ended};
        VZ_ASSIGN(const std::vector<SegmentDeletes> written, store.write_deletes({&entry, 1}));
        for (SegmentRef& ref : state->segments) {
            if (ref.file == part->ref().file) ref.deletes = written[0].deletes;
        }
    }
    if (live.sources().empty()) return {};
    VZ_ASSIGN(const BuiltGraphs graphs,
              BuiltGraphs::build(*frozen.schema, live, GraphsWanted::kWhole, database_.workers));
    VZ_ASSIGN(const std::shared_ptr<Part> sealed,
              store.write(collection, *frozen.schema, live, graphs, database_.numbers->next_number()));
    state->segments.push_back(sealed->ref());
    return {};
}

Status Snapshots::export_archive_to(const std::string& path, std::string_view snapshot,
                                    std::span<const vz_str> collections) {
    Result<std::unique_ptr<File>> created = database_.files.create(path);
    if (!created.ok()) return std::move(created.take_status()).field("path");
    const std::unique_ptr<File> file = created.take();
    uint64_t offset = 0;
    Status done = export_archive(snapshot, collections, [&](std::span<const std::byte> bytes) -> Status {
        VZ_TRY(file->write(offset, bytes));
        offset += bytes.size();
        return {};
    });
    if (done.ok()) done = file->sync();
    if (done.ok()) done = database_.files.sync_directory(folder_of(path));
    if (!done.ok()) static_cast<void>(database_.files.unlink(path));
    return done;
}

Result<EditOutcome> Snapshots::import_archive(const std::string& path, std::string_view from, std::string_view to,
                                              bool replace, const vz_uuid& request) {
    // Before the archive is looked for: it may be gone by now.
    VZ_ASSIGN(const std::optional<RequestOutcome> first, database_.catalogue.first_outcome(request));
    if (first) return EditOutcome{first->lsn, true};
    Result<std::unique_ptr<Mapping>> found = database_.files.map(path);
    if (!found.ok()) return std::move(found.take_status()).field("archive");
    const std::unique_ptr<Mapping> map = found.take();
    VZ_ASSIGN(const ArchiveView archive, ArchiveView::open(map->bytes(), path));
    std::vector<CollectionState> chosen;
    for (const CollectionState& collection : archive.snapshot().collections) {
        if (from.empty() || collection.name == from) chosen.push_back(collection);
    }
    if (chosen.empty() && !from.empty()) {
        return failure(VZ_NOT_FOUND, "the archive has no collection '%.*s'", static_cast<int>(from.size()), from.data())
            .field("from")
            .reason(VZ_REASON_COLLECTION);
    }
    if (!to.empty() && chosen.size() != 1) {
        return failure(VZ_INVALID_ARGUMENT, "one collection takes a new name: say which by `from`")
            .field("from")
            .reason(VZ_REASON_REQUIRED);
    }
    VZ_TRY(database_.space.admit_file(map->bytes().size()));
    // The files first, each with a number that nobody sweeps; then, without a checkpoint between, bitmaps and the edit.
    std::vector<std::unique_ptr<SegmentStore::Claim>> claims;
    std::map<std::pair<uint64_t, uint64_t>, SegmentRef> imported;  // by file and offset
    for (const CollectionState& collection : chosen) {
        for (const SegmentRef& ref : collection.segments) {
            if (imported.contains({ref.file, ref.offset})) continue;
            claims.push_back(std::make_unique<SegmentStore::Claim>(*database_.segments));
            VZ_ASSIGN((imported[{ref.file, ref.offset}]),
                      database_.segments->take_in(archive.segment(ref), archive.segment_name(ref), ref,
                                                  claims.back()->number(), collection));
        }
    }
    if (map->failed()) return failure(VZ_IO_ERROR, "%s could not be read", path.c_str()).field("archive");
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    std::vector<Catalogue::Restored> restored;
    for (CollectionState& state : chosen) {
        Catalogue::Restored& one = restored.emplace_back();
        for (SegmentRef& ref : state.segments) {
            VZ_ASSIGN(const Bitmap ended, archive.ended(state.id, ref));
            ref = imported.at({ref.file, ref.offset});
            if (ended.cardinality() != 0) {
                const DeleteEntry entry{ref.file, &ended};
                VZ_ASSIGN(const std::vector<SegmentDeletes> deletes, database_.segments->write_deletes({&entry, 1}));
                ref.deletes = deletes[0].deletes;
            }
            VZ_ASSIGN(SegmentStore::Opened opened, database_.open_segment(ref, state.schema));
            one.parts.emplace_back(std::move(opened.part), std::move(opened.ended));
        }
        one.state = std::move(state);
        // By another clock, or by none.
        one.state.updated_ms = std::max<int64_t>(0, std::min(one.state.updated_ms, database_.settings.now_ms()));
        if (!to.empty()) one.state.name = to;
    }
    VZ_TRY(database_.segments->sync());
    VZ_ASSIGN(const EditOutcome outcome, database_.catalogue.restore(std::move(restored), replace, request));
    database_.notices.opened();
    checkpoints_.clean_up();
    return outcome;
}

}  // namespace vz
