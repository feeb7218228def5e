#include "engine/runtime/check.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "engine/collection/graphs.hpp"
#include "engine/io/read_around.hpp"
#include "engine/payload/json.hpp"
#include "engine/runtime/damaged_directory.hpp"
#include "engine/runtime/recovery.hpp"
#include "engine/runtime/segment_store.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/segment/segment_maps.hpp"
#include "engine/wal/record.hpp"

namespace vz {
namespace {

class Check {
 public:
    Check(FileSystem& files, std::string directory, CheckDepth depth)
        : files_(files), directory_(std::move(directory)), depth_(depth) {}

    Result<std::vector<CheckFinding>> run() {
        Result<Findings> found = examine(files_, directory_);
        if (!found.ok()) {
            const Status cause = found.take_status();
            if (cause.code() != VZ_CORRUPTION && cause.code() != VZ_UNSUPPORTED) return cause.clone();
            findings_.push_back({cause.code(), "", directory_, 0, cause.error().message});
            if (cause.code() == VZ_UNSUPPORTED) return std::move(findings_);
            has_contents_ = true;
            found = examine_damaged(files_, directory_, [&](const CheckFinding& lost) { findings_.push_back(lost); });
            if (!found.ok()) {
                tell(found.status(), "", directory_, 0);
                return std::move(findings_);
            }
        }
        if (found->unborn) {
            note(directory_, "no database was made here yet");
            return std::move(findings_);
        }
        for (const std::string& tail : found->torn) note(tail, "an unacknowledged tail, which the next open cuts");
        records(*found);
        for (const auto& [id, state] : found->state.collections) collection(*found, state);
        for (const auto& [name, snapshot] : found->state.snapshots) {
            for (const CollectionState& state : snapshot.collections) collection(*found, state);
        }
        VZ_TRY(orphans(*found));
        return std::move(findings_);
    }

 private:
    void damage(const std::string& collection, const std::string& file, uint64_t offset, const std::string& what) {
        findings_.push_back({VZ_CORRUPTION, collection, file, offset, what});
    }
    // What a newer release wrote is no damage.
    void tell(const Status& cause, const std::string& collection, const std::string& file, uint64_t offset) {
        const vz_status code = cause.code() == VZ_UNSUPPORTED ? VZ_UNSUPPORTED : VZ_CORRUPTION;
        findings_.push_back({code, collection, file, offset, cause.error().message});
    }
    void note(const std::string& file, const std::string& what) { findings_.push_back({VZ_OK, "", file, 0, what}); }

    void records(const Findings& found) {
        for (size_t i = 0; i < found.wals.size(); ++i) {
            const std::string file = wal_path(directory_, found.state.wals[i].number);
            std::optional<WalReading> again;
            if (!has_contents_) {
                Result<WalReading> read = read_again(files_, directory_, found, i);
                if (!read.ok()) return damage("", file, 0, read.status().error().message);
                again = read.take();
            }
            for (const Frame& frame : again ? again->scan.frames : found.wals[i].scan.frames) {
                if (frame.head.kind != FrameKind::kRecords) continue;
                std::span<const std::byte> left = frame.payload;
                for (uint32_t record = 0; record < frame.head.count; ++record) {
                    uint64_t size = 0;
                    const Result<Batch> batch = decode_record(left, &size);
                    if (!batch.ok()) {
                        damage("", file, frame.offset, batch.status().error().message);
                        break;
                    }
                    left = left.subspan(size);
                }
            }
        }
    }

    struct Opened {
        std::string path;
        std::unique_ptr<SealedSegment> segment;
        Bitmap ended;
    };

    // Of a segment that several name only the first is told; the deletes are each one's own.
    void collection(const Findings& found, const CollectionState& state) {
        if (!state.damage.empty()) damage(state.name, directory_, 0, "the collection was set aside: " + state.damage);
        std::vector<Opened> opened;
        for (const SegmentRef& ref : state.segments) {
            Opened one;
            one.path = segment_path(directory_, 'S', ref.file);
            auto segment = open(one.path, found, ref);
            const bool is_new = seen_.insert({ref.file, ref.offset}).second;
            if (!segment.ok()) {
                if (is_new) tell(segment.status(), state.name, one.path, 0);
                continue;
            }
            one.segment = std::move(*segment);
            if (ref.deletes && !deletes(found, state, ref, &one.ended)) continue;
            if (!is_new || contents(state, one)) opened.push_back(std::move(one));
        }
        one_live_row_an_id(state, opened);
    }

    Result<std::unique_ptr<SealedSegment>> open(const std::string& path, const Findings& found, const SegmentRef& ref) {
        VZ_ASSIGN(std::shared_ptr<const Mapping> map, maps_.map(files_, path));
        return SealedSegment::open(std::move(map), path, found.database, ref.file, summary_of(ref));
    }

