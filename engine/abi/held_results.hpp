// Results that callers hold: how many, and how many of them for too long. A held result pins files and versions, so it
// is told who forgets one. No clock is read when a result is made: time is the number of a step that a thread of its
// own counts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace vz {

// Any thread.
class HeldResults {
 public:
    using Tell = std::function<void(uint64_t results)>;

    HeldResults() = default;
    ~HeldResults() { stop(); }
    HeldResults(const HeldResults&) = delete;
    HeldResults& operator=(const HeldResults&) = delete;

    // `tell` hears of results older than two steps, once while they are held that long and seldom again.
    void start(std::chrono::milliseconds step, Tell tell);
    void stop();

    // The step in which a result is made; leave() takes it back.
    uint32_t enter() {
        const uint32_t step = step_.load(std::memory_order_relaxed);
        made_in(step).fetch_add(1, std::memory_order_relaxed);
        return step;
    }
    void leave(uint32_t step) { made_in(step).fetch_sub(1, std::memory_order_relaxed); }
    uint64_t count() const;
    // A step is over. How many results were made before the two steps ahead of this one, and are held.
    uint64_t advance();

 private:
    static constexpr uint32_t kSteps = 64;  // then results of long ago are counted with new ones, and told again

    std::atomic<uint64_t>& made_in(uint32_t step) { return held_[step % kSteps]; }
    void run(std::chrono::milliseconds step, const Tell& tell);

    std::atomic<uint32_t> step_{kSteps};
    std::atomic<uint64_t> held_[kSteps] = {};
    std::thread thread_;
    std::mutex mutex_;  // of stopping_
    std::condition_variable wakes_;
    bool stopping_ = false;
};

}  // namespace vz
