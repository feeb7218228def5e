// One question to a server that speaks HTTP, as a health check asks it: no library, no connection kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vz::host {

struct Asked {
    int status = 0;    // 0: no answer
    std::string text;  // the answer's body; without an answer, why
};

// GET `path` of the server at this address. Returns within `patience`, the look-up of a host's name aside.
Asked ask(const std::string& host, uint16_t port, const std::string& path, std::chrono::milliseconds patience);

}  // namespace vz::host
