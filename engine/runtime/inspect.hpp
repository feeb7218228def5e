// One file of a database, read by itself: what it says, line by line, and where it is damaged. Nothing else of the
// directory is needed.
#pragma once

#include <string>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/runtime/check.hpp"

namespace vz {

// Of a WAL, a manifest, CURRENT, IDENTITY, a segment, a file of deletes or an archive, known by their first bytes. A
// finding with VZ_OK is what the file says at that offset. VZ_INVALID_ARGUMENT: it is none of these.
Result<std::vector<CheckFinding>> inspect_file(FileSystem& files, const std::string& path);

}  // namespace vz
