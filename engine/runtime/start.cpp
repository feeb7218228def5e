// How the engine comes from the files of its directory to serving: what recovery found is replayed, sealed and swept.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/upkeep.hpp"
#include "engine/runtime/damaged_directory.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {

Status Engine::recover() {
    is_read_only_ = settings_.read_only;
    VZ_ASSIGN(const bool exists, files_.exists(directory_));
    if (!exists && (settings_.must_exist || is_read_only_))
        return failure(VZ_NOT_FOUND, "there is no data directory %s", directory_.c_str());
    if (!exists) VZ_TRY(files_.make_directory(directory_));
    VZ_ASSIGN(lock_, files_.lock(directory_ + "/LOCK"));
    if (!is_read_only_) {
        for (const char* folder : {"/wal", "/seg", "/tmp", "/quarantine"})
            VZ_TRY(files_.make_directory(directory_ + folder));
        VZ_TRY(space_.open());
        settings_.wal_file_bytes = std::max(settings_.wal_file_first_bytes, space_.at_most(settings_.wal_file_bytes, kMadeAheadPart));
        settings_.wal_bytes_max = std::max(2 * settings_.wal_file_bytes, space_.at_most(settings_.wal_bytes_max, kWalPart));
        VZ_TRY(settle(files_, directory_));
    }
    VZ_ASSIGN(Findings findings, settings_.accept_loss ? examine_damaged(files_, directory_, settings_.accept_loss) : examine(files_, directory_));
    if (findings.unborn && (settings_.must_exist || is_read_only_))
        return failure(VZ_NOT_FOUND, "%s holds no database", directory_.c_str());
    for (const std::string& tail : findings.torn)
        report(VZ_LOG_WARN, "wal.torn_tail", "an unacknowledged tail was cut: " + tail);

    database_ = findings.database;
    numbers_ =
        std::make_unique<FileNumbers>(std::max(findings.state.next_file, findings.highest_number + 1), settings_.seed);
    if (findings.unborn) {
        findings.database = new_uuid();
        database_ = findings.database;
    }
    segments_ = std::make_unique<SegmentStore>(files_, directory_, database_, *numbers_, settings_.memory_bytes);
    if (is_read_only_) {
        serve_reads(findings, failure(VZ_READ_ONLY, "the database was opened to be read only"));
    } else {
        const std::vector<WalState> wals = findings.state.wals;
        Status begun = begin_log(findings);
        if (begun.code() == VZ_DISK_FULL && !findings.unborn && !settings_.accept_loss) {
            report(VZ_LOG_ERROR, "open.disk_full", std::string(begun.error().message));
            findings.state.wals = wals;
            serve_reads(findings, failure(VZ_READ_ONLY, "the disk was full when the database was opened: free some space and start again"));
        } else {
            VZ_TRY(std::move(begun));
        }
    }
    log_->read_state([this](const ManifestState& state) {
        for (const RequestOutcome& request : state.requests) {
            vz_uuid id;
            std::memcpy(id.bytes, request.id.data(), sizeof(id.bytes));
            requests_.remember(id, request.lsn, request.applied, request.created);
        }
        catalogue_.load(state, *log_);
    });
    VZ_TRY(load_segments());
    VZ_TRY(replay(findings));
    if (is_read_only_) return {};
    VZ_TRY(retire_wals());
    return sweep();
}

Status Engine::begin_log(Findings& findings) {
    if (findings.unborn || findings.identity_lost) VZ_TRY(make_identity(findings.database, numbers_->salt()));
    ManifestState& state = findings.state;
    // An old WAL without a record is not carried along: a crash loop leaves at most one spare file.
    if (!findings.wals.empty()) {
        // One is open; of a damaged directory perhaps several.
        for (size_t i = 0; i < state.wals.size(); ++i) {
            WalState& wal = state.wals[i];
            if (wal.sealed_end != 0) continue;
            wal.sealed_end = findings.wals[i].scan.end;
            wal.last_lsn = 0;
            for (const Frame& frame : findings.wals[i].scan.frames) {
                if (frame.head.count != 0) wal.last_lsn = std::max(wal.last_lsn, frame.head.lsn + frame.head.count - 1);
            }
        }
        std::erase_if(state.wals, [](const WalState& wal) { return wal.last_lsn == 0; });
    }
    VZ_ASSIGN(WalFile wal, make_first_wal());
    state.wals.push_back({wal.header.file_number, 0, 0});
    state.last_lsn = findings.last_lsn;
    const auto make_manifest = [&] {
        const uint64_t number = numbers_->next_number();
        state.next_file = numbers_->peek();
        return Manifest::create(files_, directory_, database_, number, numbers_->salt(), state, findings.manifest, settings_.manifest_extend_bytes);
    };
    Result<std::unique_ptr<Manifest>> manifest = make_manifest();
    if (!manifest.ok() && manifest.status().code() == VZ_DISK_FULL && space_.give_up_ballast()) manifest = make_manifest();
    // Whether CURRENT names it is not known: nothing is removed.
    if (!manifest.ok()) return manifest.take_status();
    log_ = std::make_unique<LocalLog>(
        files_, directory_, database_, *numbers_, space_,
        LogSettings{settings_.wal_file_bytes, settings_.queue_bytes_max, settings_.manifest_bytes_max, settings_.background}, std::move(*manifest),
        std::make_unique<Wal>(std::move(wal)), findings.last_lsn);
    return {};
}

