#include "engine/segment/sealed_writer.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/base/bytes.hpp"
#include "engine/io/file_header.hpp"
#include "engine/segment/id_table.hpp"
#include "engine/segment/layout.hpp"
#include "engine/segment/metadata.hpp"
#include "engine/segment/sealed_segment.hpp"

namespace vz {
namespace {

// Takes the bytes of one section, writes them chunk by chunk and keeps the checksums.
class SectionSink {
 public:
    SectionSink(File& file, uint64_t offset, std::vector<std::byte>& chunk)
        : file_(file), offset_(offset), chunk_(chunk) {
        chunk_.clear();
    }

    Status append(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const size_t room = kChunkBytes - chunk_.size();
            const auto part = bytes.first(std::min(room, bytes.size()));
            chunk_.insert(chunk_.end(), part.begin(), part.end());
            bytes = bytes.subspan(part.size());
            if (chunk_.size() == kChunkBytes) VZ_TRY(flush());
        }
        return {};
    }

    Status finish(SectionEntry& entry, std::vector<uint32_t>& crcs) {
        if (!chunk_.empty()) VZ_TRY(flush());
        VZ_CHECK(written_ == entry.bytes);
        entry.hash = hasher_.digest();
        crcs.insert(crcs.end(), crcs_.begin(), crcs_.end());
        return {};
    }

 private:
    Status flush() {
        crcs_.push_back(mask_crc(crc32c(chunk_)));
        hasher_.update(chunk_);
        VZ_TRY(file_.write(offset_ + written_, chunk_));
        written_ += chunk_.size();
        chunk_.clear();
        return {};
    }

    File& file_;
    uint64_t offset_;
    std::vector<std::byte>& chunk_;
    uint64_t written_ = 0;
    Hasher128 hasher_;
    std::vector<uint32_t> crcs_;
};

struct PlannedSection {
    SectionEntry entry;
    std::function<Status(SectionSink&)> fill;
};

// Collects the sections in file order and gives each its place.
class Plan {
 public:
    template <class Fill>
    SectionEntry& add(SectionKind kind, uint64_t items, uint64_t item_bytes, Fill fill) {
        PlannedSection section;
        section.entry.kind = kind;
        section.entry.items = items;
        section.entry.item_bytes = static_cast<uint32_t>(item_bytes);
        section.entry.bytes = items * item_bytes;
        section.entry.align = section_align(section.entry.bytes);
        section.entry.offset = align_up(end_, section.entry.align);
        end_ = section.entry.offset + section.entry.bytes;
        section.fill = std::move(fill);
        sections_.push_back(std::move(section));
        return sections_.back().entry;
    }

    SectionEntry& add_bytes(SectionKind kind, uint64_t items, uint64_t item_bytes, std::vector<std::byte> bytes) {
        VZ_CHECK(bytes.size() == items * item_bytes);
        return add(kind, items, item_bytes, [held = std::move(bytes)](SectionSink& sink) { return sink.append(held); });
    }

    std::vector<PlannedSection>& sections() { return sections_; }
    uint64_t end() const { return end_; }

