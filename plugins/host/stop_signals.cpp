#include "plugins/host/stop_signals.hpp"

#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "plugins/host/log.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kTellsOfStrays(1);

bool is_stray(int number) { return number != 0 && number != SIGTERM && number != SIGINT && number != SIGHUP; }

// Who handles it already, as a profiler does, keeps it.
bool would_end_the_process(int number) {
    struct sigaction action = {};
    return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

std::string name_of(int number) {
    if (number >= SIGRTMIN) return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
    return std::string("SIG") + ::sigabbrev_np(number);
}

}  // namespace

StopSignals::StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
    std::vector<int> strays = {SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGIO, SIGPWR, SIGSTKFLT};
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) strays.push_back(number);
    for (const int number : strays) {
        if (would_end_the_process(number)) sigaddset(&signals, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    descriptor_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
    // A limit on the size of files is an error of the write that meets it.
    for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
}

StopSignals::~StopSignals() { ::close(descriptor_); }

int StopSignals::next() {
    int number = take();
    while (is_stray(number)) number = take();
    return number;
}

bool StopSignals::is_end_asked_for_within(std::chrono::milliseconds wait) {
    const auto end = Clock::now() + wait;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        pollfd poll = {descriptor_, POLLIN, 0};
        const int found = ::poll(&poll, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
        if (found < 0 && errno == EINTR) continue;
        if (found != 1) return false;
        const int number = take();
        if (number == SIGTERM || number == SIGINT) return true;
    }
}

int StopSignals::take() {
    signalfd_siginfo info = {};
    ssize_t got = 0;
    do got = ::read(descriptor_, &info, sizeof(info));
    while (got < 0 && errno == EINTR);
    if (got != sizeof(info)) return 0;
    const int number = static_cast<int>(info.ssi_signo);
    if (is_stray(number)) tell_of_stray(info);
    return number;
}

void StopSignals::tell_of_stray(const signalfd_siginfo& stray) {
    Clock::time_point& told = told_of_strays_[stray.ssi_signo];
    const auto now = Clock::now();
    if (told != Clock::time_point() && now - told < kTellsOfStrays) return;
    told = now;
    const bool is_sent = stray.ssi_code == SI_USER && stray.ssi_pid != static_cast<uint32_t>(::getpid());
    const std::string origin = is_sent ? "process " + std::to_string(stray.ssi_pid) + " sent it"
                                       : "a frontend, or a library that it uses, asked for it";
    Log::write(VZ_LOG_WARN, "host.stray_signal",
               name_of(static_cast<int>(stray.ssi_signo)) + ": " + origin + "; it says nothing to a server");
}

}  // namespace vz::host
