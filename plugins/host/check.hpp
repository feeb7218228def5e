// `vectorizer check DIR`, `vectorizer inspect FILE` and `vectorizer repair DIR`.
#pragma once

#include <string>

namespace vz::host {

// 0 clean, 1 notes, 2 damage, 3 locked or unreadable.
int check(const std::string& directory, bool deep, bool json);

// 0 whole, 2 damage, 3 unreadable.
int inspect(const std::string& file, bool json);

// 0 whole now, 2 damaged and left as it is, for loss was not accepted, 3 locked, or not to be repaired.
int repair(const std::string& directory, bool accept_loss, bool json);

}  // namespace vz::host
