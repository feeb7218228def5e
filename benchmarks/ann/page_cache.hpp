// What the system keeps of files in memory.
#pragma once

#include <cstdint>
#include <string>

namespace vz::ann {

// Of all files below the folder, in whole pages.
uint64_t cached_bytes(const std::string& folder);

// Writes what is not yet on disk and lets go of the rest. What is mapped somewhere, or lies on a file system that is
// memory, stays.
void drop_page_cache(const std::string& folder);

}  // namespace vz::ann
