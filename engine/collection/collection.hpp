// A collection: its schema, its parts, the sequencer of its writes and the view of its reads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/collection/activity.hpp"
#include "engine/collection/expired_points.hpp"
#include "engine/collection/part.hpp"
#include "engine/collection/request_ids.hpp"
#include "engine/collection/sealing.hpp"
#include "engine/log/log.hpp"
#include "engine/manifest/state.hpp"
#include "engine/wal/record.hpp"

namespace vz {

class Collection;
class Staging;

// Is told of a collection that set itself aside: a file of it could not be read. Without a lock of the collection.
using DamageSink = std::function<void(const std::shared_ptr<Collection>&)>;

// Is told what of a record could not be applied.
using LossSink = std::function<void(const std::string& what)>;

// A write on its way. Begun by Collection::begin_write; `done` is called once, when its fate is known, unless
// begin_write answered at once.
class WriteCommit final : public Commit {
 public:
    explicit WriteCommit(std::shared_ptr<Collection> collection) : collection_(std::move(collection)) {}
    void publish() override;
    void finish(const Status& status) override;
    // Of a request that was done before: what was answered then.
    void tell_again(const RequestOutcome& first, const vz_write_request& request);

    vz_write_answer answer = {};      // outcome, lsn, applied, created, error_count; complete once done
    std::vector<Status> item_errors;  // per item, of batches with per-item results
    std::function<void(const Status&)> done;

 private:
    friend class Collection;
    std::shared_ptr<Collection> collection_;
    int64_t live_delta_ = 0;
    uint64_t expired_ = 0;  // points that it deletes because they have expired
    Status refusal_;        // what done() is told once the record is durable
};

class Collection : public std::enable_shared_from_this<Collection> {
 public:
    // `workers` link rows into graphs.
    Collection(const CollectionState& state, Log& log, RequestIds& requests, Workers& workers,
               std::function<int64_t()> now_ms, DamageSink unreadable);

    // ---- writing ----

    // Validates, resolves, stages and appends one batch. *in_flight: the log has it, and commit.done will be called;
    // otherwise the answer is complete (a repeated request, nothing to apply) or the Status says why nothing was done.
    // The request is not needed afterwards.
    Status begin_write(const vz_write_request& request, WriteCommit& commit, bool* in_flight);
    // Deletes points that have expired, points_max at most, by an ordinary record. One thread. *in_flight as above;
    // false: there is nothing to do.
    Status begin_expiry(uint32_t points_max, WriteCommit& commit, bool* in_flight);
    bool has_expiry() const;
    bool is_dropped() const;
    // Applies a record of the log at recovery, which has so many bytes there. VZ_CORRUPTION if it does not fit the
    // state; with `lost`, what fits is applied.
    Status replay(const Batch& batch, uint64_t bytes, Lsn lsn, const LossSink& lost);

    // ---- changing the collection itself; the caller orders these edits ----

    // Refuses every write sequenced later. VZ_CONFLICT: there are points, or writes on their way.
    Status close_for_drop(bool only_if_empty);
    // The drop did not enter the log.
    void reopen();
    // Holds off every write until the lock is released. VZ_CONFLICT as above.
    Result<std::unique_lock<std::mutex>> hold_empty();

    // ---- sealing; one checkpoint of a collection at a time ----

    // Ends the growing parts: what is written from here on goes into a new one. Nothing: all is sealed already.
    std::optional<Frozen> freeze();
    // The same, also of one that is sealed: what it holds.
    Frozen freeze_whole();
    // The same for several at one moment: what they hold through `through` is one cut of history.
    static std::vector<std::optional<Frozen>> freeze_together(std::span<const std::shared_ptr<Collection>> collections);
    // The checkpoint's edit is durable: readers go over to the sealed part. `part` null: no frozen row lived.
    void publish_sealed(const Frozen& frozen, std::shared_ptr<Part> part, const std::vector<RowRef>& sources);
    // Readers go over from sealed parts to the one made of them; `part` null: nothing of them lived. `sources`: where
    // its rows come from.
    void publish_compacted(const PartList& inputs, std::shared_ptr<Part> part, const std::vector<RowRef>& sources);
    // At recovery, oldest first: a segment that the manifest names, with the rows that ended in it.
    void add_sealed(std::shared_ptr<Part> part, const Bitmap& ended);
    // The collection is set aside. Reads and writes of it are refused with the reason, drop is not. False: it was
    // before.
    bool quarantine(std::string reason) {
        const auto before = std::atomic_exchange(&damage_, std::make_shared<const std::string>(std::move(reason)));
        is_damaged_.store(true, std::memory_order_release);
        return before == nullptr;
    }
    // What every request asks before its answer leaves, of the parts that it read. A file that cannot be read sets the
    // collection aside. VZ_CORRUPTION.
    Status check_readable(const PartList& parts);
    // At recovery, of one that is set aside: how many points it had when that was last recorded.
    void note_points(uint64_t recorded) {
        sequenced_live_ = static_cast<int64_t>(recorded);
        live_.store(sequenced_live_, std::memory_order_release);
    }
    // At recovery, of one that is set aside: a record that stays in the log.
    void note_skipped(uint64_t bytes, Lsn lsn);
    // VZ_CORRUPTION if it is quarantined.
    Status health() const { return is_damaged_.load(std::memory_order_acquire) ? refusal() : Status(); }
    // Empty: it is not.
    std::string damage() const {
        const auto reason = std::atomic_load(&damage_);
        return reason == nullptr ? std::string() : *reason;
    }

