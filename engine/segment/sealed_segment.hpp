// A sealed segment, read where it lies in the map of its file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/base/status.hpp"
#include "engine/io/file.hpp"
#include "engine/segment/id_table.hpp"
#include "engine/segment/layout.hpp"
#include "engine/segment/metadata.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

// Immutable, any thread; keeps the map, which everything that it returns points into. Any content is safe to read: what
// damage makes of rows and lengths is bounded, never followed. Whoever answers from it looks at mapping().failed()
// before the answer leaves.
class SealedSegment {
 public:
    // Checks size, header, footer, section table and metadata, and that they are those expected; not the contents.
    // `mapping` is of the whole file, other segments may lie in it too. VZ_CORRUPTION.
    static Result<std::unique_ptr<SealedSegment>> open(std::shared_ptr<const Mapping> mapping, const std::string& path,
                                                       const vz_uuid& database, uint64_t file_number,
                                                       const SegmentSummary& expected);
    // The same with a map of its own.
    static Result<std::unique_ptr<SealedSegment>> open(FileSystem& files, const std::string& path,
                                                       const vz_uuid& database, uint64_t file_number,
                                                       const SegmentSummary& expected);

    uint32_t row_count() const { return rows_; }
    const SegmentMetadata& metadata() const { return metadata_; }
    // Whether it can be read by the schema of its collection: a field of both is the same one, and the id of one that
    // was dropped is not given out again. VZ_CORRUPTION.
    Status check_fields(const Schema& schema) const;
    IdView id(uint32_t row) const;
    // UINT32_MAX: none.
    uint32_t find(const IdView& id) const;
    uint64_t version(uint32_t row) const;
    // Whether some row may have a time to expire.
    bool has_expiry() const { return !expiry_.empty(); }
    // As base/expiry.hpp has it.
    int64_t expiry(uint32_t row) const;
    // "{}" when empty.
    std::string_view payload(uint32_t row) const;
    // dim floats of the schema in metadata(); nullptr: absent.
    const float* vector(uint32_t field_id, uint32_t row) const;
    // All of the field where they lie; empty: there are none.
    std::span<const std::byte> vectors(uint32_t field_id) const;
    // Of row 0, the others `stride` floats apart; null where some row has none.
    struct PackedVectors {
        const float* first = nullptr;
        uint64_t stride = 0;
    };
    PackedVectors packed_vectors(uint32_t field_id) const;
    // Rows that have the field.
    uint64_t vector_count(uint32_t field_id) const;
    // The i-th row in id order.
    uint32_t row_in_id_order(uint32_t i) const;

    // A derived section where it lies, at its alignment; empty: there is none. Its content is unchecked.
    std::span<const std::byte> derived(SectionKind kind, uint32_t field) const;
    // Whether the bytes of a derived section pass their checksums. Reads all of them.
    Status verify_derived(SectionKind kind, uint32_t field) const;

    // What of the file on disk is not as it was written.
    struct Damage {
        // Of a section that can be computed again; else of what cannot, or of the file's frame.
        bool is_derived = false;
        SectionKind kind = SectionKind::kMeta;
        uint32_t field = 0;
        uint64_t offset = 0;
        uint64_t bytes = 0;  // so many from there on are in doubt
        std::string message;
    };
    // Reads the file with reads of its own, past the map, a chunk at a time; `pace` is told the bytes of each, and ends
    // the reading by an error, which is returned. A chunk each. VZ_IO_ERROR: it cannot be read.
    Result<std::vector<Damage>> find_damage(FileSystem& files, const std::function<Status(uint64_t bytes)>& pace) const;

    // The same of what the map shows, which is what is answered from, but for the zeros between sections. A section
    // each.
    std::vector<Damage> find_damage_in_map() const;

    // Whether all bytes that make up the row lie outside of the damage.
    bool is_intact(uint32_t row, std::span<const Damage> damage) const;

    const Mapping& mapping() const { return *mapping_; }
    // VZ_IO_ERROR names the file: the map failed, what was read of it is not to be used.
    Status check_readable() const;
    // Without the header of a file that it does not begin.
    uint64_t bytes() const { return expected_.bytes - (expected_.offset != 0 ? kFileHeaderBytes : 0); }
    uint64_t payload_bytes() const { return payload_.size(); }

    // Reads every byte: header, footer and table again, all sections against their checksums, zeros between them.
    // VZ_CORRUPTION names the offset in the file, VZ_IO_ERROR that the map failed.
    Status verify_contents() const;
    // The same; what passed is handed on at once, in order: all bytes behind the header.
    Status verify_contents(const std::function<Status(std::span<const std::byte>)>& pass) const;
    // Of that what cannot be computed again: derived sections and the zeros are left out.
    Status verify_rows() const;

 private:
    struct Field {
        uint32_t id = 0;
        uint64_t items = 0;
        uint64_t stride = 0;
        std::span<const std::byte> vectors;
        std::span<const std::byte> presence;  // empty: every row has one, at its own slot
        std::span<const std::byte> slots;
    };

    SealedSegment(std::shared_ptr<const Mapping> mapping, std::string path, const SegmentSummary& expected)
        : mapping_(std::move(mapping)), path_(std::move(path)), expected_(expected) {}

    Status check_frame(const vz_uuid& database, uint64_t file_number);
    Status place_sections();
    Status place_field(const SectionEntry& vectors);
    Status damaged(uint64_t offset_in_file, const char* what) const;
    Status check_header() const;
    Status verify_frame() const;
    Status verify_section(const SectionEntry& entry,
                          const std::function<Status(std::span<const std::byte>)>& pass = nullptr) const;
    std::span<const std::byte> bytes_of(const SectionEntry& entry) const;
    // A section of `items` of `item_bytes` each; anything else, as none, is damage.
    Status place(SectionKind kind, uint32_t field, uint64_t items, uint64_t item_bytes,
                 std::span<const std::byte>* out) const;
    // The same; `out` stays as it is if there is none.
    Status place_optional(SectionKind kind, uint64_t items, uint64_t item_bytes, std::span<const std::byte>* out) const;

    // Offsets in the segment are those of its layout: of one behind another in a file the first kFileHeaderBytes are
    // not its own.
    std::span<const std::byte> segment() const { return mapping_->bytes().subspan(expected_.offset, expected_.bytes); }

    std::shared_ptr<const Mapping> mapping_;
    std::string path_;
    SegmentSummary expected_;
    vz_uuid database_ = {};
    uint64_t file_number_ = 0;
    SegmentLayout layout_;
    SegmentMetadata metadata_;
    uint32_t rows_ = 0;

    uint32_t id_bytes_ = 0;
    uint32_t uniform_kind_ = 0;  // kind + 1; 0: id_kinds_ tells
    std::span<const std::byte> id_slots_, id_kinds_, id_heap_, versions_, expiry_, payload_offsets_, payload_,
        id_order_;
    IdTableView id_table_;
    std::vector<Field> fields_;
};

}  // namespace vz