void Engine::serve_reads(Findings& findings, const Status& refusal) {
    is_read_only_ = true;
    log_ = std::make_unique<LocalLog>(files_, directory_, database_, *numbers_, space_, std::move(findings.state), findings.last_lsn, refusal);
}

// As large as the disk allows: what cannot be written to cannot be opened.
Result<WalFile> Engine::make_first_wal() {
    for (uint64_t bytes = settings_.wal_file_first_bytes;; bytes /= 2) {
        if (bytes > 2 * kWalFileBytesMin && !space_.can_reopen_after(bytes)) continue;
        const uint64_t number = numbers_->next_number();
        Result<WalFile> made = prepare_wal(files_, directory_, database_, number, numbers_->salt(), bytes);
        if (made.ok() || made.status().code() != VZ_DISK_FULL) return made;
        static_cast<void>(files_.unlink(wal_path(directory_, number)));
        if (space_.give_up_ballast()) {
            bytes *= 2;
        } else if (bytes <= 2 * kWalFileBytesMin) {
            return failure(VZ_DISK_FULL, "the disk of %s is full: writing needs %llu KiB. Free some space and start again; nothing was changed",
                           directory_.c_str(), static_cast<unsigned long long>(2 * kWalFileBytesMin / kKiB));
        }
    }
}

Status Engine::make_identity(const vz_uuid& database, uint64_t salt) {
    const std::string path = directory_ + "/IDENTITY";
    VZ_ASSIGN(const bool leftover, files_.exists(path));
    if (leftover) VZ_TRY(files_.unlink(path));
    FileHeader header;
    header.magic = kIdentityMagic;
    header.database = database;
    header.salt = salt;
    VZ_ASSIGN(std::unique_ptr<File> file, files_.create(path));
    VZ_TRY(file->write(0, encode_header(header)));
    VZ_TRY(file->sync());
    return files_.sync_directory(directory_);
}

// What grows while a log is replayed, and who is to be sealed when that is too much.
class GrowthBound final {
 public:
    GrowthBound(uint64_t one_bytes_max, uint64_t total_bytes_max)
        : one_bytes_max_(one_bytes_max), total_bytes_max_(total_bytes_max) {}

    void note(const std::shared_ptr<Collection>& collection) {
        Growing& growing = growing_[collection->id()];
        growing.collection = collection;
        const uint64_t bytes = growing_bytes(*collection);
        total_ += bytes - growing.bytes;
        growing.bytes = bytes;
    }
    // `last` when it reached its bound; when all together have reached theirs the largest, or all if that is small. Empty: there is room.
    std::vector<std::shared_ptr<Collection>> to_seal(const std::shared_ptr<Collection>& last) const {
        if (is_given_up_) return {};
        if (growing_.at(last->id()).bytes >= one_bytes_max_) return {last};
        if (total_ < total_bytes_max_) return {};
        const auto less = [](const auto& one, const auto& two) { return one.second.bytes < two.second.bytes; };
        const Growing& largest = std::max_element(growing_.begin(), growing_.end(), less)->second;
        if (largest.bytes > kPackedBytesMax) return {largest.collection};
        std::vector<std::shared_ptr<Collection>> all;
        for (const auto& [id, growing] : growing_) all.push_back(growing.collection);
        return all;
    }
    // Nothing can be sealed: reading everything comes before staying small.
    void give_up() { is_given_up_ = true; }

 private:
    struct Growing {
        std::shared_ptr<Collection> collection;
        uint64_t bytes = 0;
    };
    const uint64_t one_bytes_max_, total_bytes_max_;
    std::map<uint64_t, Growing> growing_;
    uint64_t total_ = 0;
    bool is_given_up_ = false;
};

Status Engine::replay(const Findings& findings) {
    GrowthBound bound(settings_.growing_bytes_max, settings_.growing_total_bytes_max);
    if (is_read_only_) bound.give_up();
    // One file in memory at a time.
    for (size_t i = 0; i < findings.wals.size(); ++i) {
        const auto has_records = [](const Frame& frame) { return frame.head.kind == FrameKind::kRecords; };
        if (std::none_of(findings.wals[i].scan.frames.begin(), findings.wals[i].scan.frames.end(), has_records)) continue;
        std::optional<WalReading> again;
        LossSink lost;
        if (settings_.accept_loss) {
            lost = [this, file = wal_path(directory_, findings.wals[i].header.file_number)](const std::string& what) {
                settings_.accept_loss({VZ_CORRUPTION, "", file, 0, what});
            };
        } else {
            VZ_ASSIGN(again, read_again(files_, directory_, findings, i));
        }
        for (const Frame& frame : again ? again->scan.frames : findings.wals[i].scan.frames) {
            if (has_records(frame)) VZ_TRY(replay_frame(frame, lost, bound));
        }
    }
    return {};
}

