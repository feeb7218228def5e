#include "engine/abi/held_results.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace vz {
namespace {

constexpr std::chrono::milliseconds kStep(2);

// Hears how many results were too old, the first time and how often.
struct Listener {
    std::promise<uint64_t> first;
    std::atomic<uint32_t> times{0};

    HeldResults::Tell tell() {
        return [this](uint64_t results) {
            if (times++ == 0) first.set_value(results);
        };
    }
};

TEST(HeldResults, that_nobody_releases_are_told) {
    Listener listener;
    HeldResults held;
    const std::vector<uint32_t> steps = {held.enter(), held.enter()};
    EXPECT_EQ(held.count(), 2U);
    const auto began = std::chrono::steady_clock::now();
    held.start(kStep, listener.tell());
    EXPECT_EQ(listener.first.get_future().get(), 2U);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2 * kStep);
    for (const uint32_t step : steps) held.leave(step);
    EXPECT_EQ(held.count(), 0U);
}

TEST(HeldResults, that_are_released_in_time_are_not) {
    HeldResults held;
    for (int i = 0; i < 1000; ++i) {
        const uint32_t step = held.enter();
        held.leave(held.enter());
        EXPECT_EQ(held.advance(), 0U);
        EXPECT_EQ(held.advance(), 0U);
        held.leave(step);
        EXPECT_EQ(held.advance(), 0U);
    }
    const uint32_t forgotten = held.enter();
    EXPECT_EQ(held.advance() + held.advance(), 0U);
    EXPECT_EQ(held.advance(), 1U);
    EXPECT_EQ(held.advance(), 0U);
    held.leave(forgotten);
    EXPECT_EQ(held.count(), 0U);
}

}  // namespace
}  // namespace vz
