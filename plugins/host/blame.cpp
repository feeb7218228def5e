#include "plugins/host/blame.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "plugins/host/loaded_objects.hpp"

namespace vz::host {
namespace {

constexpr const char* kEndedProcess = "ended the process";

// Code that plugins run, as bits of `instance_names`.
struct Territory {
    uintptr_t begin = 0, end = 0;
    std::atomic<uint64_t> own_of{0};     // whose library it is
    std::atomic<uint64_t> needed_by{0};  // whose library needs it
};

// Read by signal handlers, hence neither locked nor allocated.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a signal handler has nothing else to hold on to
char instance_names[Suspects::kMost][128];
size_t instance_count = 0;
std::array<Territory, 1024> territories;
std::atomic<size_t> territories_used{0};
std::atomic<const char*> current_instance{nullptr};
std::atomic<const char*> current_function{nullptr};
std::atomic<pthread_t> asking_thread{};
std::atomic<pid_t> watched_process{0};
std::atomic<int> foreign_exit_code{0};  // of an exit() that nobody but a frontend may call; 0: anyone may
alignas(16) std::array<char, 64 << 10> signal_stack;
// NOLINTEND

// Bits; a library's own instances are known better than those that only need it.
struct Owners {
    uint64_t own = 0, needing = 0;
};

Owners owners_of(uintptr_t address) {
    const size_t used = territories_used.load(std::memory_order_acquire);
    for (size_t i = 0; i < used; ++i) {
        const Territory& each = territories[i];
        if (address >= each.begin && address < each.end)
            return {each.own_of.load(std::memory_order_acquire), each.needed_by.load(std::memory_order_acquire)};
    }
    return {};
}

// Words from `stack` upward, to the innermost library of a plugin, else the innermost that plugins need; the kernel
// copies, so that the end of the stack is an answer and not another fault.
Owners owners_on_stack(uintptr_t stack) {
    std::array<uintptr_t, 512> words = {};
    Owners innermost;
    for (int page = 0; page < 32; ++page) {
        const size_t bytes = page == 0 ? sizeof(words) - stack % sizeof(words) : sizeof(words);
        const iovec to = {words.data(), bytes};
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of a stack
        const iovec from = {reinterpret_cast<void*>(stack), bytes};
        if (::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) != static_cast<ssize_t>(bytes)) return innermost;
        for (size_t i = 0; i < bytes / sizeof(uintptr_t); ++i) {
            const Owners owners = owners_of(words[i]);
            if (owners.own != 0) return owners;
            if (innermost.needing == 0) innermost = owners;
        }
        stack += bytes;
    }
    return innermost;
}

// The one that the host has called on this thread, if it may be that one.
Suspects suspects_of(const Owners& owners) {
    const uint64_t set = owners.own != 0 ? owners.own : owners.needing;
    Suspects found;
    for (size_t i = 0; i < Suspects::kMost; ++i) {
        if ((set >> i & 1) != 0) found.add(instance_names[i]);
    }
    const char* const asked = current_instance.load();
    if (asked == nullptr || ::pthread_equal(asking_thread.load(), ::pthread_self()) == 0) return found;
    if (!found.none() && !found.has(asked)) return found;
    Suspects sole;
    sole.add(asked);
    return sole;
}

// One line by one call: what other threads log must not fall into it. No allocation.
class Line {
 public:
    Line& operator<<(const char* word) {
        constexpr size_t kWordBytesMax = 200;  // a name may be the path of a library
        const size_t bytes = std::min({std::strlen(word), kWordBytesMax, text_.size() - used_});
        std::memcpy(text_.data() + used_, word, bytes);
        used_ += bytes;
        return *this;
    }
    // "frontend 'alpha' or 'beta'"
    Line& operator<<(const Suspects& suspects) {
        *this << (suspects.none() ? "a frontend" : "frontend ");
        for (const char* const& name : suspects) *this << (&name == suspects.begin() ? "'" : " or '") << name << "'";
        return *this;
    }
    void print() const { static_cast<void>(!::write(STDERR_FILENO, text_.data(), used_)); }

