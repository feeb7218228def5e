// A child process whose end is watched and whose output is kept.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace vz::e2e {

// How a process ended: an exit code, or the signal that killed it.
struct Exit {
    int code = -1;
    int signal = 0;
};

// Starts on construction, is killed on destruction. It does not outlive the thread that made it.
class Process final {
 public:
    // `environment`: NAME=value, added to the caller's. Both outputs go to the file `output`.
    Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, std::string output);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }
    void send(int signal) const;
    // Nothing if it still runs after `patience`.
    std::optional<Exit> wait(std::chrono::milliseconds patience);
    // What it has printed so far, on both outputs.
    std::string output() const;

 private:
    pid_t id_ = -1;
    std::optional<Exit> ended_;
    std::string output_;
};

// Runs to its end, killed after `patience`.
struct Ran {
    Exit exit;
    std::string output;
};
Ran run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
        std::chrono::milliseconds patience = std::chrono::minutes(2));

}  // namespace vz::e2e
