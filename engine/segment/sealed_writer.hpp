// Writes a sealed segment: one file, complete or an orphan that nobody refers to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/checksum.hpp"
#include "engine/base/id.hpp"
#include "engine/base/schema.hpp"
#include "engine/base/status.hpp"
#include "engine/io/file.hpp"
#include "engine/io/file_header.hpp"
#include "engine/segment/layout.hpp"

namespace vz {

struct SegmentIdentity {
    vz_uuid database = {};
    uint64_t file_number = 0;
    uint64_t salt = 0;  // random
    uint64_t collection_id = 0;
    vz_uuid collection_uuid = {};
    std::string collection_name;
};

// Borrowed while it is written; one entry a row, ids distinct.
struct SegmentRows {
    std::span<const IdView> ids;
    std::span<const uint64_t> versions;
    std::span<const int64_t> expiries;           // base/expiry.hpp; empty: none has one
    std::span<const std::string_view> payloads;  // size 0 stands for {}
    struct Field {
        uint32_t field_id = 0;
        std::span<const float* const> rows;  // as many floats as the schema's dim; nullptr: absent
    };
    std::span<const Field> fields;
    // What can be computed again from the rows: graphs, indexes. Damage there costs time, never data.
    struct Derived {
        SectionKind kind = SectionKind::kGraph;
        uint32_t field = 0;  // vector field or payload index; (kind, field) is unique
        std::span<const std::byte> bytes;
    };
    std::span<const Derived> derived;
};

// What the manifest keeps of it, and what open compares with.
struct SegmentSummary {
    uint64_t offset = 0;  // in its file; 0: of the first or only one
    uint64_t bytes = 0;
    uint64_t rows = 0;
    uint64_t version_min = 0;
    uint64_t version_max = 0;
    uint32_t header_crc = 0;
    Hash128 hash = {};
};

// Creates `path` (a fresh name), reserves its full size, writes sections, table, footer and the header last, syncs,
// seals, and reads all of it back through a map. The name is not yet durable: sync the directory afterwards. After a
// failure the file, if any, is an orphan; a retry takes another number. VZ_INVALID_ARGUMENT for rows that are no
// segment (none, an id twice, an unknown field).
Result<SegmentSummary> write_segment(FileSystem& files, const std::string& path, const SegmentIdentity& identity,
                                     const Schema& schema, const SegmentRows& rows);

// The same for segments of several collections, which lie behind each other under one header: a pack.
class PackWriter {
 public:
    static Result<PackWriter> create(FileSystem& files, const std::string& path, const vz_uuid& database,
                                     uint64_t file_number, uint64_t salt);

    // One more segment. A header checksum is not known before finish(). `identity`: that of the pack, but for the
    // collection.
    Result<SegmentSummary> add(const SegmentIdentity& identity, const Schema& schema, const SegmentRows& rows);
    // Writes the header, syncs, seals. The checksum of the header.
    Result<uint32_t> finish();
    uint64_t bytes() const { return end_; }

 private:
    explicit PackWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}

    std::unique_ptr<File> file_;
    FileHeader header_;
    uint64_t end_ = kFileHeaderBytes;
};

}  // namespace vz
