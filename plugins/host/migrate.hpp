// `vectorizer import` of the reference system's archive: all of it or nothing.
#pragma once

#include <string>

namespace vz::host {

// An exit code; counts, warnings and what went wrong are told on standard error. `collection`, if not empty, is the new
// name of the only one.
int migrate(const std::string& path, const std::string& collection, const std::string& data_directory);

}  // namespace vz::host
