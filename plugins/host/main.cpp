#include "plugins/host/command_line.hpp"

extern char** environ;

int main(int argc, char** argv) { return vz::host::run_command_line(argc, argv, environ); }