 private:
    std::vector<PlannedSection> sections_;
    uint64_t end_ = kFileHeaderBytes;
};

bool uniform_kind(std::span<const IdView> ids) {
    return std::all_of(ids.begin(), ids.end(), [&](const IdView& id) { return id.kind == ids[0].kind; });
}

void plan_ids(Plan& plan, std::span<const IdView> ids) {
    const bool uniform = uniform_kind(ids);
    const uint64_t slot_bytes = uniform && ids[0].kind == IdKind::kU64 ? 8 : 16;
    std::vector<std::byte> slots(ids.size() * slot_bytes);
    std::string heap;
    for (size_t row = 0; row < ids.size(); ++row) {
        const IdView& id = ids[row];
        std::byte* at = slots.data() + row * slot_bytes;
        if (id.kind == IdKind::kText) {
            store(at, uint64_t{heap.size()});
            store(at + 8, static_cast<uint32_t>(id.text.size()));
            std::memcpy(at + 12, id.text.data(), std::min<size_t>(4, id.text.size()));
            heap += id.text;
        } else {
            store(at, id.high);
            if (slot_bytes == 16) store(at + 8, id.low);
        }
    }
    SectionEntry& entry = plan.add_bytes(SectionKind::kIdSlots, ids.size(), slot_bytes, std::move(slots));
    if (uniform) entry.flags |= (static_cast<uint32_t>(ids[0].kind) + 1) << kUniformKindShift;
    if (!uniform) {
        std::vector<std::byte> kinds(ids.size());
        std::transform(ids.begin(), ids.end(), kinds.begin(),
                       [](const IdView& id) { return static_cast<std::byte>(id.kind); });
        plan.add_bytes(SectionKind::kIdKinds, ids.size(), 1, std::move(kinds));
    }
    if (!heap.empty()) {
        const auto bytes = as_bytes(heap);
        plan.add_bytes(SectionKind::kIdHeap, heap.size(), 1, {bytes.begin(), bytes.end()});
    }
}

// id_table and id_order.
Status plan_id_lookup(Plan& plan, std::span<const IdView> ids, uint64_t salt) {
    VZ_ASSIGN(std::vector<std::byte> table, build_id_table(ids, salt));
    const uint64_t lines = table.size() / kIdBucketBytes;
    plan.add_bytes(SectionKind::kIdTable, lines, kIdBucketBytes, std::move(table)).flags |= kDerivedFlag;

    std::vector<uint32_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return ids[a] < ids[b]; });
    for (size_t i = 1; i < order.size(); ++i) {
        if (ids[order[i - 1]] == ids[order[i]]) {
            return failure(VZ_INVALID_ARGUMENT, "id %s stands twice in one segment", id_text(ids[order[i]]).c_str());
        }
    }
    const auto bytes = std::as_bytes(std::span(order));
    plan.add_bytes(SectionKind::kIdOrder, order.size(), 4, {bytes.begin(), bytes.end()}).flags |= kDerivedFlag;
    return {};
}

void plan_field(Plan& plan, const SegmentRows::Field& field, uint64_t dim) {
    const size_t rows = field.rows.size();
    const auto absent = static_cast<size_t>(std::count(field.rows.begin(), field.rows.end(), nullptr));
    const size_t present = rows - absent;
    if (present == 0) return;
    if (absent != 0) {
        std::vector<std::byte> bitmap((rows + 63) / 64 * 8);
        std::vector<std::byte> slots((rows + present) * 4);
        uint32_t slot = 0;
        for (uint32_t row = 0; row < rows; ++row) {
            if (field.rows[row] == nullptr) {
                store(slots.data() + size_t{row} * 4, kNoRow);
                continue;
            }
            bitmap[row / 8] |= static_cast<std::byte>(1u << row % 8);
            store(slots.data() + size_t{row} * 4, slot);
            store(slots.data() + (rows + slot) * 4, row);
            ++slot;
        }
        const uint64_t words = bitmap.size() / 8;
        plan.add_bytes(SectionKind::kPresence, words, 8, std::move(bitmap)).field = field.field_id;
        plan.add_bytes(SectionKind::kSlots, rows + present, 4, std::move(slots)).field = field.field_id;
    }
    const uint64_t stride = align_up(dim * sizeof(float), 64);
    plan.add(SectionKind::kVectors, present, stride,
             [vectors = field.rows, dim, stride](SectionSink& sink) -> Status {
                 const std::vector<std::byte> padding(stride - dim * sizeof(float));
                 for (const float* vector : vectors) {
                     if (vector == nullptr) continue;
                     VZ_TRY(sink.append(std::as_bytes(std::span(vector, dim))));
                     VZ_TRY(sink.append(padding));
                 }
                 return {};
             })
        .field = field.field_id;
}

