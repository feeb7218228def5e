// Checkpoints: growing rows become sealed files, marks become delete bitmaps, and WALs and files that nobody needs any
// more go. The manifest edit is the commit point; until then every file here is an orphan.
#pragma once

#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "engine/runtime/database.hpp"

namespace vz {

// Any thread. One at a time does what orders files: it holds the lock of exclude(), which is taken after that of a
// compaction.
class Checkpoints {
 public:
    explicit Checkpoints(Database& database) : database_(database) {}

    using Lock = std::unique_lock<std::mutex>;
    Lock exclude() { return Lock(mutex_); }

    // Seals what a collection has in memory; everything up to the answer is in sealed files then. Durability never
    // needs it.
    Result<Lsn> take(Collection& collection);
    // Of all that are sound; small ones share files.
    Result<Lsn> take_all();
    // Of collections that are replayed: memory stays within the bounds that hold under writes. No graph is finished for
    // it.
    Status take_replayed(std::span<const std::shared_ptr<Collection>> collections);
    // From here on graphs are sealed as they are: the database is being closed.
    void leave_graphs() { graphs_wanted_ = GraphsWanted::kAsTheyAre; }

    // A file of these rows with their graphs; orphaned until an edit names it.
    Result<std::shared_ptr<Part>> seal(const Collection& collection, const Schema& schema, const LiveRows& live,
                                       uint64_t number);

    // ---- with the lock of exclude() ----

    // Seals what was frozen, several collections into one file, with one edit.
    Status seal_frozen(std::span<const std::shared_ptr<Collection>> collections, std::vector<Frozen> frozen);
    // What an edit that is durable leaves to do: a failure does not take the edit back, it is logged, and the next
    // checkpoint tries again.
    void clean_up();
    // What a process that ended left behind.
    Status sweep();
    // Logs of which all records are in sealed files.
    Status retire_wals();
    // Unlinks numbered files that the durable manifest does not name and nobody is writing, or sets them aside.
    Status remove_unnamed();

 private:
    struct Sealing;  // a collection on its way through a checkpoint
    Status seal_pack(std::span<Sealing> sealings, uint64_t number);
    Status seal_deletes(std::span<Sealing> sealings);
    Status take_small(std::span<const std::shared_ptr<Collection>> collections);
    // Segment files that hold several segments, of which less than half is still named.
    std::set<uint64_t> thin_packs() const;

    Database& database_;
    std::mutex mutex_;
    GraphsWanted graphs_wanted_ = GraphsWanted::kWhole;
};

}  // namespace vz
