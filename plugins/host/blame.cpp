#include "plugins/host/blame.hpp"

#include <link.h>
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
#include <initializer_list>

namespace vz::host {
namespace {

constexpr const char* kEndedProcess = "ended the process";

// The code of one plugin.
struct Territory {
    uintptr_t begin = 0, end = 0;
    char instance[128] = {};
};

// Read by signal handlers, hence neither locked nor allocated.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a signal handler has nothing else to hold on to
std::array<Territory, 64> territories;
std::atomic<size_t> territories_used{0};
std::atomic<const char*> current_instance{nullptr};
std::atomic<const char*> current_function{nullptr};
std::atomic<pid_t> watched_process{0};
std::atomic<int> foreign_exit_code{0};  // of an exit() that nobody but a frontend may call; 0: anyone may
alignas(16) std::array<char, 64 << 10> signal_stack;
// NOLINTEND

const char* owner_of(uintptr_t address) {
    const size_t used = territories_used.load(std::memory_order_acquire);
    for (size_t i = 0; i < used; ++i) {
        if (address >= territories[i].begin && address < territories[i].end) return territories[i].instance;
    }
    return nullptr;
}

// Words from `stack` upward; the kernel copies, so that the end of the stack is an answer and not another fault.
const char* owner_on_stack(uintptr_t stack) {
    std::array<uintptr_t, 512> words = {};
    for (int page = 0; page < 32; ++page) {
        const size_t bytes = page == 0 ? sizeof(words) - stack % sizeof(words) : sizeof(words);
        const iovec to = {words.data(), bytes};
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of a stack
        const iovec from = {reinterpret_cast<void*>(stack), bytes};
        if (::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) != static_cast<ssize_t>(bytes)) return nullptr;
        for (size_t i = 0; i < bytes / sizeof(uintptr_t); ++i) {
            if (const char* owner = owner_of(words[i])) return owner;
        }
        stack += bytes;
    }
    return nullptr;
}

// One line by one call: what other threads log must not fall into it. No allocation.
void print(std::initializer_list<const char*> words) {
    constexpr size_t kWordBytesMax = 200;  // a name may be the path of a library
    std::array<char, 1024> line = {};
    size_t used = 0;
    for (const char* word : words) {
        const size_t bytes = std::min({std::strlen(word), kWordBytesMax, line.size() - used});
        std::memcpy(line.data() + used, word, bytes);
        used += bytes;
    }
    static_cast<void>(!::write(STDERR_FILENO, line.data(), used));
}

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
    const char* owner = owner_of(static_cast<uintptr_t>(registers[REG_RIP]));
    if (owner == nullptr) owner = owner_on_stack(static_cast<uintptr_t>(registers[REG_RSP]) & ~uintptr_t{7});
    const char* instance = current_instance.load();
    const char* function = current_function.load();
    const char* culprit = owner != nullptr ? owner : instance;
    const bool is_asked = instance != nullptr && function != nullptr && std::strcmp(culprit, instance) == 0;
    print({culprit != nullptr ? "vectorizer: frontend '" : "vectorizer: ", culprit != nullptr ? culprit : "",
           culprit != nullptr ? "' crashed" : "crashed", is_asked ? " in " : "", is_asked ? function : "", " (",
           name_of(signal_number), "); what was acknowledged is on disk\n"});
    ::signal(signal_number, SIG_DFL);  // the engine's handler of SIGBUS stands before this one
    ::raise(signal_number);
}

void on_exit() {
    const int code = foreign_exit_code.load();
    if (code != 0) Blame::end_process(kEndedProcess, code);
}

}  // namespace

void Blame::add(const std::string& instance, const void* address) {
    const size_t place = territories_used.load();
    if (place == territories.size() || owner_of(reinterpret_cast<uintptr_t>(address)) != nullptr) return;
    struct Search {
        uintptr_t wanted, begin, end;
    } search = {reinterpret_cast<uintptr_t>(address), 0, 0};
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, size_t, void* data) {
            auto& sought = *static_cast<Search*>(data);
            for (size_t i = 0; i < object->dlpi_phnum; ++i) {
                const ElfW(Phdr)& part = object->dlpi_phdr[i];
                const uintptr_t begin = object->dlpi_addr + part.p_vaddr;
                if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
                if (sought.wanted < begin || sought.wanted >= begin + part.p_memsz) continue;
                sought.begin = begin;
                sought.end = begin + part.p_memsz;
                return 1;
            }
            return 0;
        },
        &search);
    Territory& territory = territories[place];
    territory.begin = search.begin;
    territory.end = search.end;
    std::strncpy(territory.instance, instance.c_str(), sizeof(territory.instance) - 1);
    territories_used.store(place + 1, std::memory_order_release);
}

void Blame::enter(const char* instance, const char* function) {
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

const char* Blame::owner(const void* code) {
    const char* found = owner_of(reinterpret_cast<uintptr_t>(code));
    return found != nullptr ? found : "";
}

const char* Blame::on_this_stack() {
    const char* owner = owner_on_stack(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
    if (owner == nullptr) owner = current_instance.load();
    return owner != nullptr ? owner : "";
}

void Blame::end_process(const char* instance, const char* deed, int code) {
    print({"vectorizer: frontend '", instance, "' ", deed, "; what was acknowledged is on disk\n"});
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
    const char* culprit = owner_of(reinterpret_cast<uintptr_t>(caller));
    if (code == 0 || culprit == nullptr || ::getpid() != watched_process.load()) return;
    Blame::end_process(culprit, kEndedProcess, code);
}

ExitWatch::~ExitWatch() { foreign_exit_code.store(0); }

}  // namespace vz::host
