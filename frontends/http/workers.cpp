#include "frontends/http/workers.hpp"

#include <pthread.h>

namespace vz::http {

void Workers::start(size_t threads) {
    stopping_ = false;
    for (size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), "http-worker");
    }
}

void Workers::post(Job& job) {
    job.next = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (last_ != nullptr) {
            last_->next = &job;
        } else {
            first_ = &job;
        }
        last_ = &job;
    }
    wake_.notify_one();
}

void Workers::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return first_ != nullptr || stopping_; });
        if (first_ == nullptr) return;
        Job* job = first_;
        first_ = job->next;
        if (first_ == nullptr) last_ = nullptr;
        lock.unlock();
        job->run(job->subject);
        lock.lock();
    }
}

}  // namespace vz::http