    bool deletes(const Findings& found, const CollectionState& state, const SegmentRef& ref, Bitmap* ended) {
        const DeleteRef& from = *ref.deletes;
        const std::string path = segment_path(directory_, 'D', from.file);
        Result<Bitmap> read =
            read_deletes(files_, path, found.database, ref.file, from, static_cast<uint32_t>(ref.rows));
        if (read.ok()) {
            *ended = std::move(*read);
            return true;
        }
        if (seen_.insert({from.file, from.offset}).second) tell(read.status(), state.name, path, from.offset);
        return false;
    }

    // Whether its rows may be looked at.
    bool contents(const CollectionState& state, const Opened& one) {
        const auto bad = one.segment->find_damage(files_, [](uint64_t) { return Status(); });
        if (!bad.ok()) {
            damage(state.name, one.path, 0, bad.status().error().message);
            return false;
        }
        for (const SealedSegment::Damage& each : *bad) damage(state.name, one.path, each.offset, each.message);
        if (!bad->empty()) return false;
        for (const std::string& problem : SealedGraphs(one.segment->metadata().schema, *one.segment).find_problems())
            damage(state.name, one.path, 0, problem);
        const uint32_t rows = one.segment->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            const IdView id = one.segment->id(row);
            if (one.segment->find(id) != row) {
                damage(state.name, one.path, 0,
                       "row " + std::to_string(row) + " is not found by its id '" + id_text(id) + "'");
                return false;
            }
            if (row != 0 && !(one.segment->id(one.segment->row_in_id_order(row - 1)) <
                              one.segment->id(one.segment->row_in_id_order(row)))) {
                damage(state.name, one.path, 0, "the order of ids is broken at " + std::to_string(row));
                return false;
            }
            const Status payload = depth_.payloads ? validate_payload(one.segment->payload(row)) : Status();
            if (!payload.ok())
                damage(state.name, one.path, 0, "the payload of '" + id_text(id) + "': " + payload.error().message);
        }
        return true;
    }

    void one_live_row_an_id(const CollectionState& state, const std::vector<Opened>& opened) {
        for (size_t i = 0; i + 1 < opened.size(); ++i) {
            for (uint32_t row = 0; row < opened[i].segment->row_count(); ++row) {
                if (opened[i].ended.contains(row)) continue;
                const IdView id = opened[i].segment->id(row);
                for (size_t j = i + 1; j < opened.size(); ++j) {
                    const uint32_t other = opened[j].segment->find(id);
                    if (other == UINT32_MAX || opened[j].ended.contains(other)) continue;
                    damage(state.name, opened[i].path, 0,
                           "'" + id_text(id) + "' is live in " + opened[j].path + " too");
                }
            }
        }
    }

    Status orphans(const Findings& found) {
        std::set<uint64_t> named = {found.manifest};
        for (const WalState& wal : found.state.wals) named.insert(wal.number);
        for_each_segment(found.state, [&](const SegmentRef& ref) {
            named.insert(ref.file);
            if (ref.deletes) named.insert(ref.deletes->file);
        });
        for (const char* folder : {"", "/wal", "/seg"}) {
            VZ_ASSIGN(const std::vector<std::string> names, files_.list(directory_ + folder));
            for (const std::string& name : names) {
                const uint64_t number = file_number_of(name);
                if (number != 0 && !named.contains(number))
                    note(directory_ + folder + "/" + name, "nothing names it: the next open removes it");
            }
        }
        return {};
    }

    FileSystem& files_;
    const std::string directory_;
    const CheckDepth depth_;
    bool has_contents_ = false;  // the WALs found
    SegmentMaps maps_;
    std::set<std::pair<uint64_t, uint64_t>> seen_;  // file and offset of what was told
    std::vector<CheckFinding> findings_;
};

}  // namespace

CheckFinding unreadable_block(const std::string& path, uint64_t offset) {
    return {VZ_IO_ERROR, "", path, offset,
            "the disk cannot read the " + std::to_string(ReadAround::kBlock) + " bytes from here on"};
}

Result<std::vector<CheckFinding>> check_directory(FileSystem& files, const std::string& directory, CheckDepth depth) {
    VZ_ASSIGN(const bool exists, files.exists(directory));
    if (!exists) return failure(VZ_NOT_FOUND, "there is no data directory %s", directory.c_str());
    VZ_ASSIGN(const std::unique_ptr<FileLock> lock, files.lock(directory + "/LOCK", LockMode::kLook));
    std::vector<CheckFinding> unreadable;
    ReadAround around(
        files, [&](const std::string& path, uint64_t offset) { unreadable.push_back(unreadable_block(path, offset)); });
    VZ_ASSIGN(std::vector<CheckFinding> findings, Check(around, directory, depth).run());
    findings.insert(findings.begin(), unreadable.begin(), unreadable.end());
    return findings;
}

}  // namespace vz
