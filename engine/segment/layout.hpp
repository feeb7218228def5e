// Where things lie in a sealed segment: section table and footer. See format.md in this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/status.hpp"

namespace vz {

// Numbers on disk; never renumbered.
enum class SectionKind : uint16_t {
    kMeta = 1,
    kIdSlots = 2,
    kIdKinds = 3,
    kIdHeap = 4,
    kVersions = 5,
    kExpiry = 6,
    kVectors = 7,
    kPresence = 8,
    kSlots = 9,
    kPayloadOffsets = 10,
    kPayload = 11,
    kIdTable = 12,
    kIdOrder = 13,
    kGraphMeta = 14,
    kGraph = 15,
    kFieldIndex = 16,
    kTextIndex = 17,
    kComponentCounts = 18,
};

inline constexpr uint64_t kSectionEntryBytes = 64;
inline constexpr uint64_t kFooterBytes = 512;
inline constexpr uint64_t kChunkBytes = kMiB;  // one CRC32C each
// 64 fields need far fewer: bounds the table before it is trusted.
inline constexpr uint32_t kSectionsMax = 4096;

inline constexpr uint32_t kCodecMask = 0xFF;  // of SectionEntry::flags; 0: raw
inline constexpr uint32_t kDerivedFlag = 1u << 8;
inline constexpr uint32_t kUniformKindShift = 9;  // of id_slots: kind of all ids + 1; 0: section id_kinds tells
inline constexpr uint32_t kUniformKindMask = 3;

struct SectionEntry {
    SectionKind kind = SectionKind::kMeta;
    uint32_t field = 0;  // vector field id
    uint32_t flags = 0;  // lower 16 bits
    uint64_t offset = 0;
    uint64_t bytes = 0;
    uint64_t items = 0;
    uint32_t item_bytes = 0;
    uint32_t align = 0;
    uint64_t chunk_crcs = 0;  // offset of the list
    Hash128 hash = {};
};

struct SegmentLayout {
    uint64_t bytes = 0;
    uint64_t rows = 0;
    uint64_t version_min = 0;
    uint64_t version_max = 0;
    uint64_t lists_offset = 0;  // chunk checksums; the table follows at table_offset, the footer in the last 512 bytes
    uint64_t table_offset = 0;
    Hash128 hash = {};                   // over the hashes of the sections
    std::vector<SectionEntry> sections;  // ascending offsets

    const SectionEntry* section(SectionKind kind, uint32_t field = 0) const;
};

uint32_t section_align(uint64_t bytes);
uint64_t chunk_count(uint64_t bytes);
const char* section_name(SectionKind kind);
Hash128 hash_of_sections(std::span<const SectionEntry> sections);

std::vector<std::byte> encode_table(std::span<const SectionEntry> sections);
// `lists_and_table`: all bytes from lists_offset to the end of the table.
std::array<std::byte, kFooterBytes> encode_footer(const SegmentLayout& layout,
                                                  std::span<const std::byte> lists_and_table);

// What is wrong with the header of a file, told with its path and place.
Status header_failure(const std::string& path, const Status& cause);

// Where the segment that ends at `end` of its file begins, by its footer; nothing: none ends there.
std::optional<uint64_t> segment_begin(std::span<const std::byte> file, uint64_t end);

// Checks footer and table, and that everything they name lies within the segment, in order and aligned. VZ_CORRUPTION
// names path and offset; VZ_UNSUPPORTED for a codec of a newer version. `offset`: of the segment in its file.
Result<SegmentLayout> decode_layout(std::span<const std::byte> segment, const std::string& path, uint64_t offset = 0);

}  // namespace vz
