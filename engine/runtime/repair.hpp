// Making a damaged directory serve again, at the price of what cannot be read.
#pragma once

#include "engine/runtime/check.hpp"

namespace vz {

// Copies every damaged file to quarantine/, keeps each row and record that can be read, writes what it keeps into
// sealed files. The findings say what was lost; none: the directory was whole, and nothing was changed. Cut off at any
// point, it may be run again. VZ_CORRUPTION: no manifest can be read.
Result<std::vector<CheckFinding>> repair_directory(FileSystem& files, const std::string& directory);

}  // namespace vz
