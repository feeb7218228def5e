// A database: one data directory, its logs, its catalogue, its threads.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/memory_budget.hpp"
#include "engine/io/file.hpp"
#include "engine/runtime/archive.hpp"
#include "engine/runtime/catalogue.hpp"
#include "engine/runtime/check.hpp"
#include "engine/runtime/collection_queue.hpp"
#include "engine/runtime/disk_space.hpp"
#include "engine/runtime/local_log.hpp"
#include "engine/runtime/segment_store.hpp"
#include "engine/runtime/worker_pool.hpp"

namespace vz {

struct EngineSettings {
    uint64_t wal_file_first_bytes = 0;  // 0: the default of limits.hpp; likewise below
    uint64_t wal_file_bytes = 0;
    uint64_t manifest_extend_bytes = 0;
    uint64_t queue_bytes_max = 0;
    uint64_t manifest_bytes_max = 0;  // before clients may add nothing more to what it describes
    uint64_t wal_bytes_max = 0;      // at most a quarter of the disk; beyond half of it every collection is sealed: bounds replay
    uint64_t growing_bytes_max = 0;  // of one collection, before it is sealed; memory stays within twice this
    uint64_t growing_total_bytes_max = 0;  // of all together, while a log is replayed
    uint64_t close_replay_bytes = 0;  // that a close leaves unsealed
    uint64_t disk_reserve = 0;       // bytes that upserts leave free; see disk_space.hpp, likewise below
    uint64_t ballast_bytes = 0;
    uint64_t memory_bytes = 0;          // that the process may use; 0: what the machine and its control groups allow
    uint64_t graph_copy_bytes_max = 0;  // of graphs of sealed segments in memory of their own; 0: a quarter of memory_bytes
    bool must_exist = false;
    bool read_only = false;          // no file is changed, every write is refused; the directory must exist
    enum class Verify : uint8_t { kNever, kAtOpen, kInBackground };
    Verify verify = Verify::kNever;      // reading sealed files whole: before answering, or all the time at a bounded rate
    uint64_t scrub_bytes_per_s = 0;      // 0: the default of limits.hpp
    int64_t settle_after_ms = 0;      // without a write, before a collection is sealed and becomes one segment
    bool background = true;           // false: no thread is started; every step runs in the caller
    uint64_t seed = 0;                // of uuids and salts; 0: from the system
    std::function<int64_t()> now_ms;  // null: the system's clock
    std::function<void(uint32_t level, const char* event, const std::string& message)> log;  // null: silent
    // Given, a damaged directory is opened with what can be read of it, and this is told what is lost. See repair.hpp.
    std::function<void(const CheckFinding&)> accept_loss;
};

// Functions may be called from any thread, but for close().
class Engine {
 public:
    // Locks and recovers the directory; returns when all that was acknowledged is readable. On a disk too full for the
    // next log file and manifest it is read only. `files` outlives the engine.
    static Result<std::unique_ptr<Engine>> open(FileSystem& files, const std::string& directory,
                                                const EngineSettings& settings);
    // Without close() before: as if the process had been killed.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // With no other call running. A failed log is left as it is.
    Status close();

    Catalogue& catalogue() { return catalogue_; }
    const Catalogue& catalogue() const { return catalogue_; }
    LocalLog& log() { return *log_; }
    const LocalLog& log() const { return *log_; }
    FileSystem& files() const { return files_; }
    const std::string& directory() const { return directory_; }
    DiskSpace& space() { return space_; }
    WorkerPool& workers() { return *workers_; }
    // For the queries of one batch.
    WorkerPool& query_workers() { return *query_workers_; }
    uint64_t open_ns() const { return open_ns_; }
    uint64_t replayed_records() const { return replayed_records_; }

