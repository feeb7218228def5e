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
namespace {

// What is open is written no further: its frames are all it holds. One without a record is not carried along: a crash
// loop leaves at most one spare file. One is open; of a damaged directory perhaps several.
void seal_wals(Findings& findings) {
    std::vector<WalState>& wals = findings.state.wals;
    for (size_t i = 0; i < findings.wals.size(); ++i) {
        WalState& wal = wals[i];
        if (wal.sealed_end != 0) continue;
        wal = {wal.number, findings.wals[i].scan.end, 0};
        for (const Frame& frame : findings.wals[i].scan.frames) {
            if (frame.head.count != 0) wal.last_lsn = std::max(wal.last_lsn, frame.head.lsn + frame.head.count - 1);
        }
    }
    std::erase_if(wals, [](const WalState& wal) { return wal.last_lsn == 0; });
}

// A power cut takes a folder that was not synced in the one above it, with all that was synced in itself. All of them:
// a process that was killed may have made them. Those that may not be read were there before.
Status sync_folders_above(FileSystem& files, const std::string& directory) {
    Status synced = files.sync_directory(directory.starts_with('/') ? "/" : ".");
    for (size_t at = directory.find('/', 1);; at = directory.find('/', at + 1)) {
        if (!synced.ok() && synced.code() != VZ_UNSUPPORTED) return synced;
        if (at == std::string::npos) return {};
        synced = files.sync_directory(directory.substr(0, at));
    }
}

// Names and aliases are one name space. Where edits were lost a name may be both: without the alias no point is out of
// reach.
std::vector<std::string> drop_aliases_of_names(ManifestState& state) {
    std::vector<std::string> dropped;
    for (const auto& [id, collection] : state.collections) {
        if (state.aliases.erase(collection.name) != 0) dropped.push_back(collection.name);
    }
    return dropped;
}

}  // namespace

Status Engine::recover() {
    const bool is_read_only = database_.settings.read_only;
    // Before anything is made: a folder of something else stays as it is.
    if (database_.settings.must_exist || is_read_only) VZ_TRY(expect_database(database_.files, database_.directory));
    VZ_ASSIGN(const bool exists, database_.files.exists(database_.directory));
    if (!exists) VZ_TRY(database_.files.make_directory(database_.directory));
    VZ_ASSIGN(lock_,
              database_.files.lock(database_.directory + "/LOCK", is_read_only ? LockMode::kLook : LockMode::kOwn));
    if (!is_read_only) {
        for (const char* folder : {"/wal", "/seg", "/tmp", "/quarantine"})
            VZ_TRY(database_.files.make_directory(database_.directory + folder));
        VZ_TRY(database_.space.open());
        database_.settings.wal_file_bytes =
            std::max(database_.settings.wal_file_first_bytes,
                     database_.space.at_most(database_.settings.wal_file_bytes, kMadeAheadDivisor));
        database_.settings.wal_bytes_max =
            std::max(2 * database_.settings.wal_file_bytes,
                     database_.space.at_most(database_.settings.wal_bytes_max, kWalDivisor));
        VZ_TRY(settle(database_.files, database_.directory));
    }
    VZ_ASSIGN(Findings findings, database_.settings.accept_loss ? examine_damaged(database_.files, database_.directory,
                                                                                  database_.settings.accept_loss)
                                                                : examine(database_.files, database_.directory));
    if (findings.unborn && (database_.settings.must_exist || is_read_only))
        return failure(VZ_NOT_FOUND, "%s holds no database", database_.directory.c_str());
    for (const std::string& tail : findings.torn)
        database_.report(VZ_LOG_WARN, "wal.torn_tail", "an unacknowledged tail was cut: " + tail);
    for (const std::string& alias : drop_aliases_of_names(findings.state))
        database_.report(VZ_LOG_WARN, "open.alias_dropped", "a collection has the name of the alias '" + alias + "'");

    database_.uuid = findings.database;
    database_.numbers = std::make_unique<FileNumbers>(std::max(findings.state.next_file, findings.highest_number + 1),
                                                      database_.settings.seed);
    if (findings.unborn) {
        VZ_TRY(sync_folders_above(database_.files, database_.directory));
        findings.database = database_.new_uuid();
        database_.uuid = findings.database;
    }
    database_.segments = std::make_unique<SegmentStore>(database_.files, database_.directory, database_.uuid,
                                                        *database_.numbers, database_.settings.memory_bytes);
    if (!is_read_only && (findings.unborn || findings.identity_lost))
        VZ_TRY(make_identity(findings.database, database_.numbers->salt()));
    seal_wals(findings);
    findings.state.last_lsn = findings.last_lsn;
    const EngineSettings& settings = database_.settings;
    database_.log = std::make_unique<LocalLog>(
        database_.files, database_.directory, database_.uuid, *database_.numbers, database_.space,
        LogSettings{settings.wal_file_bytes, settings.queue_bytes_max, settings.manifest_bytes_max,
                    settings.manifest_extend_bytes, settings.background},
        LocalLog::Found{std::move(findings.state), findings.manifest});
    if (!is_read_only) {
        const Status begun = database_.log->begin(settings.wal_file_first_bytes);
        const bool is_full = begun.code() == VZ_DISK_FULL;
        const bool can_be_read = is_full || begun.code() == VZ_LIMIT_EXCEEDED;
        if (!begun.ok() && (!can_be_read || findings.unborn || settings.accept_loss)) return begun.clone();
        if (!begun.ok())
            database_.report(VZ_LOG_ERROR, is_full ? "open.disk_full" : "open.manifest_full", begun.error().message);
    }
    database_.log->read_state([this](const ManifestState& state) {
        for (const RequestOutcome& request : state.requests) {
            vz_uuid id;
            std::memcpy(id.bytes, request.id.data(), sizeof(id.bytes));
            database_.requests.remember(id, request.lsn, request.applied, request.created);
        }
        database_.catalogue.load(state, *database_.log);
    });
    VZ_TRY(load_segments());
    VZ_TRY(replay(findings));
    if (!database_.log->has_begun()) return {};
    VZ_TRY(checkpoints_.retire_wals());
    return checkpoints_.sweep();
}

