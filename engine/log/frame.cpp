#include "engine/log/frame.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"

namespace vz {
namespace {

constexpr uint32_t kFrameMagic = 0x4652'5A56;  // "VZRF"

constexpr size_t kCrcAt = 4, kPayloadBytesAt = 8, kKindAt = 12, kFlagsAt = 14, kLsnAt = 16, kDurableLsnAt = 24,
                 kDurableEndAt = 32, kCountAt = 40, kPreviousCrcAt = 44;

uint32_t frame_magic(const FileHeader& header) { return kFrameMagic ^ static_cast<uint32_t>(header.salt); }

uint64_t payload_bytes_max(const FileHeader& header) {
    return header.magic == kManifestMagic ? kManifestFrameBytesMax : kFrameBytesMax;
}

// The place is part of what is checked: a frame copied elsewhere, or left over from another file, does not pass.
uint32_t frame_crc(const FileHeader& header, uint64_t offset, std::span<const std::byte> frame) {
    std::byte place[24];
    store(place, header.salt);
    store(place + 8, header.file_number);
    store(place + 16, offset);
    return mask_crc(crc32c(frame.subspan(kPayloadBytesAt), crc32c(place)));
}

// A frame that is valid by itself, whatever comes before it.
bool read_frame(std::span<const std::byte> file, const FileHeader& header, uint64_t offset, Frame* frame,
                uint32_t* previous_crc) {
    if (offset + kFrameHeadBytes > file.size()) return false;
    const std::byte* at = file.data() + offset;
    if (load<uint32_t>(at) != frame_magic(header)) return false;
    const auto payload_bytes = load<uint32_t>(at + kPayloadBytesAt);
    if (payload_bytes > payload_bytes_max(header)) return false;
    const uint64_t bytes = frame_bytes(payload_bytes);
    if (offset + bytes > file.size()) return false;
    frame->crc = load<uint32_t>(at + kCrcAt);
    if (frame->crc != frame_crc(header, offset, {at, bytes}) && !VZ_PLANT(checksum_not_verified)) return false;
    frame->head.kind = static_cast<FrameKind>(load<uint16_t>(at + kKindAt));
    frame->head.lsn = load<uint64_t>(at + kLsnAt);
    frame->head.durable_lsn = load<uint64_t>(at + kDurableLsnAt);
    frame->head.durable_end = load<uint64_t>(at + kDurableEndAt);
    frame->head.count = load<uint32_t>(at + kCountAt);
    frame->offset = offset;
    frame->payload = {at + kFrameHeadBytes, payload_bytes};
    *previous_crc = load<uint32_t>(at + kPreviousCrcAt);
    return all_zero({at + kFrameHeadBytes + payload_bytes, at + bytes}) && load<uint16_t>(at + kFlagsAt) == 0;
}

bool is_known(FrameKind kind) {
    return kind == FrameKind::kEdits || kind == FrameKind::kRecords || kind == FrameKind::kMarker;
}

bool is_skippable(FrameKind kind) { return (static_cast<uint16_t>(kind) & kFrameSkippable) != 0; }

void find_later_frames(std::span<const std::byte> file, const FileHeader& header, FrameScan* scan) {
    const uint32_t magic = frame_magic(header);
    const auto tail = file.subspan(std::min<uint64_t>(scan->end, file.size()));
    scan->zeros_follow = all_zero(tail);
    if (scan->zeros_follow) return;
    for (uint64_t offset = scan->end; offset + kFrameHeadBytes <= file.size(); offset += 8) {
        if (load<uint32_t>(file.data() + offset) != magic) continue;
        Frame frame;
        uint32_t previous_crc = 0;
        if (!read_frame(file, header, offset, &frame, &previous_crc)) continue;
        scan->later.push_back(frame);
    }
}

}  // namespace

uint64_t frame_bytes(uint64_t payload_bytes) { return align_up(kFrameHeadBytes + payload_bytes, 8); }

FrameWriter::FrameWriter(File& file, const FileHeader& header, uint64_t end, uint32_t previous_crc)
    : file_(file), header_(header), end_(end), durable_end_(end), previous_crc_(previous_crc) {}

Status FrameWriter::append(const FrameHead& head, std::span<const std::span<const std::byte>> payload) {
    uint64_t payload_bytes = 0;
    for (const auto piece : payload) payload_bytes += piece.size();
    VZ_CHECK(payload_bytes <= payload_bytes_max(header_));
    buffer_.assign(frame_bytes(payload_bytes), std::byte{0});
    std::byte* at = buffer_.data();
    store(at, frame_magic(header_));
    store(at + kPayloadBytesAt, static_cast<uint32_t>(payload_bytes));
    store(at + kKindAt, static_cast<uint16_t>(head.kind));
    store(at + kLsnAt, head.lsn);
    store(at + kDurableLsnAt, head.durable_lsn);
    store(at + kDurableEndAt, durable_end_);
    store(at + kCountAt, head.count);
    store(at + kPreviousCrcAt, previous_crc_);
    std::byte* to = at + kFrameHeadBytes;
    for (const auto piece : payload) to = std::copy(piece.begin(), piece.end(), to);
    previous_crc_ = frame_crc(header_, end_, buffer_);
    store(at + kCrcAt, previous_crc_);
    VZ_TRY(file_.write(end_, buffer_));
    end_ += buffer_.size();
    return {};
}

Status FrameWriter::sync() {
    if (VZ_PLANT(answer_before_sync)) return {};
    Status synced = file_.sync_data();
    if (!synced.ok() && VZ_PLANT(sync_retried)) synced = file_.sync_data();
    VZ_TRY(std::move(synced));
    durable_end_ = end_;
    return {};
}

FrameScan scan_frames(std::span<const std::byte> file, const FileHeader& header) {
    FrameScan scan;
    scan.end = kFileHeaderBytes;
    scan.last_crc = header.crc;
    Lsn lowest_next = 0;
    for (;;) {
        Frame frame;
        uint32_t previous_crc = 0;
        if (!read_frame(file, header, scan.end, &frame, &previous_crc) || previous_crc != scan.last_crc) break;
        if (frame.head.lsn < lowest_next || frame.head.durable_end > scan.end) break;
        if (!is_known(frame.head.kind) && !is_skippable(frame.head.kind)) break;
        lowest_next = frame.head.lsn + frame.head.count;
        scan.end += frame_bytes(frame.payload.size());
        scan.last_crc = frame.crc;
        if (is_known(frame.head.kind)) scan.frames.push_back(frame);
    }
    find_later_frames(file, header, &scan);
    return scan;
}

bool is_damage(const FrameScan& scan, Lsn last_lsn) {
    if (VZ_PLANT(damage_taken_for_torn_tail)) return false;
    if (VZ_PLANT(torn_tail_taken_for_damage)) return !scan.zeros_follow;
    for (const Frame& frame : scan.later) {
        if (frame.head.durable_end > scan.end || frame.head.durable_lsn > last_lsn) return true;
    }
    return std::any_of(scan.frames.begin(), scan.frames.end(),
                       [&](const Frame& frame) { return frame.head.durable_lsn > last_lsn; });
}

}  // namespace vz
