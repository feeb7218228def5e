#include "engine/abi/cancellation.hpp"

namespace vz {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the thread
thread_local uint64_t* running = nullptr;

}  // namespace

CancellableScope::CancellableScope(uint64_t* state) : before_(running) { running = state; }

CancellableScope::~CancellableScope() { running = before_; }

Interruption interruption(int64_t deadline_ns) { return {deadline_ns, running}; }

}  // namespace vz
