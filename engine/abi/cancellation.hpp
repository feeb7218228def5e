// What tells a read that the operation it is part of was cancelled.
#pragma once

#include <cstdint>

#include "engine/collection/interruption.hpp"

namespace vz {

// While it lives, reads of this thread stop once `state`, the word of an operation, says that it was cancelled.
class CancellableScope {
 public:
    explicit CancellableScope(uint64_t* state);
    ~CancellableScope();
    CancellableScope(const CancellableScope&) = delete;
    CancellableScope& operator=(const CancellableScope&) = delete;

 private:
    uint64_t* const before_;
};

// When a read that begins on this thread should stop. deadline_ns: of its request, 0: none.
Interruption interruption(int64_t deadline_ns);

}  // namespace vz
