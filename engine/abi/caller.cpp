#include "engine/abi/caller.hpp"

namespace vz {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the thread
thread_local const void* caller = nullptr;

}  // namespace

const void* current_caller() { return caller; }

CallerScope::CallerScope(const void* code) : is_outermost_(caller == nullptr) {
    if (is_outermost_) caller = code;
}

CallerScope::~CallerScope() {
    if (is_outermost_) caller = nullptr;
}

}  // namespace vz
