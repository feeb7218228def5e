// What a plugin must leave as it found it in the process it runs in.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace vz::host {

std::set<std::string> threads_of_process();      // their ids
std::set<std::string> descriptors_of_process();  // "7 socket:[1234]"
std::set<std::string> children_of_process();     // their ids; empty too where the kernel does not tell

// What differs between two moments, in words: signal handlers, signal mask, locale, environment, working directory,
// umask.
class Manners {
 public:
    static Manners now();
    std::vector<std::string> differences(const Manners& later) const;

 private:
    std::vector<const void*> handlers_;
    std::string mask_, locale_, environment_, directory_;
    unsigned umask_ = 0;
};

// Ports of TCP sockets that this process listens on, IPv4.
std::vector<uint16_t> listening_ports();

}  // namespace vz::host
