// The local log: WAL and manifest behind one queue. One commit leader at a time writes both in LSN order, and moves to
// the other file only when its last write to this one is synced, so what is durable is always a prefix of history.
//
// A blocking caller leads itself when nobody does; otherwise it waits and may be given the lead. Asynchronous entries
// are led by the commit thread (run_commit_thread), or by whoever leads already; the commit thread tells them their
// fate. The next WAL file is made by the spare thread (run_spare_thread) before the current one is full.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/log/log.hpp"
#include "engine/manifest/manifest.hpp"
#include "engine/runtime/disk_space.hpp"
#include "engine/runtime/file_numbers.hpp"
#include "engine/wal/wal.hpp"

namespace vz {

// An edit of the manifest on its way.
class EditCommit : public Commit {
 public:
    Edit edit;
    // Asked when there is room for the edit, just before it enters the queue: locks that others need while they are in
    // the log may be taken here.
    virtual Status check_last() { return {}; }

 private:
    friend class LocalLog;
    uint64_t encoded_bytes_ = 0;  // alone; set by append_edit()
};

struct LogSettings {
    uint64_t wal_file_bytes = 0;
    uint64_t queue_bytes_max = 0;
    uint64_t manifest_bytes_max = 0;
    uint64_t manifest_extend_bytes = 0;
    bool background = true;  // threads exist: files may be prepared ahead, markers written
};

class LocalLog final : public Log {
 public:
    struct Counters {
        std::atomic<uint64_t> syncs{0};
        std::atomic<uint64_t> groups{0};
        std::atomic<uint64_t> records{0};
        std::atomic<uint64_t> edits{0};
    };

    // What recovery found. Until begin() there is no file to write to: every write is refused as VZ_READ_ONLY.
    struct Found {
        ManifestState state;  // no WAL is open; its last LSN is that of the log
        uint64_t manifest = 0;
    };
    LocalLog(FileSystem& files, std::string directory, const vz_uuid& database, FileNumbers& numbers, DiskSpace& space,
             LogSettings settings, Found found);

    // The commit point of a recovery: a WAL file to go on in, of that size where the disk allows it, and a manifest
    // that names it. VZ_DISK_FULL, VZ_LIMIT_EXCEEDED: what was found is still what the next open finds, and writes are
    // refused with the reason; of a full disk until begin() succeeds, which any one thread may try again.
    Status begin(uint64_t wal_bytes);
    bool has_begun() const { return has_begun_.load(std::memory_order_acquire); }
    bool waits_for_room() const { return !has_begun() && refusal().code() == VZ_DISK_FULL; }

    Status append(Commit& commit) override;
    // The same for an edit; physical edits take no LSN. VZ_LIMIT_EXCEEDED: the manifest would hold too much.
    Status append_edit(EditCommit& commit);
    // An edit that says nothing to readers: on return it is durable.
    Status commit(Edit edit);
    Status commit(Action action);
    void drive(Commit& commit) override;
    Lsn durable() const override { return durable_lsn_.load(std::memory_order_acquire); }
    bool has_failed() const override { return failed_.load(std::memory_order_acquire); }
    Lsn last_lsn() const { return last_lsn_.load(std::memory_order_acquire); }

    // The body of the commit thread: returns after stop().
    void run_commit_thread();
    // The body of the spare thread: likewise.
    void run_spare_thread();
    // What the commit thread does when nothing is written for a while, as a step of whoever has no threads.
    void step_idle();
    void stop();

    // Refuses writes and changes from now on; returns when none is on its way. What the engine notes about files goes
    // on.
    void end_writes();
    // With no write in flight, and none to come: the last WAL file is one without a record.
    Status end_file();
    // With no write in flight: a synced cleanClose.
    Status close();

