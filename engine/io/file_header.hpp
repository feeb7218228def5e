// The 4096 bytes at the start of every file but LOCK, CURRENT and BALLAST. See format.md in this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/status.hpp"

namespace vz {

inline constexpr uint64_t kFileHeaderBytes = 4096;
inline constexpr uint16_t kFormatMajor = 1;
inline constexpr uint16_t kFormatMinor = 0;

using Magic = std::array<char, 8>;
inline constexpr Magic kIdentityMagic = {'V', 'Z', 'I', 'D', 'E', 'N', 'T', '1'};
inline constexpr Magic kManifestMagic = {'V', 'Z', 'M', 'A', 'N', 'I', 'F', '1'};
inline constexpr Magic kWalMagic = {'V', 'Z', 'W', 'A', 'L', 'O', 'G', '1'};
inline constexpr Magic kSegmentMagic = {'V', 'Z', 'S', 'E', 'G', 'M', 'T', '1'};
inline constexpr Magic kDeletesMagic = {'V', 'Z', 'D', 'E', 'L', 'E', 'T', '1'};

struct FileHeader {
    Magic magic = {};
    uint16_t format_major = kFormatMajor;
    uint16_t format_minor = kFormatMinor;
    uint64_t features_compat = 0;
    uint64_t features_read_only = 0;
    uint64_t features_incompat = 0;
    vz_uuid database = {};
    uint64_t file_number = 0;
    uint64_t owner = 0;       // collection id; 0: shared
    uint64_t salt = 0;        // random per file; enters the checksum of each of its frames
    uint64_t created_us = 0;  // of an archive; information
    uint32_t crc = 0;         // masked; set by decode and encode
};

// Sets header.crc too.
std::array<std::byte, kFileHeaderBytes> encode_header(FileHeader& header);

// Checks magic, version, features, reserved bytes and checksum. VZ_CORRUPTION, or VZ_UNSUPPORTED for a newer format.
Result<FileHeader> decode_header(std::span<const std::byte> bytes, const Magic& magic);

// The same, and that the file belongs to this database and bears this number.
Status check_identity(const FileHeader& header, const vz_uuid& database, uint64_t file_number);

}  // namespace vz
