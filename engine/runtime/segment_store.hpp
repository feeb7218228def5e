// The segment and delete files of a data directory: written, copied in and opened. A file counts once the manifest
// names it; until then it is an orphan, which the next sweep takes unless its number is claimed.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/collection/collection.hpp"
#include "engine/io/file.hpp"
#include "engine/runtime/file_numbers.hpp"
#include "engine/segment/delete_file.hpp"
#include "engine/segment/segment_maps.hpp"

namespace vz {

// "<directory>/seg/S-0000000000000031"; kind is S or D.
std::string segment_path(const std::string& directory, char kind, uint64_t number);
// What opening the file has to find.
SegmentSummary summary_of(const SegmentRef& ref);

// Any thread. What it is given outlives it.
class SegmentStore {
 public:
    // Files are read ahead as far as `memory_bytes` go.
    SegmentStore(FileSystem& files, const std::string& directory, const vz_uuid& database, FileNumbers& numbers,
                 uint64_t memory_bytes)
        : files_(files), directory_(directory), database_(database), numbers_(numbers), read_ahead_(memory_bytes) {}

    // A number for a segment file that is not swept while this lives.
    class Claim {
     public:
        explicit Claim(SegmentStore& store);
        ~Claim();
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;
        uint64_t number() const { return number_; }

     private:
        SegmentStore& store_;
        uint64_t number_ = 0;
    };
    // Keeps the files that a snapshot names from being swept while this lives, whatever becomes of their collections.
    // A crash ends it. Made before anybody else gets the lock of Checkpoints::exclude().
    class Pin {
     public:
        Pin(SegmentStore& store, const SnapshotState& snapshot);
        ~Pin();
        Pin(const Pin&) = delete;
        Pin& operator=(const Pin&) = delete;

     private:
        SegmentStore& store_;
        std::vector<uint64_t> numbers_;
    };
    // Numbers that are not swept; the same one may come more than once.
    std::vector<uint64_t> claimed() const;

    // A file of these rows and their graphs. After a failure there is none.
    Result<std::shared_ptr<Part>> write(const Collection& collection, const Schema& schema, const LiveRows& live,
                                        const BuiltGraphs& graphs, uint64_t number);
    // One file for several collections that are small: they have no graphs. Read again as it was written. Null parts:
    // no row lives. After a failure there is no file.
    struct Packed {
        const Collection* collection;
        const Schema* schema;
        const LiveRows* live;
    };
    Result<std::vector<std::shared_ptr<Part>>> write_pack(std::span<const Packed> packed, uint64_t number);
    Result<std::vector<SegmentDeletes>> write_deletes(std::span<const DeleteEntry> entries);
    // Bytes of a segment of an archive, at least a header, as a file of this database, read again as it was written.
    // `origin` is what errors call them.
    Result<SegmentRef> take_in(std::span<const std::byte> bytes, const std::string& origin, const SegmentRef& from,
                               uint64_t number, const CollectionState& collection);
    // Files written so far are there after a power cut.
    Status sync() { return files_.sync_directory(directory_ + "/seg"); }
    // A file that nobody will name: half of one helps nobody, least of all a full disk.
    void discard(uint64_t number) { static_cast<void>(files_.unlink(segment_path(directory_, 'S', number))); }

    // One that the manifest names, and the rows that had ended by its delete file. Contents are not read:
    // SealedSegment::verify_contents(). VZ_CORRUPTION, among others, if it holds other vectors than the schema says.
    struct Opened {
        std::shared_ptr<Part> part;
        Bitmap ended;
    };
    Result<Opened> open(const SegmentRef& ref, const Schema& schema);
    // Of a segment file, all of its segments together.
    Result<uint64_t> file_bytes(uint64_t number) const;

 private:
    SegmentIdentity identity_of(const Collection& collection, uint64_t number, uint64_t salt) const;
    Result<std::shared_ptr<Part>> open_rows(const SegmentRef& ref, const Schema& schema);
    Result<std::vector<SegmentRef>> write_pack_file(std::span<const Packed> packed, uint64_t number);

    FileSystem& files_;
    const std::string& directory_;
    const vz_uuid database_;
    FileNumbers& numbers_;
    mutable SegmentMaps maps_;
    ReadAhead read_ahead_;
    mutable std::mutex claims_;  // of claimed_
    std::multiset<uint64_t> claimed_;
};

}  // namespace vz
