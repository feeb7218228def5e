// JSON that the engine keeps: payloads and metadata. Validated once, kept byte for byte.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/status.hpp"

namespace vz {

// An object of at most kPayloadBytesMax bytes, valid UTF-8, nested at most kJsonDepthMax deep, nothing behind it.
// VZ_INVALID_ARGUMENT with VZ_REASON_PAYLOAD, or VZ_LIMIT_EXCEEDED.
Status validate_payload(std::string_view json);
// The same for a collection's metadata: kMetadataBytesMax, VZ_REASON_METADATA, and one level more, for a frontend keeps
// a client's object as a member.
Status validate_metadata(std::string_view json);

// Appends an object with only those top-level members whose key is in `keys` (all others, with exclude). Bytes of
// members stay as they are. `json` has been validated.
void select_keys(std::string_view json, std::span<const std::string_view> keys, bool exclude, std::string& out);

}  // namespace vz
