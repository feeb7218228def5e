#include "frontends/codec/process_memory.hpp"

#include <unistd.h>

#include <cstdio>

namespace vz::codec {

uint64_t resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    char text[128];
    const size_t read = std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
    text[read] = '\0';
    const char* at = text;
    while (*at != '\0' && *at != ' ') ++at;
    uint64_t pages = 0;
    for (++at; at < text + read && *at >= '0' && *at <= '9'; ++at)
        pages = pages * 10 + static_cast<uint64_t>(*at - '0');
    return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace vz::codec
