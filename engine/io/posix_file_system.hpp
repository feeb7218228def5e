// The real FileSystem: files by pread, pwrite, fallocate and fdatasync; maps by Boost.Interprocess (mapping.cpp).
#pragma once

#include <memory>
#include <string>

#include "engine/io/file.hpp"

namespace vz {

std::unique_ptr<FileSystem> make_posix_file_system();

// Maps a whole file read-only. A page that cannot be read (bad sector, foreign truncation) turns the whole map into
// zeros and sets failed() instead of killing the process: the first call installs the SIGBUS guard of the process.
Result<std::unique_ptr<Mapping>> map_file(const std::string& path);

}  // namespace vz
