// vz_engine: the engine, and the operations that are queued on it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/abi/guard.hpp"
#include "engine/abi/result.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {

// Runs asynchronous operations: writes enter the log inside submit() and are completed by the commit leader; everything else, and every
// failure, is done by a worker.
class Operations {
 public:
    Operations(vz_engine& engine, uint32_t workers);
    ~Operations();
    Operations(const Operations&) = delete;
    Operations& operator=(const Operations&) = delete;

    Status submit(vz_op* const* ops, uint32_t count);
    Status cancel(vz_op* op);
    uint64_t queued() const { return in_flight_.load(std::memory_order_relaxed); }
    // Returns when nothing is in flight any more; nothing may be submitted meanwhile.
    void drain();

 private:
    void work();
    void run(vz_op* op);
    void submit_write(vz_op* op);
    void complete(vz_op* op, const Status& status);
    void push(vz_op* op);
    Status take(vz_op* op);
    void give_up(vz_op* const* ops, uint32_t taken, uint32_t count);
    void leave(uint32_t count);

    vz_engine& engine_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::condition_variable drained_;
    std::deque<vz_op*> queue_;
    bool stopping_ = false;
    std::atomic<uint64_t> in_flight_{0};
};

}  // namespace vz

struct vz_engine {
    std::unique_ptr<vz::FileSystem> files;
    std::unique_ptr<vz::Engine> engine;
    std::unique_ptr<vz::Operations> operations;
    std::atomic<uint64_t> results_held{0};
    vz_log_fn log = nullptr;
    void* log_user = nullptr;
    uint32_t log_level = VZ_LOG_INFO;
};
