// vz_engine: the engine, and the operations that are queued on it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/abi/guard.hpp"
#include "engine/abi/result.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {

// Runs asynchronous operations: writes enter the log inside submit(), or on the ingest thread where rows have to be
// linked first, and are completed by the commit leader; everything else, and every failure, is done by a worker.
class Operations {
 public:
    Operations(vz_engine& engine, uint32_t workers);
    ~Operations();
    Operations(const Operations&) = delete;
    Operations& operator=(const Operations&) = delete;

    Status submit(vz_op* const* ops, uint32_t count);
    Status cancel(vz_op* op);
    uint64_t queued() const { return in_flight_.load(std::memory_order_relaxed); }
    // Returns when nothing is in flight any more, and tells of completions that keep it from that. What is submitted
    // from now on, as by a completion, is refused until resume().
    void drain();
    void resume() { is_closing_.store(false); }

 private:
    void work();
    void run(vz_op* op);
    vz_status perform(vz_op* op, uint64_t queue_ns, vz_error* error);
    void submit_write(vz_op* op);
    bool queue_behind_others(vz_op* op, const std::shared_ptr<Collection>& target, bool is_quick);
    void begin_write(vz_op* op, const std::shared_ptr<Collection>& target, IfFull then);
    void refuse(vz_op* op, vz_status status, const vz_error& error);
    void ingest();
    void complete(vz_op* op, const Status& status);
    void push(vz_op* op);
    vz_op* pop();
    Status take(vz_op* op);
    void give_up(vz_op* const* ops, uint32_t taken, uint32_t count);
    void leave(uint32_t count);

    vz_engine& engine_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::condition_variable drained_;
    vz_op* first_ = nullptr;  // of the queue; each names the next one in its opaque part
    vz_op* last_ = nullptr;
    bool stopping_ = false;
    std::atomic<uint64_t> in_flight_{0};
    std::atomic<bool> is_closing_{false};

    struct IngestWrite {
        vz_op* op;
        std::shared_ptr<Collection> target;
    };
    std::thread ingest_thread_;
    std::mutex ingest_mutex_;  // guards what follows
    std::condition_variable ingest_wakes_;
    std::deque<IngestWrite> ingest_;
    std::unordered_map<uint64_t, uint32_t> ingest_waiting_;  // by collection: writes queued or about to enter the log
    bool ingest_stopping_ = false;
};

}  // namespace vz

struct vz_engine {
    static constexpr uint32_t kClosed = UINT32_MAX;  // in the memory of one that was closed, until it is used again

    vz_engine() = default;
    ~vz_engine() { *static_cast<volatile uint32_t*>(&opened_in) = kClosed; }
    vz_engine(const vz_engine&) = delete;
    vz_engine& operator=(const vz_engine&) = delete;

    std::unique_ptr<vz::FileSystem> files;
    std::unique_ptr<vz::Engine> engine;
    std::unique_ptr<vz::Operations> operations;
    vz::Outstanding completions;  // that run
    vz::Outstanding results;
    vz_log_fn log = nullptr;
    void* log_user = nullptr;
    uint32_t log_level = VZ_LOG_INFO;
    uint32_t opened_in = 0;  // the process, as forks count it
    vz_engine* next_open = nullptr;
};

namespace vz {

// A record for the engine's log, where it wants so much.
void tell(const vz_engine* engine, uint32_t level, const char* event, const char* message,
          std::span<const vz_kv> fields = {});

}  // namespace vz
