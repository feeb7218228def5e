// Memory that makes things faster and that nothing depends on: taken while there is some, given back by whoever had it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace vz {

// Any thread. Shares may outlive it.
class MemoryBudget {
 public:
    // Gives its bytes back when destroyed.
    class Share {
     public:
        Share(Share&& other) noexcept : taken_(std::move(other.taken_)), bytes_(std::exchange(other.bytes_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() {
            if (taken_ != nullptr) taken_->fetch_sub(bytes_, std::memory_order_relaxed);
        }
        uint64_t bytes() const { return bytes_; }

     private:
        friend class MemoryBudget;
        Share(std::shared_ptr<std::atomic<uint64_t>> taken, uint64_t bytes) : taken_(std::move(taken)), bytes_(bytes) {}
        std::shared_ptr<std::atomic<uint64_t>> taken_;
        uint64_t bytes_;
    };

    explicit MemoryBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // Nothing: so much is not left.
    std::optional<Share> take(uint64_t bytes) {
        uint64_t taken = taken_->load(std::memory_order_relaxed);
        do {
            if (bytes > bytes_max_ - taken) return std::nullopt;
        } while (!taken_->compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
        return Share(taken_, bytes);
    }

 private:
    const uint64_t bytes_max_;
    const std::shared_ptr<std::atomic<uint64_t>> taken_ = std::make_shared<std::atomic<uint64_t>>(0);
};

// What this process may use: the machine's memory, or what its control groups allow if that is less.
uint64_t memory_limit();

}  // namespace vz
