// The memory of large replies until they are sent, of all clients together. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace resp {

inline constexpr size_t kReplyBytesMax = 64 << 20;     // one reply
inline constexpr size_t kRepliesBytesMax = 256 << 20;  // all that wait
inline constexpr size_t kElementBytesMost = 96;        // beside its text and attributes: lengths and a score
inline constexpr size_t kReplyBytesFree = 1 << 20;     // of a client: its requests may have more

class ReplyBudget {
 public:
    // False: there is no room, and nothing was taken.
    bool take(size_t bytes) {
        size_t held = held_.load();
        do {
            if (bytes > kRepliesBytesMax - held) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes));
        return true;
    }
    void give(size_t bytes) { held_ -= bytes; }

 private:
    std::atomic<size_t> held_ = 0;
};

}  // namespace resp
