// Archives out of the engine and into it.
#include <algorithm>
#include <map>

#include "engine/io/file_header.hpp"
#include "engine/runtime/archive.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {
namespace {

std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Status Engine::export_archive(std::string_view snapshot, std::span<const vz_str> collections, const ArchiveSink& sink) {
    std::string name(snapshot);
    // Without a name: of this moment, pinned only as long as it takes.
    if (snapshot.empty()) {
        const vz_uuid uuid = new_uuid();
        name = "archive-";
        for (const uint8_t byte : uuid.bytes) {
            name += "0123456789abcdef"[byte >> 4];
            name += "0123456789abcdef"[byte & 15];
        }
        VZ_TRY(create_snapshot(name, collections).take_status());
    }
    const auto pinned = [&]() -> Result<SnapshotState> {
        for (SnapshotState& each : snapshots()) {
            if (each.name == name) return std::move(each);
        }
        return failure(VZ_NOT_FOUND, "there is no snapshot '%s'", name.c_str()).field("snapshot").reason(VZ_REASON_SNAPSHOT);
    };
    Result<SnapshotState> state = pinned();
    Status done = state.ok() ? Status() : state.take_status();
    if (done.ok() && !snapshot.empty() && !collections.empty()) {
        const auto is_wanted = [&](const CollectionState& collection) {
            return std::any_of(collections.begin(), collections.end(), [&](const vz_str& each) { return collection.name == std::string_view(each.data, each.size); });
        };
        std::erase_if(state->collections, [&](const CollectionState& collection) { return !is_wanted(collection); });
        if (state->collections.size() < collections.size()) {
            done = failure(VZ_NOT_FOUND, "the snapshot does not have all of these collections").field("collections").reason(VZ_REASON_COLLECTION);
        }
    }
    if (done.ok()) done = write_archive(files_, directory_, database_, numbers_->salt(), *state, sink);
    if (snapshot.empty()) {
        const Status dropped = drop_snapshot(name, {}).take_status();
        if (done.ok()) done = dropped.clone();
    }
    return done;
}

Status Engine::export_archive_to(const std::string& path, std::string_view snapshot, std::span<const vz_str> collections) {
    VZ_ASSIGN(const std::unique_ptr<File> file, files_.create(path));
    uint64_t offset = 0;
    Status done = export_archive(snapshot, collections, [&](std::span<const std::byte> bytes) -> Status {
        VZ_TRY(file->write(offset, bytes));
        offset += bytes.size();
        return {};
    });
    if (done.ok()) done = file->sync();
    if (done.ok()) done = files_.sync_directory(folder_of(path));
    if (!done.ok()) static_cast<void>(files_.unlink(path));
    return done;
}

Result<SegmentRef> Engine::import_segment(std::span<const std::byte> bytes, const SegmentRef& from, uint64_t number, uint64_t collection) {
    VZ_ASSIGN(FileHeader header, decode_header(bytes.first(kFileHeaderBytes), kSegmentMagic));
    header.database = database_;
    header.file_number = number;
    header.owner = collection;
    const auto head = encode_header(header);
    const std::string path = segment_path(directory_, 'S', number);
    VZ_ASSIGN(const std::unique_ptr<File> file, files_.create(path));
    VZ_TRY(file->allocate(bytes.size()));
    VZ_TRY(file->write(kFileHeaderBytes, bytes.subspan(kFileHeaderBytes)));
    VZ_TRY(file->write(0, head));
    SegmentRef ref = from;
    ref.file = number;
    ref.offset = 0;
    ref.header_crc = header.crc;
    ref.deletes.reset();
    VZ_ASSIGN(const std::unique_ptr<SealedSegment> written, SealedSegment::open(files_, path, database_, number, summary_of(ref)));
    // While the disk is at it.
    VZ_TRY(written->verify_contents());
    VZ_TRY(file->sync());
    VZ_TRY(file->seal());
    return ref;
}

Result<EditOutcome> Engine::import_archive(const std::string& path, std::string_view from, std::string_view to, bool replace, const vz_uuid& request) {
    VZ_ASSIGN(const std::unique_ptr<Mapping> map, files_.map(path));
    VZ_ASSIGN(const ArchiveView archive, ArchiveView::open(map->bytes(), path));
    std::vector<CollectionState> chosen;
    for (const CollectionState& collection : archive.snapshot().collections) {
        if (from.empty() || collection.name == from) chosen.push_back(collection);
    }
    if (chosen.empty() && !from.empty()) {
        return failure(VZ_NOT_FOUND, "the archive has no collection '%.*s'", static_cast<int>(from.size()), from.data()).field("from").reason(VZ_REASON_COLLECTION);
    }
    if (!to.empty() && chosen.size() != 1) {
        return failure(VZ_INVALID_ARGUMENT, "one collection takes a new name: say which by `from`").field("from").reason(VZ_REASON_REQUIRED);
    }
    VZ_TRY(space_.admit_file(map->bytes().size()));
    // The files first, each with a number that nobody sweeps; then, without a checkpoint between, bitmaps and the edit.
    std::vector<std::unique_ptr<BeingWritten>> numbers;
    std::map<std::pair<uint64_t, uint64_t>, SegmentRef> imported;  // by file and offset
    for (const CollectionState& collection : chosen) {
        for (const SegmentRef& ref : collection.segments) {
            if (imported.contains({ref.file, ref.offset})) continue;
            numbers.push_back(std::make_unique<BeingWritten>(*this));
            VZ_ASSIGN((imported[{ref.file, ref.offset}]), import_segment(archive.segment(ref), ref, numbers.back()->number(), collection.id));
        }
    }
    if (map->failed()) return failure(VZ_IO_ERROR, "%s could not be read", path.c_str()).field("archive");
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    std::vector<Catalogue::Restored> restored;
    for (CollectionState& state : chosen) {
        Catalogue::Restored& one = restored.emplace_back();
        for (SegmentRef& ref : state.segments) {
            VZ_ASSIGN(const Bitmap ended, archive.ended(state.id, ref));
            ref = imported.at({ref.file, ref.offset});
            if (ended.cardinality() != 0) {
                const DeleteEntry entry{ref.file, &ended};
                VZ_ASSIGN(const std::vector<SegmentDeletes> deletes, write_delete_file({&entry, 1}));
                ref.deletes = deletes[0].deletes;
            }
            VZ_ASSIGN(OpenedSegment opened, open_segment(ref, state.schema));
            one.parts.emplace_back(std::move(opened.part), std::move(opened.ended));
        }
        one.state = std::move(state);
        if (!to.empty()) one.state.name = to;
    }
    VZ_TRY(files_.sync_directory(directory_ + "/seg"));
    VZ_ASSIGN(const EditOutcome outcome, catalogue_.restore(std::move(restored), replace, request));
    note_opened();
    clean_up();
    return outcome;
}

}  // namespace vz
