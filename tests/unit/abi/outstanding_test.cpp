#include "engine/abi/outstanding.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace vz {
namespace {

constexpr std::chrono::milliseconds kStep(2);

// Hears how many results were too old, and whose, the first time.
struct Listener {
    std::promise<std::pair<const void*, uint64_t>> first;
    std::atomic<uint32_t> times{0};

    Outstanding::Tell tell() {
        return [this](const void* maker, uint64_t results) {
            if (times++ == 0) first.set_value({maker, results});
        };
    }
};

TEST(Outstanding, that_nobody_releases_are_told) {
    Listener listener;
    Outstanding held;
    const std::vector<Outstanding::Mark> marks = {held.enter(&listener), held.enter(&listener)};
    EXPECT_EQ(held.count(), 2U);
    const auto began = std::chrono::steady_clock::now();
    held.start(kStep, listener.tell());
    EXPECT_EQ(listener.first.get_future().get(), std::make_pair(static_cast<const void*>(&listener), uint64_t{2}));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2 * kStep);
    for (const Outstanding::Mark mark : marks) held.leave(mark);
    EXPECT_EQ(held.count(), 0U);
}

TEST(Outstanding, that_are_released_in_time_are_not) {
    Outstanding held;
    for (int i = 0; i < 1000; ++i) {
        const Outstanding::Mark mark = held.enter();
        held.leave(held.enter());
        EXPECT_TRUE(held.advance().empty());
        EXPECT_TRUE(held.advance().empty());
        held.leave(mark);
        EXPECT_TRUE(held.advance().empty());
    }
    const int code = 0;
    const Outstanding::Mark forgotten = held.enter(&code);
    held.leave(held.enter());
    EXPECT_TRUE(held.advance().empty() && held.advance().empty());
    EXPECT_EQ(held.advance(), (Outstanding::Makers{{&code, 1}}));
    EXPECT_TRUE(held.advance().empty());
    held.leave(forgotten);
    EXPECT_EQ(held.count(), 0U);
}

TEST(Outstanding, are_old_when_a_whole_step_has_passed) {
    Outstanding held;
    const int code = 0;
    const Outstanding::Mark mark = held.enter(&code);
    EXPECT_TRUE(held.makers_of_old().empty());
    held.advance();
    EXPECT_TRUE(held.makers_of_old().empty());
    held.advance();
    EXPECT_EQ(held.makers_of_old(), (Outstanding::Makers{{&code, 1}}));
    held.leave(mark);
    EXPECT_TRUE(held.makers_of_old().empty());
}

TEST(Outstanding, are_told_of_with_others) {
    Listener listener;
    Outstanding others;
    const Outstanding::Mark mark = others.enter(&listener);
    Outstanding held;
    held.start(kStep, [](const void*, uint64_t) {}, {&others, listener.tell()});
    EXPECT_EQ(listener.first.get_future().get(), std::make_pair(static_cast<const void*>(&listener), uint64_t{1}));
    held.stop();
    others.leave(mark);
}

TEST(Outstanding, are_counted_by_who_made_them) {
    Outstanding held;
    const std::vector<int> code(1000);
    std::vector<Outstanding::Mark> marks = {held.enter(&code[0]), held.enter(&code[0]), held.enter(&code[1]),
                                            held.enter()};
    const auto of = [&](const void* maker) {
        uint64_t sum = 0;
        for (const auto& [each, results] : held.makers()) sum += each == maker ? results : 0;
        return sum;
    };
    EXPECT_EQ(of(&code[0]), 2U);
    EXPECT_EQ(of(&code[1]), 1U);
    EXPECT_EQ(of(nullptr), 1U);
    held.leave(marks[1]);
    held.leave(marks[2]);
    EXPECT_EQ(of(&code[0]), 1U);
    EXPECT_EQ(of(&code[1]), 0U);
    // More makers than there are places for: they are counted, whosever they are.
    for (const int& each : code) marks.push_back(held.enter(&each));
    EXPECT_EQ(of(&code[0]), 2U);
    EXPECT_GT(of(nullptr), 700U);
    EXPECT_EQ(held.count(), 1002U);
}

}  // namespace
}  // namespace vz
