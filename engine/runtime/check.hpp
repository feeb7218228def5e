// The offline look at a directory: everything that recovery would read and all that sealed files hold, with nothing
// changed.
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

struct CheckDepth {
    bool payloads = false;  // each is parsed
};

// Of a block that ReadAround could not read.
CheckFinding unreadable_block(const std::string& path, uint64_t offset);

// Frames, chains and checksums of both logs; of sealed files every byte, that each id is found at its row and lies in
// order, that no id is live twice, that links of graphs lead somewhere, and the counts that the manifest has. Behind
// damage it goes on, also of the disk. Fails only when nothing could be looked at (locked, not there).
Result<std::vector<CheckFinding>> check_directory(FileSystem& files, const std::string& directory,
                                                  CheckDepth depth = {});

}  // namespace vz
