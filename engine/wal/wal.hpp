// The write-ahead log: a chain of files of frames, each frame one commit group of records of any collections.
//
// Not thread-safe: the recovering thread owns it first, then whoever leads a commit. prepare() may run beside it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/base/arena.hpp"
#include "engine/io/file.hpp"
#include "engine/log/frame.hpp"

namespace vz {

std::string wal_path(const std::string& directory, uint64_t number);

struct WalFile {
    FileHeader header;
    std::unique_ptr<File> file;
    uint64_t bytes = 0;
};

// Creates W-<number>: zero-filled beforehand, so that appends sync fast; header last; synced with its directory. An
// unfinished file is an orphan: its number is never used again.
Result<WalFile> prepare_wal(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t number,
                            uint64_t salt, uint64_t bytes);

// One WAL file as recovery finds it; nothing is changed. `scan` points into `contents`, which are no heap's: what such
// large blocks leave behind in one, file after file, a replay would not be rid of.
struct WalReading {
    FileHeader header;
    std::optional<Arena> contents;
    FrameScan scan;

    // Keeps where the frames are and what their heads say: all files of a log together may be larger than memory.
    void forget_contents();
};
Result<WalReading> read_wal(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t number);

class Wal {
 public:
    explicit Wal(WalFile file);

    // Whether a frame with that payload still fits the file.
    bool fits(uint64_t payload_bytes) const;
    // Appends records as one frame and syncs it. After a failure the WAL is not to be used again.
    Status append(std::span<const std::span<const std::byte>> records, Lsn first_lsn, Lsn durable_lsn);
    // A frame without content that tells a later reader what was durable; not synced.
    Status mark(Lsn durable_lsn);
    // Syncs markers behind the last record, so that end() may be promised to a later reader. After a failure as
    // append().
    Status sync_markers();

    // Whether what is appended can be found again.
    Result<bool> is_in_place() const { return file_.file->is_in_place(); }
    uint64_t number() const { return file_.header.file_number; }
    uint64_t end() const { return writer_.end(); }
    uint64_t bytes() const { return file_.bytes; }
    Lsn last_lsn() const { return last_lsn_; }

 private:
    WalFile file_;
    FrameWriter writer_;
    Lsn last_lsn_ = 0;
};

}  // namespace vz
