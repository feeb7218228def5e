// The memory of bodies, and the budget that it comes from.
#include "frontends/http/memory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "frontends/http/backlog.hpp"
#include "frontends/http/budget.hpp"

namespace vz::http {
namespace {

TEST(BodyMemory, grows_as_foretold_and_keeps_its_content) {
    Body body;
    std::string expected;
    for (size_t size = 1; body.size() < 3'000'000; size = size * 3 / 2 + 1) {
        const std::string part(size, static_cast<char>('a' + size % 26));
        const auto foretold = body.capacity_after(part.size());
        ASSERT_TRUE(body.append(part.data(), part.size()));
        expected += part;
        EXPECT_EQ(body.capacity(), foretold);
        EXPECT_GE(body.capacity(), body.size());
        EXPECT_EQ(reinterpret_cast<uintptr_t>(body.data()) % 64, 0U);
        body.seal();  // writes behind the content, which must be there
    }
    EXPECT_TRUE(std::string(body.data(), body.size()) == expected);
}

TEST(BodyMemory, is_trimmed_where_it_lies_and_grows_again) {
    Body body;
    ASSERT_TRUE(body.reserve_more(8'000'000));
    ASSERT_TRUE(body.append("content", 7));
    const auto* place = body.data();
    body.trim();
    EXPECT_EQ(body.data(), place);
    EXPECT_LE(body.capacity(), 4096U);
    EXPECT_EQ(std::string(body.data(), body.size()), "content");
    std::string expected = "content";
    for (const size_t size : {5'000UL, 20'000UL, 100'000UL, 1'000'000UL}) {
        const std::string more(size, static_cast<char>('a' + size % 26));
        const auto foretold = body.capacity_after(more.size());
        ASSERT_TRUE(body.append(more.data(), more.size()));
        EXPECT_EQ(body.capacity(), foretold);
        expected += more;
        body.trim();
        body.seal();
        EXPECT_TRUE(std::string(body.data(), body.size()) == expected) << size;
    }
    body.reset(64 * 1024);
    EXPECT_EQ(body.capacity(), 0U);
    EXPECT_EQ(body.capacity_after(SIZE_MAX / 2), SIZE_MAX);
    EXPECT_FALSE(body.reserve_more(SIZE_MAX / 2));
}

TEST(WaitingInput, is_used_up_without_moving_what_is_left_each_time) {
    const std::string request = "GET / HTTP/1.1\r\n\r\n";
    constexpr size_t kCount = 50'000;
    Backlog backlog;
    for (size_t i = 0; i < kCount; ++i) backlog.append(request);
    size_t moved = 0;
    for (size_t i = 0; i < kCount; ++i) {
        auto rest = backlog.view();
        ASSERT_TRUE(rest.starts_with(request));
        rest.remove_prefix(request.size());
        backlog.keep(rest);
        if (backlog.view().data() != rest.data()) moved += rest.size();
        ASSERT_LE(backlog.capacity(), 4 * rest.size() + 64 * 1024);
    }
    EXPECT_TRUE(backlog.empty());
    EXPECT_LE(moved, kCount * request.size());
}

TEST(BudgetOfMemory, is_full_to_the_byte_and_never_passed) {
    Budget budget(100);
    EXPECT_TRUE(budget.take(60));
    EXPECT_FALSE(budget.take(41));
    EXPECT_FALSE(budget.take(UINT64_MAX));
    EXPECT_TRUE(budget.take(40));
    EXPECT_EQ(budget.held(), 100U);
    EXPECT_FALSE(budget.take_beyond(10));
    EXPECT_FALSE(budget.take(1));
    budget.give(110);
    EXPECT_EQ(budget.held(), 0U);
    EXPECT_TRUE(budget.take(100));
}

TEST(BudgetOfMemory, counts_exactly_between_threads) {
    Budget budget(1000);
    std::vector<std::thread> threads;
    std::atomic<uint64_t> passed{0};
    for (uint64_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 20000; ++round) {
                if (!budget.take(300 + i)) continue;
                if (budget.held() > budget.most()) passed.fetch_add(1);
                budget.give(300 + i);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(passed.load(), 0U);
    EXPECT_EQ(budget.held(), 0U);
}

}  // namespace
}  // namespace vz::http
