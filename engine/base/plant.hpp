// VZ_PLANT(name): a known bug, put in on purpose to see that a test catches it. False, and gone from the code, but in
// the test build that defines VZ_PLANTED_BUGS. The list of names is in tests/crash/planted.cpp.
#pragma once

#ifdef VZ_PLANTED_BUGS

namespace vz {

// Whether that bug is switched on. tests/crash/planted.cpp has it.
bool is_planted(const char* name);

}  // namespace vz

#define VZ_PLANT(name) ::vz::is_planted(#name)

#else

#define VZ_PLANT(name) false

#endif
