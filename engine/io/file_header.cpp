#include "engine/io/file_header.hpp"

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"

namespace vz {
namespace {

constexpr size_t kCrcAt = 4092;
constexpr size_t kReservedAt = 80;  // to kCreatedAt, and behind it
constexpr size_t kCreatedAt = 96;

}  // namespace

std::array<std::byte, kFileHeaderBytes> encode_header(FileHeader& header) {
    std::array<std::byte, kFileHeaderBytes> bytes = {};
    std::byte* at = bytes.data();
    std::memcpy(at, header.magic.data(), 8);
    store(at + 8, header.format_major);
    store(at + 10, header.format_minor);
    store(at + 12, static_cast<uint32_t>(kFileHeaderBytes));
    store(at + 16, header.features_compat);
    store(at + 24, header.features_read_only);
    store(at + 32, header.features_incompat);
    store(at + 40, header.database);
    store(at + 56, header.file_number);
    store(at + 64, header.owner);
    store(at + 72, header.salt);
    store(at + kCreatedAt, header.created_us);
    header.crc = mask_crc(crc32c({at, kCrcAt}));
    store(at + kCrcAt, header.crc);
    return bytes;
}

Result<FileHeader> decode_header(std::span<const std::byte> bytes, const Magic& magic) {
    if (bytes.size() < kFileHeaderBytes)
        return failure(VZ_CORRUPTION, "the file ends at offset %zu, within its header", bytes.size());
    const std::byte* at = bytes.data();
    FileHeader header;
    std::memcpy(header.magic.data(), at, 8);
    if (header.magic != magic) return failure(VZ_CORRUPTION, "the file does not have %.8s at offset 0", magic.data());
    header.crc = load<uint32_t>(at + kCrcAt);
    if (header.crc != mask_crc(crc32c({at, kCrcAt})))
        return failure(VZ_CORRUPTION, "the file header at offset 0 does not match its checksum");
    header.format_major = load<uint16_t>(at + 8);
    header.format_minor = load<uint16_t>(at + 10);
    if (header.format_major > kFormatMajor) {
        return failure(VZ_UNSUPPORTED, "the file has format %u.%u; a release that reads format %u is needed",
                       header.format_major, header.format_minor, header.format_major);
    }
    header.features_compat = load<uint64_t>(at + 16);
    header.features_read_only = load<uint64_t>(at + 24);
    header.features_incompat = load<uint64_t>(at + 32);
    if (header.features_incompat != 0 || header.features_read_only != 0) {
        return failure(VZ_UNSUPPORTED, "the file uses features %llx that this release does not know",
                       static_cast<unsigned long long>(header.features_incompat | header.features_read_only));
    }
    if (load<uint32_t>(at + 12) != kFileHeaderBytes || !all_zero({at + kReservedAt, at + kCreatedAt}) ||
        !all_zero({at + kCreatedAt + sizeof(header.created_us), at + kCrcAt})) {
        return failure(VZ_CORRUPTION, "the file header at offset 0 has an impossible shape");
    }
    header.database = load<vz_uuid>(at + 40);
    header.file_number = load<uint64_t>(at + 56);
    header.owner = load<uint64_t>(at + 64);
    header.salt = load<uint64_t>(at + 72);
    header.created_us = load<uint64_t>(at + kCreatedAt);
    return header;
}

Status check_identity(const FileHeader& header, const vz_uuid& database, uint64_t file_number) {
    if (std::memcmp(header.database.bytes, database.bytes, sizeof(database.bytes)) != 0) {
        return failure(VZ_CORRUPTION, "the file belongs to another database");
    }
    if (header.file_number != file_number) {
        return failure(VZ_CORRUPTION, "the file bears the number %llx, its name says %llx",
                       static_cast<unsigned long long>(header.file_number),
                       static_cast<unsigned long long>(file_number));
    }
    return {};
}

}  // namespace vz
