// A stack for signals in every thread of the process: without one, a thread that runs out of its own ends the process
// without a word, and a frontend's threads are not ours to start. The dynamic linker finds this pthread_create before
// that of the C library.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <new>

namespace {

// What Blame looks at is a page at a time; the registers of the largest machine are 11 KiB.
constexpr size_t kStackBytes = 32 << 10;

class SignalStack {
 public:
    SignalStack() : bytes_(::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (bytes_ == MAP_FAILED) return;
        const stack_t stack = {bytes_, 0, kStackBytes};
        ::sigaltstack(&stack, &before_);
    }
    ~SignalStack() {
        if (bytes_ == MAP_FAILED) return;
        ::sigaltstack(&before_, nullptr);
        ::munmap(bytes_, kStackBytes);
    }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

 private:
    void* bytes_;
    stack_t before_ = {};  // a sanitizer's; else none
};

struct Start {
    void* (*run)(void*);
    void* argument;
};

void* run(void* raw) {
    const std::unique_ptr<Start> given(static_cast<Start*>(raw));
    const SignalStack stack;
    return given->run(given->argument);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes,
                                                                     void* (*begin)(void*), void* argument) noexcept {
    using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
    std::unique_ptr<Start> start(new (std::nothrow) Start{begin, argument});
    if (start == nullptr) return EAGAIN;
    const int failed = create(thread, attributes, run, start.get());
    if (failed == 0) static_cast<void>(start.release());
    return failed;
}
