// From a validated operation to what is executed: selections merged, fragments opened, arguments coerced, limits
// checked.
#pragma once

#include <string>
#include <vector>

#include "frontends/graphql/coerce.hpp"
#include "frontends/graphql/field_value.hpp"

namespace vz::graphql {

struct PlanLimits {
    uint32_t depth_max = 15;
    uint32_t root_fields_max = 20;
    uint32_t aliases_max = 100;
    uint32_t fields_max = 5000;             // after fragments were opened
    uint32_t introspection_depth_max = 30;  // below __schema and __type, which else count towards aliases only
    // Lists of fields and types inside each other, for their product is what is answered.
    uint32_t introspection_lists_max = 3;
};

struct PlannedSelection;

struct PlannedField {
    std::string_view key;
    const Field* field = nullptr;
    uint32_t position = 0;
    Input arguments;                          // an object
    const FieldError* refused = nullptr;      // the arguments could not be coerced
    std::span<const PlannedSelection> below;  // one per object type that the field's value may have

    // Whether a sub-field of that name is asked for.
    bool selects(std::string_view name) const;
};

struct PlannedSelection {
    const NamedType* type = nullptr;
    std::span<const PlannedField> fields;
};

// Everything points into the schema, the document, and the arena. False: the plan would pass a limit, or a @skip or
// @include has no value; `error` says which.
bool plan_operation(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                    const Variables& variables, const PlanLimits& limits, Arena& arena, PlannedSelection& out,
                    DocumentError& error);

}  // namespace vz::graphql
