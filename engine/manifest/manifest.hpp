// The manifest file: a snapshot, then edits. The only truth about collections and files.
//
// Not thread-safe: the recovering thread owns it first, then whoever leads a commit.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/io/file.hpp"
#include "engine/log/frame.hpp"
#include "engine/manifest/state.hpp"

namespace vz {

std::string manifest_path(const std::string& directory, uint64_t number);

// The file that names the current manifest.
struct Current {
    uint64_t manifest = 0;
    vz_uuid database = {};
};
// VZ_NOT_FOUND: there is none. VZ_CORRUPTION: it does not check.
Result<Current> read_current(FileSystem& files, const std::string& directory);

// A manifest as recovery finds it; nothing is changed.
struct ManifestReading {
    FileHeader header;
    FrameScan scan;  // frames point into `bytes`
    std::vector<std::byte> bytes;
    ManifestState state;       // of the readable prefix
    std::vector<Lsn> logical;  // LSNs of the logical edits behind the snapshot, in order
    uint64_t end = 0;          // of the readable prefix
};
Result<ManifestReading> read_manifest(FileSystem& files, const std::string& directory, const Current& current);

class Manifest {
 public:
    // Writes MANIFEST-<number> with a snapshot of `state`, makes CURRENT name it, and unlinks `previous` (0: none). The
    // commit point is the rename of CURRENT. The file is zero-filled `extend_bytes` at a time. `state` is moved from on
    // success only. Nothing was done where it is VZ_LIMIT_EXCEEDED, more than a frame holds, or VZ_DISK_FULL.
    static Result<std::unique_ptr<Manifest>> create(FileSystem& files, const std::string& directory,
                                                    const vz_uuid& database, uint64_t number, uint64_t salt,
                                                    ManifestState& state, uint64_t previous, uint64_t extend_bytes);

    // Makes the file long enough for edits of so many bytes. A failure leaves the manifest as it was.
    Status make_room(uint64_t encoded_bytes) { return extend(frame_bytes(encoded_bytes)); }
    // Appends edits, encoded by encode_edits(), as one frame and syncs it. `first_lsn` is that of the first logical
    // edit; logical edits take LSNs in order, physical ones none. Folds them into state() when they are durable. After
    // a failure the manifest is not to be used again.
    Status append(std::span<const Edit* const> edits, std::span<const std::byte> encoded, Lsn first_lsn,
                  Lsn durable_lsn);
    // A frame without content that tells a later reader what was durable; not synced.
    Status mark(Lsn last_lsn, Lsn durable_lsn);

    // Whether what is appended can be found again.
    Result<bool> is_in_place() const { return file_->is_in_place(); }
    const ManifestState& state() const { return state_; }
    uint64_t number() const { return header_.file_number; }
    uint64_t end() const { return writer_->end(); }
    // Edits, and not markers alone, came behind the snapshot: a new one may be shorter than both.
    bool has_edits() const { return has_edits_; }
    uint64_t extend_bytes() const { return extend_bytes_; }
    // The file has grown enough for a new one to pay.
    bool wants_roll() const;

 private:
    Manifest(FileHeader header, std::unique_ptr<File> file, uint64_t extend_bytes);
    Status extend(uint64_t bytes);

    FileHeader header_;
    std::unique_ptr<File> file_;
    ManifestState state_;
    std::unique_ptr<FrameWriter> writer_;
    uint64_t extend_bytes_;
    uint64_t zeroed_end_ = 0;
    uint64_t edits_begin_ = 0;
    bool has_edits_ = false;
};

}  // namespace vz
