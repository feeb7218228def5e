#include "engine/runtime/check.hpp"

#include "engine/runtime/engine.hpp"
#include "engine/runtime/recovery.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/wal/record.hpp"

namespace vz {
namespace {

void check_records(FileSystem& files, const std::string& directory, const Findings& found,
                   std::vector<CheckFinding>* findings) {
    for (size_t i = 0; i < found.wals.size(); ++i) {
        const std::string file = wal_path(directory, found.state.wals[i].number);
        const Result<WalReading> wal = read_again(files, directory, found, i);
        if (!wal.ok()) {
            findings->push_back({VZ_CORRUPTION, "", file, 0, wal.status().error().message});
            return;
        }
        for (const Frame& frame : wal->scan.frames) {
            if (frame.head.kind != FrameKind::kRecords) continue;
            std::span<const std::byte> left = frame.payload;
            for (uint32_t record = 0; record < frame.head.count; ++record) {
                uint64_t size = 0;
                const Result<Batch> batch = decode_record(left, &size);
                if (!batch.ok()) {
                    findings->push_back({VZ_CORRUPTION, "", file, frame.offset, batch.status().error().message});
                    return;
                }
                left = left.subspan(size);
            }
        }
    }
}

void check_segments(FileSystem& files, const std::string& directory, const Findings& found, std::vector<CheckFinding>* findings) {
    for (const auto& [id, collection] : found.state.collections) {
        for (const SegmentRef& ref : collection.segments) {
            const std::string path = segment_path(directory, 'S', ref.file);
            const SegmentSummary expected{ref.bytes, ref.rows, ref.version_min, ref.version_max, ref.header_crc, ref.hash};
            const Result<std::unique_ptr<SealedSegment>> segment = SealedSegment::open(files, path, found.database, ref.file, expected);
            const Status contents = segment.ok() ? (*segment)->verify_contents() : segment.status().clone();
            if (!contents.ok()) findings->push_back({VZ_CORRUPTION, collection.name, path, 0, contents.error().message});
        }
    }
}

}  // namespace

Result<std::vector<CheckFinding>> check_directory(FileSystem& files, const std::string& directory) {
    std::vector<CheckFinding> findings;
    VZ_ASSIGN(const bool exists, files.exists(directory));
    if (!exists) return failure(VZ_NOT_FOUND, "there is no data directory %s", directory.c_str());
    std::unique_ptr<FileLock> lock;
    VZ_ASSIGN(const bool has_lock, files.exists(directory + "/LOCK"));
    if (has_lock) {
        VZ_ASSIGN(lock, files.lock(directory + "/LOCK"));
    }
    const Result<Findings> found = examine(files, directory);
    if (!found.ok()) {
        if (found.status().code() != VZ_CORRUPTION && found.status().code() != VZ_UNSUPPORTED) return found.status().clone();
        findings.push_back({found.status().code(), "", directory, 0, found.status().error().message});
        return findings;
    }
    if (found->unborn) {
        findings.push_back({VZ_OK, "", directory, 0, "no database was made here yet"});
        return findings;
    }
    for (const std::string& tail : found->torn) findings.push_back({VZ_OK, "", tail, 0, "an unacknowledged tail, which the next open cuts"});
    check_records(files, directory, *found, &findings);
    check_segments(files, directory, *found, &findings);
    return findings;
}

}  // namespace vz
