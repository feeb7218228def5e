#include "engine/base/memory_group.hpp"

#include <algorithm>
#include <fstream>

namespace vz {

std::optional<MemoryGroup> find_memory_group(std::istream& groups, const std::string& mounts) {
    std::optional<MemoryGroup> found;
    // "number:controllers:path". Version 2 names no controllers; where both are mounted, memory belongs to the one that names it.
    for (std::string line; std::getline(groups, line);) {
        const size_t first = line.find(':');
        const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos || second + 1 >= line.size() || line[second + 1] != '/') continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        if (controllers.find(",memory,") != std::string::npos) return MemoryGroup{mounts + "/memory", path, "memory.limit_in_bytes"};
        if (controllers == ",,") found = MemoryGroup{mounts, path, "memory.max"};
    }
    return found;
}

uint64_t MemoryGroup::limit() const {
    uint64_t least = UINT64_MAX;
    std::string at = path;
    for (;;) {
        uint64_t bytes = 0;
        std::ifstream file(root + at + "/" + limit_file);  // "max" where there is none
        if (file >> bytes) least = std::min(least, bytes);
        const size_t slash = at.rfind('/');
        if (slash == std::string::npos) return least;
        at.resize(slash);
    }
}

}  // namespace vz
