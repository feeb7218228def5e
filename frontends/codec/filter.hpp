// The tagged spelling of filters, which clients of the reference send, rewritten to the engine's
// (engine/payload/filter.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vz::codec {

enum class Spelling : uint8_t {
    kPlain,   // no tagged condition: send it as it is
    kTagged,  // `text` is the same filter without any
    kWrong,   // a tagged condition is none: `field` and `reason` say why
    kTooMany  // more conditions than the engine takes: `reason` is what it says then
};

struct RewrittenFilter {
    Spelling spelling = Spelling::kPlain;
    std::string text;
    std::string field;  // path from the filter on: "must[0].match_value.type"
    std::string reason;
    uint64_t offset = 0;  // of the mistake, from the filter's first byte
    struct Piece {
        uint64_t begin;   // in `text`
        uint64_t source;  // in the filter as it was sent
        bool is_as_sent;  // byte for byte; otherwise all of it stands for what is at `source`
    };
    std::vector<Piece> pieces;  // `text` from its beginning
};

// Conditions keep their places in lists. What is no filter is left alone, wherever it stands: the engine says what is
// wrong with it.
RewrittenFilter rewrite_filter(std::string_view json);

// Where in the filter as it was sent that is which the engine calls byte `offset`.
uint64_t place_as_sent(std::string_view json, uint64_t offset);

// Whether some condition asks something: the engine refuses writes by filters that do not, and so does who reads first
// and writes then.
bool has_condition(std::string_view json);

}  // namespace vz::codec
