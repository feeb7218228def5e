#include "engine/manifest/manifest.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/manifest/edit.hpp"

namespace vz {
namespace {

constexpr uint64_t kCurrentBytes = 64;
constexpr char kCurrentMagic[8] = {'V', 'Z', 'C', 'U', 'R', 'R', 'T', '1'};

std::array<std::byte, kCurrentBytes> encode_current(const Current& current) {
    std::array<std::byte, kCurrentBytes> bytes = {};
    std::memcpy(bytes.data(), kCurrentMagic, 8);
    store(bytes.data() + 8, current.manifest);
    store(bytes.data() + 16, current.database);
    store(bytes.data() + 60, mask_crc(crc32c({bytes.data(), 60})));
    return bytes;
}

// What the next open does as well can wait for room.
Status unless_full(Status status) { return status.code() == VZ_DISK_FULL ? Status() : std::move(status); }

std::string temporary_current(const std::string& directory, uint64_t manifest) {
    char name[32];
    std::snprintf(name, sizeof(name), "/tmp/CURRENT.%llx", static_cast<unsigned long long>(manifest));
    return directory + name;
}

Status write_current(FileSystem& files, const std::string& directory, const Current& current) {
    const std::string temporary = temporary_current(directory, current.manifest);
    {
        VZ_ASSIGN(std::unique_ptr<File> file, files.create(temporary));
        VZ_TRY(file->write(0, encode_current(current)));
        if (!VZ_PLANT(current_not_synced_before_rename)) VZ_TRY(file->sync());
    }
    VZ_TRY(files.rename(temporary, directory + "/CURRENT"));
    // Behind the commit point no failure is one that did nothing.
    Status synced = VZ_PLANT(directory_not_synced_after_current) ? Status() : files.sync_directory(directory);
    if (synced.code() == VZ_DISK_FULL) return failure(VZ_IO_ERROR, "%s", synced.error().message);
    VZ_TRY(std::move(synced));
    return unless_full(files.sync_directory(directory + "/tmp"));
}

Status damaged(const std::string& path, const Status& cause) {
    return failure(cause.code(), "%s: %s", path.c_str(), cause.error().message);
}

}  // namespace

std::string manifest_path(const std::string& directory, uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof(name), "/MANIFEST-%016llx", static_cast<unsigned long long>(number));
    return directory + name;
}

Result<Current> read_current(FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/CURRENT";
    VZ_ASSIGN(std::unique_ptr<File> file, files.open(path, OpenMode::kRead));
    VZ_ASSIGN(const uint64_t size, file->size());
    if (size != kCurrentBytes)
        return failure(VZ_CORRUPTION, "%s ends at offset %llu instead of 64", path.c_str(),
                       static_cast<unsigned long long>(size));
    std::array<std::byte, kCurrentBytes> bytes;
    VZ_TRY(file->read(0, bytes));
    Current current{load<uint64_t>(bytes.data() + 8), load<vz_uuid>(bytes.data() + 16)};
    if (encode_current(current) != bytes)
        return failure(VZ_CORRUPTION, "%s: what it holds at offset 0 does not match its checksum", path.c_str());
    return current;
}

Result<ManifestReading> read_manifest(FileSystem& files, const std::string& directory, const Current& current) {
    const std::string path = manifest_path(directory, current.manifest);
    Result<std::unique_ptr<File>> file = files.open(path, OpenMode::kRead);
    if (!file.ok()) {
        if (file.status().code() != VZ_NOT_FOUND) return file.take_status();
        return failure(VZ_CORRUPTION, "CURRENT names %s, which is missing", path.c_str());
    }
    ManifestReading reading;
    VZ_ASSIGN(const uint64_t size, (*file)->size());
    reading.bytes.resize(size);
    VZ_TRY((*file)->read(0, reading.bytes));
    Result<FileHeader> header = decode_header(reading.bytes, kManifestMagic);
    if (!header.ok()) return damaged(path, header.status());
    const Status identity = check_identity(*header, current.database, current.manifest);
    if (!identity.ok()) return damaged(path, identity);
    reading.header = *header;
    reading.scan = scan_frames(reading.bytes, reading.header);
    reading.end = reading.scan.end;

    bool first = true;
    for (const Frame& frame : reading.scan.frames) {
        if (frame.head.kind == FrameKind::kMarker && !first) continue;
        Result<EditFrame> decoded = frame.head.kind == FrameKind::kEdits
                                        ? decode_edits(frame.payload)
                                        : Result<EditFrame>(failure(VZ_CORRUPTION, "a frame that is no edit"));
        if (decoded.ok() && first != decoded->snapshot.has_value()) {
            decoded = failure(VZ_CORRUPTION, "a snapshot belongs into the first frame");
        }
        if (!decoded.ok()) return damaged(path, decoded.status());
        if (first) {
            reading.state = std::move(*decoded->snapshot);
            reading.state.next_file = std::max(reading.state.next_file, current.manifest + 1);
            first = false;
            continue;
        }
        Lsn lsn = frame.head.lsn;
        for (const Edit& edit : decoded->edits) {
            const bool logical = is_logical(edit);
            const Status folded = reading.state.fold(edit, logical ? lsn : 0);
            if (!folded.ok()) return damaged(path, folded);
            if (logical) reading.logical.push_back(lsn++);
        }
        if (lsn != frame.head.lsn + frame.head.count)
            return failure(VZ_CORRUPTION, "%s: a frame counts its edits wrongly", path.c_str());
    }
    if (first) return failure(VZ_CORRUPTION, "%s: the snapshot at offset 4096 does not check", path.c_str());
    return reading;
}

