// A shared library, as `vectorizer plugin check` reads it before loading it. Input: the file.
#include "plugins/host/plugin_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    const int file = memfd_create("plugin", MFD_CLOEXEC);
    check(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size));
    const auto read = vz::host::read_plugin_file("/proc/self/fd/" + std::to_string(file));
    close(file);
    if (!read) return 0;
    // Every name stands in the file.
    for (const std::string& name : read->exports) check(name.size() <= size);
    for (const std::string& name : read->unique) check(name.size() <= size);
    for (const vz::host::NeededSymbol& symbol : read->needs)
        check(symbol.name.size() <= size && symbol.version.size() <= size);
    return 0;
}