    // VZ_OK, or why no write is taken any more.
    Status health() const;
    // What writes are told then; VZ_OK too, where begin() has come between the question and this one.
    Status refusal() const;
    // Its files that are not on disk as they were named, by their place in the data directory; each holds what others
    // need, too.
    std::vector<std::string> find_missing() const;
    uint64_t queued() const;
    // Bytes appended since the last forget_appended(), those replayed at recovery included.
    uint64_t appended_bytes() const { return appended_bytes_.load(std::memory_order_relaxed); }
    // All of them up to a reading of appended_bytes() are in sealed files.
    void forget_appended(uint64_t bytes) { appended_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
    const Counters& counters() const { return counters_; }
    // At recovery: records of earlier files that a restart would replay.
    void note_replayed(uint64_t bytes) { appended_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
    // Files of the log that the state does not name, 0: none.
    struct OwnFiles {
        uint64_t manifest = 0;
        uint64_t spare_wal = 0;
    };
    // Calls `visit` with the manifest's state, and OwnFiles if it takes them, while no edit is folded.
    template <class Visit>
    void read_state(Visit visit) const {
        const std::scoped_lock lock(state_mutex_);
        if constexpr (std::is_invocable_v<Visit, const ManifestState&, OwnFiles>) {
            visit(state(), OwnFiles{manifest_ != nullptr ? manifest_->number() : found_.manifest, spare_number_});
        } else {
            visit(state());
        }
    }

 private:
    const ManifestState& state() const { return manifest_ != nullptr ? manifest_->state() : found_.state; }

    struct Entry {
        Commit* commit;
        EditCommit* edit;  // null: a record
        bool waits;        // its owner does
    };

    static uint64_t bytes_of(const Entry& entry) {
        return entry.edit != nullptr ? entry.edit->encoded_bytes_ : entry.commit->bytes.size();
    }
    Status enqueue(const Entry& entry);
    Status make_manifest_room(uint64_t bytes);
    bool has_manifest_room(uint64_t bytes) const {
        return manifest_end_ + entered_edit_bytes_ + bytes <= settings_.manifest_bytes_max;
    }
    void note_ends();
    enum class Leader { kCommitThread, kOther };
    void lead(std::unique_lock<std::mutex>& lock, Leader leader) noexcept;
    void pass_on();
    // Without the lock.
    void end_all(std::span<const Entry> entries, const Status& fate, Leader leader);
    void end(const Entry& entry, const Status& fate, Leader leader);
    void tell_ended(std::unique_lock<std::mutex>& lock);
    std::vector<Entry> take_group();
    Status write_group(std::span<const Entry> group);
    Status write_records(std::span<const Entry> group);
    Status write_edits(std::span<const Entry> group);
    enum class Next { kFile, kLast };  // kLast: nothing will be written to it
    Status switch_wal(uint64_t payload_bytes, Next kind = Next::kFile);
    Status append_to_manifest(std::span<const Edit* const> edits, Lsn first_lsn);
    Status begin_files(uint64_t wal_bytes);
    Result<WalFile> make_first_wal(uint64_t bytes);
    Status roll_manifest();
    // A new WAL file of that size; on a full disk a smaller one, of `needed` at least. With spare_mutex_ held.
    Result<WalFile> make_wal(uint64_t bytes, uint64_t needed);
    // Its bytes.
    Result<uint64_t> make_spare();
    // Once more without the ballast, after VZ_DISK_FULL.
    template <class Step>
    auto with_ballast(Step step) {
        auto done = step();
        if (code_of(done) == VZ_DISK_FULL && space_.give_up_ballast()) return step();
        return done;
    }
    static vz_status code_of(const Status& status) { return status.code(); }
    template <class T>
    static vz_status code_of(const Result<T>& result) {
        return result.ok() ? VZ_OK : result.status().code();
    }
    void poison(const Status& cause);
    Status refusal_locked() const;
    // What writes are told after one has failed.
    Status refusal_after(const Status& cause) const;
    void mark_if_idle(std::unique_lock<std::mutex>& lock);
    void write_markers();

    FileSystem& files_;
    const std::string directory_;
    const vz_uuid database_;
    FileNumbers& numbers_;
    DiskSpace& space_;
    const LogSettings settings_;

    // The leader's; its state also under state_mutex_; null, likewise the WAL: not begun.
    std::unique_ptr<Manifest> manifest_;
    Found found_;               // begin()'s; its state also under state_mutex_, and empty once that is the manifest's
    std::unique_ptr<Wal> wal_;  // the leader's
    bool asked_for_spare_ = false;  // the leader's, likewise
    bool has_switched_ = false;
    uint64_t roll_from_ = 0;  // the leader's: the end of the manifest where a new one is tried again
    mutable std::mutex state_mutex_;
    uint64_t spare_number_ = 0;  // under state_mutex_: from before the spare is made until the state names it

    std::mutex spare_mutex_;  // held while a file is made, before state_mutex_; guards what follows
    std::optional<WalFile> spare_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable commit_thread_wakes_;
    Commit* ended_first_ = nullptr;  // in order: the commit thread tells them
    Commit* ended_last_ = nullptr;
    std::deque<Entry> queue_;
    std::vector<Entry> next_group_;  // empty, with room for all that is queued
    uint64_t queue_bytes_ = 0;
    size_t waiting_queued_ = 0;
    std::condition_variable spare_thread_wakes_;
    bool wants_spare_ = false;
    uint64_t room_ahead_ = UINT64_MAX;  // in the next file, where the disk has no room for a whole one
    uint64_t wal_room_ = 0;             // in this file, when nobody leads
    uint64_t entered_bytes_ = 0;        // as frames, of what is queued or being written
    uint64_t manifest_end_ = 0;         // likewise
    bool has_edits_ = false;            // in the manifest, behind its snapshot; likewise
    uint64_t entered_edit_bytes_ = 0;   // of edits that are queued or being written
    bool leading_ = false;
    bool stopping_ = false;
    bool has_ended_ = false;  // writes are refused for good
    bool unmarked_ = false;   // something durable has no witness behind it yet
    Status poisoned_;

    std::atomic<Lsn> last_lsn_;
    std::atomic<Lsn> durable_lsn_;
    std::atomic<bool> has_begun_{false};
    std::atomic<bool> failed_{true};  // poisoned_ is set
    std::atomic<bool> roll_asked_{false};
    std::atomic<uint64_t> appended_bytes_{0};
    Counters counters_;
};

}  // namespace vz
