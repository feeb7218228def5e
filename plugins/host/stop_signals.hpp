// The signals by which a server is told what to do: SIGHUP to read its configuration again, SIGTERM and SIGINT to end.
// Others that would end it without a word, as SIGALRM, are strays: logged, each once in a minute, and not obeyed.
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <chrono>

namespace vz::host {

// One of a process, made before it has a second thread: all inherit the mask. On the main thread.
class StopSignals final {
 public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // Waits for the next one; 0: none can be read any more.
    int next();
    // Whether the end is asked for within this time. A SIGHUP is too late to change anything, and asks for nothing
    // less.
    bool is_end_asked_for_within(std::chrono::milliseconds wait);

 private:
    // The next one or a stray, which is told of.
    int take();
    void tell_of_stray(const signalfd_siginfo& stray);

    int descriptor_;
    std::array<std::chrono::steady_clock::time_point, NSIG> told_of_strays_ = {};
};

}  // namespace vz::host
