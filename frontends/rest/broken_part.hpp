// Parts of a body that were handed on unread: where they stop being JSON.
#pragma once

#include <string_view>

#include "frontends/codec/failure.hpp"
#include "frontends/rest/call.hpp"

namespace vz::rest {

// 400 `parse_error` at a byte of the body. Items of a batch have no `details`, so the reason names the byte too.
codec::Failure unreadable_part(std::string_view field, std::string_view reason, uint64_t offset);

// The failure of a part of the body, called `field`, that the engine refused and that is no JSON. No failure: it is
// JSON, and what the engine says of it holds.
codec::Failure broken_part(const Call& call, std::string_view part, std::string_view field);

}  // namespace vz::rest
