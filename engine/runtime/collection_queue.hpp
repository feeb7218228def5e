// Collections that wait for one kind of background work, each at most once, and the thread that does it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/collection/collection.hpp"

namespace vz {

class CollectionQueue {
 public:
    using Work = std::function<void(const std::shared_ptr<Collection>&)>;

    // No thread runs before start().
    explicit CollectionQueue(Work work) : work_(std::move(work)) {}
    ~CollectionQueue() { stop(); }
    CollectionQueue(const CollectionQueue&) = delete;
    CollectionQueue& operator=(const CollectionQueue&) = delete;

    void start();
    // Finishes the collection at hand, leaves the others.
    void stop();
    // Any thread. A collection that is being worked on may be added again.
    void add(const std::shared_ptr<Collection>& collection);
    bool is_stopping() const;

 private:
    void run();

    Work work_;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::condition_variable wakes_;
    std::deque<std::shared_ptr<Collection>> waiting_;
    bool stopping_ = false;
};

}  // namespace vz
