// Keys of the configuration that hivellm/vectorizer reads, for those who bring theirs along.
#pragma once

#include <string>
#include <string_view>

namespace vz::host {

// What became of that system's key here, as the end of a sentence; empty: it is none of its keys.
std::string fate_of_reference_key(std::string_view key);

}  // namespace vz::host
