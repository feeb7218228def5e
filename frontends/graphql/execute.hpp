// From a plan and the values of its root fields to the answer's JSON, in one synchronous pass (specification
// section 6.4).
#pragma once

#include <string>
#include <vector>

#include "frontends/graphql/plan.hpp"
#include "frontends/json/writer.hpp"

namespace vz::graphql {

// One entry of `errors`.
struct ExecutionError {
    std::string message;
    std::string code;
    std::string details;  // JSON object; empty: none
    std::string path;     // JSON array; empty: none
    std::vector<uint32_t> positions;
};

// The value of root field i of the plan.
using RootValue = FieldValue (*)(void* user, size_t index);

// Writes the value of `data`: an object, or null if a null reached the top. A field that fails becomes null, and where
// null is not allowed, what encloses it: what was written of it is cut from the answer again.
void write_data(json::Writer& out, const Schema& schema, const PlannedSelection& plan, RootValue root_value, void* user,
                Arena& arena, std::vector<ExecutionError>& errors);

// The value of `errors`.
void write_errors(json::Writer& out, std::string_view document, std::string_view request_id,
                  const std::vector<ExecutionError>& errors);
ExecutionError error_of(const DocumentError& error);

}  // namespace vz::graphql
