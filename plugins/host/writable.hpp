// Whether the server could write where its configuration says, found out without making anything.
#pragma once

#include <string>

namespace vz::host {

// Why a file of that name cannot be appended to; empty: it can, or there is no name.
std::string refuse_file(const std::string& path);
// Why a directory of that name cannot be used, or be made with those above it; empty: it can.
std::string refuse_directory(const std::string& path);

}  // namespace vz::host
