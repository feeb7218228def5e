#include "engine/runtime/maintenance.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/collection/upkeep.hpp"

namespace vz {
namespace {

// Between two looks at collections that were written lately.
constexpr auto kSettleLook = std::chrono::milliseconds(500);
// Between two looks at a disk that was too full to open a log on.
constexpr auto kRoomLook = std::chrono::milliseconds(250);
// Between two attempts to seal what the logs hold, on a full disk.
constexpr auto kSpaceTry = std::chrono::seconds(2);

}  // namespace

Maintenance::Maintenance(Database& database, Checkpoints& checkpoints, Compaction& compaction)
    : database_(database),
      checkpoints_(checkpoints),
      compaction_(compaction),
      linking_([this](const std::shared_ptr<Collection>& collection) {
          const Status linked = or_out_of_memory([&] { return link_tail(*collection, database_.workers); });
          if (!linked.ok() && linked.code() != VZ_CANCELLED)
              database_.report(VZ_LOG_ERROR, "index.failed", linked.error().message);
      }),
      compacting_([this](const std::shared_ptr<Collection>& collection) { compact_while_worth(collection); }),
      indexing_([this](const std::shared_ptr<Collection>& collection) {
          const Status built = or_out_of_memory([&] {
              refresh_indexes(*collection);
              return Status();
          });
          // Searches do without.
          if (!built.ok()) database_.report(VZ_LOG_ERROR, "field_index.failed", built.error().message);
      }),
      copying_([this](const std::shared_ptr<Collection>& collection) {
          copy_graphs(*collection, database_.graph_copies);
      }) {}

void Maintenance::start_reading() {
    linking_.start();
    indexing_.start();
    copying_.start();
    note_opened();
}

void Maintenance::start() {
    if (!database_.log->has_begun() && !database_.log->waits_for_room()) return start_reading();
    compacting_.start();
    start_reading();
    for (const auto& collection : database_.catalogue.list()) {
        if (collection->has_expiry() && collection->activity().expiring.enter()) expiring_.push_back(collection);
        if (!is_in_pieces(*collection) || !collection->activity().unsettled.enter()) continue;
        collection->activity().note(database_.settings.now_ms());
        unsettled_.push_back(collection);
    }
    thread_ = std::thread([this] { run(); });
}

void Maintenance::stop() {
    database_.workers.set_cancelled(true);
    linking_.stop();
    compacting_.stop();
    indexing_.stop();
    copying_.stop();
    database_.workers.set_cancelled(false);
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    sealed_.notify_all();
    thread_.join();
}

void Maintenance::note_opened() {
    if (!database_.settings.background) return;
    for (const auto& collection : database_.catalogue.list()) {
        if (wants_linking(*collection)) linking_.add(collection);
        if (wants_indexes(*collection)) indexing_.add(collection);
        if (has_mapped_graphs(*collection)) copying_.add(collection);
    }
}

void Maintenance::note_changed(const std::shared_ptr<Collection>& collection) {
    if (database_.settings.background && wants_compaction(*collection)) compacting_.add(collection);
    if (database_.settings.background && wants_other_graphs(*collection)) {
        // What grows is sealed first: its graph stays as it was declared when it began.
        seal_if_large(collection, 1);
        compacting_.add(collection);
    }
    if (!wants_indexes(*collection)) return;
    if (database_.settings.background) {
        indexing_.add(collection);
    } else {
        refresh_indexes(*collection);
    }
}

void Maintenance::note_unreadable(const std::shared_ptr<Collection>& collection) {
    database_.report_set_aside(*collection);
    if (database_.settings.read_only) return;
    if (!database_.settings.background) return database_.record_set_aside(*collection);
    const std::scoped_lock lock(mutex_);
    unreadable_.push_back(collection);
    wakes_.notify_one();
}

void Maintenance::note_dropped() {
    if (database_.settings.background) {
        const std::scoped_lock lock(mutex_);
        files_left_ = true;
        wakes_.notify_one();
    } else {
        const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
        checkpoints_.clean_up();
    }
}

void Maintenance::note_write(const std::shared_ptr<Collection>& collection) {
    collection->activity().note(database_.settings.now_ms());
    if (database_.settings.background) {
        if (wants_linking(*collection)) linking_.add(collection);
        if (wants_texts(*collection)) indexing_.add(collection);
        if (collection->has_expiry() && collection->activity().expiring.enter()) {
            const std::scoped_lock lock(mutex_);
            expiring_.push_back(collection);
            wakes_.notify_one();
        }
        if (collection->activity().unsettled.enter()) {
            const std::scoped_lock lock(mutex_);
            unsettled_.push_back(collection);
            if (unsettled_.size() == 1) wakes_.notify_one();
        }
    }
    seal_if_large(collection, database_.settings.growing_bytes_max);
    seal_all_if_long();
}

// Many small collections grow the log, and memory with it, without any of them growing large.
void Maintenance::seal_all_if_long() {
    const EngineSettings& settings = database_.settings;
    const uint64_t bytes_max = std::min(settings.wal_bytes_max, settings.growing_total_bytes_max) / 2;
    if (!settings.background || database_.log->appended_bytes() < bytes_max) return;
    const std::scoped_lock lock(mutex_);
    seal_all_ = true;
    wakes_.notify_one();
}

// What is sealed leaves the logs. No other reason to seal comes up: the writes that would be one are refused.
void Maintenance::seal_all_for_space() {
    const auto now = std::chrono::steady_clock::now();
    const std::scoped_lock lock(mutex_);
    if (!database_.settings.background || now < next_space_try_) return;
    next_space_try_ = now + kSpaceTry;
    seal_all_ = true;
    wakes_.notify_one();
}

// Whether the background has it in hand.
bool Maintenance::seal_if_large(const std::shared_ptr<Collection>& collection, uint64_t bytes_max) {
    if (!database_.settings.background || growing_bytes(*collection) < bytes_max) return false;
    const std::scoped_lock lock(mutex_);
    if (std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end()) return true;
    to_seal_.push_back(collection);
    wakes_.notify_one();
    return true;
}

Status Maintenance::make_room(const std::shared_ptr<Collection>& collection, const vz_write_request& request,
                              IfFull then) {
    const vz_write_request* growing = &request;
    if (database_.log->has_failed()) VZ_TRY(database_.log->refusal());
    while (growing != nullptr && growing->kind != VZ_UPSERT && growing->kind != VZ_UPDATE) growing = growing->next;
    if (growing != nullptr) {
        Status admitted = database_.space.admit_growth();
        if (!admitted.ok()) {
            seal_all_for_space();
            return admitted;
        }
    }

    const uint64_t bytes_max = 2 * database_.settings.growing_bytes_max;
    if (!seal_if_large(collection, bytes_max)) return {};
    const auto in_hand = [&] { return std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end(); };
    if (then == IfFull::kWait) {
        std::unique_lock lock(mutex_);
        const auto done = [&] { return stopping_ || !in_hand(); };
        if (request.deadline_ns == 0) {
            sealed_.wait(lock, done);
        } else {
            sealed_.wait_until(
                lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(request.deadline_ns)), done);
        }
    }
    if (growing_bytes(*collection) < bytes_max) return {};
    return failure(VZ_BUSY, "writes came faster than they could be sealed").reason(VZ_REASON_QUEUE);
}

