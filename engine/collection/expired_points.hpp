// How many points of a collection have expired and are not deleted yet: for the figures, which tell live points.
#pragma once

#include <cstdint>
#include <mutex>

#include "engine/collection/part.hpp"

namespace vz {

// What a look at all rows that a view sees found.
struct ExpiredRows {
    uint64_t count = 0;
    int64_t next_ms = INT64_MAX;  // when the next one expires
};

// Any thread. The last count is taken while nothing was written and nothing more has expired since. Then up to
// kExpiredCountedAtOnce rows are looked at anew, and more of them once the last look is older than those of the sweep,
// as where nothing is written: so what a figure costs is bounded, and that of a large collection is late by two seconds
// at most.
class ExpiredPoints {
 public:
    // Of the sweep.
    void note(const ReadView& view, const ExpiredRows& found);
    // `deleted` of them go, by what `make_visible` shows to readers.
    template <class MakeVisible>
    void remove(uint64_t deleted, const MakeVisible& make_visible) {
        const std::scoped_lock lock(mutex_);
        make_visible();
        removed_ += deleted;
        known_.count = less(known_.count, deleted);
    }
    // `all` points, which `pin` shows, less those that have expired.
    template <class Pin, class All>
    uint64_t left(const Pin& pin, const All& all) {
        std::unique_lock lock(mutex_);
        if (const ReadView view = pin(); wants_look(view)) look(view, lock);
        return less(all(), known_.count);
    }

 private:
    static uint64_t less(uint64_t count, uint64_t by) { return by < count ? count - by : 0; }
    bool wants_look(const ReadView& view);
    // The lock is left meanwhile: nobody waits for a look.
    void look(const ReadView& view, std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    ExpiredRows known_;
    Lsn visible_ = 0;
    int64_t looked_ms_ = 0;
    uint64_t removed_ = 0;
    bool is_looking_ = false;
};

}  // namespace vz
