// Text to nodes: executable documents and type systems, specification October 2021, and descriptions of operations and
// fragments as later ones allow them. LL(1) by hand, with exact error positions.
#pragma once

#include <memory>
#include <string>

#include "frontends/graphql/ast.hpp"
#include "frontends/graphql/error.hpp"

namespace vz::graphql {

struct ParseLimits {
    uint32_t bytes_max = 256 * 1024;
    uint32_t tokens_max = 15000;
    uint32_t nesting_max = 200;  // selection sets, lists, objects and list types inside each other
};

// For texts that are part of the program.
inline constexpr ParseLimits kNoParseLimits{1u << 30, 1u << 30, 200};

// NULL: `error` says why (kParseFailed or kLimitExceeded).
std::unique_ptr<ast::Document> parse(std::string text, const ParseLimits& limits, DocumentError& error);

}  // namespace vz::graphql
