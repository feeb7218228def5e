// The worker threads of a listener: JSON above 64 KiB, gzip, what handlers defer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace vz::http {

// Lives in what it works on, so that queuing takes no memory. `next` is the queue's.
struct Job {
    void (*run)(void* subject) = nullptr;
    void* subject = nullptr;
    Job* next = nullptr;
};

class Workers final {
 public:
    ~Workers() { stop(); }
    void start(size_t threads);
    // Any thread. Each job runs once; the job may be posted again when it has begun to run.
    void post(Job& job);
    // Runs what is queued, then joins.
    void stop();

 private:
    void work();

    std::mutex mutex_;
    std::condition_variable wake_;
    Job* first_ = nullptr;
    Job* last_ = nullptr;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace vz::http
