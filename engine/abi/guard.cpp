#include "engine/abi/guard.hpp"

namespace vz {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the thread
thread_local int completion_depth = 0;

}  // namespace

bool in_completion() { return completion_depth != 0; }
CompletionScope::CompletionScope() { ++completion_depth; }
CompletionScope::~CompletionScope() { --completion_depth; }

Status misuse(const char* rule) { return failure(VZ_MISUSE, "%s", rule); }

}  // namespace vz
