#include "engine/runtime/damaged_directory.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "engine/manifest/edit.hpp"
#include "engine/runtime/segment_store.hpp"
#include "engine/segment/delete_file.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/segment/segment_maps.hpp"

namespace vz {
namespace {

Result<std::vector<std::byte>> read_whole(FileSystem& files, const std::string& path) {
    VZ_ASSIGN(const std::unique_ptr<File> file, files.open(path, OpenMode::kRead));
    VZ_ASSIGN(const uint64_t size, file->size());
    std::vector<std::byte> bytes(size);
    VZ_TRY(file->read(0, bytes));
    return bytes;
}

class DamagedDirectory {
 public:
    DamagedDirectory(FileSystem& files, std::string directory, const FindingSink& lost)
        : files_(files), directory_(std::move(directory)), lost_(lost) {}

    Result<Findings> examine() {
        VZ_ASSIGN(found_.highest_number, highest_file_number(files_, directory_));
        VZ_TRY(find_manifest());
        check_identity_file();
        VZ_TRY(read_wals());
        drop_unreadable();
        if (found_.state.clean_close) note_lsn(found_.state.clean_close->last_lsn);
        for (const auto& [id, collection] : found_.state.collections) note_lsn(collection.through_lsn);
        note_lsn(std::max(read_lsn_, found_.state.retired_lsn));
        if (holes_.empty() || holes_.back().last != 0) find_missing_end();
        for (const Hole& hole : holes_) tell(hole);
        return std::move(found_);
    }

 private:
    // A part of the log that cannot be read. What it held is known from what lies around it.
    struct Hole {
        std::string file;
        uint64_t offset = 0;
        std::string what;
        Lsn first = 0;
        Lsn last = 0;  // 0: nothing is behind it
    };

    void lose(const std::string& collection, const std::string& file, uint64_t offset, const std::string& what) {
        lost_({VZ_CORRUPTION, collection, file, offset, what});
    }
    void note_lsn(Lsn lsn) { found_.last_lsn = std::max(found_.last_lsn, lsn); }

    // ---- the manifest ----

    Status find_manifest() {
        const Result<Current> current = read_current(files_, directory_);
        if (current.ok()) databases_.push_back(current->database);
        const Result<std::vector<std::byte>> identity = read_whole(files_, directory_ + "/IDENTITY");
        const Result<FileHeader> header =
            identity.ok() ? decode_header(*identity, kIdentityMagic) : identity.status().clone();
        if (header.ok()) databases_.push_back(header->database);
        VZ_TRY(choose_manifest(current));
        if (!current.ok())
            lose("", directory_ + "/CURRENT", 0, current.status().error().message);
        else if (!is_same(current->database, found_.database))
            lose("", directory_ + "/CURRENT", 0, "is written anew: it belongs to another database");
        return {};
    }

    Status choose_manifest(const Result<Current>& current) {
        if (current.ok()) {
            VZ_ASSIGN(const bool is_read, read_manifest_file(current->manifest));
            if (is_read) return {};
            lose("", manifest_path(directory_, current->manifest), 0,
                 "is the manifest that CURRENT names, and cannot be read");
        }
        std::vector<uint64_t> numbers;
        VZ_ASSIGN(const std::vector<std::string> names, files_.list(directory_));
        for (const std::string& name : names) {
            if (name.starts_with("MANIFEST-") && file_number_of(name) != 0) numbers.push_back(file_number_of(name));
        }
        std::sort(numbers.rbegin(), numbers.rend());
        for (const uint64_t number : numbers) {
            VZ_ASSIGN(const bool is_read, read_manifest_file(number));
            if (is_read) return {};
        }
        return failure(VZ_CORRUPTION,
                       "no manifest in %s can be read: nothing says which files are whose. Restore an archive instead",
                       directory_.c_str());
    }

    static bool is_same(const vz_uuid& a, const vz_uuid& b) {
        return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
    }

    // One of them may have come from elsewhere; not both.
    bool is_ours(const vz_uuid& database) const {
        return databases_.empty() || std::any_of(databases_.begin(), databases_.end(),
                                                 [&](const vz_uuid& each) { return is_same(each, database); });
    }

