// A snapshot as one file that another database can take in (archive.md): written front to back, read only when all of
// it is as it was written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/io/file.hpp"
#include "engine/io/file_header.hpp"
#include "engine/manifest/state.hpp"

namespace vz {

constexpr Magic kArchiveMagic = {'V', 'Z', 'A', 'R', 'C', 'H', 'V', '1'};

// Takes the next bytes of the archive.
using ArchiveSink = std::function<Status(std::span<const std::byte>)>;

// Writes the files that the snapshot names, each verified on its way. The caller keeps them from being removed
// meanwhile. VZ_CORRUPTION names the file and an offset; what the sink has then is no archive.
Status write_archive(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t salt,
                     const SnapshotState& snapshot, const ArchiveSink& sink);

// An archive whose every byte was checked. Anybody can write one whose checksums are right: names and schemas keep the
// limits of new collections, and what names a segment agrees with its item. Borrows the bytes.
class ArchiveView {
 public:
    // VZ_CORRUPTION names `path` and an offset. VZ_UNSUPPORTED: a newer release wrote it.
    static Result<ArchiveView> open(std::span<const std::byte> bytes, const std::string& path);

    // Files are named as they were in the database that wrote it.
    const SnapshotState& snapshot() const { return snapshot_; }
    // A segment as a file of its own, header and footer included; these are not looked at.
    std::span<const std::byte> segment(const SegmentRef& ref) const;
    // What errors call it: the archive, and where in it the segment lies.
    std::string segment_name(const SegmentRef& ref) const;
    // Rows of it that had ended in that collection; empty: none.
    Result<Bitmap> ended(uint64_t collection, const SegmentRef& ref) const;

 private:
    enum Kind : uint32_t { kSegment = 1, kDeletes = 2 };
    friend Status write_archive(FileSystem&, const std::string&, const vz_uuid&, uint64_t, const SnapshotState&,
                                const ArchiveSink&);
    struct Entry {
        Kind kind;
        uint64_t within;  // of deletes: the collection; of a segment: its place in the file that it lay in
        uint64_t file;    // of the segment
        uint64_t offset;
        uint64_t bytes;
    };
    const Entry* find(Kind kind, uint64_t within, uint64_t file) const;
    bool holds(uint64_t offset, uint64_t bytes) const;
    Status read_index(uint64_t at, uint64_t count);
    Status read_manifest(uint64_t at, uint64_t bytes);
    Status check_collection(const CollectionState& collection, uint64_t manifest_at) const;
    Status check_segments(const CollectionState& collection, uint64_t manifest_at) const;

    std::string path_;
    std::span<const std::byte> bytes_;
    uint64_t footer_at_ = 0;
    SnapshotState snapshot_;
    std::map<std::tuple<Kind, uint64_t, uint64_t>, Entry> entries_;
};

}  // namespace vz