void plan_payloads(Plan& plan, std::span<const std::string_view> payloads) {
    std::vector<std::byte> offsets((payloads.size() + 1) * 8);
    uint64_t end = 0;
    for (size_t row = 0; row < payloads.size(); ++row) {
        end += payloads[row].size();
        store(offsets.data() + (row + 1) * 8, end);
    }
    plan.add_bytes(SectionKind::kPayloadOffsets, payloads.size() + 1, 8, std::move(offsets));
    if (end == 0) return;
    plan.add(SectionKind::kPayload, end, 1, [payloads](SectionSink& sink) -> Status {
        for (const std::string_view payload : payloads) VZ_TRY(sink.append(as_bytes(payload)));
        return {};
    });
}

Status plan_rows(Plan& plan, const SegmentIdentity& identity, const Schema& schema, const SegmentRows& rows) {
    VZ_TRY(plan_id_lookup(plan, rows.ids, identity.salt));
    plan_ids(plan, rows.ids);
    plan.add(SectionKind::kVersions, rows.versions.size(), 8,
             [versions = rows.versions](SectionSink& sink) { return sink.append(std::as_bytes(versions)); });
    if (std::any_of(rows.expiries.begin(), rows.expiries.end(), [](int64_t at) { return at != 0; })) {
        plan.add(SectionKind::kExpiry, rows.expiries.size(), 8,
                 [expires = rows.expiries](SectionSink& sink) { return sink.append(std::as_bytes(expires)); });
    }
    for (const SegmentRows::Field& field : rows.fields) {
        const VectorFieldSchema* known = schema.field_by_id(field.field_id);
        if (known == nullptr || known->dim == 0) {
            return failure(VZ_INVALID_ARGUMENT, "the schema has no vector field %u", field.field_id);
        }
        plan_field(plan, field, known->dim);
    }
    plan_payloads(plan, rows.payloads);
    for (const SegmentRows::Derived& derived : rows.derived) {
        if (derived.bytes.empty()) continue;
        SectionEntry& entry = plan.add(derived.kind, derived.bytes.size(), 1,
                                       [bytes = derived.bytes](SectionSink& sink) { return sink.append(bytes); });
        entry.field = derived.field;
        entry.flags |= kDerivedFlag;
    }
    return {};
}

Status check_rows(const SegmentRows& rows) {
    const size_t count = rows.ids.size();
    VZ_CHECK(rows.versions.size() == count && rows.payloads.size() == count);
    VZ_CHECK(rows.expiries.empty() || rows.expiries.size() == count);
    for (const SegmentRows::Field& field : rows.fields) VZ_CHECK(field.rows.size() == count);
    if (count == 0) return failure(VZ_INVALID_ARGUMENT, "a segment without rows");
    if (count > kRowsPerSegmentMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a segment holds at most %llu rows",
                       static_cast<unsigned long long>(kRowsPerSegmentMax));
    }
    return {};
}

// The first place at or behind `end` where a segment's sections lie at their alignment; its own first 4096 bytes are
// nobody's, or those of the segment before.
uint64_t place_behind(uint64_t end, Plan& plan) {
    uint64_t align = 64;
    for (const PlannedSection& section : plan.sections()) align = std::max<uint64_t>(align, section.entry.align);
    return align_up(end - kFileHeaderBytes, align);
}