    // VZ_UNSUPPORTED: a newer release wrote it.
    Result<bool> read_manifest_file(uint64_t number) {
        const std::string path = manifest_path(directory_, number);
        const Result<std::vector<std::byte>> bytes = read_whole(files_, path);
        if (!bytes.ok()) return false;
        const Result<FileHeader> header = decode_header(*bytes, kManifestMagic);
        if (header.status().code() == VZ_UNSUPPORTED) return header.status().clone();
        if (!header.ok() || header->file_number != number || !is_ours(header->database)) return false;
        const FrameScan scan = scan_frames(*bytes, *header);
        if (scan.frames.empty()) return false;
        Result<EditFrame> first = decode_edits(scan.frames.front().payload);
        if (!first.ok() || !first->snapshot) return false;
        found_.database = header->database;
        found_.manifest = number;
        found_.state = std::move(*first->snapshot);
        found_.state.next_file = std::max(found_.state.next_file, number + 1);
        read_lsn_ = found_.state.last_lsn;
        log_lsn_ = found_.state.wals.empty() ? read_lsn_ : 0;
        if (!found_.state.wals.empty() && found_.state.wals.back().last_lsn == 0)
            begun_ = {found_.state.wals.back().number, 0, read_lsn_};
        for (size_t i = 1; i < scan.frames.size(); ++i) fold(path, scan.frames[i]);
        lost_edits_ = !scan.zeros_follow;
        if (lost_edits_) lose("", path, scan.end, "edits from here on could not be read");
        for (const Frame& frame : scan.later) fold(path, frame);
        return true;
    }

    void fold(const std::string& path, const Frame& frame) {
        note_lsn(frame.head.durable_lsn);
        if (frame.head.kind != FrameKind::kEdits) return;
        const Result<EditFrame> decoded = decode_edits(frame.payload);
        if (!decoded.ok()) return lose("", path, frame.offset, decoded.status().error().message);
        Lsn lsn = frame.head.lsn;
        for (const Edit& edit : decoded->edits) {
            ManifestState state = found_.state;
            const bool logical = is_logical(edit);
            const Status folded = state.fold(edit, logical ? lsn : 0);
            if (folded.ok()) {
                found_.state = std::move(state);
            } else {
                lose("", path, frame.offset, folded.error().message);
                lost_edits_ = true;
            }
            if (!logical) continue;
            edits_.insert(lsn);
            read_lsn_ = std::max(read_lsn_, lsn++);
        }
    }

    void check_identity_file() {
        const std::string path = directory_ + "/IDENTITY";
        const Result<std::vector<std::byte>> bytes = read_whole(files_, path);
        Status checked = bytes.ok() ? Status() : bytes.status().clone();
        if (bytes.ok()) {
            const Result<FileHeader> header = decode_header(*bytes, kIdentityMagic);
            checked =
                header.ok() ? check_identity(*header, found_.database, header->file_number) : header.status().clone();
            if (checked.ok() && bytes->size() != kFileHeaderBytes)
                checked = failure(VZ_CORRUPTION, "it has another size");
        }
        found_.identity_lost = !checked.ok();
        if (!checked.ok()) lose("", path, 0, "is written anew: " + std::string(checked.error().message));
    }

    // ---- the WAL ----

    Status read_wals() {
        // A file that is younger than the first one named and not named itself was opened by an edit that is lost, or
        // is the spare.
        std::vector<WalState>& wals = found_.state.wals;
        const uint64_t first = wals.empty() ? 0 : wals.front().number;
        VZ_ASSIGN(std::vector<std::string> names, files_.list(directory_ + "/wal"));
        std::vector<uint64_t> unnamed;
        for (const std::string& name : names) {
            const uint64_t number = file_number_of(name);
            const bool is_named =
                std::any_of(wals.begin(), wals.end(), [&](const WalState& wal) { return wal.number == number; });
            if (number > first && !is_named) unnamed.push_back(number);
        }
        for (const uint64_t number : unnamed) wals.push_back({number, 0, 0});
        std::sort(wals.begin(), wals.end(), [](const WalState& a, const WalState& b) { return a.number < b.number; });
        if (lost_edits_) {
            // Where one ended may be told of another.
            for (WalState& wal : wals) wal = {wal.number, 0, 0};
        }
        log_lsn_ = std::max(log_lsn_, found_.state.retired_lsn);
        for (const WalState& wal : found_.state.wals) {
            if (wal.number >= begun_.number) log_lsn_ = std::max(log_lsn_, begun_.last_lsn);
            VZ_ASSIGN(WalReading reading, read_wal_file(wal));
            found_.wals.push_back(std::move(reading));
            note_lsn(wal.last_lsn);
            log_lsn_ = std::max(log_lsn_, wal.last_lsn);
            if (wal.sealed_end != 0) end_holes(wal.last_lsn);
        }
        return {};
    }

