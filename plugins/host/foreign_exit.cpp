// The ways to end a process that pass by atexit: where a frontend takes one, it is named. The dynamic linker finds
// these before those of the C library.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugins/host/blame.hpp"

namespace {

[[noreturn]] void end(const void* caller, int status) {
    vz::host::ExitWatch::look_at(caller);
    for (;;) ::syscall(SYS_exit_group, status);
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): those of the C library are meant
extern "C" {

__attribute__((visibility("default"), noreturn)) void _exit(int status) { end(__builtin_return_address(0), status); }

__attribute__((visibility("default"), noreturn)) void _Exit(int status) noexcept {
    end(__builtin_return_address(0), status);
}

__attribute__((visibility("default"), noreturn)) void quick_exit(int status) noexcept {
    vz::host::ExitWatch::look_at(__builtin_return_address(0));
    using QuickExit = void (*)(int);
    static const auto quick_exit_of_c = reinterpret_cast<QuickExit>(::dlsym(RTLD_NEXT, "quick_exit"));
    quick_exit_of_c(status);
    __builtin_unreachable();
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
