#include "engine/abi/cancellation.hpp"

namespace vz {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the thread
thread_local uint64_t* running = nullptr;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): likewise
thread_local uint64_t waited_ns = 0;

}  // namespace

CancellableScope::CancellableScope(uint64_t* state, uint64_t queue_ns) : before_(running), queue_ns_before_(waited_ns) {
    running = state;
    waited_ns = queue_ns;
}

CancellableScope::~CancellableScope() {
    running = before_;
    waited_ns = queue_ns_before_;
}

Interruption interruption(int64_t deadline_ns) { return {deadline_ns, running}; }

uint64_t queue_ns() { return waited_ns; }

}  // namespace vz
