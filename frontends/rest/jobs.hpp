// Work on a collection that goes on behind a request: which request began it, for those that ask for more of its kind.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "vectorizer/engine.h"

namespace vz::rest {

enum class JobKind : uint8_t { kReindex, kReencode };

// Any thread.
class Jobs final {
 public:
    // A request has begun one, in place of the one before it. Those of other collections that have ended are forgotten
    // now and then, so that there are no more than about twice as many as run.
    void begin(vz_engine* engine, const std::string& collection, JobKind kind, const vz_uuid& request);
    // Whether this request may not begin one: another's is not done, as the statistics say.
    bool is_taken(const std::string& collection, JobKind kind, const vz_uuid& request,
                  const vz_collection_stats& stats);
    // The collection is gone.
    void forget(const std::string& collection);

    // Whether a request may wait for its job: few may, for each takes time of the threads that all share.
    bool begin_waiting();
    void end_waiting();

 private:
    using Key = std::pair<std::string, JobKind>;

    void forget_done(vz_engine* engine);

    std::mutex mutex_;  // not held while the engine is asked
    std::map<Key, vz_uuid> begun_;
    size_t many_ = 16;  // when the next look for those that are done is due
    uint32_t waiting_ = 0;
};

}  // namespace vz::rest
