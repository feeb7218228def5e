// Texts as the ABI passes them, and as the standard library does.
#pragma once

#include <string_view>

#include "vectorizer/types.h"

namespace vz::text {

inline std::string_view view(vz_str text) {
    return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
// Valid as long as `text` is.
inline vz_str borrowed(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace vz::text
