// What a plugin must leave as it found it in the process it runs in.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace vz::host {

std::set<std::string> threads_of_process();      // their ids
std::set<std::string> descriptors_of_process();  // "7 socket:[1234]"
std::set<std::string> children_of_process();     // their ids; empty too where the kernel does not tell
bool has_had_children();                         // that have ended
// The processes that those of this one leave behind become its children, whatever they have done to be nobody's.
void adopt_descendants();

// What a process has once and all its code lives with: the handling of signals, timers, the locale, limits and the
// like; and of its threads, the calling one and those that stay.
class Manners {
 public:
    // Of the process, and of the calling thread.
    static Manners now();
    // In words.
    std::vector<std::string> differences(const Manners& later) const;

 private:
    struct Trait {
        std::string name, state;
    };
    std::vector<Trait> traits_;                  // always the same, in the same order
    std::map<std::string, std::string> masked_;  // by thread, the calling one not: the signals that it blocks
};

// Ports of TCP sockets that this process listens on, IPv4.
std::vector<uint16_t> listening_ports();

}  // namespace vz::host
