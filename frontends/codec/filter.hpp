// The tagged spelling of filters, which clients of the reference send, rewritten to the engine's
// (engine/payload/filter.md).
#pragma once

#include <string>
#include <string_view>

namespace vz::codec {

// False: `json` has no tagged condition; send it as it is. True: `out` is the same filter without any. Conditions keep
// their places in lists. What is no filter is left alone, wherever it stands: the engine says what is wrong with it.
bool rewrite_filter(std::string_view json, std::string* out);

// Whether some condition asks something: the engine refuses writes by filters that do not, and so does who reads first
// and writes then.
bool has_condition(std::string_view json);

}  // namespace vz::codec
