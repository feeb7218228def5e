// Reading sealed files again: on request, and in the background for as long as the database is open.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/runtime/check.hpp"
#include "engine/runtime/compaction.hpp"

namespace vz {

// Any thread, but for start() and stop().
class Verification {
 public:
    Verification(Database& database, Compaction& compaction) : database_(database), compaction_(compaction) {}
    ~Verification() { stop(); }
    Verification(const Verification&) = delete;
    Verification& operator=(const Verification&) = delete;

    // Reads the sealed files of a collection past the page cache. A damaged section that can be computed again is done
    // without at once, and the file is written anew; any other damage sets the collection aside, durably. Where nothing
    // may be written, both are so until the database is closed. `pace` as in SealedSegment::find_damage. Deep: of what
    // lies there as it was written, that payloads parse and each row is found by its id.
    Result<std::vector<CheckFinding>> verify(const std::shared_ptr<Collection>& collection,
                                             const std::function<Status(uint64_t bytes)>& pace, CheckDepth depth = {});

    // Small files, kVerifiedFirstBytes of them, are read before it returns, so that nothing is answered from what is
    // damaged there. Then the background: all files again and again, at the rate of the settings, the first ones
    // faster.
    void start();
    void stop();

 private:
    // What one look at a collection came to.
    struct Look {
        const std::shared_ptr<Collection>& collection;
        std::vector<CheckFinding> findings = {};
        PartList to_rewrite = {};
        std::string loss = {};   // of what cannot be computed again
        std::string doubt = {};  // without it no answer is right
    };

    static void judge(const std::shared_ptr<Part>& part, const std::vector<SealedSegment::Damage>& damage, Look* look);
    void act_on(const Look& look);
    void verify_small();
    void run();
    void report(const std::vector<CheckFinding>& findings) const;

    Database& database_;
    Compaction& compaction_;
    std::thread thread_;
    std::mutex mutex_;  // of stops_
    std::condition_variable wakes_;
    bool stops_ = false;
};

}  // namespace vz