Status Engine::replay_frame(const Frame& frame, const LossSink& lost, GrowthBound& bound) {
    std::span<const std::byte> left = frame.payload;
    for (uint32_t i = 0; i < frame.head.count; ++i) {
        uint64_t size = 0;
        Result<Batch> decoded = decode_record(left, &size);
        if (!decoded.ok() && lost) {
            lost(decoded.status().error().message);
            return {};
        }
        VZ_ASSIGN(const Batch batch, std::move(decoded));
        left = left.subspan(size);
        const std::shared_ptr<Collection> collection = catalogue_.by_id(batch.collection);
        // Records of a collection that was dropped later have nothing to go to.
        if (collection == nullptr || !collection->health().ok()) {
            requests_.remember(batch.request_id, frame.head.lsn + i, batch.items, batch.created);
            continue;
        }
        VZ_TRY(collection->replay(batch, frame.head.lsn + i, lost));
        ++replayed_records_;
        log_->note_replayed(size);
        bound.note(collection);
        if (const std::vector<std::shared_ptr<Collection>> full = bound.to_seal(collection); !full.empty()) {
            const Status sealed = seal_replayed(full);
            VZ_TRY(log_->health());
            if (!sealed.ok()) {
                report(VZ_LOG_WARN, "replay.not_sealed", sealed.error().message);
                bound.give_up();
            }
            for (const auto& each : full) bound.note(each);
        }
    }
    return {};
}

Status Engine::seal_replayed(std::span<const std::shared_ptr<Collection>> collections) {
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    std::vector<std::shared_ptr<Collection>> chosen;
    std::vector<Frozen> frozen;
    for (const auto& collection : collections) {
        std::optional<Frozen> one = collection->freeze();
        if (!one) continue;
        chosen.push_back(collection);
        frozen.push_back(std::move(*one));
    }
    // Nothing is answered before all is replayed: graphs are finished in the background.
    const GraphsWanted wanted = std::exchange(graphs_wanted_, GraphsWanted::kAsTheyAre);
    Status sealed = checkpoint_frozen(chosen, std::move(frozen));
    graphs_wanted_ = wanted;
    return sealed;
}

Status Engine::sweep() {
    VZ_ASSIGN(const std::vector<std::string> temporary, files_.list(directory_ + "/tmp"));
    for (const std::string& name : temporary) VZ_TRY(files_.unlink(directory_ + "/tmp/" + name));
    return remove_unnamed();
}

Status Engine::remove_unnamed() {
    // Files with higher numbers may be on their way into the manifest.
    std::vector<uint64_t> named;
    std::vector<uint64_t> set_aside;
    uint64_t highest = 0;
    log_->read_state([&](const ManifestState& state, LocalLog::OwnFiles own) {
        highest = state.next_file;
        set_aside = state.set_aside;
        named = {own.manifest, own.spare_wal};
        for (const WalState& wal : state.wals) named.push_back(wal.number);
        const auto keep = [&](const SegmentRef& segment) {
            named.push_back(segment.file);
            if (segment.deletes) named.push_back(segment.deletes->file);
        };
        if (VZ_PLANT(snapshot_does_not_pin)) {
            for (const auto& [id, collection] : state.collections)
                std::for_each(collection.segments.begin(), collection.segments.end(), keep);
        } else {
            for_each_segment(state, keep);
        }
    });
    const std::vector<uint64_t> on_their_way = segments_->claimed();
    named.insert(named.end(), on_their_way.begin(), on_their_way.end());
    std::sort(named.begin(), named.end());
    for (const char* folder : {"/", "/wal/", "/seg/"}) {
        VZ_ASSIGN(const std::vector<std::string> names, files_.list(directory_ + folder));
        for (const std::string& name : names) {
            const uint64_t number = file_number_of(name);
            if (number == 0 || number >= highest || std::binary_search(named.begin(), named.end(), number)) continue;
            // Of a damaged directory, the edit that named it may be what was lost.
            if (settings_.accept_loss || std::find(set_aside.begin(), set_aside.end(), number) != set_aside.end()) {
                VZ_ASSIGN(const std::string aside, quarantine_path(files_, directory_, name));
                VZ_TRY(files_.rename(directory_ + folder + name, aside));
            } else {
                VZ_TRY(files_.unlink(directory_ + folder + name));
            }
        }
    }
    return {};
}

}  // namespace vz