    // ---- reading; any thread, no lock ----

    ReadView pin() const;
    // Those of a view pinned now.
    std::shared_ptr<const PartList> parts() const { return std::atomic_load(&parts_); }
    // Whether it is one of these: once another has taken its place, its file goes.
    bool serves(const Part& part) const;
    std::shared_ptr<const Schema> schema() const { return std::atomic_load(&schema_); }
    void set_schema(Schema schema);
    std::string name() const;
    void set_name(std::string name);

    Activity& activity() { return activity_; }
    const Activity& activity() const { return activity_; }
    uint64_t id() const { return id_; }
    const vz_uuid& uuid() const { return uuid_; }
    int64_t created_ms() const { return created_ms_; }
    Lsn created_lsn() const { return created_lsn_; }
    Lsn last_lsn() const { return last_lsn_.load(std::memory_order_acquire); }
    Lsn through_lsn() const { return through_lsn_.load(std::memory_order_acquire); }
    // The records that no sealed file holds lie above `above`, up to `last`; equal: there are none.
    struct Unsealed {
        Lsn above = 0;
        Lsn last = 0;
    };
    // Waits for a record that is being given to the log: all that were durable before the call are told. `above` is no
    // earlier than it has to be, so that a collection that was idle for long needs no logs of that time.
    Unsealed unsealed() const;
    // Of the last write, by the records of the log; 0: there was none.
    int64_t updated_ms() const { return updated_ms_.load(std::memory_order_relaxed); }
    // Those that have expired, too, until they are deleted.
    uint64_t points() const { return static_cast<uint64_t>(live_.load(std::memory_order_acquire)); }
    // Those that reads show, as far as that can be told in bounded time: see ExpiredPoints.
    uint64_t live_points() const;
    // Of the records that no sealed file holds, as logged.
    uint64_t unsealed_bytes() const { return unsealed_bytes_.load(std::memory_order_relaxed); }

 private:
    friend class WriteCommit;
    Status refusal() const;
    Status check_empty() const;
    void make_visible(Lsn lsn, int64_t live_delta, uint64_t expired = 0);
    Part& writable_part(const Schema& schema);
    Frozen freeze_locked();
    bool is_sealed() const { return last_lsn() == through_lsn(); }
    Status sequence(const vz_write_request& request, WriteCommit& commit, bool* in_flight);
    Status apply(const Batch& batch, Lsn lsn, const LossSink& lost);
    // Under the sequencing lock, or at recovery: one more that no sealed file holds.
    void note_unsealed(Lsn lsn);
    Status append(Batch& record, Staging& staging, WriteCommit& commit);
    Status refuse(Status refusal, Part& writable, WriteCommit& commit, bool* in_flight);

    const uint64_t id_;
    const vz_uuid uuid_;
    const int64_t created_ms_;
    const Lsn created_lsn_;
    Log& log_;
    RequestIds& requests_;
    Workers& workers_;
    const std::function<int64_t()> now_ms_;  // Unix
    const DamageSink unreadable_;

    mutable std::mutex sequencing_;  // before the log's own lock
    bool dropped_ = false;           // under sequencing_
    int64_t sequenced_live_ = 0;     // under sequencing_: live points with everything that is on its way
    Lsn unsealed_from_ = 0;          // under sequencing_: the last record that came while all before it was sealed

    std::shared_ptr<const std::string> damage_;  // by atomic_load, atomic_store; null: none
    std::atomic<bool> is_damaged_{false};        // what each request asks; the reason is there before

    mutable std::mutex names_;  // guards name_ only
    std::string name_;

    std::shared_ptr<const Schema> schema_;   // by atomic_load, atomic_store
    std::shared_ptr<const PartList> parts_;  // likewise
    std::atomic<Lsn> visible_{0};
    std::atomic<Lsn> last_lsn_{0};
    std::atomic<Lsn> through_lsn_{0};
    std::atomic<int64_t> live_{0};
    std::atomic<int64_t> updated_ms_{0};
    std::atomic<uint64_t> unsealed_bytes_{0};
    Activity activity_;
    int64_t next_expiry_ms_ = 0;  // of begin_expiry's thread: no point expires before
    mutable ExpiredPoints expired_;
};

}  // namespace vz
