// The files of the local log, as whoever leads writes them: WAL and manifest, and the next of each.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/io/file_header.hpp"
#include "engine/manifest/edit.hpp"
#include "engine/runtime/local_log.hpp"

namespace vz {
namespace {

constexpr uint64_t kSpareBytesMin = kMiB;

// Of a file that was written to: without a name, what it holds is gone with this process.
Status expect_in_place(const Result<bool>& in_place, const std::string& path) {
    if (!in_place.ok()) return in_place.status().clone();
    return *in_place ? Status() : failure(VZ_IO_ERROR, "%s was removed", path.c_str());
}

bool has_header(FileSystem& files, const std::string& path, const Magic& magic, const vz_uuid& database,
                uint64_t number, uint64_t bytes_min) {
    const Result<std::unique_ptr<File>> file = files.open(path, OpenMode::kRead);
    if (!file.ok()) return false;
    const Result<uint64_t> size = (*file)->size();
    std::array<std::byte, kFileHeaderBytes> bytes = {};
    if (!size.ok() || *size < bytes_min || !(*file)->read(0, bytes).ok()) return false;
    const Result<FileHeader> header = decode_header(bytes, magic);
    return header.ok() && check_identity(*header, database, number).ok();
}

}  // namespace

Status LocalLog::begin_files(uint64_t wal_bytes) {
    VZ_ASSIGN(WalFile wal, make_first_wal(wal_bytes));
    // What was found stays as it is until the manifest has it.
    ManifestState state = found_.state;
    state.wals.push_back({wal.header.file_number, 0, 0});
    Result<std::unique_ptr<Manifest>> manifest = with_ballast([&] {
        const uint64_t number = numbers_.next_number();
        state.next_file = std::max(state.next_file, numbers_.peek());
        return Manifest::create(files_, directory_, database_, number, numbers_.salt(), state, found_.manifest,
                                settings_.manifest_extend_bytes);
    });
    if (!manifest.ok()) {
        // Of any other failure it is not known whether CURRENT names it.
        const vz_status code = manifest.status().code();
        if (code == VZ_DISK_FULL || code == VZ_LIMIT_EXCEEDED)
            static_cast<void>(files_.unlink(wal_path(directory_, wal.header.file_number)));
        return manifest.take_status();
    }
    wal_ = std::make_unique<Wal>(std::move(wal));
    const std::scoped_lock lock(state_mutex_);
    manifest_ = std::move(*manifest);
    found_ = {};
    return {};
}

// As large as the disk allows: what cannot be written to cannot be opened.
Result<WalFile> LocalLog::make_first_wal(uint64_t bytes) {
    for (;; bytes /= 2) {
        if (bytes > 2 * kWalFileBytesMin && !space_.can_reopen_after(bytes)) continue;
        const uint64_t number = numbers_.next_number();
        Result<WalFile> made = prepare_wal(files_, directory_, database_, number, numbers_.salt(), bytes);
        if (made.ok() || made.status().code() != VZ_DISK_FULL) return made;
        static_cast<void>(files_.unlink(wal_path(directory_, number)));
        if (space_.give_up_ballast()) {
            bytes *= 2;
        } else if (bytes <= 2 * kWalFileBytesMin) {
            return failure(VZ_DISK_FULL, "the disk of %s is full: writing needs %llu KiB; nothing was changed",
                           directory_.c_str(), static_cast<unsigned long long>(2 * kWalFileBytesMin / kKiB));
        }
    }
}

Status LocalLog::write_group(std::span<const Entry> group) {
    const bool edits = group.front().edit != nullptr;
    VZ_TRY(edits ? write_edits(group) : write_records(group));
    counters_.groups.fetch_add(1, std::memory_order_relaxed);
    counters_.syncs.fetch_add(1, std::memory_order_relaxed);
    (edits ? counters_.edits : counters_.records).fetch_add(group.size(), std::memory_order_relaxed);
    for (const Entry& entry : group) {
        if (entry.commit->lsn != 0) durable_lsn_.store(entry.commit->lsn, std::memory_order_release);
    }
    return {};
}

Status LocalLog::write_records(std::span<const Entry> group) {
    std::vector<std::span<const std::byte>> records;
    uint64_t bytes = 0;
    for (const Entry& entry : group) {
        records.emplace_back(entry.commit->bytes);
        bytes += entry.commit->bytes.size();
    }
    if (!wal_->fits(bytes)) VZ_TRY(switch_wal(bytes));
    VZ_TRY(wal_->append(records, group.front().commit->lsn, durable()));
    appended_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return expect_in_place(wal_->is_in_place(), wal_path(directory_, wal_->number()));
}

Status LocalLog::write_edits(std::span<const Entry> group) {
    std::vector<const Edit*> edits;
    Lsn first = 0;
    for (const Entry& entry : group) {
        edits.push_back(&entry.edit->edit);
        if (first == 0) first = entry.commit->lsn;
    }
    if (first == 0) first = durable() + 1;
    VZ_TRY(append_to_manifest(edits, first));
    // One that nobody asked for can wait until the disk has room.
    const bool is_due =
        manifest_->wants_roll() && manifest_->end() >= roll_from_ && space_.admit_file(manifest_->end()).ok();
    if (!roll_asked_.exchange(false, std::memory_order_relaxed) && !is_due) return {};
    Status rolled = roll_manifest();
    // The file goes on as it is.
    const bool did_nothing = rolled.code() == VZ_LIMIT_EXCEEDED || rolled.code() == VZ_DISK_FULL;
    roll_from_ = did_nothing ? manifest_->end() + manifest_->extend_bytes() : 0;
    return did_nothing ? Status() : std::move(rolled);
}

Status LocalLog::append_to_manifest(std::span<const Edit* const> edits, Lsn first_lsn) {
    const std::scoped_lock lock(state_mutex_);
    const std::vector<std::byte> encoded = encode_edits(edits);
    VZ_TRY(with_ballast([&] { return manifest_->make_room(encoded.size()); }));
    VZ_TRY(manifest_->append(edits, encoded, first_lsn, durable()));
    return expect_in_place(manifest_->is_in_place(), manifest_path(directory_, manifest_->number()));
}

Status LocalLog::switch_wal(uint64_t payload_bytes, Next kind) {
    const uint64_t needed = align_up(kFileHeaderBytes + frame_bytes(payload_bytes) + frame_bytes(0), 4096);
    VZ_TRY(wal_->sync_markers());
    const std::scoped_lock lock(spare_mutex_);  // waits for one that is being made
    std::optional<WalFile> next;
    if (kind == Next::kFile && spare_ && spare_->bytes >= needed) next = std::move(spare_);
    if (spare_ && !next) static_cast<void>(files_.unlink(wal_path(directory_, spare_->header.file_number)));
    spare_.reset();
    if (!next) {
        VZ_ASSIGN(next, make_wal(kind == Next::kLast ? needed : std::max(settings_.wal_file_bytes, needed), needed));
    }
    Edit edit;
    edit.actions.emplace_back(WalOpen{next->header.file_number, wal_->end(), wal_->last_lsn()});
    const Edit* const edits[] = {&edit};
    VZ_TRY(append_to_manifest(edits, durable() + 1));
    {
        const std::scoped_lock state_lock(state_mutex_);
        spare_number_ = 0;
    }
    wal_ = std::make_unique<Wal>(std::move(*next));
    asked_for_spare_ = false;
    has_switched_ = true;
    return {};
}

Result<WalFile> LocalLog::make_wal(uint64_t bytes, uint64_t needed) {
    const auto make = [&]() -> Result<WalFile> {
        uint64_t number = 0;
        {
            // Nobody sees a state that is behind the number without the number.
            const std::scoped_lock lock(state_mutex_);
            number = numbers_.next_number();
            spare_number_ = number;
        }
        if (!space_.can_reopen_after(bytes)) return failure(VZ_DISK_FULL, "the disk is full");
        Result<WalFile> made = prepare_wal(files_, directory_, database_, number, numbers_.salt(), bytes);
        if (!made.ok()) static_cast<void>(files_.unlink(wal_path(directory_, number)));
        return made;
    };
    for (; bytes > needed; bytes = std::max(bytes / 2, needed)) {
        Result<WalFile> made = make();
        if (made.ok() || made.status().code() != VZ_DISK_FULL) return made;
    }
    return with_ballast(make);
}

Result<uint64_t> LocalLog::make_spare() {
    const std::scoped_lock lock(spare_mutex_);
    if (!spare_) {
        VZ_ASSIGN(spare_, make_wal(settings_.wal_file_bytes, std::min(settings_.wal_file_bytes, kSpareBytesMin)));
    }
    return spare_->bytes;
}

Status LocalLog::roll_manifest() {
    ManifestState state = manifest_->state();
    // durable() does not know the edits just appended yet, the state does.
    state.last_lsn = std::max(state.last_lsn, durable());
    state.wals.back().last_lsn = wal_->last_lsn();
    const uint64_t number = numbers_.next_number();
    state.next_file = std::max(state.next_file, numbers_.peek());
    VZ_ASSIGN(std::unique_ptr<Manifest> next, Manifest::create(files_, directory_, database_, number, numbers_.salt(),
                                                               state, manifest_->number(), manifest_->extend_bytes()));
    const std::scoped_lock lock(state_mutex_);
    manifest_ = std::move(next);
    return {};
}

void LocalLog::write_markers() {
    // A marker is information about bytes that are durable already. One that fails poisons, as every failed write to a
    // log does.
    Status written = wal_->mark(durable());
    if (written.ok()) written = manifest_->mark(durable() + 1, durable());
    if (written.ok()) return;
    const std::scoped_lock lock(mutex_);
    poison(written);
}

std::vector<std::string> LocalLog::find_missing() const {
    const auto look = [this] {
        std::vector<WalState> wals;
        read_state([&](const ManifestState& state) { wals = state.wals; });
        std::vector<std::string> missing;
        const Result<Current> current = read_current(files_, directory_);
        if (!current.ok()) {
            missing.emplace_back("CURRENT");
        } else if (const std::string path = manifest_path(directory_, current->manifest);
                   !has_header(files_, path, kManifestMagic, database_, current->manifest, kFileHeaderBytes)) {
            missing.push_back(path.substr(directory_.size() + 1));
        }
        for (const WalState& wal : wals) {
            const std::string path = wal_path(directory_, wal.number);
            if (!has_header(files_, path, kWalMagic, database_, wal.number, wal.sealed_end))
                missing.push_back(path.substr(directory_.size() + 1));
        }
        return missing;
    };
    // What the first look did not find may have been replaced just then.
    return look().empty() ? std::vector<std::string>() : look();
}

Status LocalLog::end_file() {
    VZ_TRY(health());
    Status ended = switch_wal(0, Next::kLast);
    // The edit may be in the file, or half of it.
    const std::scoped_lock lock(mutex_);
    if (!ended.ok() && ended.code() != VZ_DISK_FULL) poison(ended);
    return ended;
}

Status LocalLog::close() {
    VZ_TRY(health());
    VZ_TRY(wal_->sync_markers());
    Edit edit;
    edit.actions.emplace_back(CleanClose{wal_->end(), durable()});
    const Edit* const edits[] = {&edit};
    VZ_TRY(append_to_manifest(edits, durable() + 1));
    // Only now: a failure before leaves everything as it is.
    if (spare_) static_cast<void>(files_.unlink(wal_path(directory_, spare_->header.file_number)));
    return {};
}

}  // namespace vz
