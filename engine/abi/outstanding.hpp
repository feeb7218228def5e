// What callers or plugins have begun and not ended: results they hold, completions that run. How many, whose they are,
// and which of them for too long: a held result pins files and versions, so it is told who forgets one. No clock is
// read when one begins: time is the number of a step that a thread counts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace vz {

// Any thread.
class Outstanding {
 public:
    using Tell = std::function<void(const void* maker, uint64_t count)>;

    Outstanding() = default;
    ~Outstanding() { stop(); }
    Outstanding(const Outstanding&) = delete;
    Outstanding& operator=(const Outstanding&) = delete;

    // `tell` hears of each maker of what is older than two steps, once while it lasts that long and seldom again.
    // `others` are told of likewise, by the same thread.
    struct Others {
        Outstanding* these;  // nullptr: there are none
        Tell tell;
    };
    void start(std::chrono::milliseconds step, Tell tell, Others others = {});
    void stop();

    // When it began, and where its maker is counted; leave() takes it back.
    struct Mark {
        uint32_t step = 0;
        uint32_t place = 0;
    };
    // `maker`: an address in the code that made it; nullptr: unknown.
    Mark enter(const void* maker = nullptr) {
        const Mark mark{step_.load(std::memory_order_relaxed), place_of(maker)};
        held_by(mark).fetch_add(1, std::memory_order_relaxed);
        return mark;
    }
    void leave(Mark mark) { held_by(mark).fetch_sub(1, std::memory_order_relaxed); }
    uint64_t count() const;
    // Of each maker that holds some, how many. nullptr: of those unknown, and of all behind the first hundreds.
    using Makers = std::vector<std::pair<const void*, uint64_t>>;
    Makers makers() const;
    // Of what began at least one whole step ago.
    Makers makers_of_old() const;
    // A step is over. The makers of what began in the step before the last two, and has not ended.
    Makers advance();

 private:
    static constexpr uint32_t kSteps = 14;    // then results of long ago are counted with new ones, and told again
    static constexpr uint32_t kMakers = 256;  // a plugin has a few dozen places that make results

    struct alignas(64) Maker {
        std::atomic<const void*> code{nullptr};
        std::atomic<uint32_t> held[kSteps] = {};  // by the step in which they were made

        uint64_t count() const {
            uint64_t sum = 0;
            for (const auto& of_step : held) sum += of_step.load(std::memory_order_relaxed);
            return sum;
        }
    };
    static_assert(sizeof(Maker) == 64, "one line of the cache for each");

    uint32_t place_of(const void* maker);
    std::atomic<uint32_t>& held_by(Mark mark) { return makers_[mark.place].held[mark.step % kSteps]; }

    std::atomic<uint32_t> step_{kSteps};
    Maker makers_[kMakers + 1];  // a table of addresses that only grows; behind it those without a place
    std::thread thread_;
    std::mutex mutex_;  // of stopping_
    std::condition_variable wakes_;
    bool stopping_ = false;
};

}  // namespace vz
