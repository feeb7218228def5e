// `vectorizer check DIR`, `vectorizer inspect FILE` and `vectorizer repair DIR`.
#pragma once

#include <string>

namespace vz::host {

// Exit codes: 0 clean, 1 notes (files that belong to nothing), 2 damage, 3 locked or unreadable.
int check(const std::string& directory, bool deep, bool json);
int inspect(const std::string& file, bool json);
// 0: it is whole now. Without `accept_loss` a damaged one is left as it is.
int repair(const std::string& directory, bool accept_loss, bool json);

}  // namespace vz::host
