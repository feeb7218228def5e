// What the user typed.
#pragma once

namespace vz::host {

// Does it, and gives the exit code. Help, version and mistakes are printed.
int run_command_line(int argc, char** argv, char** environment);

}  // namespace vz::host
