// Work on a collection that goes on behind a request: which request began it, for those that ask for more of its kind.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "vectorizer/engine.h"

namespace vz::rest {

enum class JobKind : uint8_t { kReindex, kReencode };

// Which jobs there are, and how many requests wait for one, are two things under one lock, so far as both stay this
// small. Any thread.
class Jobs final {
 public:
    // A request has begun one, in place of the one before it. Those of other collections that have ended are forgotten
    // now and then, so that there are no more than about twice as many as run.
    void begin(vz_engine* engine, const vz_uuid& collection, JobKind kind, const vz_uuid& request);
    // Whether this request may not begin one: another's is not done, as the statistics say.
    bool is_taken(const vz_uuid& collection, JobKind kind, const vz_uuid& request, const vz_collection_stats& stats);

    // Whether a request may wait for its job: few may, for each takes time of the threads that all share.
    bool begin_waiting();
    void end_waiting();

 private:
    // The collection is known by its own number: its name may change, or become that of another.
    using Number = std::array<uint8_t, sizeof(vz_uuid)>;
    using Key = std::pair<Number, JobKind>;

    static constexpr size_t kManyMin = 16;

    static Key key_of(const vz_uuid& collection, JobKind kind);

    void forget_done(vz_engine* engine);

    std::mutex mutex_;  // not held while the engine is asked
    std::map<Key, vz_uuid> begun_;
    size_t many_ = kManyMin;  // when the next look for those that are done is due
    uint32_t waiting_ = 0;
};

}  // namespace vz::rest
