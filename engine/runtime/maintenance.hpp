// What the engine does beside its callers' calls: linking, indexing, sealing, folding and expiring what was written.
// Without a background every step that cannot be left out runs in the caller.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/runtime/collection_queue.hpp"
#include "engine/runtime/compaction.hpp"

namespace vz {

// What a writer does whose collection has no room.
enum class IfFull : uint8_t { kWait, kRefuse };

// Any thread, but for start and stop functions.
class Maintenance {
 public:
    Maintenance(Database& database, Checkpoints& checkpoints, Compaction& compaction);
    ~Maintenance() { stop(); }
    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;

    void start();
    // What concerns memory alone, of a database that is only read.
    void start_reading();
    // What goes on is cancelled where that loses nothing.
    void stop();

    // What a writer calls before its batch: VZ_DISK_FULL when it would add to a disk that is, VZ_BUSY when a
    // collection's growing rows have reached twice their bound. Who waits does so for the sealing that is under way,
    // until the deadline of the request.
    Status make_room(const std::shared_ptr<Collection>& collection, const vz_write_request& request, IfFull then);
    // What a writer calls after its batch: lets the background seal what has grown large.
    void note_write(const std::shared_ptr<Collection>& collection);
    // What follows a change of parts or schema: field indexes of sealed parts are built or dropped, files made one.
    void note_changed(const std::shared_ptr<Collection>& collection);
    // Of collections that came whole: what makes answers faster.
    void note_opened();
    // One that a request set aside is reported, and stays so over a restart.
    void note_unreadable(const std::shared_ptr<Collection>& collection);
    // Files of a dropped collection go.
    void note_dropped();

    // Deletes what has expired in a collection. The number of points.
    Result<uint64_t> expire(const std::shared_ptr<Collection>& collection);

 private:
    void run();
    void begin_log();
    bool is_stopping();
    void compact_while_worth(const std::shared_ptr<Collection>& collection);
    bool seal_if_large(const std::shared_ptr<Collection>& collection, uint64_t bytes_max);
    void seal_all_if_long();
    void seal_all_for_space();
    void queue_idle();
    void expire_all(std::unique_lock<std::mutex>& lock);

    Database& database_;
    Checkpoints& checkpoints_;
    Compaction& compaction_;
    CollectionQueue linking_;
    CollectionQueue compacting_;
    CollectionQueue indexing_;
    CollectionQueue copying_;  // graphs of segments that were opened
    std::thread thread_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wakes_;
    std::condition_variable sealed_;
    std::vector<std::shared_ptr<Collection>> to_seal_;
    std::vector<std::shared_ptr<Collection>> unreadable_;  // set aside, which is not durable yet
    bool seal_all_ = false;
    std::chrono::steady_clock::time_point next_space_try_;
    bool lacks_space_ = false;                           // of the thread: the last attempt to seal all failed for that
    bool files_left_ = false;                            // by collections that were dropped
    std::vector<std::shared_ptr<Collection>> expiring_;  // some point of theirs may expire
    // Written, or opened in several pieces, and not looked at since they went idle.
    std::vector<std::shared_ptr<Collection>> unsettled_;
    bool stopping_ = false;
};

}  // namespace vz
