// What a shared library says about itself, read from its ELF tables without loading it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vz::host {

struct NeededSymbol {
    std::string name;
    std::string version;  // empty: none
};

struct PluginFile {
    bool has_symbols = false;  // false: its table of sections is broken, which the dynamic linker does not mind
    std::vector<std::string> exports;
    std::vector<std::string> unique;  // exports that the process shares by name: g++ without -fno-gnu-unique
    std::vector<NeededSymbol> needs;
    bool has_text_relocations = false;
    bool has_executable_stack = false;
};

// Nothing: it is no 64-bit little-endian shared library, or its tables point outside of the file.
std::optional<PluginFile> read_plugin_file(const std::string& path);

}  // namespace vz::host