Result<uint64_t> Maintenance::expire(const std::shared_ptr<Collection>& collection) {
    WriteCommit commit(collection);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(collection->begin_expiry(kExpiryPointsMax, commit, &in_flight));
    if (in_flight) database_.log->drive(commit);
    VZ_TRY(std::move(outcome));
    return commit.answer.applied;
}

bool Maintenance::is_stopping() {
    const std::scoped_lock lock(mutex_);
    return stopping_;
}

void Maintenance::compact_while_worth(const std::shared_ptr<Collection>& collection) {
    while (!compacting_.is_stopping() && collection->health().ok()) {
        const Result<bool> done =
            compaction_.compact(*collection, collection->activity().idle_ms(database_.settings.now_ms()) >=
                                                 database_.settings.settle_after_ms);
        // Why a collection is set aside is told where that is done.
        if (!done.ok() && done.status().code() != VZ_CANCELLED && collection->health().ok())
            database_.report(VZ_LOG_ERROR, "compaction.failed",
                             "collection '" + collection->name() + "': " + done.status().error().message);
        if (!done.ok() || !*done) return;
    }
}

// Of the collections written lately, those that went idle are sealed, and compacted when they have been idle long
// enough for the bytes.
void Maintenance::queue_idle() {
    std::vector<std::shared_ptr<Collection>> waiting;
    for (std::shared_ptr<Collection>& collection : unsettled_) {
        const int64_t idle_ms = collection->activity().idle_ms(database_.settings.now_ms());
        if (idle_ms < database_.settings.settle_after_ms) {
            if (collection->health().ok() && wants_compaction(*collection)) compacting_.add(collection);
            waiting.push_back(std::move(collection));
        } else if (collection->health().ok() && growing_bytes(*collection) >= kGraphBytesMin) {
            if (std::find(to_seal_.begin(), to_seal_.end(), collection) == to_seal_.end())
                to_seal_.push_back(collection);
            waiting.push_back(std::move(collection));
        } else {
            const uint64_t bytes = collection->health().ok() ? idle_compaction_bytes(*collection) : 0;
            if (bytes / (kSettleBytesPerSecond / 1000) > static_cast<uint64_t>(idle_ms)) {
                waiting.push_back(std::move(collection));
                continue;
            }
            collection->activity().unsettled.leave();
            if (bytes != 0) compacting_.add(collection);
        }
    }
    unsettled_ = std::move(waiting);
}

