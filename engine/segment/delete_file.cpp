#include "engine/segment/delete_file.hpp"

#include <algorithm>
#include <array>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/io/file_header.hpp"
#include "engine/segment/layout.hpp"

namespace vz {
namespace {

constexpr uint64_t kEntryHeadBytes = 64;
constexpr uint64_t kEntryCrcAt = 60;

// The checksum covers the head before it, then the bitmap.
uint32_t entry_crc(std::span<const std::byte> entry) {
    return mask_crc(crc32c(entry.subspan(kEntryHeadBytes), crc32c(entry.first(kEntryCrcAt))));
}

std::vector<std::byte> encode_entry(const DeleteEntry& entry) {
    const std::vector<std::byte> bitmap = entry.rows->to_bytes();
    std::vector<std::byte> bytes(kEntryHeadBytes);
    bytes.insert(bytes.end(), bitmap.begin(), bitmap.end());
    store(bytes.data(), entry.segment);
    store(bytes.data() + 8, uint64_t{bitmap.size()});
    store(bytes.data() + 16, entry.rows->cardinality());
    store(bytes.data() + 24, entry.rows->maximum());
    store(bytes.data() + kEntryCrcAt, entry_crc(bytes));
    return bytes;
}

Status damaged(const std::string& path, uint64_t offset, const char* what) {
    return failure(VZ_CORRUPTION, "%s is damaged at offset %llu: %s", path.c_str(),
                   static_cast<unsigned long long>(offset), what);
}

}  // namespace

Result<std::vector<DeleteRef>> write_deletes(FileSystem& files, const std::string& path, const vz_uuid& database,
                                             uint64_t file_number, uint64_t salt,
                                             std::span<const DeleteEntry> entries) {
    std::vector<DeleteRef> written;
    std::vector<std::byte> content;
    for (const DeleteEntry& entry : entries) {
        VZ_CHECK(entry.rows != nullptr && entry.rows->cardinality() != 0);
        content.resize(align_up(content.size(), 64));
        const std::vector<std::byte> bytes = encode_entry(entry);
        written.push_back({file_number, kFileHeaderBytes + content.size(), bytes.size(), entry.rows->cardinality(),
                           entry.rows->maximum(), xxh3_128(bytes)});
        content.insert(content.end(), bytes.begin(), bytes.end());
    }

    FileHeader header;
    header.magic = kDeletesMagic;
    header.database = database;
    header.file_number = file_number;
    header.salt = salt;
    VZ_ASSIGN(const std::unique_ptr<File> file, files.create(path));
    VZ_TRY(file->allocate(kFileHeaderBytes + content.size()));
    for (size_t at = 0; at < content.size(); at += kMiB) {
        VZ_TRY(file->write(kFileHeaderBytes + at,
                           std::span(content).subspan(at, std::min<size_t>(kMiB, content.size() - at))));
    }
    VZ_TRY(file->write(0, encode_header(header)));
    VZ_TRY(file->sync());
    VZ_TRY(file->seal());
    return written;
}

Result<Bitmap> read_deletes(FileSystem& files, const std::string& path, const vz_uuid& database, uint64_t segment,
                            const DeleteRef& expected, uint32_t rows) {
    VZ_ASSIGN(const std::unique_ptr<File> file, files.open(path, OpenMode::kRead));
    VZ_ASSIGN(const uint64_t size, file->size());
    if (size < kFileHeaderBytes || expected.offset < kFileHeaderBytes || expected.offset > size ||
        expected.bytes > size - expected.offset || expected.bytes <= kEntryHeadBytes) {
        return damaged(path, size, "it ends before the entry that is recorded");
    }
    std::array<std::byte, kFileHeaderBytes> first;
    VZ_TRY(file->read(0, first));
    const Result<FileHeader> header = decode_header(first, kDeletesMagic);
    const Status sound = header.ok() ? check_identity(*header, database, expected.file) : header.status().clone();
    if (!sound.ok()) return header_failure(path, sound);

    std::vector<std::byte> bytes(expected.bytes);
    VZ_TRY(file->read(expected.offset, bytes));
    if (load<uint32_t>(bytes.data() + kEntryCrcAt) != entry_crc(bytes))
        return damaged(path, expected.offset, "checksum of a bitmap");
    if (xxh3_128(bytes) != expected.hash) return damaged(path, expected.offset, "hash of a bitmap");
    if (load<uint64_t>(bytes.data()) != segment || load<uint64_t>(bytes.data() + 8) != bytes.size() - kEntryHeadBytes) {
        return damaged(path, expected.offset, "a bitmap of another segment");
    }
    VZ_ASSIGN(Bitmap bitmap, Bitmap::from_bytes(std::span(bytes).subspan(kEntryHeadBytes)));
    if (bitmap.cardinality() != expected.cardinality || bitmap.maximum() != expected.highest_row ||
        (expected.cardinality != 0 && expected.highest_row >= rows)) {
        return damaged(path, expected.offset, "a bitmap is not the one recorded");
    }
    return bitmap;
}

}  // namespace vz