 private:
    std::array<char, 1024> text_ = {};
    size_t used_ = 0;
};

const char* name_of(int signal_number) {
    switch (signal_number) {
        case SIGSEGV: return "SIGSEGV";
        case SIGABRT: return "SIGABRT";
        case SIGFPE: return "SIGFPE";
        case SIGBUS: return "SIGBUS";
        default: return "SIGILL";
    }
}

void on_fatal_signal(int signal_number, siginfo_t*, void* context) {
    const greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    Owners owners = owners_of(static_cast<uintptr_t>(registers[REG_RIP]));
    if (owners.own == 0) {
        const Owners outer = owners_on_stack(static_cast<uintptr_t>(registers[REG_RSP]) & ~uintptr_t{7});
        if (outer.own != 0 || owners.needing == 0) owners = outer;
    }
    const Suspects suspects = suspects_of(owners);
    const char* const instance = current_instance.load();
    const char* const function = current_function.load();
    Line line;
    line << "vectorizer: ";
    if (!suspects.none()) line << suspects << " ";
    line << "crashed";
    if (instance != nullptr && function != nullptr && suspects.is_sole() && suspects.has(instance))
        line << " in " << function;
    line << " (" << name_of(signal_number) << "); what was acknowledged is on disk\n";
    line.print();
    ::signal(signal_number, SIG_DFL);  // the engine's handler of SIGBUS stands before this one
    ::raise(signal_number);
}

void on_exit() {
    const int code = foreign_exit_code.load();
    if (code != 0) Blame::end_process(kEndedProcess, code);
}

}  // namespace

bool Suspects::has(const char* name) const {
    return std::any_of(begin(), end(), [name](const char* each) { return std::strcmp(each, name) == 0; });
}

std::string Suspects::text() const {
    std::string all;
    for (const char* name : *this) all.append(all.empty() ? "" : " or ").append(name);
    return all;
}

void Blame::add(const std::string& instance, const void* address) {
    size_t place = 0;
    while (place < instance_count && instance != instance_names[place]) ++place;
    if (place == Suspects::kMost) return;
    if (place == instance_count)
        std::strncpy(instance_names[instance_count++], instance.c_str(), sizeof(*instance_names) - 1);
    for (const LoadedObjects::Code& code : LoadedObjects().code_of(address)) {
        const size_t used = territories_used.load();
        size_t i = 0;
        while (i < used && territories[i].begin != code.begin) ++i;
        if (i == territories.size()) return;
        Territory& territory = territories[i];
        (code.is_needed ? territory.needed_by : territory.own_of).fetch_or(uint64_t{1} << place);
        if (i < used) continue;
        territory.begin = code.begin;
        territory.end = code.end;
        territories_used.store(used + 1, std::memory_order_release);
    }
}

void Blame::enter(const char* instance, const char* function) {
    asking_thread.store(::pthread_self());
    current_instance.store(instance);
    current_function.store(function);
}

Blame::Asked Blame::asked() { return {current_instance.load(), current_function.load()}; }

void Blame::watch_signals() {
    const stack_t stack = {signal_stack.data(), 0, signal_stack.size()};
    ::sigaltstack(&stack, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = on_fatal_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) ::sigaction(number, &action, nullptr);
}

Suspects Blame::owners(const void* code) {
    const Owners owners = owners_of(reinterpret_cast<uintptr_t>(code));
    return owners.own == 0 && owners.needing == 0 ? Suspects() : suspects_of(owners);
}

Suspects Blame::on_this_stack() {
    return suspects_of(owners_on_stack(reinterpret_cast<uintptr_t>(__builtin_frame_address(0))));
}

void Blame::end_process(const Suspects& suspects, const char* deed, int code) {
    Line line;
    line << "vectorizer: " << suspects << " " << deed << "; what was acknowledged is on disk\n";
    line.print();
    ::_exit(code);
}

ExitWatch::ExitWatch(int code) {
    static const int registered = std::atexit(on_exit);
    static_cast<void>(registered);
    watched_process.store(::getpid());
    foreign_exit_code.store(code);
}

void ExitWatch::look_at(const void* caller) {
    const int code = foreign_exit_code.load();
    const Suspects suspects = Blame::owners(caller);
    if (code == 0 || suspects.none() || ::getpid() != watched_process.load()) return;
    Blame::end_process(suspects, kEndedProcess, code);
}

ExitWatch::~ExitWatch() { foreign_exit_code.store(0); }

}  // namespace vz::host
