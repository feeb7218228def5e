// The offline look at a directory: everything that recovery would read, with nothing changed.
#pragma once

#include <string>
#include <vector>

#include "engine/io/file.hpp"

namespace vz {

struct CheckFinding {
    vz_status status = VZ_OK;  // VZ_OK: a note
    std::string collection;
    std::string file;
    uint64_t offset = 0;
    std::string message;
};

// Fails only when nothing could be looked at (locked, unreadable).
Result<std::vector<CheckFinding>> check_directory(FileSystem& files, const std::string& directory);

}  // namespace vz
