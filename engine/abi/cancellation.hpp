// What a read knows of the operation it is part of: that it was cancelled, and how long it waited for its thread.
#pragma once

#include <cstdint>

#include "engine/collection/interruption.hpp"

namespace vz {

// While it lives, reads of this thread stop once `state`, the word of an operation, says that it was cancelled.
class CancellableScope {
 public:
    CancellableScope(uint64_t* state, uint64_t queue_ns);
    ~CancellableScope();
    CancellableScope(const CancellableScope&) = delete;
    CancellableScope& operator=(const CancellableScope&) = delete;

 private:
    uint64_t* const before_;
    const uint64_t queue_ns_before_;
};

// When a read that begins on this thread should stop. deadline_ns: of its request, 0: none.
Interruption interruption(int64_t deadline_ns);
// How long the operation that runs on this thread waited for it; 0: there is none.
uint64_t queue_ns();

}  // namespace vz
