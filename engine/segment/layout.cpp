#include "engine/segment/layout.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/io/file_header.hpp"

namespace vz {
namespace {

constexpr char kFooterMagic[8] = {'V', 'Z', 'S', 'E', 'G', 'F', 'T', '1'};
constexpr uint64_t kFooterUsed = 80;
constexpr uint64_t kFooterCrcAt = kFooterBytes - 4;

Status damage_at(const std::string& path, uint64_t offset, const char* what) {
    return failure(VZ_CORRUPTION, "%s is damaged at offset %llu: %s", path.c_str(),
                   static_cast<unsigned long long>(offset), what);
}

SectionEntry decode_entry(const std::byte* at) {
    SectionEntry entry;
    entry.kind = static_cast<SectionKind>(load<uint16_t>(at));
    const uint32_t flags = load<uint32_t>(at + 4);
    entry.field = load<uint16_t>(at + 2) | (flags & 0xFFFF0000u);
    entry.flags = flags & 0xFFFFu;
    entry.offset = load<uint64_t>(at + 8);
    entry.bytes = load<uint64_t>(at + 16);
    entry.items = load<uint64_t>(at + 24);
    entry.item_bytes = load<uint32_t>(at + 32);
    entry.align = load<uint32_t>(at + 36);
    entry.chunk_crcs = load<uint64_t>(at + 40);
    entry.hash = load<Hash128>(at + 48);
    return entry;
}

}  // namespace

const SectionEntry* SegmentLayout::section(SectionKind kind, uint32_t field) const {
    for (const SectionEntry& entry : sections) {
        if (entry.kind == kind && entry.field == field) return &entry;
    }
    return nullptr;
}

uint32_t section_align(uint64_t bytes) { return bytes >= 2 * kMiB ? 2 * kMiB : bytes >= 64 * kKiB ? 4096 : 64; }

uint64_t chunk_count(uint64_t bytes) { return bytes / kChunkBytes + (bytes % kChunkBytes != 0 ? 1 : 0); }

const char* section_name(SectionKind kind) {
    switch (kind) {
        case SectionKind::kMeta: return "meta";
        case SectionKind::kIdSlots: return "id_slots";
        case SectionKind::kIdKinds: return "id_kinds";
        case SectionKind::kIdHeap: return "id_heap";
        case SectionKind::kVersions: return "versions";
        case SectionKind::kExpiry: return "expiry";
        case SectionKind::kVectors: return "vectors";
        case SectionKind::kPresence: return "presence";
        case SectionKind::kSlots: return "slots";
        case SectionKind::kPayloadOffsets: return "payload_offsets";
        case SectionKind::kPayload: return "payload";
        case SectionKind::kGraphMeta: return "graph_meta";
        case SectionKind::kGraph: return "graph";
        case SectionKind::kFieldIndex: return "field_index";
        case SectionKind::kTextIndex: return "text_index";
        case SectionKind::kComponentCounts: return "component_counts";
        case SectionKind::kIdTable: return "id_table";
        case SectionKind::kIdOrder: return "id_order";
    }
    return "unknown";
}

Hash128 hash_of_sections(std::span<const SectionEntry> sections) {
    Hasher128 hasher;
    for (const SectionEntry& entry : sections) hasher.update(entry.hash);
    return hasher.digest();
}

std::vector<std::byte> encode_table(std::span<const SectionEntry> sections) {
    std::vector<std::byte> bytes(sections.size() * kSectionEntryBytes);
    std::byte* at = bytes.data();
    for (const SectionEntry& entry : sections) {
        store(at, static_cast<uint16_t>(entry.kind));
        store(at + 2, static_cast<uint16_t>(entry.field & 0xFFFF));
        store(at + 4, entry.flags | (entry.field & 0xFFFF0000u));
        store(at + 8, entry.offset);
        store(at + 16, entry.bytes);
        store(at + 24, entry.items);
        store(at + 32, entry.item_bytes);
        store(at + 36, entry.align);
        store(at + 40, entry.chunk_crcs);
        store(at + 48, entry.hash);
        at += kSectionEntryBytes;
    }
    return bytes;
}

std::array<std::byte, kFooterBytes> encode_footer(const SegmentLayout& layout,
                                                  std::span<const std::byte> lists_and_table) {
    std::array<std::byte, kFooterBytes> footer = {};
    std::memcpy(footer.data(), kFooterMagic, sizeof(kFooterMagic));
    store(&footer[8], layout.rows);
    store(&footer[16], layout.version_min);
    store(&footer[24], layout.version_max);
    store(&footer[32], layout.lists_offset);
    store(&footer[40], layout.table_offset);
    store(&footer[48], layout.bytes);
    store(&footer[56], static_cast<uint32_t>(layout.sections.size()));
    store(&footer[60], mask_crc(crc32c(lists_and_table)));
    store(&footer[64], layout.hash);
    store(&footer[kFooterCrcAt], mask_crc(crc32c(std::span(footer).first(kFooterCrcAt))));
    return footer;
}

Status header_failure(const std::string& path, const Status& cause) {
    if (cause.code() == VZ_CORRUPTION) return damage_at(path, 0, cause.error().message);
    return failure(cause.code(), "%s: %s", path.c_str(), cause.error().message);
}

std::optional<uint64_t> segment_begin(std::span<const std::byte> file, uint64_t end) {
    if (end > file.size() || end < kFileHeaderBytes + kFooterBytes) return std::nullopt;
    const auto footer = file.subspan(end - kFooterBytes, kFooterBytes);
    const auto bytes = load<uint64_t>(footer.data() + 48);
    if (std::memcmp(footer.data(), kFooterMagic, sizeof(kFooterMagic)) != 0 || bytes > end ||
        bytes < kFileHeaderBytes + kFooterBytes)
        return std::nullopt;
    return end - bytes;
}

Result<SegmentLayout> decode_layout(std::span<const std::byte> segment, const std::string& path, uint64_t offset) {
    const auto damaged = [&](uint64_t at, const char* what) { return damage_at(path, offset + at, what); };
    if (segment.size() < kFileHeaderBytes + kFooterBytes)
        return damaged(segment.size(), "it is too short for a segment");
    const uint64_t footer_at = segment.size() - kFooterBytes;
    std::array<std::byte, kFooterBytes> footer;
    std::memcpy(footer.data(), segment.data() + footer_at, kFooterBytes);
    if (std::memcmp(footer.data(), kFooterMagic, sizeof(kFooterMagic)) != 0) return damaged(footer_at, "no footer");
    if (load<uint32_t>(&footer[kFooterCrcAt]) != mask_crc(crc32c(std::span(footer).first(kFooterCrcAt)))) {
        return damaged(footer_at, "checksum of the footer");
    }
    SegmentLayout layout;
    layout.rows = load<uint64_t>(&footer[8]);
    layout.version_min = load<uint64_t>(&footer[16]);
    layout.version_max = load<uint64_t>(&footer[24]);
    layout.lists_offset = load<uint64_t>(&footer[32]);
    layout.table_offset = load<uint64_t>(&footer[40]);
    layout.bytes = load<uint64_t>(&footer[48]);
    const uint32_t count = load<uint32_t>(&footer[56]);
    layout.hash = load<Hash128>(&footer[64]);
    if (!all_zero({footer.data() + kFooterUsed, footer.data() + kFooterCrcAt})) {
        return damaged(footer_at, "reserved bytes of the footer");
    }
    if (layout.bytes != segment.size() || layout.rows == 0 || layout.rows > kRowsPerSegmentMax || count == 0 ||
        count > kSectionsMax || layout.version_min > layout.version_max) {
        return damaged(footer_at, "numbers in the footer");
    }
    const uint64_t table_bytes = count * kSectionEntryBytes;
    if (layout.lists_offset < kFileHeaderBytes || layout.lists_offset > layout.table_offset ||
        layout.table_offset > footer_at || footer_at - layout.table_offset < table_bytes) {
        return damaged(footer_at, "place of the section table");
    }
    const uint64_t table_end = layout.table_offset + table_bytes;
    // Copied before its checksum is looked at: what was checked is what is used, whatever the map does meanwhile.
    const std::vector<std::byte> table(segment.begin() + static_cast<ptrdiff_t>(layout.lists_offset),
                                       segment.begin() + static_cast<ptrdiff_t>(table_end));
    if (load<uint32_t>(&footer[60]) != mask_crc(crc32c(table)))
        return damaged(layout.table_offset, "checksum of the section table");

    uint64_t end = kFileHeaderBytes;
    uint64_t lists_end = layout.lists_offset;
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t at = layout.table_offset + i * kSectionEntryBytes;
        const SectionEntry entry = decode_entry(table.data() + (at - layout.lists_offset));
        if (entry.offset < end || entry.bytes == 0 || entry.offset > layout.lists_offset ||
            layout.lists_offset - entry.offset < entry.bytes || entry.align != section_align(entry.bytes) ||
            (offset + entry.offset) % entry.align != 0) {
            return damaged(at, "place of a section");
        }
        if (entry.chunk_crcs != lists_end || layout.table_offset - lists_end < chunk_count(entry.bytes) * 4) {
            return damaged(at, "place of the chunk checksums");
        }
        if (layout.section(entry.kind, entry.field) != nullptr) return damaged(at, "a section twice");
        if ((entry.flags & kCodecMask) != 0) {
            return failure(VZ_UNSUPPORTED, "%s: section %s has the unknown codec %u", path.c_str(),
                           section_name(entry.kind), entry.flags & kCodecMask);
        }
        end = entry.offset + entry.bytes;
        lists_end += chunk_count(entry.bytes) * 4;
        layout.sections.push_back(entry);
    }
    if (hash_of_sections(layout.sections) != layout.hash) return damaged(footer_at, "hash of the sections");
    return layout;
}

}  // namespace vz