    Result<WalReading> read_wal_file(const WalState& wal) {
        const std::string path = wal_path(directory_, wal.number);
        Result<WalReading> reading = read_wal(files_, directory_, found_.database, wal.number);
        if (!reading.ok()) {
            if (reading.status().code() == VZ_UNSUPPORTED) return reading;
            // One that was never written whole: the spare of a killed process.
            const bool is_unborn = wal.sealed_end == 0 && wal.last_lsn == 0 && &wal == &found_.state.wals.back();
            if (!is_unborn || !is_empty(path)) lose_records(path, 0, reading.status().error().message);
            return WalReading();
        }
        FrameScan& scan = reading->scan;
        const uint64_t end = wal.sealed_end != 0 ? wal.sealed_end : UINT64_MAX;
        const auto is_beyond = [end](const Frame& frame) { return frame.offset >= end; };
        std::erase_if(scan.frames, is_beyond);
        std::erase_if(scan.later, is_beyond);
        for (const Frame& frame : scan.frames) note_records(frame);
        for (const Frame& frame : scan.later) {
            if (frame.offset > scan.end) lose_records(path, scan.end, unreadable_up_to(frame.offset));
            note_records(frame);
            scan.frames.push_back(frame);
            scan.end = frame.offset + frame_bytes(frame.payload.size());
        }
        if (wal.sealed_end != 0 && scan.end < end) lose_records(path, scan.end, unreadable_up_to(end));
        if (wal.sealed_end == 0 && !scan.zeros_follow && scan.later.empty())
            lose_records(path, scan.end, "records from here on could not be read");
        return std::move(*reading);
    }

    static std::string unreadable_up_to(uint64_t offset) {
        return "records up to offset " + std::to_string(offset) + " could not be read";
    }

    void note_records(const Frame& frame) {
        const FrameHead& head = frame.head;
        note_lsn(head.durable_lsn);
        end_holes(head.count != 0 ? head.lsn - 1 : head.durable_lsn);
        if (head.count == 0) return;
        log_lsn_ = std::max(log_lsn_, head.lsn + head.count - 1);
        read_lsn_ = std::max(read_lsn_, log_lsn_);
    }

    bool is_empty(const std::string& path) {
        const Result<std::vector<std::byte>> bytes = read_whole(files_, path);
        return bytes.ok() && std::all_of(bytes->begin(), bytes->end(), [](std::byte b) { return b == std::byte{0}; });
    }

    void lose_records(const std::string& path, uint64_t offset, std::string what) {
        holes_.push_back({path, offset, std::move(what), log_lsn_ + 1});
    }

    // What is read next comes after that LSN.
    void end_holes(Lsn last) {
        for (auto hole = holes_.rbegin(); hole != holes_.rend() && hole->last == 0; ++hole) hole->last = last;
    }

    // An end that is gone leaves no trace in its own file, where it was cut between two frames or became zeros. But
    // each LSN is an edit's or in a WAL, and of later ones something tells.
    void find_missing_end() {
        Lsn last = found_.last_lsn;
        while (last > log_lsn_ && edits_.contains(last)) --last;
        const auto& collections = found_.state.collections;
        const bool is_sealed = std::all_of(collections.begin(), collections.end(),
                                           [last](const auto& each) { return each.second.through_lsn >= last; });
        if (last <= log_lsn_ || is_sealed) return;
        const bool has_wal = !found_.state.wals.empty();
        const std::string file = has_wal ? wal_path(directory_, found_.state.wals.back().number) : directory_;
        const uint64_t end = has_wal ? found_.wals.back().scan.end : 0;
        holes_.push_back({file, end, "what was written last is missing", log_lsn_ + 1, last});
    }

