// What a measurement cannot go on without.
#pragma once

#include <errno.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace vz {

// Ends the program, saying `what`, unless it holds.
inline void check(bool holds, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
    std::exit(1);
}

}  // namespace vz
