#include "engine/runtime/collection_queue.hpp"

#include <algorithm>

#include "engine/runtime/worker_pool.hpp"

namespace vz {

void CollectionQueue::start() {
    thread_ = std::thread([this] { run(); });
}

void CollectionQueue::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        waiting_.clear();
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool CollectionQueue::is_stopping() const {
    const std::scoped_lock lock(mutex_);
    return stopping_;
}

void CollectionQueue::add(const std::shared_ptr<Collection>& collection) {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || std::find(waiting_.begin(), waiting_.end(), collection) != waiting_.end()) return;
    waiting_.push_back(collection);
    wakes_.notify_one();
}

void CollectionQueue::run() {
    lower_priority();
    std::unique_lock lock(mutex_);
    for (;;) {
        wakes_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const std::shared_ptr<Collection> collection = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work_(collection);
        lock.lock();
    }
}

}  // namespace vz
