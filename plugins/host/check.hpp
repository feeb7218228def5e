// `vectorizer check DIR`.
#pragma once

#include <string>

namespace vz::host {

// 0 clean, 1 notes, 2 damage, 3 locked or unreadable.
int check(const std::string& directory, bool json);

}  // namespace vz::host
