// What the archives hold, each written by a program of its day in several lives: all close in order but the last, which
// ends in the middle: its log is there to be replayed. Writing ends the process.
#pragma once

#include <string>

#include "tests/golden/calls.hpp"

namespace vz::golden {

// format-1: what users do.
void write_first(const std::string& directory);
bool is_first(vz_engine* engine);
void tell_first(vz_engine* engine, const Lines& tell);

// format-1b: what else the format can hold. DIRECTORY.archive is an exported file, DIRECTORY.closed
// a directory without anything to be replayed.
void write_rest(const std::string& directory);
void tell_rest(vz_engine* engine, const std::string& directory, const Lines& tell);
// Of a copy of the directory, which no engine has open: what a repair makes of the collection that is quarantined.
void tell_repair(const std::string& directory, const Lines& tell);

}  // namespace vz::golden
