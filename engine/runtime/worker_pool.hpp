// Threads that help whoever calls them: for heavy work behind the scenes (linking, sealing, folding), and for batches
// of queries.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/base/workers.hpp"

namespace vz {

// run() may be called from several threads at once: each caller works on its own tasks, the pool's threads help whoever
// came first.
class WorkerPool final : public Workers {
 public:
    // Threads of the background run at low priority, and stand back while searches run.
    enum class Work { kBackground, kQueries };
    // `threads` beside the calling ones; 0: callers work alone.
    WorkerPool(Work work, uint32_t threads);
    ~WorkerPool() override;

    uint32_t count() const override { return threads_max_ + 1; }
    void run(uint32_t tasks, void (*task)(void* context, uint32_t index, uint32_t worker), void* context) override;
    bool is_cancelled() const override { return cancelled_.load(std::memory_order_relaxed); }
    void set_cancelled(bool cancelled) { cancelled_.store(cancelled, std::memory_order_relaxed); }

    // While searches hold these, as many threads of the pool stand back.
    class Yield {
     public:
        explicit Yield(WorkerPool& pool) : pool_(pool) { pool_.searches_.fetch_add(1, std::memory_order_relaxed); }
        ~Yield() { pool_.searches_.fetch_sub(1, std::memory_order_relaxed); }
        Yield(const Yield&) = delete;
        Yield& operator=(const Yield&) = delete;

     private:
        WorkerPool& pool_;
    };

 private:
    struct Job {
        void (*task)(void* context, uint32_t index, uint32_t worker);
        void* context;
        uint32_t tasks;
        std::atomic<uint32_t> next{0};
        std::atomic<uint32_t> helpers{0};  // threads of the pool inside; changed under mutex_
        std::atomic_flag has_thrown{};
        std::exception_ptr thrown{};  // by the first task that did: the caller's, when all have left

        bool has_tasks() const { return next.load(std::memory_order_relaxed) < tasks; }
        bool run_next(uint32_t worker);
    };
    void leave(Job& job);
    void help(uint32_t thread);
    Job* next_job();
    // Whether a core is wanted for searches that this thread would take.
    bool stands_back(uint32_t thread) const {
        return work_ == Work::kBackground && searches_.load(std::memory_order_relaxed) + thread >= threads_max_;
    }

    const Work work_;
    const uint32_t threads_max_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::condition_variable left_;
    std::list<Job*> jobs_;
    bool stopping_ = false;
    std::atomic<uint64_t> announced_{0};  // jobs so far, and the end; changed under mutex_
    std::atomic<uint32_t> searches_{0};
    std::atomic<bool> cancelled_{false};
    std::vector<std::thread> threads_;  // last: they use what stands above
};

// The calling thread from now on gives way to others of the process that are ready to run.
void lower_priority();

}  // namespace vz
