#include "engine/abi/held_results.hpp"

namespace vz {

void HeldResults::start(std::chrono::milliseconds step, Tell tell) {
    thread_ = std::thread([this, step, tell = std::move(tell)] { run(step, tell); });
}

void HeldResults::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

uint64_t HeldResults::count() const {
    uint64_t sum = 0;
    for (const auto& held : held_) sum += held.load(std::memory_order_relaxed);
    return sum;
}

void HeldResults::run(std::chrono::milliseconds step, const Tell& tell) {
    std::unique_lock lock(mutex_);
    while (!wakes_.wait_for(lock, step, [this] { return stopping_; })) {
        if (const uint64_t old = advance(); old != 0) tell(old);
    }
}

uint64_t HeldResults::advance() {
    const uint32_t now = step_.fetch_add(1, std::memory_order_relaxed) + 1;
    return made_in(now - 3).load(std::memory_order_relaxed);
}

}  // namespace vz
