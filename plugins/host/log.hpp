// The log of the process, on standard error or in a file. A thread of its own writes it: who logs never waits for who
// reads the log. Of the records that wait, the oldest make room for new ones.
#pragma once

#include <cstdint>
#include <string>

#include "vectorizer/types.h"

namespace vz::host {

// error, warn, info, debug, trace; 0: no such level.
uint32_t log_level_named(const std::string& name);

// kAuto: text on a terminal, JSON elsewhere.
enum class LogFormat { kAuto, kText, kJson };

// Any thread after open().
class Log {
 public:
    // file empty: standard error. False: it cannot be opened.
    static bool open(const std::string& file, uint32_t level, LogFormat format);
    // Writes what waits; what comes later is lost. False: the log is not read, and its writer stands still until the
    // process ends, which must not wait for it.
    static bool close();
    // Records that had to make room so far.
    static uint64_t dropped();
    // One JSON object a line, rather than text.
    static bool is_json();
    static uint32_t level();
    static void set_level(uint32_t level);
    // Keys, bodies, vectors and payloads are never logged. In JSON a field that reads as a number is one, unless its
    // key says that it is a name.
    static void write(const std::string& instance, const vz_log_record& record);
    static void write(uint32_t level, const std::string& event, const std::string& message);
};

}  // namespace vz::host