// The list is left unlocked meanwhile.
void Maintenance::expire_all(std::unique_lock<std::mutex>& lock) {
    const std::vector<std::shared_ptr<Collection>> expiring = expiring_;
    lock.unlock();
    for (const auto& collection : expiring) {
        uint64_t deleted = kExpiryPointsMax;
        for (uint32_t record = 0; record < kExpiryRecordsALook && deleted == kExpiryPointsMax; ++record) {
            if (!collection->health().ok() || is_stopping()) break;
            const Result<uint64_t> expired = expire(collection);
            deleted = expired.ok() ? *expired : 0;
            if (expired.ok()) continue;
            database_.report(VZ_LOG_ERROR, "expiry.failed",
                             "collection '" + collection->name() + "': " + expired.status().error().message);
        }
    }
    lock.lock();
    // Removed as soon as nothing can expire any more; a dropped collection has nothing to read.
    std::erase_if(expiring_,
                  [](const auto& collection) { return collection->is_dropped() || !stays_expiring(*collection); });
}

// What follows is what an open does that finds room.
void Maintenance::begin_log() {
    if (!database_.space.can_reopen_after(0)) return;
    const Status begun = database_.log->begin(database_.settings.wal_file_first_bytes);
    if (begun.code() == VZ_DISK_FULL) return;
    if (!begun.ok()) return database_.report(VZ_LOG_ERROR, "open.not_writable", begun.error().message);
    database_.report(VZ_LOG_INFO, "open.has_room", "the disk has room for a log again: writes are taken");
    const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
    Status swept = checkpoints_.retire_wals();
    if (swept.ok()) swept = checkpoints_.sweep();
    if (!swept.ok()) database_.report(VZ_LOG_WARN, "open.files_left", swept.error().message);
}

void Maintenance::run() {
    std::unique_lock lock(mutex_);
    while (database_.log->waits_for_room()) {
        if (wakes_.wait_for(lock, kRoomLook, [this] { return stopping_; })) return;
        lock.unlock();
        begin_log();
        lock.lock();
    }
    if (!database_.log->has_begun()) return;  // and never will: nothing can be noted
    while (!stopping_) {
        if (!unreadable_.empty()) {
            const std::shared_ptr<Collection> collection = std::move(unreadable_.back());
            unreadable_.pop_back();
            lock.unlock();
            database_.record_set_aside(*collection);
            lock.lock();
            continue;
        }
        if (seal_all_) {
            lock.unlock();
            const uint64_t appended = database_.log->appended_bytes();
            const Result<Lsn> sealed = checkpoints_.take_all();
            // On a full disk it is tried again and again.
            const bool is_known = sealed.status().code() == VZ_DISK_FULL && lacks_space_;
            lacks_space_ = sealed.status().code() == VZ_DISK_FULL;
            if (!sealed.ok() && !is_known)
                database_.report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            // After a failure too: the next attempt comes with the next half, not with the next write.
            database_.log->forget_appended(appended);
            lock.lock();
            seal_all_ = false;
            continue;
        }
        if (std::exchange(files_left_, false)) {
            lock.unlock();
            {
                const Checkpoints::Lock one_at_a_time = checkpoints_.exclude();
                checkpoints_.clean_up();
            }
            lock.lock();
            continue;
        }
        if (to_seal_.empty()) {
            if (unsettled_.empty() && expiring_.empty()) {
                wakes_.wait(lock);
            } else if (wakes_.wait_for(lock, kSettleLook) == std::cv_status::timeout) {
                queue_idle();
                expire_all(lock);
            }
            continue;
        }
        const std::shared_ptr<Collection> collection = to_seal_.front();
        lock.unlock();
        const Result<Lsn> sealed = checkpoints_.take(*collection);
        if (!sealed.ok()) {
            database_.report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            collection->activity().note(database_.settings.now_ms());  // not again before it would settle
        }
        lock.lock();
        std::erase(to_seal_, collection);
        sealed_.notify_all();
    }
}

}  // namespace vz
