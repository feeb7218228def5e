// The real program, serving one data directory on a port of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/process.hpp"

namespace vz::e2e {

// The program under test: $VZ_BINARY, else the one that was built beside the tests.
std::string program();

class Server final {
 public:
    enum class Until { kReady, kReads };  // kReads: one that takes no writes is not ready
    // Returns when /readyz says so, or the collections are listed; std::runtime_error with the server's own words if it
    // does not get there.
    explicit Server(const std::string& data_directory, const std::vector<std::string>& arguments = {},
                    Until until = Until::kReady);

    uint16_t port() const { return port_; }
    Process& process() { return *process_; }
    // From exec to the first ready answer.
    std::chrono::nanoseconds start_time() const { return start_time_; }

    // Sends SIGTERM and waits: 0 is an orderly end.
    Exit stop();
    // SIGKILL, and waits until it is gone.
    void kill();

 private:
    uint16_t port_;
    std::unique_ptr<Process> process_;
    std::chrono::nanoseconds start_time_{};
};

}  // namespace vz::e2e
