// RFC 7396 over texts: what a patch does not touch keeps its bytes.
#pragma once

#include <string>
#include <string_view>

namespace vz {

// Appends the target as the patch makes it. Both are validated objects. Of duplicate keys in the patch the last counts;
// a patched key of the target loses its duplicates, others keep theirs.
void merge_patch(std::string_view target, std::string_view patch, std::string* out);

}  // namespace vz