    void tell(const Hole& hole) {
        // How far an open file went that is gone only an orderly close would say.
        const bool is_endless = hole.last == 0 && hole.offset == 0 && !found_.state.clean_close;
        Lsn first = hole.first;
        Lsn last = is_endless ? UINT64_MAX : hole.last != 0 ? hole.last : found_.last_lsn;
        while (first <= last && edits_.contains(first)) ++first;
        while (first <= last && edits_.contains(last)) --last;
        if (first > last) return lose("", hole.file, hole.offset, hole.what);
        const auto range = [&](Lsn from) {
            return "LSN " + std::to_string(from) + (is_endless ? " on" : " to " + std::to_string(last));
        };
        lose("", hole.file, hole.offset, hole.what + ": " + range(first));
        for (const auto& [id, collection] : found_.state.collections) {
            if (collection.through_lsn >= last) continue;
            lose(collection.name, hole.file, hole.offset,
                 "what was written to it from " + range(std::max(first, collection.through_lsn + 1)) +
                     " may be gone, and what was deleted then be back");
        }
    }

    // ---- sealed files ----

    bool is_readable(const SegmentRef& ref, Schema* schema, bool whole, std::string* why, bool* lost_marks) {
        const std::string path = segment_path(directory_, 'S', ref.file);
        const auto open = [&]() -> Result<std::unique_ptr<SealedSegment>> {
            VZ_ASSIGN(std::shared_ptr<const Mapping> map, maps_.map(files_, path));
            VZ_ASSIGN(std::unique_ptr<SealedSegment> opened,
                      SealedSegment::open(std::move(map), path, found_.database, ref.file, summary_of(ref)));
            // The edit that added a field may be what was lost.
            schema->next_field_id = std::max(schema->next_field_id, opened->metadata().schema.next_field_id);
            VZ_TRY(opened->check_fields(*schema));
            return opened;
        };
        const auto segment = open();
        if (!segment.ok()) {
            *why = segment.status().error().message;
            return false;
        }
        if (whole) {
            const auto damage = (*segment)->find_damage(files_, [](uint64_t) { return Status(); });
            if (!damage.ok() || !damage->empty()) {
                *why = damage.ok() ? damage->front().message : damage.status().error().message;
                return false;
            }
        }
        if (!ref.deletes) return true;
        const auto ended = read_deletes(files_, segment_path(directory_, 'D', ref.deletes->file), found_.database,
                                        ref.file, *ref.deletes, static_cast<uint32_t>(ref.rows));
        if (ended.ok()) return true;
        *why = std::string(ended.status().error().message) + ": which of its points were deleted is not known";
        *lost_marks = true;
        return false;
    }

    // A segment whose deletes are lost goes too: loss was accepted, the return of deleted points was not. Of a snapshot
    // a collection is kept that is whole.
    void drop_unreadable() {
        const auto drop_of = [&](const std::string& name, CollectionState* collection, bool whole) {
            return std::erase_if(collection->segments, [&](const SegmentRef& ref) {
                std::string why;
                bool lost_marks = false;
                if (is_readable(ref, &collection->schema, whole, &why, &lost_marks)) return false;
                lose(name, segment_path(directory_, lost_marks ? 'D' : 'S', lost_marks ? ref.deletes->file : ref.file),
                     0, std::to_string(ref.rows) + " rows: " + why);
                return true;
            });
        };
        for (auto& [id, collection] : found_.state.collections) drop_of(collection.name, &collection, false);
        for (auto& [name, state] : found_.state.snapshots) {
            SnapshotState& snapshot = state;
            std::erase_if(snapshot.collections, [&](CollectionState& collection) {
                return drop_of("snapshot " + snapshot.name + ": " + collection.name, &collection, true) != 0;
            });
        }
        std::erase_if(found_.state.snapshots, [](const auto& each) { return each.second.collections.empty(); });
    }

    FileSystem& files_;
    const std::string directory_;
    const FindingSink& lost_;
    SegmentMaps maps_;
    std::vector<vz_uuid> databases_;  // as CURRENT and IDENTITY say
    Findings found_;
    WalState begun_;  // the one that began with the manifest, behind that LSN
    std::set<Lsn> edits_;
    std::vector<Hole> holes_;
    Lsn log_lsn_ = 0;   // up to which the WALs are read, or known to have gone
    Lsn read_lsn_ = 0;  // of what was read; found_.last_lsn: of what is known to have been
    bool lost_edits_ = false;
};

}  // namespace

Result<Findings> examine_damaged(FileSystem& files, const std::string& directory, const FindingSink& lost) {
    return DamagedDirectory(files, directory, lost).examine();
}

}  // namespace vz
