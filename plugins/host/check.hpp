// `vectorizer check DIR` and `vectorizer inspect FILE`.
#pragma once

#include <string>

namespace vz::host {

// 0 clean, 1 notes, 2 damage, 3 locked or unreadable.
int check(const std::string& directory, bool json);

// 0 whole, 2 damage, 3 unreadable.
int inspect(const std::string& file, bool json);

}  // namespace vz::host
