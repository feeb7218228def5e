// What the process takes of the machine's memory.
#pragma once

#include <cstdint>

namespace vz::codec {

// Resident pages; 0: the system does not say. A read of /proc: for figures that are asked for, not for every request.
uint64_t resident_bytes();

}  // namespace vz::codec
