#include "engine/segment/sealed_segment.hpp"

#include <algorithm>

#include "engine/base/bytes.hpp"
#include "engine/io/file_header.hpp"

namespace vz {

Status SealedSegment::damaged(uint64_t offset, const char* what) const {
    return failure(VZ_CORRUPTION, "%s is damaged at offset %llu: %s", path_.c_str(),
                   static_cast<unsigned long long>(offset), what);
}

std::span<const std::byte> SealedSegment::bytes_of(const SectionEntry& entry) const {
    return segment().subspan(entry.offset, entry.bytes);
}

Result<std::unique_ptr<SealedSegment>> SealedSegment::open(FileSystem& files, const std::string& path,
                                                           const vz_uuid& database, uint64_t file_number,
                                                           const SegmentSummary& expected) {
    VZ_ASSIGN(std::shared_ptr<const Mapping> mapping, files.map(path));
    return open(std::move(mapping), path, database, file_number, expected);
}

Result<std::unique_ptr<SealedSegment>> SealedSegment::open(std::shared_ptr<const Mapping> mapping,
                                                           const std::string& path, const vz_uuid& database,
                                                           uint64_t file_number, const SegmentSummary& expected) {
    std::unique_ptr<SealedSegment> segment(new SealedSegment(std::move(mapping), path, expected));
    VZ_TRY(segment->check_frame(database, file_number));
    VZ_TRY(segment->place_sections());
    VZ_TRY(segment->check_readable());
    return segment;
}

Status SealedSegment::check_header() const {
    const auto file = mapping_->bytes();
    const uint64_t offset = expected_.offset;
    const bool fits = offset < file.size() && expected_.bytes >= kFileHeaderBytes + kFooterBytes &&
                      expected_.bytes <= file.size() - offset;
    if (!fits) return damaged(file.size(), "the size is not the one recorded");
    const Result<FileHeader> decoded = decode_header(file.first(kFileHeaderBytes), kSegmentMagic);
    if (!decoded.ok()) return header_failure(path_, decoded.status());
    const FileHeader& header = *decoded;
    const Status own = check_identity(header, database_, file_number_);
    if (!own.ok()) return header_failure(path_, own);
    if (header.crc != expected_.header_crc) return damaged(0, "the header is not the one recorded");
    const bool is_pack = header.owner == 0;
    if (!is_pack && (offset != 0 || file.size() != expected_.bytes))
        return damaged(expected_.bytes, "the size is not the one recorded");
    return {};
}

Status SealedSegment::check_frame(const vz_uuid& database, uint64_t file_number) {
    database_ = database;
    file_number_ = file_number;
    VZ_TRY(check_header());
    VZ_ASSIGN(layout_, decode_layout(segment(), path_, expected_.offset));
    const uint64_t footer_at = expected_.offset + expected_.bytes - kFooterBytes;
    if (layout_.rows != expected_.rows || layout_.version_min != expected_.version_min ||
        layout_.version_max != expected_.version_max || layout_.hash != expected_.hash) {
        return damaged(footer_at, "rows, versions or hash are not those recorded");
    }
    rows_ = static_cast<uint32_t>(layout_.rows);

    const SectionEntry* meta = layout_.section(SectionKind::kMeta);
    if (meta == nullptr) return damaged(expected_.offset + layout_.table_offset, "no metadata");
    const auto view = bytes_of(*meta);
    const std::vector<std::byte> copy(view.begin(), view.end());
    if (xxh3_128(copy) != meta->hash) return damaged(expected_.offset + meta->offset, "hash of the metadata");
    VZ_ASSIGN(metadata_, decode_metadata(copy));
    if (metadata_.rows != layout_.rows || metadata_.version_min != layout_.version_min ||
        metadata_.version_max != layout_.version_max) {
        return damaged(expected_.offset + meta->offset, "the metadata are of another segment");
    }
    return {};
}

Status SealedSegment::place(SectionKind kind, uint32_t field, uint64_t items, uint64_t item_bytes,
                            std::span<const std::byte>* out) const {
    const SectionEntry* entry = layout_.section(kind, field);
    if (entry == nullptr) return failure(VZ_CORRUPTION, "%s has no section %s", path_.c_str(), section_name(kind));
    if (entry->items != items || entry->item_bytes != item_bytes || entry->bytes / item_bytes != items ||
        entry->bytes % item_bytes != 0) {
        return damaged(expected_.offset + entry->offset, section_name(kind));
    }
    *out = bytes_of(*entry);
    return {};
}

Status SealedSegment::place_optional(SectionKind kind, uint64_t items, uint64_t item_bytes,
                                     std::span<const std::byte>* out) const {
    return layout_.section(kind) == nullptr ? Status() : place(kind, 0, items, item_bytes, out);
}

Status SealedSegment::place_sections() {
    const SectionEntry* slots = layout_.section(SectionKind::kIdSlots);
    if (slots != nullptr) {
        id_bytes_ = slots->item_bytes;
        uniform_kind_ = slots->flags >> kUniformKindShift & kUniformKindMask;
        if (id_bytes_ != 16 && (id_bytes_ != 8 || uniform_kind_ != static_cast<uint32_t>(IdKind::kU64) + 1)) {
            return damaged(expected_.offset + slots->offset, "width of the ids");
        }
    }
    const auto bytes_in = [&](SectionKind kind) {
        const SectionEntry* entry = layout_.section(kind);
        return entry == nullptr ? 0 : entry->bytes;
    };
    VZ_TRY(place(SectionKind::kIdSlots, 0, rows_, std::max(id_bytes_, 1u), &id_slots_));
    VZ_TRY(uniform_kind_ == 0 ? place(SectionKind::kIdKinds, 0, rows_, 1, &id_kinds_)
                              : place_optional(SectionKind::kIdKinds, rows_, 1, &id_kinds_));
    VZ_TRY(place_optional(SectionKind::kIdHeap, bytes_in(SectionKind::kIdHeap), 1, &id_heap_));
    VZ_TRY(place(SectionKind::kVersions, 0, rows_, 8, &versions_));
    VZ_TRY(place_optional(SectionKind::kExpiry, rows_, 8, &expiry_));
    VZ_TRY(place(SectionKind::kPayloadOffsets, 0, uint64_t{rows_} + 1, 8, &payload_offsets_));
    VZ_TRY(place_optional(SectionKind::kPayload, bytes_in(SectionKind::kPayload), 1, &payload_));
    VZ_TRY(place(SectionKind::kIdOrder, 0, rows_, 4, &id_order_));
    std::span<const std::byte> table;
    VZ_TRY(place(SectionKind::kIdTable, 0, bytes_in(SectionKind::kIdTable) / kIdBucketBytes, kIdBucketBytes, &table));
    if (table.size() < kIdTableHeadBytes + kIdBucketBytes)
        return failure(VZ_CORRUPTION, "%s has an empty id_table", path_.c_str());
    id_table_ = IdTableView(table);
    for (const SectionEntry& entry : layout_.sections) {
        if (entry.kind == SectionKind::kVectors) VZ_TRY(place_field(entry));
    }
    return {};
}

Status SealedSegment::place_field(const SectionEntry& vectors) {
    const VectorFieldSchema* known = metadata_.schema.field_by_id(vectors.field);
    if (known == nullptr || known->dim == 0 || known->dim > kDimMax || vectors.items == 0 || vectors.items > rows_) {
        return damaged(expected_.offset + vectors.offset, "a vector field unlike the metadata");
    }
    Field field;
    field.id = vectors.field;
    field.items = vectors.items;
    field.stride = align_up(uint64_t{known->dim} * sizeof(float), 64);
    VZ_TRY(place(SectionKind::kVectors, field.id, field.items, field.stride, &field.vectors));
    if (field.items != rows_) {
        VZ_TRY(place(SectionKind::kPresence, field.id, (uint64_t{rows_} + 63) / 64, 8, &field.presence));
        VZ_TRY(place(SectionKind::kSlots, field.id, rows_ + field.items, 4, &field.slots));
    }
    fields_.push_back(field);
    return {};
}

Status SealedSegment::check_fields(const Schema& schema) const {
    for (const VectorFieldSchema& own : metadata_.schema.fields) {
        const VectorFieldSchema* field = schema.field_by_id(own.id);
        const bool fits =
            field == nullptr ? own.id < schema.next_field_id : field->dim == own.dim && field->element == own.element;
        if (!fits) {
            return failure(VZ_CORRUPTION, "%s: vector field %u, of %u dimensions, is not that of its collection",
                           path_.c_str(), own.id, own.dim);
        }
    }
    return {};
}

IdView SealedSegment::id(uint32_t row) const {
    if (row >= rows_) return {};
    const std::byte* at = id_slots_.data() + uint64_t{row} * id_bytes_;
    const uint32_t kind = uniform_kind_ != 0 ? uniform_kind_ - 1 : load<uint8_t>(id_kinds_.data() + row);
    if (kind == static_cast<uint32_t>(IdKind::kText)) {
        const auto offset = load<uint64_t>(at);
        const auto length = load<uint32_t>(at + 8);
        if (length > kIdBytesMax || offset > id_heap_.size() || length > id_heap_.size() - offset)
            return {IdKind::kText, 0, 0, {}};
        return {IdKind::kText, 0, 0, as_text(id_heap_.subspan(offset, length))};
    }
    if (kind == static_cast<uint32_t>(IdKind::kUuid))
        return {IdKind::kUuid, load<uint64_t>(at), load<uint64_t>(at + 8), {}};
    return {IdKind::kU64, load<uint64_t>(at), 0, {}};
}

uint32_t SealedSegment::find(const IdView& wanted) const {
    return id_table_.find(wanted, [&](uint32_t row) { return row < rows_ && id(row) == wanted; });
}

uint64_t SealedSegment::version(uint32_t row) const {
    return row < rows_ ? load<uint64_t>(versions_.data() + uint64_t{row} * 8) : 0;
}

int64_t SealedSegment::expiry(uint32_t row) const {
    return row < rows_ && !expiry_.empty() ? load<int64_t>(expiry_.data() + uint64_t{row} * 8) : 0;
}

std::string_view SealedSegment::payload(uint32_t row) const {
    constexpr std::string_view kEmpty = "{}";
    if (row >= rows_) return kEmpty;
    const auto begin = load<uint64_t>(payload_offsets_.data() + uint64_t{row} * 8);
    const auto end = load<uint64_t>(payload_offsets_.data() + (uint64_t{row} + 1) * 8);
    if (begin >= end || end > payload_.size()) return kEmpty;
    return as_text(payload_.subspan(begin, end - begin));
}

const float* SealedSegment::vector(uint32_t field_id, uint32_t row) const {
    if (row >= rows_) return nullptr;
    for (const Field& field : fields_) {
        if (field.id != field_id) continue;
        uint64_t slot = row;
        if (!field.presence.empty()) {
            if ((load<uint8_t>(field.presence.data() + row / 8) >> row % 8 & 1) == 0) return nullptr;
            slot = load<uint32_t>(field.slots.data() + uint64_t{row} * 4);
        }
        if (slot >= field.items) return nullptr;
        return reinterpret_cast<const float*>(field.vectors.data() + slot * field.stride);
    }
    return nullptr;
}

SealedSegment::PackedVectors SealedSegment::packed_vectors(uint32_t field_id) const {
    for (const Field& field : fields_) {
        if (field.id == field_id && field.presence.empty() && field.items >= rows_)
            return {reinterpret_cast<const float*>(field.vectors.data()), field.stride / sizeof(float)};
    }
    return {};
}

std::span<const std::byte> SealedSegment::vectors(uint32_t field_id) const {
    const auto field =
        std::find_if(fields_.begin(), fields_.end(), [&](const Field& each) { return each.id == field_id; });
    return field == fields_.end() ? std::span<const std::byte>() : field->vectors;
}

uint64_t SealedSegment::vector_count(uint32_t field_id) const {
    const auto field =
        std::find_if(fields_.begin(), fields_.end(), [&](const Field& each) { return each.id == field_id; });
    return field == fields_.end() ? 0 : field->items;
}

uint32_t SealedSegment::row_in_id_order(uint32_t i) const {
    if (i >= rows_) return rows_ - 1;
    return std::min(load<uint32_t>(id_order_.data() + uint64_t{i} * 4), rows_ - 1);
}

std::span<const std::byte> SealedSegment::derived(SectionKind kind, uint32_t field) const {
    const SectionEntry* entry = layout_.section(kind, field);
    return entry == nullptr ? std::span<const std::byte>() : bytes_of(*entry);
}

Status SealedSegment::verify_derived(SectionKind kind, uint32_t field) const {
    const SectionEntry* entry = layout_.section(kind, field);
    return entry == nullptr ? Status() : verify_section(*entry);
}

Status SealedSegment::verify_section(const SectionEntry& entry,
                                     const std::function<Status(std::span<const std::byte>)>& pass) const {
    const auto section = bytes_of(entry);
    Hasher128 hasher;
    for (uint64_t at = 0; at < section.size(); at += kChunkBytes) {
        const auto chunk = section.subspan(at, std::min<uint64_t>(kChunkBytes, section.size() - at));
        const auto crc = load<uint32_t>(segment().data() + entry.chunk_crcs + at / kChunkBytes * 4);
        if (crc != mask_crc(crc32c(chunk)))
            return damaged(expected_.offset + entry.offset + at, section_name(entry.kind));
        hasher.update(chunk);
        if (pass) VZ_TRY(pass(chunk));
    }
    if (hasher.digest() != entry.hash) return damaged(expected_.offset + entry.offset, section_name(entry.kind));
    return {};
}

Status SealedSegment::verify_frame() const {
    VZ_TRY(check_header());
    VZ_ASSIGN(const SegmentLayout layout, decode_layout(segment(), path_, expected_.offset));
    if (layout.hash == layout_.hash) return {};
    return damaged(expected_.offset + layout.table_offset, "the section table changed since the file was opened");
}

Status SealedSegment::verify_contents() const {
    return verify_contents([](std::span<const std::byte>) { return Status(); });
}

Status SealedSegment::verify_contents(const std::function<Status(std::span<const std::byte>)>& pass) const {
    const auto verify = [&]() -> Status {
        VZ_TRY(verify_frame());
        uint64_t end = kFileHeaderBytes;
        const auto pass_gap = [&](uint64_t next) -> Status {
            const auto gap = segment().subspan(end, next - end);
            if (!all_zero(gap)) return damaged(expected_.offset + end, "bytes between the sections");
            return gap.empty() ? Status() : pass(gap);
        };
        for (const SectionEntry& entry : layout_.sections) {
            VZ_TRY(pass_gap(entry.offset));
            VZ_TRY(verify_section(entry, pass));
            end = entry.offset + entry.bytes;
        }
        VZ_TRY(pass_gap(layout_.lists_offset));
        end = layout_.table_offset + layout_.sections.size() * kSectionEntryBytes;
        VZ_TRY(pass(segment().subspan(layout_.lists_offset, end - layout_.lists_offset)));
        VZ_TRY(pass_gap(expected_.bytes - kFooterBytes));
        return pass(segment().last(kFooterBytes));
    };
    Status verified = verify();
    // Zeros of a failed map look like damage; the device's error is the truth.
    VZ_TRY(check_readable());
    return verified;
}

Status SealedSegment::verify_rows() const {
    Status verified = verify_frame();
    for (const SectionEntry& entry : layout_.sections) {
        if (verified.ok() && (entry.flags & kDerivedFlag) == 0) verified = verify_section(entry);
    }
    VZ_TRY(check_readable());
    return verified;
}

Status SealedSegment::check_readable() const {
    return mapping_->failed() ? failure(VZ_IO_ERROR, "%s could not be read", path_.c_str()) : Status();
}

Result<std::vector<SealedSegment::Damage>> SealedSegment::find_damage(
    FileSystem& files, const std::function<Status(uint64_t bytes)>& pace) const {
    VZ_ASSIGN(const std::unique_ptr<File> file, files.open(path_, OpenMode::kReadDevice));
    std::vector<Damage> found;
    VZ_ASSIGN(const uint64_t size, file->size());
    const auto map = mapping_->bytes();
    if (size != map.size()) {
        found.push_back({false, SectionKind::kMeta, 0, 0, std::max<uint64_t>(size, map.size()),
                         damaged(size, "the size is not the one recorded").error().message});
        return found;
    }
    // Places are those in the file from here on.
    const uint64_t begin = expected_.offset;
    std::vector<std::byte> buffer;
    const auto read = [&](uint64_t at, uint64_t count) -> Status {
        buffer.resize(count);
        VZ_TRY(file->read(at, buffer));
        return pace(count);
    };
    // Header, lists, table and footer passed when the file was opened.
    const auto differs = [&](uint64_t at, uint64_t count) -> Result<bool> {
        VZ_TRY(read(at, count));
        return std::memcmp(buffer.data(), map.data() + at, count) != 0;
    };
    for (const auto& [at, count] : {std::pair{uint64_t{0}, kFileHeaderBytes},
                                    std::pair{begin + layout_.lists_offset, expected_.bytes - layout_.lists_offset}}) {
        VZ_ASSIGN(const bool is_other, differs(at, count));
        if (is_other)
            found.push_back(
                {false, SectionKind::kMeta, 0, at, count, damaged(at, "header or section table").error().message});
    }
    uint64_t end = begin + kFileHeaderBytes;
    const auto check_gap = [&](uint64_t next) -> Status {
        if (next == end) return {};
        VZ_TRY(read(end, next - end));
        // Nobody reads these; they are zeros in a file that is written anew.
        if (!all_zero(buffer))
            found.push_back({true, SectionKind::kMeta, 0, end, next - end,
                             damaged(end, "bytes between the sections").error().message});
        return {};
    };
    for (const SectionEntry& entry : layout_.sections) {
        const uint64_t section = begin + entry.offset;
        VZ_TRY(check_gap(section));
        end = section + entry.bytes;
        for (uint64_t at = 0; at < entry.bytes; at += kChunkBytes) {
            VZ_TRY(read(section + at, std::min<uint64_t>(kChunkBytes, entry.bytes - at)));
            const auto crc = load<uint32_t>(map.data() + begin + entry.chunk_crcs + at / kChunkBytes * 4);
            if (crc == mask_crc(crc32c(buffer))) continue;
            found.push_back({(entry.flags & kDerivedFlag) != 0, entry.kind, entry.field, section + at, buffer.size(),
                             damaged(section + at, section_name(entry.kind)).error().message});
        }
    }
    VZ_TRY(check_gap(begin + layout_.lists_offset));
    return found;
}

std::vector<SealedSegment::Damage> SealedSegment::find_damage_in_map() const {
    std::vector<Damage> found;
    const Status frame = verify_frame();
    if (!frame.ok())
        found.push_back({false, SectionKind::kMeta, 0, expected_.offset, expected_.bytes, frame.error().message});
    for (const SectionEntry& entry : layout_.sections) {
        const Status sound = verify_section(entry);
        if (sound.ok()) continue;
        found.push_back({(entry.flags & kDerivedFlag) != 0, entry.kind, entry.field, expected_.offset + entry.offset,
                         entry.bytes, sound.error().message});
    }
    return found;
}

bool SealedSegment::is_intact(uint32_t row, std::span<const Damage> damage) const {
    const auto is_sound = [&](std::span<const std::byte> section, uint64_t from, uint64_t count) {
        if (count == 0 || from + count > section.size()) return count == 0;
        const auto offset = static_cast<uint64_t>(section.data() + from - mapping_->bytes().data());
        return std::none_of(damage.begin(), damage.end(), [&](const Damage& each) {
            return each.offset < offset + count && offset < each.offset + each.bytes;
        });
    };
    if (!is_sound(id_slots_, uint64_t{row} * id_bytes_, id_bytes_) || !is_sound(versions_, uint64_t{row} * 8, 8))
        return false;
    if (uniform_kind_ == 0 && !is_sound(id_kinds_, row, 1)) return false;
    if (has_expiry() && !is_sound(expiry_, uint64_t{row} * 8, 8)) return false;
    if (const IdView name = id(row); name.kind == IdKind::kText) {
        if (name.text.empty()) return false;
        if (!is_sound(id_heap_, static_cast<uint64_t>(std::as_bytes(std::span(name.text)).data() - id_heap_.data()),
                      name.text.size()))
            return false;
    }
    if (!is_sound(payload_offsets_, uint64_t{row} * 8, 16)) return false;
    const auto begin = load<uint64_t>(payload_offsets_.data() + uint64_t{row} * 8);
    const auto end = load<uint64_t>(payload_offsets_.data() + (uint64_t{row} + 1) * 8);
    if (begin > end || !is_sound(payload_, begin, end - begin)) return false;
    return std::all_of(fields_.begin(), fields_.end(), [&](const Field& field) {
        if (!field.presence.empty() &&
            (!is_sound(field.presence, row / 64 * 8, 8) || !is_sound(field.slots, uint64_t{row} * 4, 4)))
            return false;
        const float* const values = vector(field.id, row);
        if (values == nullptr) return true;
        return is_sound(field.vectors,
                        static_cast<uint64_t>(reinterpret_cast<const std::byte*>(values) - field.vectors.data()),
                        field.stride);
    });
}

}  // namespace vz
