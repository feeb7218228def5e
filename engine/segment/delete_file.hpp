// Delete bitmaps of sealed segments: one file for all that a checkpoint writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bitmap.hpp"
#include "engine/base/delete_ref.hpp"
#include "engine/base/status.hpp"
#include "engine/io/file.hpp"

namespace vz {

struct DeleteEntry {
    uint64_t segment = 0;          // file number
    const Bitmap* rows = nullptr;  // borrowed, not empty
};

// Creates `path`, writes all entries and the header last, syncs and seals. Sync the directory afterwards. One result an
// entry, in order.
Result<std::vector<DeleteRef>> write_deletes(FileSystem& files, const std::string& path, const vz_uuid& database,
                                             uint64_t file_number, uint64_t salt, std::span<const DeleteEntry> entries);

// The bitmap of that segment, which has so many rows; each row of the bitmap is below. VZ_CORRUPTION if anything is not
// as expected.
Result<Bitmap> read_deletes(FileSystem& files, const std::string& path, const vz_uuid& database, uint64_t segment,
                            const DeleteRef& expected, uint32_t rows);

}  // namespace vz
