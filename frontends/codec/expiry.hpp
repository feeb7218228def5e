// The payload key by which clients of the reference system say when a point expires.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vz::codec {

inline constexpr std::string_view kExpiryKey = "__expires_at";
inline constexpr int64_t kTtlSecondsMax = (int64_t{1} << 52) / 1000;  // of a collection: what the engine takes in ms

// Why the integer at that key is no time, or nullptr: it is one, or there is no integer.
const char* refuse_expiry(std::string_view payload);
// The integer (Unix ms, above 0) at that top-level key of a payload; the last one, if it comes twice. Of text that is
// no JSON object: whatever, the engine refuses it.
std::optional<int64_t> expiry_of(std::string_view payload);
// What a merge patch does to the expiry: sets it, or ends it (0) by removing the key.
std::optional<int64_t> expiry_of_patch(std::string_view patch);

}  // namespace vz::codec
