// All rules of specification section 5 over one executable document, in one traversal.
#pragma once

#include <vector>

#include "frontends/graphql/ast.hpp"
#include "frontends/graphql/error.hpp"
#include "frontends/graphql/schema.hpp"

namespace vz::graphql {

struct ValidationLimits {
    uint32_t errors_max = 100;  // more are not reported
    // Comparisons of fields; a document that needs more is refused, kLimitExceeded.
    uint32_t merge_steps_max = 2'000'000;
};

// Empty: the document is valid against the schema.
std::vector<DocumentError> validate(const Schema& schema, const ast::Document& document,
                                    const ValidationLimits& limits = {});

}  // namespace vz::graphql
