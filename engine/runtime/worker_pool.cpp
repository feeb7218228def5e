#include "engine/runtime/worker_pool.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

namespace vz {

void lower_priority() {
    constexpr int kNice = 10;
    // Linux keeps it per thread; where it is refused the work only competes harder.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
}

namespace {

// Waking a thread takes as long as a batch of rows to be linked: who waits for the next step looks for it a while (some
// 30 us) before it sleeps.
template <class Condition>
void look_for(const Condition& condition) {
    constexpr int kLooks = 1000;
    for (int i = 0; i < kLooks && !condition(); ++i) __builtin_ia32_pause();
}

}  // namespace

WorkerPool::WorkerPool(Work work, uint32_t threads) : work_(work), threads_max_(threads) {
    for (uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { help(i); });
}

WorkerPool::~WorkerPool() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        announced_.fetch_add(1, std::memory_order_relaxed);
    }
    wakes_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::Job::run_next(uint32_t worker) {
    const uint32_t index = next.fetch_add(1, std::memory_order_relaxed);
    if (index >= tasks) return false;
    try {
        task(context, index, worker);
    } catch (...) {
        next.store(tasks, std::memory_order_relaxed);
        if (!has_thrown.test_and_set()) thrown = std::current_exception();
    }
    return true;
}

void WorkerPool::run(uint32_t tasks, void (*task)(void* context, uint32_t index, uint32_t worker), void* context) {
    Job job{task, context, tasks};
    const bool is_shared = tasks > 1 && threads_max_ != 0;
    if (is_shared) {
        const std::scoped_lock lock(mutex_);
        jobs_.push_back(&job);
        announced_.fetch_add(1, std::memory_order_relaxed);
        wakes_.notify_all();
    }
    while (job.run_next(0)) {
    }
    if (is_shared) leave(job);
    if (job.thrown) std::rethrow_exception(job.thrown);
}

// Returns when no helper is inside any more.
void WorkerPool::leave(Job& job) {
    std::unique_lock lock(mutex_);
    jobs_.remove(&job);
    if (job.helpers == 0) return;
    lock.unlock();
    look_for([&] { return job.helpers == 0; });
    lock.lock();
    left_.wait(lock, [&] { return job.helpers == 0; });
}

WorkerPool::Job* WorkerPool::next_job() {
    for (Job* job : jobs_) {
        if (job->has_tasks()) return job;
    }
    return nullptr;
}

void WorkerPool::help(uint32_t thread) {
    if (work_ == Work::kBackground) lower_priority();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        Job* job = next_job();
        if (job == nullptr) {
            const uint64_t seen = announced_.load(std::memory_order_relaxed);
            const auto is_wanted = [&] { return announced_.load(std::memory_order_relaxed) != seen; };
            lock.unlock();
            look_for(is_wanted);
            lock.lock();
            wakes_.wait(lock, is_wanted);
        } else if (stands_back(thread)) {
            // Nobody tells when a search ends.
            wakes_.wait_for(lock, std::chrono::milliseconds(1));
        } else {
            ++job->helpers;
            lock.unlock();
            while (!stands_back(thread) && job->run_next(thread + 1)) {
            }
            lock.lock();
            if (--job->helpers == 0) left_.notify_all();
        }
    }
}

}  // namespace vz
