// Requests that want the same thing for themselves go on one after the other, in the order in which they asked.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

struct vzh_request;

namespace vz::http {

// Any thread. A request waits for one thing at a time.
class Turns final {
 public:
    // True: it is its turn. False: it waits until end() returns it.
    bool take(const std::string& subject, vzh_request& request);
    // True: it has its turn. False: another has it, or waits for it.
    bool take_if_free(const std::string& subject, vzh_request& request);
    // Of the request that has its turn. Whose turn it is now; nullptr: nobody waits.
    vzh_request* end(const std::string& subject);

 private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::deque<vzh_request*>> queues_;  // the first has its turn
};

}  // namespace vz::http
