// A database: one data directory, its logs, its catalogue, its threads.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/database.hpp"
#include "engine/runtime/maintenance.hpp"
#include "engine/runtime/snapshots.hpp"
#include "engine/runtime/verification.hpp"

namespace vz {

// Functions may be called from any thread, but for close().
class Engine {
 public:
    // Locks and recovers the directory; returns when all that was acknowledged is readable. On a disk too full for the
    // next log file and manifest it is read only until there is room. `files` outlives the engine.
    static Result<std::unique_ptr<Engine>> open(FileSystem& files, const std::string& directory,
                                                const EngineSettings& settings);
    // Without close() before: as if the process had been killed.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // With no other call running. A failed log is left as it is.
    Status close();

    FileSystem& files() const { return database_.files; }
    const std::string& directory() const { return database_.directory; }
    DiskSpace& space() { return database_.space; }
    Catalogue& catalogue() { return database_.catalogue; }
    const Catalogue& catalogue() const { return database_.catalogue; }
    LocalLog& log() { return *database_.log; }
    const LocalLog& log() const { return *database_.log; }
    WorkerPool& workers() { return database_.workers; }
    WorkerPool& query_workers() { return database_.query_workers; }
    Checkpoints& checkpoints() { return checkpoints_; }
    Compaction& compaction() { return compaction_; }
    Verification& verification() { return verification_; }
    Snapshots& snapshots() { return snapshots_; }
    const Snapshots& snapshots() const { return snapshots_; }
    Maintenance& maintenance() { return maintenance_; }
    uint64_t open_ns() const { return open_ns_; }

    // One batch, until it is durable. Of a batch with per-item results *item_errors has one for each.
    Status write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer,
                 std::vector<Status>* item_errors);
    // A collection goes; its files follow, in the background where there is one.
    Result<EditOutcome> drop(std::string_view name, bool only_if_empty, const vz_uuid& request);
    // Of a directory opened with accept_loss: seals all that was kept, and what was set aside serves again.
    Status end_quarantine();

 private:
    Engine(FileSystem& files, std::string directory, EngineSettings settings);

    // ---- from files to serving; see start.cpp and loading.cpp ----

    Status recover();
    Status make_identity(const vz_uuid& database, uint64_t salt);
    Status load_segments();
    Status load_segment(Collection& collection, const SegmentRef& ref);
    // In place of a damaged part one of the rows that can be read; null: none can. The part itself, if it is whole.
    Result<std::shared_ptr<Part>> salvage(Collection& collection, const std::shared_ptr<Part>& part);
    Status replay(const struct Findings& findings);
    Status replay_frame(const Frame& frame, const LossSink& lost, class GrowthBound& bound);

    void start_threads();
    void stop_threads();

    std::unique_ptr<FileLock> lock_;
    Database database_;
    Checkpoints checkpoints_;
    Compaction compaction_;
    Verification verification_;
    Snapshots snapshots_;
    Maintenance maintenance_;
    std::thread commit_thread_;
    std::thread spare_thread_;
    uint64_t open_ns_ = 0;
    bool closed_ = false;
};

}  // namespace vz
