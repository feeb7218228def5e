// The log as collections see it: what is appended here gets an LSN at once and becomes true when it is durable. The
// local log (runtime) writes a WAL and a manifest; a replicated one can take its place, so nothing here speaks of
// files.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/lsn.hpp"
#include "engine/base/status.hpp"

namespace vz {

// One entry on its way into the log. The owner keeps it alive until finish() is entered.
class Commit {
 public:
    Commit() = default;
    virtual ~Commit() = default;
    Commit(const Commit&) = delete;
    Commit& operator=(const Commit&) = delete;

    // The entry is durable: make it visible. Called by the commit leader in LSN order; must not wait or fail.
    virtual void publish() = 0;
    // The entry's fate is known: VZ_OK (after publish), VZ_OUTCOME_UNKNOWN, or VZ_READ_ONLY when it was never written.
    // Called once; of one that nobody drives, on a thread of the log's owner, never on that of another's drive().
    virtual void finish(const Status& status) = 0;

    // What the entry refers to is in place; publish() waits for this. Set by the owner after append().
    void set_staged() {
        staged_.store(true, std::memory_order_release);
        staged_.notify_one();
    }

    std::vector<std::byte> bytes;  // of a record
    bool is_driven = true;         // the owner is going to call drive()
    Lsn lsn = 0;                   // set by append()

 protected:
    friend class LocalLog;
    enum class Turn : uint32_t { kWait, kLead, kDone };
    std::atomic<Turn> turn_{Turn::kWait};
    std::atomic<bool> staged_{false};
    Commit* next_ended_ = nullptr;  // of those that wait to be told their fate
    Status fate_;
    bool logical_ = true;
};

class Log {
 public:
    virtual ~Log() = default;

    // Orders a record: sets commit.lsn. VZ_BUSY: the queue is full; VZ_READ_ONLY: the log has failed before. Any
    // thread.
    virtual Status append(Commit& commit) = 0;
    // Returns after commit.finish(): leads the commit group itself, or waits for whoever does.
    virtual void drive(Commit& commit) = 0;
    // Everything up to here is durable and published. Any thread.
    virtual Lsn durable() const = 0;
    // A write has failed: nothing is taken any more, and what was on its way then may or may not be true. Any thread.
    virtual bool has_failed() const = 0;
};

}  // namespace vz