Status Engine::make_identity(const vz_uuid& database, uint64_t salt) {
    const std::string path = database_.directory + "/IDENTITY";
    VZ_ASSIGN(const bool leftover, database_.files.exists(path));
    if (leftover) VZ_TRY(database_.files.unlink(path));
    FileHeader header;
    header.magic = kIdentityMagic;
    header.database = database;
    header.salt = salt;
    VZ_ASSIGN(std::unique_ptr<File> file, database_.files.create(path));
    VZ_TRY(file->write(0, encode_header(header)));
    VZ_TRY(file->sync());
    return database_.files.sync_directory(database_.directory);
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
    // `last` when it reached its bound; when all together have reached theirs the largest, or all if that is small.
    // Empty: there is room.
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
    GrowthBound bound(database_.settings.growing_bytes_max, database_.settings.growing_total_bytes_max);
    if (!database_.log->has_begun()) bound.give_up();
    // One file in memory at a time.
    for (size_t i = 0; i < findings.wals.size(); ++i) {
        const auto has_records = [](const Frame& frame) { return frame.head.kind == FrameKind::kRecords; };
        if (std::none_of(findings.wals[i].scan.frames.begin(), findings.wals[i].scan.frames.end(), has_records))
            continue;
        std::optional<WalReading> again;
        LossSink lost;
        if (database_.settings.accept_loss) {
            lost = [this, file = wal_path(database_.directory, findings.wals[i].header.file_number)](
                       const std::string& what) {
                database_.settings.accept_loss({VZ_CORRUPTION, "", file, 0, what});
            };
        } else {
            VZ_ASSIGN(again, read_again(database_.files, database_.directory, findings, i));
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
        const std::shared_ptr<Collection> collection = database_.catalogue.by_id(batch.collection);
        // Records of a collection that was dropped later have nothing to go to.
        if (collection == nullptr || !collection->health().ok()) {
            if (collection != nullptr) collection->note_skipped(size, frame.head.lsn + i);
            database_.requests.remember(batch.request_id, frame.head.lsn + i, batch.items, batch.created);
            continue;
        }
        VZ_TRY(collection->replay(batch, size, frame.head.lsn + i, lost));
        database_.log->note_replayed(size);
        bound.note(collection);
        if (const std::vector<std::shared_ptr<Collection>> full = bound.to_seal(collection); !full.empty()) {
            const Status sealed = checkpoints_.take_replayed(full);
            VZ_TRY(database_.log->health());
            if (!sealed.ok()) {
                database_.report(VZ_LOG_WARN, "replay.not_sealed", sealed.error().message);
                bound.give_up();
            }
            for (const auto& each : full) bound.note(each);
        }
    }
    return {};
}

}  // namespace vz
