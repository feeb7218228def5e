// Ports for the servers that a test starts.
#pragma once

#include <cstdint>

namespace vz::e2e {

// A port of the loopback interface that nobody listens on. Until this process ends, no other call gets it, here or in
// another test program, and no connection takes it for its own end: it lies below the range the kernel gives those
// from. Ends the program if there is none.
uint16_t free_port();

}  // namespace vz::e2e
