// Compaction: sealed parts become one, without the rows that ended. The Replace edit is the commit point; until then
// the new file is an orphan.
#pragma once

#include <mutex>

#include "engine/runtime/checkpoints.hpp"

namespace vz {

// Any thread; one at a time does it.
class Compaction {
 public:
    Compaction(Database& database, Checkpoints& checkpoints) : database_(database), checkpoints_(checkpoints) {}

    // Makes sealed parts of a collection one, if that is worth its cost; of an idle one at any cost. False: it was not.
    Result<bool> compact(Collection& collection, bool is_idle);
    // A part by itself, from its rows.
    Status rewrite(Collection& collection, const std::shared_ptr<Part>& part);

 private:
    // With the mutex held: one part in place of these.
    Status replace(Collection& collection, const PartList& inputs);

    Database& database_;
    Checkpoints& checkpoints_;
    std::mutex mutex_;  // before that of Checkpoints::exclude()
};

}  // namespace vz
