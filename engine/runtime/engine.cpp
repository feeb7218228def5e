#include "engine/runtime/engine.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/runtime/damaged_directory.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {
namespace {

// Between two looks at collections that were written lately.
constexpr auto kSettleLook = std::chrono::milliseconds(500);

int64_t system_now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

uint64_t system_seed() {
    uint64_t seed = 0;
    // The kernel's generator answers 8 bytes whole, or not at all before the system has booted.
    if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) seed = static_cast<uint64_t>(system_now_ms());
    return seed;
}

EngineSettings with_defaults(EngineSettings settings) {
    if (settings.wal_file_first_bytes == 0) settings.wal_file_first_bytes = kWalFileFirstBytes;
    if (settings.wal_file_bytes == 0) settings.wal_file_bytes = kWalFileBytes;
    if (settings.manifest_extend_bytes == 0) settings.manifest_extend_bytes = kManifestExtendBytes;
    if (settings.queue_bytes_max == 0) settings.queue_bytes_max = kCommitQueueBytesMax;
    if (settings.wal_bytes_max == 0) settings.wal_bytes_max = kWalBytesMax;
    if (settings.growing_bytes_max == 0) settings.growing_bytes_max = kGrowingBytesMax;
    if (settings.growing_total_bytes_max == 0) settings.growing_total_bytes_max = kGrowingTotalBytesMax;
    if (settings.graph_copy_bytes_max == 0) settings.graph_copy_bytes_max = memory_limit() / kGraphCopyPart;
    if (settings.close_replay_bytes == 0) settings.close_replay_bytes = kCloseReplayBytes;
    if (settings.seed == 0) settings.seed = system_seed();
    if (settings.scrub_bytes_per_s == 0) settings.scrub_bytes_per_s = kScrubBytesPerSecond;
    if (settings.settle_after_ms == 0) settings.settle_after_ms = kSettleAfterMs;
    if (!settings.now_ms) settings.now_ms = system_now_ms;
    return settings;
}

uint32_t helping_threads(const EngineSettings& settings) {
    return settings.background ? std::max(1U, std::thread::hardware_concurrency()) - 1 : 0;
}

}  // namespace

Engine::Engine(FileSystem& files, std::string directory, EngineSettings settings)
    : files_(files),
      directory_(std::move(directory)),
      settings_(with_defaults(std::move(settings))),
      workers_(std::make_unique<WorkerPool>(WorkerPool::Work::kBackground, helping_threads(settings_))),
      query_workers_(std::make_unique<WorkerPool>(WorkerPool::Work::kQueries, helping_threads(settings_))),
      space_(files_, directory_, settings_.disk_reserve, settings_.ballast_bytes, settings_.background ? kDiskLookMs : 0),
      catalogue_(requests_, *workers_, settings_.now_ms, [this] { return new_uuid(); }),
      linking_([this](const std::shared_ptr<Collection>& collection) {
          const Status linked = collection->link_tail();
          if (!linked.ok() && linked.code() != VZ_CANCELLED)
              report(VZ_LOG_ERROR, "index.failed", linked.error().message);
      }),
      compacting_([this](const std::shared_ptr<Collection>& collection) { compact_while_worth(collection); }),
      indexing_([](const std::shared_ptr<Collection>& collection) { collection->refresh_indexes(); }),
      copying_([this](const std::shared_ptr<Collection>& collection) { collection->copy_graphs(graph_copies_); }),
      graph_copies_(settings_.graph_copy_bytes_max) {}

Result<std::unique_ptr<Engine>> Engine::open(FileSystem& files, const std::string& directory,
                                             const EngineSettings& settings) {
    const auto began = std::chrono::steady_clock::now();
    std::unique_ptr<Engine> engine(new Engine(files, directory, settings));
    VZ_TRY(engine->recover());
    engine->open_ns_ =
        static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    if (engine->settings_.background && engine->is_read_only_) {
        // What concerns memory alone goes on.
        engine->linking_.start();
        engine->indexing_.start();
        engine->copying_.start();
        engine->note_opened();
    } else if (engine->settings_.background) {
        engine->commit_thread_ = std::thread([log = engine->log_.get()] { log->run_commit_thread(); });
        engine->spare_thread_ = std::thread([log = engine->log_.get()] { log->run_spare_thread(); });
        engine->linking_.start();
        engine->compacting_.start();
        engine->indexing_.start();
        engine->copying_.start();
        engine->note_opened();
        for (const auto& collection : engine->catalogue_.list()) {
            if (collection->has_expiry() && collection->becomes_expiring()) engine->expiring_.push_back(collection);
            if (!collection->is_in_pieces() || !collection->becomes_unsettled()) continue;
            collection->note_active(engine->settings_.now_ms());
            engine->unsettled_.push_back(collection);
        }
        engine->maintenance_thread_ = std::thread([raw = engine.get()] { raw->run_maintenance(); });
        if (engine->settings_.verify == EngineSettings::Verify::kInBackground) {
            engine->scrub_thread_ = std::thread([raw = engine.get()] { raw->run_scrub(); });
        }
    }
    return engine;
}

