// The signals by which a server is told what to do: SIGHUP to read its configuration again, SIGTERM and SIGINT to end.
#pragma once

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
    int descriptor_;
};

}  // namespace vz::host
