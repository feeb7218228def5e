// Delete bitmaps of sealed segments: one file for all that a checkpoint writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/status.hpp"
#include "engine/io/file.hpp"

namespace vz {

struct DeleteEntry {
    uint64_t segment = 0;          // file number
    const Bitmap* rows = nullptr;  // borrowed, not empty
};

// What the manifest keeps of one entry.
struct WrittenDeletes {
    uint64_t segment = 0;
    uint64_t offset = 0;  // in the file, of the entry with its head
    uint64_t bytes = 0;
    uint64_t cardinality = 0;
    uint32_t highest_row = 0;
    Hash128 hash = {};
};

// Creates `path`, writes all entries and the header last, syncs and seals. Sync the directory afterwards. One result an
// entry, in order.
Result<std::vector<WrittenDeletes>> write_deletes(FileSystem& files, const std::string& path, const vz_uuid& database,
                                                  uint64_t file_number, uint64_t salt,
                                                  std::span<const DeleteEntry> entries);

// `rows`: of the segment; each row of the bitmap is below. VZ_CORRUPTION if anything is not as expected.
Result<Bitmap> read_deletes(FileSystem& files, const std::string& path, const vz_uuid& database, uint64_t file_number,
                            const WrittenDeletes& expected, uint32_t rows);

}  // namespace vz