// All of a segment but the header, `offset` being its place in the file.
Status write_sections(File& file, uint64_t offset, Plan& plan, SegmentLayout& layout) {
    uint64_t lists_bytes = 0;
    layout.lists_offset = align_up(plan.end(), 64);
    for (PlannedSection& section : plan.sections()) {
        section.entry.chunk_crcs = layout.lists_offset + lists_bytes;
        lists_bytes += chunk_count(section.entry.bytes) * 4;
    }
    layout.table_offset = align_up(layout.lists_offset + lists_bytes, 64);
    layout.bytes = layout.table_offset + plan.sections().size() * kSectionEntryBytes + kFooterBytes;
    VZ_TRY(file.allocate(offset + layout.bytes));

    std::vector<std::byte> chunk;
    chunk.reserve(std::min(kChunkBytes, layout.bytes));
    std::vector<uint32_t> crcs;
    for (PlannedSection& section : plan.sections()) {
        SectionSink sink(file, offset + section.entry.offset, chunk);
        VZ_TRY(section.fill(sink));
        VZ_TRY(sink.finish(section.entry, crcs));
        section.fill = nullptr;
        layout.sections.push_back(section.entry);
    }
    layout.hash = hash_of_sections(layout.sections);

    const auto lists = std::as_bytes(std::span(crcs));
    const std::vector<std::byte> table = encode_table(layout.sections);
    std::vector<std::byte> tail(lists.begin(), lists.end());
    tail.resize(layout.table_offset - layout.lists_offset);
    tail.insert(tail.end(), table.begin(), table.end());
    const auto footer = encode_footer(layout, tail);
    tail.insert(tail.end(), footer.begin(), footer.end());
    return file.write(offset + layout.lists_offset, tail);
}

}  // namespace

Result<PackWriter> PackWriter::create(FileSystem& files, const std::string& path, const vz_uuid& database,
                                      uint64_t file_number, uint64_t salt) {
    VZ_ASSIGN(std::unique_ptr<File> file, files.create(path));
    PackWriter pack(std::move(file));
    pack.header_.magic = kSegmentMagic;
    pack.header_.database = database;
    pack.header_.file_number = file_number;
    pack.header_.salt = salt;
    return pack;
}

Result<SegmentSummary> PackWriter::add(const SegmentIdentity& identity, const Schema& schema, const SegmentRows& rows) {
    VZ_TRY(check_rows(rows));
    const auto [lowest, highest] = std::minmax_element(rows.versions.begin(), rows.versions.end());
    SegmentLayout layout;
    layout.rows = rows.ids.size();
    layout.version_min = *lowest;
    layout.version_max = *highest;

    Plan plan;
    std::vector<std::byte> metadata =
        encode_metadata({identity.collection_id, identity.collection_uuid, identity.collection_name, schema,
                         layout.rows, layout.version_min, layout.version_max});
    const uint64_t metadata_bytes = metadata.size();
    plan.add_bytes(SectionKind::kMeta, metadata_bytes, 1, std::move(metadata));
    VZ_TRY(plan_rows(plan, identity, schema, rows));
    const uint64_t offset = place_behind(end_, plan);
    VZ_TRY(write_sections(*file_, offset, plan, layout));
    // Of one segment, or shared.
    header_.owner = offset == 0 ? identity.collection_id : 0;
    end_ = offset + layout.bytes;
    return SegmentSummary{offset, layout.bytes, layout.rows, layout.version_min, layout.version_max, 0, layout.hash};
}

Result<uint32_t> PackWriter::finish() {
    VZ_TRY(file_->write(0, encode_header(header_)));
    VZ_TRY(file_->sync());
    VZ_TRY(file_->seal());
    return header_.crc;
}

Result<SegmentSummary> write_segment(FileSystem& files, const std::string& path, const SegmentIdentity& identity,
                                     const Schema& schema, const SegmentRows& rows) {
    SegmentSummary summary;
    {
        VZ_ASSIGN(PackWriter file,
                  PackWriter::create(files, path, identity.database, identity.file_number, identity.salt));
        VZ_ASSIGN(summary, file.add(identity, schema, rows));
        VZ_ASSIGN(summary.header_crc, file.finish());
    }
    VZ_ASSIGN(const std::unique_ptr<SealedSegment> written,
              SealedSegment::open(files, path, identity.database, identity.file_number, summary));
    VZ_TRY(written->verify_contents());
    return summary;
}

}  // namespace vz
