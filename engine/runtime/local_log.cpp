#include "engine/runtime/local_log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/manifest/edit.hpp"

namespace vz {
namespace {

constexpr std::chrono::milliseconds kMarkerDelay(5);
constexpr std::chrono::milliseconds kSpareRetry(500);
constexpr std::chrono::milliseconds kLeaderPoll(1);
constexpr uint64_t kMarkersRoom = 4 * kKiB;  // that may be written before the next look at wal_room_

// Its maker waits for it.
class PhysicalEdit final : public EditCommit {
 public:
    void publish() override {}
    void finish(const Status& status) override { outcome = status.clone(); }
    Status outcome;
};

}  // namespace

LocalLog::LocalLog(FileSystem& files, std::string directory, const vz_uuid& database, FileNumbers& numbers,
                   DiskSpace& space, LogSettings settings, Found found)
    : files_(files),
      directory_(std::move(directory)),
      database_(database),
      numbers_(numbers),
      space_(space),
      settings_(settings),
      found_(std::move(found)),
      poisoned_(failure(VZ_READ_ONLY, "the database was opened to be read only")),
      last_lsn_(found_.state.last_lsn),
      durable_lsn_(found_.state.last_lsn) {}

Status LocalLog::begin(uint64_t wal_bytes) {
    Status begun = begin_files(wal_bytes);
    const std::scoped_lock lock(mutex_);
    if (begun.code() == VZ_DISK_FULL) {
        poisoned_ = failure(VZ_DISK_FULL,
                            "the disk was full when the database was opened: free some space, and writes are taken");
        return begun;
    }
    if (begun.code() == VZ_LIMIT_EXCEEDED) {
        poisoned_ = failure(VZ_READ_ONLY, "the manifest describes more than a new one can hold: export what is wanted");
        return begun;
    }
    poisoned_ = begun.clone();
    failed_.store(!begun.ok(), std::memory_order_release);
    has_begun_.store(true, std::memory_order_release);
    if (!begun.ok()) return begun;
    note_ends();
    // Nothing is taken that needs a file which the disk may have no room for.
    if (settings_.background && space_.is_full()) {
        room_ahead_ = 0;
        wants_spare_ = true;
        spare_thread_wakes_.notify_one();
    }
    return {};
}

// ---- the queue ----

Status LocalLog::append(Commit& commit) { return enqueue({&commit, nullptr, commit.is_driven}); }

Status LocalLog::append_edit(EditCommit& commit) {
    commit.logical_ = is_logical(commit.edit);
    const Edit* const edits[] = {&commit.edit};
    commit.encoded_bytes_ = encode_edits(edits).size();
    if (adds_content(commit.edit)) VZ_TRY(make_manifest_room(commit.encoded_bytes_));
    VZ_TRY(commit.check_last());
    return enqueue({&commit, &commit, commit.is_driven});
}

Status LocalLog::commit(Action action) {
    Edit edit;
    edit.actions.push_back(std::move(action));
    return commit(std::move(edit));
}

Status LocalLog::commit(Edit edit) {
    PhysicalEdit commit;
    commit.edit = std::move(edit);
    VZ_TRY(append_edit(commit));
    drive(commit);
    return std::move(commit.outcome);
}

// A new snapshot is without what was dropped or replaced since the last one.
Status LocalLog::make_manifest_room(uint64_t bytes) {
    std::unique_lock lock(mutex_);
    if (!has_manifest_room(bytes) && has_edits_ && poisoned_.ok()) {
        const uint64_t snapshot_max = manifest_end_;
        lock.unlock();
        VZ_TRY(space_.admit_file(snapshot_max));
        roll_asked_.store(true, std::memory_order_relaxed);
        VZ_TRY(commit(ReserveFiles{numbers_.peek()}));
        lock.lock();
    }
    if (!poisoned_.ok()) return refusal_locked();
    if (has_manifest_room(bytes)) return {};
    return failure(VZ_LIMIT_EXCEEDED,
                   "what describes collections, aliases, values and snapshots has at most %llu bytes together: drop "
                   "some of them first",
                   static_cast<unsigned long long>(settings_.manifest_bytes_max))
        .field("manifest_bytes_max")
        .expected(static_cast<int64_t>(settings_.manifest_bytes_max))
        .actual(static_cast<int64_t>(manifest_end_ + entered_edit_bytes_ + bytes));
}

Status LocalLog::enqueue(const Entry& entry) {
    const std::scoped_lock lock(mutex_);
    if (!poisoned_.ok()) return refusal_locked();
    Commit& commit = *entry.commit;
    const uint64_t bytes = commit.bytes.size();
    const bool is_physical = !commit.logical_;
    if (has_ended_ && !is_physical) return failure(VZ_READ_ONLY, "the database is being closed");
    if (!is_physical && (queue_.size() >= kCommitQueueItemsMax ||
                         (queue_bytes_ != 0 && queue_bytes_ + bytes > settings_.queue_bytes_max))) {
        return failure(VZ_BUSY, "too many writes wait for the disk").reason(VZ_REASON_QUEUE);
    }
    const uint64_t entering = entry.edit == nullptr ? frame_bytes(bytes) : 0;
    if (entry.edit == nullptr && entered_bytes_ + entering + kMarkersRoom > std::max(wal_room_, room_ahead_)) {
        return failure(VZ_DISK_FULL,
                       "the disk is full: there is no room for the next file of the write-ahead log. Free some space "
                       "and try again");
    }
    // Memory may run out here, and nothing was done.
    if (next_group_.capacity() <= queue_.size()) next_group_.reserve(2 * queue_.size() + 1);
    queue_.push_back(entry);
    if (entry.waits) ++waiting_queued_;
    if (commit.logical_) commit.lsn = last_lsn_.fetch_add(1, std::memory_order_acq_rel) + 1;
    queue_bytes_ += bytes;
    entered_bytes_ += entering;
    if (entry.edit != nullptr) entered_edit_bytes_ += bytes_of(entry);
    if (!entry.waits && !leading_) commit_thread_wakes_.notify_one();
    return {};
}

void LocalLog::drive(Commit& commit) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (commit.turn_.load(std::memory_order_acquire) == Commit::Turn::kDone) return;
        // Nothing queued: whoever led last is about to tell it.
        if (!leading_ && !queue_.empty()) {
            lead(lock, Leader::kOther);
            continue;
        }
        Commit::Turn given = Commit::Turn::kLead;
        if (!commit.turn_.compare_exchange_strong(given, Commit::Turn::kWait) && given == Commit::Turn::kDone) return;
        lock.unlock();
        commit.turn_.wait(Commit::Turn::kWait, std::memory_order_acquire);
        lock.lock();
    }
}

