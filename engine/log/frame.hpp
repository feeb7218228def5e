// Frames: the unit of both logs, manifest and WAL. One commit group is one frame, so a torn frame is unacknowledged as
// a whole. The layout stands in format.md beside this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/lsn.hpp"
#include "engine/base/status.hpp"
#include "engine/io/file.hpp"
#include "engine/io/file_header.hpp"

namespace vz {

enum class FrameKind : uint16_t { kEdits = 1, kRecords = 2, kMarker = 3 };
inline constexpr uint16_t kFrameSkippable = 0x8000;  // older readers may pass over such kinds

inline constexpr uint64_t kFrameHeadBytes = 56;

struct FrameHead {
    FrameKind kind = FrameKind::kMarker;
    Lsn lsn = 0;               // of the first item; of frames without items, the position they refer to
    uint32_t count = 0;        // items that take an LSN
    Lsn durable_lsn = 0;       // highest LSN known synced, in either log, when the frame was formed
    uint64_t durable_end = 0;  // offset up to which this file was known synced then
};

// Bytes of a frame with that payload, padding included.
uint64_t frame_bytes(uint64_t payload_bytes);

// Appends frames to one file. One thread at a time.
class FrameWriter {
 public:
    // `end` is where the next frame goes, `previous_crc` that of the frame before it (of the header, for the first).
    FrameWriter(File& file, const FileHeader& header, uint64_t end, uint32_t previous_crc);

    // Writes one frame; it is durable only after sync(). After a failure the writer is not to be used again.
    Status append(const FrameHead& head, std::span<const std::span<const std::byte>> payload);
    // One fdatasync. Not called when nothing was appended.
    Status sync();

    uint64_t end() const { return end_; }
    uint64_t durable_end() const { return durable_end_; }

 private:
    File& file_;
    FileHeader header_;
    uint64_t end_;
    uint64_t durable_end_;
    uint32_t previous_crc_;
    std::vector<std::byte> buffer_;
};

struct Frame {
    FrameHead head;
    uint64_t offset = 0;
    uint32_t crc = 0;
    std::span<const std::byte> payload;  // into the scanned bytes
};

// What one log file holds, as far as it can be read.
struct FrameScan {
    std::vector<Frame> frames;  // the readable prefix
    uint64_t end = 0;           // where reading stopped
    uint32_t last_crc = 0;
    bool zeros_follow = false;  // nothing but zeros behind `end`
    std::vector<Frame> later;   // valid by themselves behind `end`
};

// Reads frames from offset 4096 of a whole file's bytes up to the first that fails: checksum, chain, bounds, or an LSN
// below the one before. Frames of unknown skippable kinds are passed over.
FrameScan scan_frames(std::span<const std::byte> file, const FileHeader& header);

// Whether a scan that stopped before the end of its file found damage rather than a torn tail. `last_lsn` is the last
// LSN of the readable history of both logs. A later valid frame alone proves nothing, as unsynced sectors land in any
// order; what its writer knew does.
bool is_damage(const FrameScan& scan, Lsn last_lsn);

}  // namespace vz
