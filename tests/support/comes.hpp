// Waiting for what another thread or process does.
#pragma once

#include <chrono>
#include <thread>

namespace vz {

// Whether it holds before patience ends.
template <typename Condition>
bool comes(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace vz
