// Texts as the ABI passes them, as the host has them.
#pragma once

#include <string>

#include "frontends/text/abi_text.hpp"

namespace vz::host {

using text::borrowed;
using text::view;

inline std::string text(vz_str value) { return std::string(view(value)); }

}  // namespace vz::host
