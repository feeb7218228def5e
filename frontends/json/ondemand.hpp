// What simdjson hands over, as the sources of Reader see it.
#pragma once

#include <cstring>
#include <string_view>
#include <type_traits>

#include "frontends/json/reader.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <simdjson.h>
#pragma GCC diagnostic pop

namespace vz::json {

namespace ondemand = simdjson::ondemand;

static_assert(sizeof(ondemand::value) == sizeof(Value) && alignof(ondemand::value) <= alignof(Value));
static_assert(std::is_trivially_destructible_v<ondemand::value>);

inline ondemand::value opened(Value value) {
    ondemand::value inner;
    std::memcpy(static_cast<void*>(&inner), value.place, sizeof inner);
    return inner;
}

inline Value sealed(const ondemand::value& inner) {
    Value value;
    std::memcpy(value.place, static_cast<const void*>(&inner), sizeof inner);
    return value;
}

inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

inline const char* behind_blanks(const char* at) {
    while (is_blank(*at)) ++at;
    return at;
}

inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The token at a scalar, or the opening bracket.
inline std::string_view token_of(Value value) { return trimmed(opened(value).raw_json_token()); }

}  // namespace vz::json
