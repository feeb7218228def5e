// `vectorizer check DIR`, `vectorizer inspect FILE` and `vectorizer repair DIR`.
#pragma once

#include <string>

namespace vz::host {

// Each gives an exit code: that of the worst it finds, or of why it cannot look. 1: files that belong to nothing.
int check(const std::string& directory, bool deep, bool json);
int inspect(const std::string& file, bool json);
// 0: it is whole now. Without `accept_loss` a damaged one is left as it is.
int repair(const std::string& directory, bool accept_loss, bool json);

}  // namespace vz::host
