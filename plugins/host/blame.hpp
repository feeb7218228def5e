// Which frontend is to blame: for a crash, for a rule of the ABI that was broken. Found by looking for addresses of
// plugins on the stack.
#pragma once

#include <string>

namespace vz::host {

class Blame {
 public:
    // From now on the library that `address` lies in stands for `instance`. At most 64; one that runs several times
    // keeps its first name.
    static void add(const std::string& instance, const void* address);
    // What the host asks a frontend for now: named beside the crash. Both are texts that outlive the call; NULL:
    // nothing.
    static void enter(const char* instance, const char* function);
    static void leave() { enter(nullptr, nullptr); }
    // A fatal signal is told on standard error in one line before it ends the process as it would have. SIGBUS is the
    // engine's.
    static void watch_signals();
    // The innermost frontend on the calling thread's stack, else the one that the host is in, else empty. Any thread,
    // no allocation.
    static const char* on_this_stack();
};

}  // namespace vz::host
