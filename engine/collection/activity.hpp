// What the background keeps of a collection between two looks at it.
#pragma once

#include <atomic>
#include <cstdint>

namespace vz {

// Whether a collection stands in a list. Any thread.
class Listing {
 public:
    // True for the one who is to put it there.
    bool enter() { return !is_listed_.load(std::memory_order_relaxed) && !is_listed_.exchange(true); }
    void leave() { is_listed_.store(false); }

 private:
    std::atomic<bool> is_listed_{false};
};

// Any thread.
class Activity {
 public:
    void note(int64_t now_ms) { noted_ms_.store(now_ms, std::memory_order_relaxed); }
    // Since the last note(), or, where the clock was set back behind that, from now on.
    int64_t idle_ms(int64_t now_ms) {
        const int64_t noted_ms = noted_ms_.load(std::memory_order_relaxed);
        if (noted_ms <= now_ms) return now_ms - noted_ms;
        note(now_ms);
        return 0;
    }

    Listing unsettled;  // written since it was last settled
    Listing expiring;   // has points that may expire

 private:
    std::atomic<int64_t> noted_ms_{0};
};

}  // namespace vz