Manifest::Manifest(FileHeader header, std::unique_ptr<File> file, uint64_t extend_bytes)
    : header_(header), file_(std::move(file)), extend_bytes_(extend_bytes) {
    writer_ = std::make_unique<FrameWriter>(*file_, header_, kFileHeaderBytes, header_.crc);
}

Result<std::unique_ptr<Manifest>> Manifest::create(FileSystem& files, const std::string& directory,
                                                   const vz_uuid& database, uint64_t number, uint64_t salt,
                                                   ManifestState& state, uint64_t previous, uint64_t extend_bytes) {
    FileHeader header;
    header.magic = kManifestMagic;
    header.database = database;
    header.file_number = number;
    header.salt = salt;
    const auto head = encode_header(header);
    state.next_file = std::max(state.next_file, number + 1);
    state.clean_close.reset();

    const std::vector<std::byte> snapshot = encode_snapshot(state);
    if (snapshot.size() > kManifestFrameBytesMax)
        return failure(VZ_LIMIT_EXCEEDED, "the manifest describes more than %llu bytes",
                       static_cast<unsigned long long>(kManifestFrameBytesMax))
            .field("manifest_bytes_max")
            .expected(kManifestFrameBytesMax)
            .actual(static_cast<int64_t>(snapshot.size()));
    std::unique_ptr<Manifest> manifest;
    const auto write = [&]() -> Status {
        VZ_ASSIGN(std::unique_ptr<File> file, files.create(manifest_path(directory, number)));
        manifest.reset(new Manifest(header, std::move(file), extend_bytes));
        VZ_TRY(manifest->file_->write(0, head));
        VZ_TRY(manifest->extend(frame_bytes(snapshot.size())));
        const std::span<const std::byte> payload[] = {snapshot};
        VZ_TRY(manifest->writer_->append({FrameKind::kEdits, state.last_lsn, 0, state.last_lsn}, payload));
        manifest->edits_begin_ = manifest->writer_->end();
        if (!VZ_PLANT(manifest_not_synced_before_current)) VZ_TRY(manifest->file_->sync());
        if (!VZ_PLANT(manifest_not_synced_before_current)) VZ_TRY(manifest->writer_->sync());
        VZ_TRY(files.sync_directory(directory));
        if (previous != 0 && VZ_PLANT(manifest_unlinked_before_current)) {
            VZ_TRY(files.unlink(manifest_path(directory, previous)));
            previous = 0;
        }
        return write_current(files, directory, {number, database});
    };
    const Status written = write();
    if (written.code() == VZ_DISK_FULL) {
        // No CURRENT names it. A sync of it that failed is not asked again: it is gone, whole.
        static_cast<void>(files.unlink(temporary_current(directory, number)));
        static_cast<void>(files.unlink(manifest_path(directory, number)));
        static_cast<void>(files.sync_directory(directory));
    }
    VZ_TRY(written.clone());
    if (previous != 0) VZ_TRY(unless_full(files.unlink(manifest_path(directory, previous))));
    manifest->state_ = std::move(state);
    return manifest;
}

Status Manifest::extend(uint64_t bytes) {
    if (writer_->end() + bytes <= zeroed_end_) return {};
    const uint64_t from = std::max(zeroed_end_, writer_->end());
    const uint64_t to = align_up(writer_->end() + bytes, extend_bytes_);
    VZ_TRY(file_->allocate(to));
    const std::vector<std::byte> zeros(to - from);
    Status zeroed = file_->write(from, zeros);
    // Room that comes back makes a failed allocation good; behind a failed write a live log is not written to again.
    if (zeroed.code() == VZ_DISK_FULL && zeroed_end_ != 0) return failure(VZ_IO_ERROR, "%s", zeroed.error().message);
    VZ_TRY(std::move(zeroed));
    zeroed_end_ = to;
    return {};
}

Status Manifest::append(std::span<const Edit* const> edits, std::span<const std::byte> encoded, Lsn first_lsn,
                        Lsn durable_lsn) {
    const auto logical = static_cast<uint32_t>(
        std::count_if(edits.begin(), edits.end(), [](const Edit* edit) { return is_logical(*edit); }));
    VZ_TRY(make_room(encoded.size()));
    const std::span<const std::byte> payload[] = {encoded};
    has_edits_ = true;
    Status written = writer_->append({FrameKind::kEdits, first_lsn, logical, durable_lsn}, payload);
    if (written.ok() && !VZ_PLANT(edit_answered_before_sync)) written = writer_->sync();
    // Whatever the reason: what the file holds now is not known, and only a full disk before it may be tried again.
    if (written.code() == VZ_DISK_FULL) return failure(VZ_IO_ERROR, "%s", written.error().message);
    VZ_TRY(std::move(written));
    Lsn lsn = first_lsn;
    for (const Edit* edit : edits) VZ_TRY(state_.fold(*edit, is_logical(*edit) ? lsn++ : 0));
    return {};
}

Status Manifest::mark(Lsn last_lsn, Lsn durable_lsn) {
    const Status room = extend(frame_bytes(0));
    if (room.code() == VZ_DISK_FULL) return {};  // nobody misses a marker
    VZ_TRY(room.clone());
    return writer_->append({FrameKind::kMarker, last_lsn, 0, durable_lsn}, {});
}

bool Manifest::wants_roll() const {
    const uint64_t edits_max = std::min(kManifestRollBytesMax, (kManifestRollFactor - 1) * edits_begin_);
    return writer_->end() > std::max(kManifestRollBytesMin, edits_begin_ + edits_max);
}

}  // namespace vz
