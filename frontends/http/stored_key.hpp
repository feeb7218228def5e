// An API key as the database keeps it: a durable value under VZH_STORED_KEYS and the key's id. The value is text, one
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

#include "frontends/http/keys.hpp"

namespace vz::http {

std::string write_stored_key(const ApiKey& key);
std::optional<ApiKey> read_stored_key(std::string_view id, std::string_view value);

}  // namespace vz::http
