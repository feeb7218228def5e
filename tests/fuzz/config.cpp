// A configuration file. Input: the file.
#include <sys/mman.h>
#include <unistd.h>

#include "plugins/host/config.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    const int file = memfd_create("config", MFD_CLOEXEC);
    check(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size));
    vz::host::Config config;
    const auto error = config.read_file("/proc/self/fd/" + std::to_string(file));
    close(file);
    if (error) {
        check(!error->message.empty());
        return 0;
    }
    uint64_t number = 0;
    bool flag = false;
    config.number("server.port", 0, 65535, &number);
    config.flag("http.compress", &flag);
    config.lend("http", "frontends.rest");
    for (const std::string& instance : config.instances()) config.list_for(instance, "auth");
    config.unknown_key();
    return 0;
}
