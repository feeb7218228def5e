// Which media type an answer gets (RFC 9110 section 12.5.1, GraphQL over HTTP section 6).
#pragma once

#include <optional>
#include <string_view>

#include "frontends/graphql/exchange.hpp"

namespace vz::graphql {

// Of the two JSON types the one preferred by `accept`, as sent; absent or empty: application/json. Nothing: none is
// acceptable.
std::optional<Media> choose_media(std::string_view accept);
// Whether a browser asks for a page: text/html stands there by name.
bool wants_page(std::string_view accept);

}  // namespace vz::graphql
