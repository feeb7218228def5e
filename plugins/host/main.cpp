#include <cstdio>
#include <cstdlib>

#include "plugins/host/command_line.hpp"

extern char** environ;

int main(int argc, char** argv) {
    const int code = vz::host::run_command_line(argc, argv, environ);
    // Not by exit(): what a frontend left to be done there would find neither the engine nor its host.
    std::fflush(nullptr);
    std::_Exit(code);
}