void LocalLog::run_commit_thread() {
    std::unique_lock lock(mutex_);
    while (!stopping_ || ended_first_ != nullptr) {
        if (ended_first_ != nullptr) {
            tell_ended(lock);
        } else if (!leading_ && !queue_.empty()) {
            lead(lock, Leader::kCommitThread);
        } else if (!leading_ && unmarked_ && poisoned_.ok()) {
            if (commit_thread_wakes_.wait_for(lock, kMarkerDelay) == std::cv_status::timeout) mark_if_idle(lock);
        } else {
            commit_thread_wakes_.wait(lock);
        }
    }
}

void LocalLog::run_spare_thread() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (!wants_spare_) {
            spare_thread_wakes_.wait(lock);
            continue;
        }
        wants_spare_ = false;
        lock.unlock();
        const Result<uint64_t> made = make_spare();
        lock.lock();
        if (!made.ok()) wants_spare_ = true;
        if (made.ok()) {
            room_ahead_ = *made < settings_.wal_file_bytes ? *made - kFileHeaderBytes : UINT64_MAX;
        } else {
            if (made.status().code() == VZ_DISK_FULL) room_ahead_ = 0;
            spare_thread_wakes_.wait_for(lock, kSpareRetry);
        }
    }
}

void LocalLog::step_idle() {
    std::unique_lock lock(mutex_);
    mark_if_idle(lock);
}

void LocalLog::mark_if_idle(std::unique_lock<std::mutex>& lock) {
    if (leading_ || !queue_.empty() || !unmarked_ || !poisoned_.ok()) return;
    leading_ = true;
    lock.unlock();
    write_markers();
    lock.lock();
    unmarked_ = false;
    note_ends();
    pass_on();
}

void LocalLog::stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    commit_thread_wakes_.notify_all();
    spare_thread_wakes_.notify_all();
}

Status LocalLog::refusal() const {
    const std::scoped_lock lock(mutex_);
    return refusal_locked();
}

Status LocalLog::refusal_locked() const {
    return has_begun() && !poisoned_.ok() ? refusal_after(poisoned_) : poisoned_.clone();
}

// Files by their place in the data directory: where that lies is not for clients.
Status LocalLog::refusal_after(const Status& cause) const {
    std::string what = cause.error().message;
    const std::string prefix = directory_ + "/";
    for (size_t at = what.find(prefix); at != std::string::npos; at = what.find(prefix, at))
        what.erase(at, prefix.size());
    return failure(VZ_READ_ONLY, "writes are refused since a write failed: %s", what.c_str());
}

Status LocalLog::health() const {
    const std::scoped_lock lock(mutex_);
    return poisoned_.clone();
}

uint64_t LocalLog::queued() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

// ---- leading ----

std::vector<LocalLog::Entry> LocalLog::take_group() {
    std::vector<Entry> group = std::move(next_group_);
    uint64_t bytes = 0;
    const bool edits = queue_.front().edit != nullptr;
    while (!queue_.empty() && (queue_.front().edit != nullptr) == edits && (group.empty() || bytes < kGroupBytesSoft)) {
        if (!group.empty() && bytes + bytes_of(queue_.front()) > kFrameBytesMax) break;
        bytes += bytes_of(queue_.front());
        group.push_back(queue_.front());
        if (queue_.front().waits) --waiting_queued_;
        queue_.pop_front();
    }
    if (!edits) queue_bytes_ -= bytes;
    return group;
}