    // Seals what a collection has in memory; everything up to the answer is in sealed files then. Durability never
    // needs it.
    Result<Lsn> checkpoint(Collection& collection);
    Result<Lsn> checkpoint_all();
    // What a writer calls before its batch: VZ_DISK_FULL when it would add to a disk that is, VZ_BUSY when a collection's
    // growing rows have reached twice their bound. A blocking caller waits for the sealing that is under way, until the
    // deadline of the request.
    Status make_room(const std::shared_ptr<Collection>& collection, const vz_write_request& request, bool blocking);
    // What a writer calls after its batch: lets the background seal what has grown large.
    void note_write(const std::shared_ptr<Collection>& collection);

    // A collection goes; its files follow, in the background where there is one.
    Result<EditOutcome> drop(std::string_view name, bool only_if_empty, const vz_uuid& request);

    // Of a directory opened with accept_loss: seals all that was kept, and what was set aside serves again.
    Status end_quarantine();

    // Makes sealed parts of a collection one, if that is worth its cost; of an idle one at any cost. False: it was not.
    Result<bool> compact(Collection& collection, bool is_idle);

    // ---- verification; see verification.cpp ----

    // Reads the sealed files of a collection past the page cache. A damaged section that can be computed again is done without at once, and the
    // file is written anew; any other damage sets the collection aside, durably. `pace` as in SealedSegment::find_damage. Deep: of what lies there as
    // it was written, that payloads parse and each row is found by its id.
    Result<std::vector<CheckFinding>> verify(const std::shared_ptr<Collection>& collection, const std::function<Status(uint64_t bytes)>& pace,
                                             CheckDepth depth = {});

    // ---- snapshots; see snapshots.cpp ----

    // Pins what the named collections (none: all) hold at one LSN, under writes. No byte is copied beyond the
    // checkpoint.
    Result<SnapshotState> create_snapshot(std::string_view name, std::span<const vz_str> collections);
    Result<EditOutcome> drop_snapshot(std::string_view name, const vz_uuid& request);
    std::vector<SnapshotState> snapshots() const;
    // The collection `from` of a snapshot (absent: each of its collections) becomes `to` (absent: its own name), with
    // the same files. Over an existing collection only if `replace`; then in the same edit.
    Result<EditOutcome> restore(std::string_view snapshot, std::string_view from, std::string_view to, bool replace,
                                const vz_uuid& request);

    // The collections of a snapshot (none: all of it), or without a snapshot of this moment, as an archive.
    Status export_archive(std::string_view snapshot, std::span<const vz_str> collections, const ArchiveSink& sink);
    // Into a file that must not exist yet; durable on return, gone after a failure.
    Status export_archive_to(const std::string& path, std::string_view snapshot, std::span<const vz_str> collections);
    // As restore(), from an archive, which is checked whole before anything is made.
    Result<EditOutcome> import_archive(const std::string& path, std::string_view from, std::string_view to,
                                       bool replace, const vz_uuid& request);

    // Deletes what has expired in a collection. The number of points.
    Result<uint64_t> expire(const std::shared_ptr<Collection>& collection);

    // What follows a change of the schema: field indexes of sealed parts are built or dropped, in the background where
    // there is one.
    void note_altered(const std::shared_ptr<Collection>& collection);

    // One batch, until it is durable.
    Status write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer,
                 std::vector<Status>* item_errors);

