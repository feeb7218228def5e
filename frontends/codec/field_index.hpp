// Kinds of field indexes by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vz::codec {

inline constexpr std::string_view kFieldIndexKinds =
    "must be one of keyword, integer, float, bool, datetime, uuid, geo, text";

std::optional<uint32_t> parse_field_index_kind(std::string_view name);
std::string_view field_index_kind_name(uint32_t kind);

}  // namespace vz::codec
