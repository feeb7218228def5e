#include "engine/runtime/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <vector>

namespace vz {
namespace {

constexpr uint32_t kThreads = 3;

// As many tasks as a job of rows to be linked has, and fewer; each writes what the caller reads without more ado.
uint64_t sum_of_squares(WorkerPool& pool, uint32_t tasks) {
    std::vector<uint64_t> squares(tasks);
    run_on(pool, tasks, [&](uint32_t index, uint32_t) { squares[index] += uint64_t{index} * index; });
    uint64_t sum = 0;
    for (const uint64_t square : squares) sum += square;
    return sum;
}

uint64_t expected_sum(uint64_t tasks) { return tasks == 0 ? 0 : (tasks - 1) * tasks * (2 * tasks - 1) / 6; }

TEST(worker_pool, every_task_is_done_once_and_seen_by_its_caller) {
    for (const auto work : {WorkerPool::Work::kQueries, WorkerPool::Work::kBackground}) {
        for (const uint32_t threads : {0U, 1U, kThreads}) {
            WorkerPool pool(work, threads);
            ASSERT_EQ(pool.count(), threads + 1);
            for (uint32_t job = 0; job < 2000; ++job)
                ASSERT_EQ(sum_of_squares(pool, job % 70), expected_sum(job % 70)) << job;
        }
    }
}

TEST(worker_pool, callers_at_once_have_their_own_tasks_done) {
    WorkerPool pool(WorkerPool::Work::kQueries, kThreads);
    std::atomic<uint32_t> wrong = 0;
    std::vector<std::thread> callers;
    for (uint32_t caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&, caller] {
            for (uint32_t job = 0; job < 2000; ++job) {
                const uint32_t tasks = 2 + (job + 7 * caller) % 9;
                if (sum_of_squares(pool, tasks) != expected_sum(tasks)) ++wrong;
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(wrong.load(), 0U);
}

// Scratch is kept by the number of the worker.
TEST(worker_pool, no_two_calls_of_one_worker_overlap) {
    WorkerPool pool(WorkerPool::Work::kQueries, kThreads);
    for (uint32_t job = 0; job < 500; ++job) {
        std::vector<uint64_t> by_worker(pool.count());
        run_on(pool, 64, [&](uint32_t, uint32_t worker) { ++by_worker[worker]; });
        uint64_t sum = 0;
        for (const uint64_t count : by_worker) sum += count;
        ASSERT_EQ(sum, 64U);
    }
}

TEST(worker_pool, it_ends_right_after_its_last_job) {
    for (uint32_t round = 0; round < 300; ++round) {
        auto pool = std::make_unique<WorkerPool>(
            round % 2 == 0 ? WorkerPool::Work::kQueries : WorkerPool::Work::kBackground, kThreads);
        for (uint32_t job = 0; job < round % 4; ++job) ASSERT_EQ(sum_of_squares(*pool, 5), expected_sum(5));
        pool.reset();
    }
}

// Threads that sleep, that look for work, and that stand back must all hear of the end, and of the next job.
TEST(worker_pool, work_goes_on_while_searches_come_and_go) {
    WorkerPool pool(WorkerPool::Work::kBackground, kThreads);
    std::atomic<bool> done = false;
    std::thread searches([&] {
        while (!done.load()) {
            const WorkerPool::Yield yield(pool);
            std::optional<WorkerPool::Yield> another;
            another.emplace(pool);
            std::this_thread::yield();
        }
    });
    for (uint32_t job = 0; job < 2000; ++job) EXPECT_EQ(sum_of_squares(pool, 16), expected_sum(16));
    done = true;
    searches.join();
}

// To be cancelled is told to tasks, which decide what it means: the pool itself leaves none out.
TEST(worker_pool, a_cancelled_job_still_returns_after_all_of_its_tasks) {
    WorkerPool pool(WorkerPool::Work::kBackground, kThreads);
    std::atomic<bool> done = false;
    std::thread other([&] {
        for (bool cancelled = true; !done.load(); cancelled = !cancelled) pool.set_cancelled(cancelled);
    });
    for (uint32_t job = 0; job < 1000; ++job) {
        std::atomic<uint32_t> called = 0;
        std::atomic<uint32_t> skipped = 0;
        run_on(pool, 20, [&](uint32_t, uint32_t) {
            called.fetch_add(1, std::memory_order_relaxed);
            if (pool.is_cancelled()) skipped.fetch_add(1, std::memory_order_relaxed);
        });
        ASSERT_EQ(called.load(), 20U);
        ASSERT_LE(skipped.load(), 20U);
    }
    done = true;
    other.join();
    pool.set_cancelled(false);
    EXPECT_FALSE(pool.is_cancelled());
}

// Nobody goes on with tasks whose caller has left.
TEST(worker_pool, what_a_task_throws_reaches_its_caller_when_all_have_left) {
    for (const uint32_t threads : {0U, kThreads}) {
        WorkerPool pool(WorkerPool::Work::kQueries, threads);
        for (uint32_t job = 0; job < 500; ++job) {
            std::atomic<uint32_t> inside = 0;
            auto task = [&](uint32_t index, uint32_t) {
                ++inside;
                std::this_thread::yield();
                --inside;
                if (index == job % 64) throw std::bad_alloc();
            };
            EXPECT_THROW(run_on(pool, 64, task), std::bad_alloc);
            EXPECT_EQ(inside.load(), 0U);
            ASSERT_EQ(sum_of_squares(pool, 64), expected_sum(64));
        }
    }
}

}  // namespace
}  // namespace vz