// Of the leader, at the end of its turn.
void LocalLog::note_ends() {
    wal_room_ = wal_->bytes() - wal_->end();
    manifest_end_ = manifest_->end();
    has_edits_ = manifest_->has_edits();
}

// Whoever came while somebody led waits to be told. A caller comes first wherever it stands: the commit thread may be
// telling somebody who waits for a lock that this caller holds.
void LocalLog::pass_on() {
    leading_ = false;
    const auto caller = waiting_queued_ == 0 ? queue_.end()
                                             : std::find_if(queue_.begin(), queue_.end(),
                                                            [](const Entry& entry) { return entry.waits; });
    if (caller != queue_.end()) {
        caller->commit->turn_.store(Commit::Turn::kLead, std::memory_order_release);
        caller->commit->turn_.notify_one();
    } else {
        commit_thread_wakes_.notify_one();
    }
}

// Memory that runs out once more, while a failure is told, ends the process: others would wait for ever.
void LocalLog::lead(std::unique_lock<std::mutex>& lock, Leader leader) noexcept {
    if (queue_.empty()) return;
    leading_ = true;
    const std::vector<Entry> group = take_group();
    lock.unlock();

    // Their LSNs are given: what is not written leaves a gap, and what is not published would be missed by readers. As
    // a failed write does, memory that runs out on the way ends writing until the next opening.
    const Status outcome = or_out_of_memory([&]() -> Status {
        VZ_TRY(write_group(group));
        for (const Entry& entry : group) entry.commit->publish();
        return {};
    });
    const Status unknown =
        outcome.ok() ? Status()
                     : failure(VZ_OUTCOME_UNKNOWN, "the log failed under this write: %s", outcome.error().message);

    lock.lock();
    std::vector<Entry> refused;
    if (!outcome.ok()) {
        poison(outcome);
        refused.assign(queue_.begin(), queue_.end());
        queue_.clear();
        queue_bytes_ = 0;
        waiting_queued_ = 0;
    }
    for (const Entry& entry : group) {
        if (entry.edit != nullptr) {
            entered_edit_bytes_ -= bytes_of(entry);
        } else {
            entered_bytes_ -= frame_bytes(bytes_of(entry));
        }
    }
    note_ends();
    // What was made ahead on a full disk is in use now; whether there is room for another is not known.
    const bool is_tight = std::exchange(has_switched_, false) && room_ahead_ != UINT64_MAX;
    if (is_tight) room_ahead_ = 0;
    if (settings_.background && !asked_for_spare_ && (is_tight || wal_room_ < wal_->bytes() / 2)) {
        asked_for_spare_ = true;
        wants_spare_ = true;
        spare_thread_wakes_.notify_one();
    }
    unmarked_ = true;
    pass_on();
    lock.unlock();

    end_all(group, unknown, leader);
    if (!refused.empty()) end_all(refused, refusal_after(outcome), leader);
    lock.lock();
}

// Callers first: what another is told may wait for a lock that a caller holds.
void LocalLog::end_all(std::span<const Entry> entries, const Status& fate, Leader leader) {
    for (const bool waits : {true, false}) {
        for (const Entry& entry : entries) {
            if (entry.waits == waits) end(entry, fate, leader);
        }
    }
}

// What others are told they are not told on a caller's thread: it may hold locks that they wait for.
void LocalLog::end(const Entry& entry, const Status& fate, Leader leader) {
    Commit& commit = *entry.commit;
    if (entry.waits) {
        commit.finish(fate);
        commit.turn_.store(Commit::Turn::kDone, std::memory_order_release);
        commit.turn_.notify_one();
        return;
    }
    if (leader == Leader::kOther && settings_.background) {
        const std::scoped_lock lock(mutex_);
        if (!stopping_) {
            commit.fate_ = fate.clone();
            commit.next_ended_ = nullptr;
            (ended_first_ == nullptr ? ended_first_ : ended_last_->next_ended_) = &commit;
            ended_last_ = &commit;
            commit_thread_wakes_.notify_one();
            return;
        }
    }
    // Its owner may free it within.
    commit.finish(fate);
}

void LocalLog::tell_ended(std::unique_lock<std::mutex>& lock) {
    Commit* ended = std::exchange(ended_first_, nullptr);
    lock.unlock();
    while (ended != nullptr) {
        Commit* const next = ended->next_ended_;
        const Status fate = std::move(ended->fate_);
        ended->finish(fate);
        ended = next;
    }
    lock.lock();
}

void LocalLog::poison(const Status& cause) {
    if (VZ_PLANT(writes_go_on_after_failure)) return;
    if (poisoned_.ok()) poisoned_ = cause.clone();
    failed_.store(true, std::memory_order_release);
}

// Nobody writes while an engine is closed, but for a caller that breaks this rule: a record behind the end that
// cleanClose tells would keep the directory from opening.
void LocalLog::end_writes() {
    std::unique_lock lock(mutex_);
    has_ended_ = true;
    while (leading_ || !queue_.empty()) {
        if (leading_) {
            commit_thread_wakes_.wait_for(lock, kLeaderPoll);
        } else {
            lead(lock, Leader::kOther);
        }
    }
}

}  // namespace vz
