#include "engine/abi/outstanding.hpp"

namespace vz {

void Outstanding::start(std::chrono::milliseconds step, Tell tell, Others others) {
    thread_ = std::thread([this, step, tell = std::move(tell), others = std::move(others)] {
        std::unique_lock lock(mutex_);
        while (!wakes_.wait_for(lock, step, [this] { return stopping_; })) {
            for (const auto& [maker, count] : advance()) tell(maker, count);
            if (others.these == nullptr) continue;
            for (const auto& [maker, count] : others.these->advance()) others.tell(maker, count);
        }
    });
}

void Outstanding::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

uint64_t Outstanding::count() const {
    uint64_t sum = 0;
    for (const Maker& each : makers_) sum += each.count();
    return sum;
}

uint32_t Outstanding::place_of(const void* maker) {
    if (maker == nullptr) return kMakers;
    uint64_t place = (reinterpret_cast<uintptr_t>(maker) * 0x9E3779B97F4A7C15ULL) >> 32;
    for (uint32_t tried = 0; tried < kMakers; ++tried, ++place) {
        Maker& here = makers_[place % kMakers];
        const void* known = here.code.load(std::memory_order_relaxed);
        if (known == maker) return place % kMakers;
        if (known != nullptr) continue;
        if (here.code.compare_exchange_strong(known, maker, std::memory_order_relaxed) || known == maker)
            return place % kMakers;
    }
    return kMakers;
}

Outstanding::Makers Outstanding::makers() const {
    Makers found;
    for (const Maker& each : makers_) {
        const uint64_t held = each.count();
        if (held != 0) found.emplace_back(each.code.load(std::memory_order_relaxed), held);
    }
    return found;
}

Outstanding::Makers Outstanding::makers_of_old() const {
    const uint32_t now = step_.load(std::memory_order_relaxed);
    Makers found;
    for (const Maker& each : makers_) {
        uint64_t held = 0;
        for (uint32_t ago = 2; ago < kSteps; ++ago) held += each.held[(now - ago) % kSteps].load();
        if (held != 0) found.emplace_back(each.code.load(std::memory_order_relaxed), held);
    }
    return found;
}

Outstanding::Makers Outstanding::advance() {
    const uint32_t now = step_.fetch_add(1, std::memory_order_relaxed) + 1;
    Makers found;
    for (const Maker& each : makers_) {
        const uint32_t held = each.held[(now - 3) % kSteps].load(std::memory_order_relaxed);
        if (held != 0) found.emplace_back(each.code.load(std::memory_order_relaxed), held);
    }
    return found;
}

}  // namespace vz