Engine::~Engine() {
    stop_threads();
}

void Engine::stop_threads() {
    if (scrub_thread_.joinable()) {
        {
            const std::scoped_lock lock(scrub_mutex_);
            scrub_stops_ = true;
        }
        scrub_wakes_.notify_all();
    }
    workers_->set_cancelled(true);
    if (scrub_thread_.joinable()) scrub_thread_.join();
    linking_.stop();
    compacting_.stop();
    indexing_.stop();
    copying_.stop();
    workers_->set_cancelled(false);
    if (maintenance_thread_.joinable()) {
        {
            const std::scoped_lock lock(maintenance_mutex_);
            stopping_ = true;
        }
        maintenance_wakes_.notify_all();
        sealed_.notify_all();
        maintenance_thread_.join();
    }
    if (commit_thread_.joinable()) {
        log_->stop();
        commit_thread_.join();
        spare_thread_.join();
    }
}

Status Engine::close() {
    stop_threads();
    if (closed_) return {};
    closed_ = true;
    if (!log_->health().ok()) return {};
    uint64_t growing = 0;
    for (const auto& collection : catalogue_.list()) growing += collection->growing_bytes();
    if (growing == 0 || growing > settings_.close_replay_bytes) {
        graphs_wanted_ = GraphsWanted::kAsTheyAre;
        // What cannot be sealed now is replayed at the next open.
        Status sealed = growing == 0 ? Status() : checkpoint_all().take_status();
        // The next open has no record to read.
        if (sealed.ok()) sealed = log_->end_file();
        if (sealed.ok()) sealed = retire_wals();
        if (sealed.ok()) sealed = remove_unnamed();
        if (!sealed.ok()) report(VZ_LOG_WARN, "close.not_sealed", sealed.error().message);
    }
    return log_->health().ok() ? log_->close() : Status();
}

// ---- background ----

// Of collections that came whole: what makes answers faster.
void Engine::note_opened() {
    if (!settings_.background) return;
    for (const auto& collection : catalogue_.list()) {
        if (collection->wants_linking()) linking_.add(collection);
        if (collection->wants_indexes()) indexing_.add(collection);
        if (collection->has_mapped_graphs()) copying_.add(collection);
    }
}

void Engine::note_altered(const std::shared_ptr<Collection>& collection) {
    if (settings_.background && collection->wants_other_graphs()) {
        // What grows is sealed first: its graph stays as it was declared when it began.
        seal_if_large(collection, 1);
        compacting_.add(collection);
    }
    if (!collection->wants_indexes()) return;
    if (settings_.background) {
        indexing_.add(collection);
    } else {
        collection->refresh_indexes();
    }
}

void Engine::note_write(const std::shared_ptr<Collection>& collection) {
    collection->note_active(settings_.now_ms());
    if (settings_.background) {
        if (collection->wants_linking()) linking_.add(collection);
        if (collection->wants_texts()) indexing_.add(collection);
        if (collection->has_expiry() && collection->becomes_expiring()) {
            const std::scoped_lock lock(maintenance_mutex_);
            expiring_.push_back(collection);
            maintenance_wakes_.notify_one();
        }
        if (collection->becomes_unsettled()) {
            const std::scoped_lock lock(maintenance_mutex_);
            unsettled_.push_back(collection);
            if (unsettled_.size() == 1) maintenance_wakes_.notify_one();
        }
    }
    seal_if_large(collection, settings_.growing_bytes_max);
    seal_all_if_long();
}

// Many small collections grow the log without any of them growing large.
void Engine::seal_all_if_long() {
    if (!settings_.background || log_->appended_bytes() < settings_.wal_bytes_max / 2) return;
    const std::scoped_lock lock(maintenance_mutex_);
    seal_all_ = true;
    maintenance_wakes_.notify_one();
}

// Whether the background has it in hand.
bool Engine::seal_if_large(const std::shared_ptr<Collection>& collection, uint64_t bytes_max) {
    if (!settings_.background || collection->growing_bytes() < bytes_max) return false;
    const std::scoped_lock lock(maintenance_mutex_);
    if (std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end()) return true;
    to_seal_.push_back(collection);
    maintenance_wakes_.notify_one();
    return true;
}

Status Engine::make_room(const std::shared_ptr<Collection>& collection, const vz_write_request& request, bool blocking) {
    const vz_write_request* growing = &request;
    if (log_->has_failed()) return log_->refusal();
    while (growing != nullptr && growing->kind != VZ_UPSERT && growing->kind != VZ_UPDATE) growing = growing->next;
    if (growing != nullptr) VZ_TRY(space_.admit_growth());

    const uint64_t bytes_max = 2 * settings_.growing_bytes_max;
    if (!seal_if_large(collection, bytes_max)) return {};
    const auto in_hand = [&] { return std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end(); };
    if (blocking) {
        std::unique_lock lock(maintenance_mutex_);
        const auto done = [&] { return stopping_ || !in_hand(); };
        if (request.deadline_ns == 0) {
            sealed_.wait(lock, done);
        } else {
            sealed_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(request.deadline_ns)),
                               done);
        }
    }
    if (collection->growing_bytes() < bytes_max) return {};
    return failure(VZ_BUSY, "writes came faster than they could be sealed").reason(VZ_REASON_QUEUE);
}

