#include "engine/wal/wal.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"

namespace vz {

std::string wal_path(const std::string& directory, uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof(name), "/wal/W-%016llx", static_cast<unsigned long long>(number));
    return directory + name;
}

Result<WalFile> prepare_wal(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t number,
                            uint64_t salt, uint64_t bytes) {
    WalFile wal;
    wal.header.magic = kWalMagic;
    wal.header.database = database;
    wal.header.file_number = number;
    wal.header.salt = salt;
    wal.bytes = bytes;
    VZ_ASSIGN(wal.file, files.create(wal_path(directory, number)));
    VZ_TRY(wal.file->allocate(bytes));
    const std::vector<std::byte> zeros(std::min<uint64_t>(bytes, kMiB));
    for (uint64_t at = kFileHeaderBytes; at < bytes; at += zeros.size()) {
        VZ_TRY(wal.file->write(at, std::span(zeros).first(std::min<uint64_t>(zeros.size(), bytes - at))));
    }
    VZ_TRY(wal.file->write(0, encode_header(wal.header)));
    if (!VZ_PLANT(wal_not_synced_before_named)) VZ_TRY(wal.file->sync());
    if (!VZ_PLANT(wal_directory_not_synced)) VZ_TRY(files.sync_directory(directory + "/wal"));
    return wal;
}

Result<WalReading> read_wal(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t number) {
    const std::string path = wal_path(directory, number);
    WalReading reading;
    std::span<std::byte> bytes;
    {
        Result<std::unique_ptr<File>> file = files.open(path, OpenMode::kRead);
        if (!file.ok() && file.status().code() == VZ_NOT_FOUND) {
            return failure(VZ_CORRUPTION, "the manifest names %s, which is missing", path.c_str());
        }
        if (!file.ok()) return file.take_status();
        VZ_ASSIGN(const uint64_t size, (*file)->size());
        VZ_ASSIGN(reading.contents, Arena::reserve(size));
        bytes = {reading.contents->data(), size};
        VZ_TRY((*file)->read(0, bytes));
    }
    Result<FileHeader> header = decode_header(bytes, kWalMagic);
    Status checked = header.ok() ? check_identity(*header, database, number) : header.take_status();
    if (!checked.ok()) return failure(checked.code(), "%s: %s", path.c_str(), checked.error().message);
    reading.header = *header;
    reading.scan = scan_frames(bytes, reading.header);
    return reading;
}

void WalReading::forget_contents() {
    contents.reset();
    for (Frame& frame : scan.frames) frame.payload = {};
    for (Frame& frame : scan.later) frame.payload = {};
}

Wal::Wal(WalFile file)
    : file_(std::move(file)), writer_(*file_.file, file_.header, kFileHeaderBytes, file_.header.crc) {}

bool Wal::fits(uint64_t payload_bytes) const {
    // Room for a closing marker stays.
    return writer_.end() + frame_bytes(payload_bytes) + frame_bytes(0) <= file_.bytes;
}

Status Wal::append(std::span<const std::span<const std::byte>> records, Lsn first_lsn, Lsn durable_lsn) {
    const auto count = static_cast<uint32_t>(records.size());
    VZ_TRY(writer_.append({FrameKind::kRecords, first_lsn, count, durable_lsn}, records));
    VZ_TRY(writer_.sync());
    last_lsn_ = first_lsn + count - 1;
    return {};
}

Status Wal::mark(Lsn durable_lsn) {
    if (!fits(0)) return {};
    return writer_.append({FrameKind::kMarker, std::max(durable_lsn, last_lsn_ + 1), 0, durable_lsn}, {});
}

Status Wal::sync_markers() {
    if (VZ_PLANT(sealed_end_not_synced) || writer_.end() == writer_.durable_end()) return {};
    return writer_.sync();
}

}  // namespace vz
