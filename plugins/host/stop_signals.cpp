#include "plugins/host/stop_signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace vz::host {

StopSignals::StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    descriptor_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
    // A limit on the size of files is an error of the write that meets it.
    for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
}

StopSignals::~StopSignals() { ::close(descriptor_); }

int StopSignals::next() {
    signalfd_siginfo info = {};
    ssize_t got = 0;
    do got = ::read(descriptor_, &info, sizeof(info));
    while (got < 0 && errno == EINTR);
    return got == sizeof(info) ? static_cast<int>(info.ssi_signo) : 0;
}

bool StopSignals::is_end_asked_for_within(std::chrono::milliseconds wait) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + wait;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        pollfd poll = {descriptor_, POLLIN, 0};
        const int found = ::poll(&poll, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
        if (found < 0 && errno == EINTR) continue;
        if (found != 1) return false;
        const int signal = next();
        if (signal != 0 && signal != SIGHUP) return true;
    }
}

}  // namespace vz::host
