// An API key as the database keeps it: a durable value under kStoredKeys and the key's id. The value is text, one
// member a line:
//
//   vectorizer-key 1
//   name <text>                     hash sha256:<64 hexadecimal digits>
//   permission <list>               created <unix s>     expires <unix s, 0: never>
//   scope <list> <pattern>          (any number of these)
//
// A list names read, write, admin, with commas between them.
//
// Lines that are unknown make the value unreadable: what a later version limits, this one must not grant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/access/keys.hpp"
#include "vectorizer/types.h"

namespace vz::access {

// What comes before the id.
inline constexpr std::string_view kStoredKeys = "auth/key/";

std::string write_stored_key(const ApiKey& key);
std::optional<ApiKey> read_stored_key(std::string_view id, std::string_view value);
// All of a result of vz_value_list. Empty, or the id of the first that cannot be read; `out` is untouched then.
std::string read_stored_keys(const vz_value* values, uint64_t count, std::vector<ApiKey>& out);

}  // namespace vz::access
