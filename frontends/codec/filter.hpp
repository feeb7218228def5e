// The tagged spelling of filters, which clients of the reference send, rewritten to the engine's
// (engine/payload/filter.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vz::codec {

enum class Spelling : uint8_t {
    kPlain,   // no tagged condition: send it as it is
    kTagged,  // `text` is the same filter without any
    kWrong,   // a tagged condition is none: `field` and `reason` say why
};

struct RewrittenFilter {
    Spelling spelling = Spelling::kPlain;
    std::string text;
    std::string field;  // path from the filter on: "must[0].match_value.type"
    std::string reason;
};

// Conditions keep their places in lists. What is no filter is left alone, wherever it stands: the engine says what is
// wrong with it.
RewrittenFilter rewrite_filter(std::string_view json);

// Whether some condition asks something: the engine refuses writes by filters that do not, and so does who reads first
// and writes then.
bool has_condition(std::string_view json);

}  // namespace vz::codec
