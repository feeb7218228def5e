// A log file made of an input: a true header, then the input as frames. Their checksums, chain and bounds can be put
// right, so that what lies behind them is reached.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/io/file_header.hpp"
#include "engine/log/frame.hpp"
#include "tests/fuzz/target.hpp"

namespace vz::fuzz {

inline constexpr uint64_t kLogNumber = 7;
inline constexpr uint64_t kLogSalt = 0x5eed'0123'4567'89abull;

// Makes each frame one that passes, with the lengths, kinds and LSNs that it states (log/format.md).
inline void repair_frames(std::vector<std::byte>& file, const FileHeader& header) {
    uint32_t previous = header.crc;
    for (uint64_t at = kFileHeaderBytes; at + kFrameHeadBytes <= file.size();) {
        std::byte* frame = file.data() + at;
        const uint64_t room = file.size() - at - kFrameHeadBytes;
        const auto payload =
            static_cast<uint32_t>(std::min<uint64_t>({load<uint32_t>(frame + 8), room / 8 * 8, kFrameBytesMax}));
        const uint64_t bytes = frame_bytes(payload);
        store(frame, uint32_t{0x4652'5A56} ^ static_cast<uint32_t>(header.salt));
        store(frame + 8, payload);
        std::fill(frame + kFrameHeadBytes + payload, frame + bytes, std::byte{0});
        store(frame + 44, previous);
        std::byte place[24];
        store(place, header.salt);
        store(place + 8, header.file_number);
        store(place + 16, at);
        previous = mask_crc(crc32c({frame + 8, bytes - 8}, crc32c(place)));
        store(frame + 4, previous);
        at += bytes;
    }
}

inline std::vector<std::byte> log_file(const Magic& magic, std::span<const std::byte> frames, bool repaired) {
    FileHeader header;
    header.magic = magic;
    header.file_number = kLogNumber;
    header.salt = kLogSalt;
    const auto head = encode_header(header);
    std::vector<std::byte> file(head.size() + frames.size());
    std::copy(head.begin(), head.end(), file.begin());
    std::copy(frames.begin(), frames.end(), file.begin() + static_cast<ptrdiff_t>(head.size()));
    if (repaired) repair_frames(file, header);
    return file;
}

}  // namespace vz::fuzz
