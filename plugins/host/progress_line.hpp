// How far a long command has come, on standard error: a line that changes on a terminal, one now and then elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace vz::host {

class ProgressLine final {
 public:
    // Whether it is time to show more.
    bool is_due() const;
    void show(const std::string& text);
    // The last line.
    void finish(const std::string& text) const;
    double seconds() const;

 private:
    using Clock = std::chrono::steady_clock;

    const Clock::time_point began_ = Clock::now();
    Clock::time_point shown_ = began_;
};

}  // namespace vz::host