Result<uint64_t> Engine::expire(const std::shared_ptr<Collection>& collection) {
    WriteCommit commit(collection);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(collection->begin_expiry(kExpiryPointsMax, commit, &in_flight));
    if (in_flight) log_->drive(commit);
    VZ_TRY(std::move(outcome));
    return commit.answer.applied;
}

// Of the collections written lately, those that went idle are sealed, and compacted when they have been idle long
// enough for the bytes.
void Engine::queue_idle() {
    std::vector<std::shared_ptr<Collection>> waiting;
    for (std::shared_ptr<Collection>& collection : unsettled_) {
        const int64_t idle_ms = collection->idle_ms(settings_.now_ms());
        if (idle_ms < settings_.settle_after_ms) {
            if (collection->health().ok() && collection->wants_compaction()) compacting_.add(collection);
            waiting.push_back(std::move(collection));
        } else if (collection->health().ok() && collection->growing_bytes() >= kGraphBytesMin) {
            if (std::find(to_seal_.begin(), to_seal_.end(), collection) == to_seal_.end())
                to_seal_.push_back(collection);
            waiting.push_back(std::move(collection));
        } else {
            const uint64_t bytes = collection->health().ok() ? collection->idle_compaction_bytes() : 0;
            if (bytes / (kSettleBytesPerSecond / 1000) > static_cast<uint64_t>(idle_ms)) {
                waiting.push_back(std::move(collection));
                continue;
            }
            collection->settled();
            if (bytes != 0) compacting_.add(collection);
        }
    }
    unsettled_ = std::move(waiting);
}

void Engine::run_maintenance() {
    std::unique_lock lock(maintenance_mutex_);
    while (!stopping_) {
        if (seal_all_) {
            lock.unlock();
            const uint64_t appended = log_->appended_bytes();
            const Result<Lsn> sealed = checkpoint_all();
            if (!sealed.ok()) report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            // After a failure too: the next attempt comes with the next half, not with the next write.
            log_->forget_appended(appended);
            lock.lock();
            seal_all_ = false;
            continue;
        }
        if (std::exchange(files_left_, false)) {
            lock.unlock();
            {
                const std::scoped_lock one_at_a_time(checkpoint_mutex_);
                clean_up();
            }
            lock.lock();
            continue;
        }
        if (to_seal_.empty()) {
            if (unsettled_.empty() && expiring_.empty()) {
                maintenance_wakes_.wait(lock);
            } else if (maintenance_wakes_.wait_for(lock, kSettleLook) == std::cv_status::timeout) {
                queue_idle();
                const std::vector<std::shared_ptr<Collection>> expiring = expiring_;
                lock.unlock();
                for (const auto& collection : expiring) {
                    const Result<uint64_t> expired = expire(collection);
                    if (!expired.ok())
                        report(VZ_LOG_ERROR, "expiry.failed",
                               "collection '" + collection->name() + "': " + expired.status().error().message);
                }
                lock.lock();
                // Removed as soon as nothing can expire any more; a dropped collection has nothing to read.
                std::erase_if(expiring_, [](const auto& collection) {
                    return collection->is_dropped() || !collection->stays_expiring();
                });
            }
            continue;
        }
        const std::shared_ptr<Collection> collection = to_seal_.front();
        lock.unlock();
        const Result<Lsn> sealed = checkpoint(*collection);
        if (!sealed.ok()) {
            report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            collection->note_active(settings_.now_ms());  // not again before it would settle
        }
        lock.lock();
        std::erase(to_seal_, collection);
        sealed_.notify_all();
    }
}

vz_uuid Engine::new_uuid() {
    vz_uuid uuid;
    store(reinterpret_cast<std::byte*>(uuid.bytes), numbers_->salt());
    store(reinterpret_cast<std::byte*>(uuid.bytes) + 8, numbers_->salt());
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
    return uuid;
}

void Engine::report(uint32_t level, const char* event, const std::string& message) const {
    if (settings_.log) settings_.log(level, event, message);
}

// ---- recovery ----

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
        LogSettings{settings_.wal_file_bytes, settings_.queue_bytes_max, settings_.background}, std::move(*manifest),
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
        const uint64_t bytes = collection->growing_bytes();
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
    {
        const std::scoped_lock lock(being_written_mutex_);
        named.insert(named.end(), being_written_.begin(), being_written_.end());
    }
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

// ---- writing ----

Status Engine::write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer,
                     std::vector<Status>* item_errors) {
    VZ_ASSIGN(const std::shared_ptr<Collection> target, catalogue_.resolve(collection));
    WriteCommit commit(target);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(make_room(target, request, true));
    VZ_TRY(target->begin_write(request, commit, true, &in_flight));
    if (in_flight) log_->drive(commit);
    VZ_TRY(std::move(outcome));
    note_write(target);
    *answer = commit.answer;
    *item_errors = std::move(commit.item_errors);
    return {};
}

}  // namespace vz
