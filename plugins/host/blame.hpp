// Which frontend is to blame: for a crash, for a rule of the ABI that was broken. Found by looking for addresses of
// plugins on the stack.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace vz::host {

// Frontends, one of which it was. More than one where they run the same library, and nothing says which of them called.
class Suspects {
 public:
    static constexpr size_t kMost = 64;

    // `name` outlives it. No allocation.
    void add(const char* name) {
        if (count_ < kMost) names_[count_++] = name;
    }
    bool none() const { return count_ == 0; }
    bool is_sole() const { return count_ == 1; }
    bool has(const char* name) const;
    const char* const* begin() const { return names_.data(); }
    const char* const* end() const { return names_.data() + count_; }
    // "alpha", "alpha or beta"; empty: none.
    std::string text() const;

 private:
    std::array<const char*, kMost> names_ = {};
    size_t count_ = 0;
};

class Blame {
 public:
    // From now on the library that `address` lies in stands for `instance`, and so do those it needs where no library
    // of a frontend is found; beside other instances for which it stands already. At most 64 instances.
    static void add(const std::string& instance, const void* address);
    // What the host asks a frontend for now, on this thread: named beside the crash, and known to be the one where
    // several run the library. Both are texts that outlive the call; NULL: nothing.
    static void enter(const char* instance, const char* function);
    static void leave() { enter(nullptr, nullptr); }
    // What was entered and not left yet.
    struct Asked {
        const char* instance;
        const char* function;
    };
    static Asked asked();
    // A fatal signal is told on standard error in one line before it ends the process as it would have. Before the
    // first engine is opened: that one guards its maps against SIGBUS and passes on what is not its own. It is told of
    // a thread that runs out of stack, too: of the calling one, and of those that begin afterwards (thread_stack.cpp).
    static void watch_signals();
    // The frontends whose code this is; none: nobody's.
    static Suspects owners(const void* code);
    // The innermost frontend on the calling thread's stack, else the one that the host is in on this thread. Any
    // thread, no allocation.
    static Suspects on_this_stack();
    // Ends the process at once with `code`, after a line that names the frontend on this stack and what it did.
    [[noreturn]] static void end_process(const char* deed, int code) { end_process(on_this_stack(), deed, code); }
    [[noreturn]] static void end_process(const Suspects& suspects, const char* deed, int code);
};

// While it lives, nobody but a frontend calls exit(): it is named, and the process ends at once with `code`. So does
// one whose own code calls _exit or another of its kind (foreign_exit.cpp); a process that it forked may.
class ExitWatch final {
 public:
    explicit ExitWatch(int code);
    // Of whoever ends the process in that way; returns where that is not a frontend, or may.
    static void look_at(const void* caller);
    ~ExitWatch();
    ExitWatch(const ExitWatch&) = delete;
    ExitWatch& operator=(const ExitWatch&) = delete;
};

}  // namespace vz::host
