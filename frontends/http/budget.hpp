// How much memory all requests together may hold. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace vz::http {

class Budget final {
 public:
    explicit Budget(uint64_t most) : most_(most) {}

    // false: there is no room, and nothing was taken.
    [[nodiscard]] bool take(uint64_t bytes) {
        auto held = held_.load(std::memory_order_relaxed);
        do {
            if (held > most_ || bytes > most_ - held) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
        return true;
    }
    // For what is in memory already, or must be: taken either way. false: there was no room.
    bool take_beyond(uint64_t bytes) { return held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_; }
    void give(uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

    uint64_t most() const { return most_; }
    uint64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
    const uint64_t most_;
    std::atomic<uint64_t> held_{0};
};

}  // namespace vz::http
