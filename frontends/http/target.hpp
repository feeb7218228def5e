// A request's target: split first, then percent-decoded; strict UTF-8, never normalised.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "frontends/http/memory.hpp"
#include "vectorizer/types.h"

namespace vz::http {

inline constexpr uint32_t kSegmentsMax = 64;
inline constexpr uint32_t kParametersMax = 64;

struct Target {
    std::string_view authority;  // of "http://host/x"; empty otherwise
    std::string_view path;       // as sent
    std::string_view query;      // without the question mark
};

// The parts of an origin-form, absolute-form or "*" target; nothing if it has another form.
std::optional<Target> split_target(std::string_view target);

// Decodes %XX, and '+' as a blank if `plus_is_blank`. Nothing: a bad escape, a NUL or bad UTF-8. Without escapes the
// input itself comes back, else memory of the arena.
enum class Plus { kItself, kBlank };
std::optional<std::string_view> percent_decode(std::string_view text, Plus plus, Arena& arena);

// Splits "a=b&c" and decodes. kParametersMax places at `out`. Nothing: a bad escape or too many.
std::optional<uint32_t> split_query(std::string_view query, Arena& arena, vz_kv* out);

}  // namespace vz::http