 private:
    Engine(FileSystem& files, std::string directory, EngineSettings settings);
    Status recover();
    Status make_identity(const vz_uuid& database, uint64_t salt);
    Result<WalFile> make_first_wal();
    // The commit point of a recovery: a manifest that seals what was found, and a WAL file to go on in; the state is the log's then.
    // VZ_DISK_FULL: what was found is still what the next open finds.
    Status begin_log(struct Findings& findings);
    // In its place.
    void serve_reads(struct Findings& findings, const Status& refusal);
    Status replay(const struct Findings& findings);
    Status replay_frame(const Frame& frame, const LossSink& lost, class GrowthBound& bound);
    // Seals what has been replayed of a collection so far: memory stays within the bounds that hold under writes.
    Status seal_replayed(std::span<const std::shared_ptr<Collection>> collections);
    Status sweep();
    // Unlinks numbered files that the durable manifest does not name and nobody is writing, or sets them aside.
    Status remove_unnamed();
    Result<std::shared_ptr<Part>> seal(const Collection& collection, const Schema& schema, const LiveRows& live,
                                       uint64_t number);
    Status commit_physical(Action action);
    Status commit_physical(Edit edit);
    struct Sealing;  // a collection on its way through a checkpoint
    Status seal_pack(std::span<Sealing> sealings, uint64_t number);
    Status seal_deletes(std::span<Sealing> sealings);
    Status retire_wals();
    // What an edit that is durable leaves to do: a failure does not take the edit back, it is logged, and the next
    // checkpoint tries again.
    void clean_up();
    Status load_segments();
    Status load_segment(Collection& collection, const SegmentRef& ref);
    // In place of a damaged part one of the rows that can be read; null: none can. The part itself, if it is whole.
    Result<std::shared_ptr<Part>> salvage(Collection& collection, const std::shared_ptr<Part>& part);
    Result<SegmentStore::Opened> open_segment(const SegmentRef& ref, const Schema& schema);
    // With checkpoint_mutex_ held: seals what was frozen, several collections into one file, with one edit.
    Status checkpoint_frozen(std::span<const std::shared_ptr<Collection>> collections, std::vector<Frozen> frozen);
    Status checkpoint_small(std::span<const std::shared_ptr<Collection>> collections);
    // Segment files that hold several segments, of which less than half is still named.
    std::set<uint64_t> thin_packs() const;
    bool seal_if_large(const std::shared_ptr<Collection>& collection, uint64_t bytes_max);
    void seal_all_if_long();
    // With compaction_mutex_ held: one part in place of these.
    Status replace(Collection& collection, const Schema& schema, const PartList& inputs);
    // A part by itself, from its rows.
    Status rewrite(Collection& collection, const std::shared_ptr<Part>& part);
    void note_opened();
    void set_aside(Collection& collection, const std::string& reason);
    void run_scrub();
    void compact_while_worth(const std::shared_ptr<Collection>& collection);
    void queue_idle();
    void run_maintenance();
    void stop_threads();
    vz_uuid new_uuid();
    void report(uint32_t level, const char* event, const std::string& message) const;

    FileSystem& files_;
    const std::string directory_;
    EngineSettings settings_;
    std::unique_ptr<WorkerPool> workers_;
    std::unique_ptr<WorkerPool> query_workers_;
    std::unique_ptr<FileLock> lock_;
    DiskSpace space_;
    std::unique_ptr<FileNumbers> numbers_;
    RequestIds requests_;
    std::unique_ptr<LocalLog> log_;
    Catalogue catalogue_;
    GraphsWanted graphs_wanted_ = GraphsWanted::kWhole;
    std::thread commit_thread_;
    std::thread spare_thread_;
    vz_uuid database_ = {};
    std::unique_ptr<SegmentStore> segments_;
    std::mutex compaction_mutex_;  // before checkpoint_mutex_
    std::mutex checkpoint_mutex_;

    CollectionQueue linking_;
    CollectionQueue compacting_;
    CollectionQueue indexing_;
    CollectionQueue copying_;  // graphs of segments that were opened
    MemoryBudget graph_copies_;
    std::thread scrub_thread_;
    std::mutex scrub_mutex_;  // of scrub_stops_
    std::condition_variable scrub_wakes_;
    bool scrub_stops_ = false;
    std::thread maintenance_thread_;
    std::mutex maintenance_mutex_;  // guards what follows
    std::condition_variable maintenance_wakes_;
    std::condition_variable sealed_;
    std::vector<std::shared_ptr<Collection>> to_seal_;
    bool seal_all_ = false;
    bool files_left_ = false;  // by collections that were dropped
    std::vector<std::shared_ptr<Collection>> expiring_;  // some point of theirs may expire
    std::vector<std::shared_ptr<Collection>>
        unsettled_;  // written, or opened in several pieces, and not looked at since they went idle
    bool stopping_ = false;
    bool is_read_only_ = false;
    uint64_t open_ns_ = 0;
    uint64_t replayed_records_ = 0;
    bool closed_ = false;
};

}  // namespace vz
