#include "frontends/http/turns.hpp"

namespace vz::http {

bool Turns::take(const std::string& subject, vzh_request& request) {
    const std::lock_guard lock(mutex_);
    auto& queue = queues_[subject];
    queue.push_back(&request);
    return queue.size() == 1;
}

bool Turns::take_if_free(const std::string& subject, vzh_request& request) {
    const std::lock_guard lock(mutex_);
    const auto [queue, is_free] = queues_.try_emplace(subject);
    if (is_free) queue->second.push_back(&request);
    return is_free;
}

vzh_request* Turns::end(const std::string& subject) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(subject);
    found->second.pop_front();
    if (!found->second.empty()) return found->second.front();
    queues_.erase(found);
    return nullptr;
}

}  // namespace vz::http
