// Input coercion (specification section 3 and 6.4.1): variables from JSON, arguments from literals and variables.
//
// Absent, null and default are three different things. A [Float!] list becomes packed floats, whichever way it comes;
// JSON values are kept as text.
#pragma once

#include <string>
#include <vector>

#include "frontends/graphql/ast.hpp"
#include "frontends/graphql/error.hpp"
#include "frontends/graphql/input.hpp"
#include "frontends/graphql/schema.hpp"
#include "frontends/json/reader.hpp"

namespace vz::graphql {

struct Variable {
    std::string_view name;
    Input value;  // kAbsent: neither given nor defaulted
};
using Variables = std::vector<Variable>;

enum class VariablesOutcome { kRead, kRefused, kNotJson, kNoMemory };

// The members of a request in JSON.
inline constexpr uint32_t kQueryMember = 0;
inline constexpr uint32_t kOperationNameMember = 1;
inline constexpr uint32_t kVariablesMember = 2;
inline constexpr uint32_t kExtensionsMember = 3;
inline constexpr json::Field kRequestMembers[] = {{"query", kQueryMember},
                                                  {"operationName", kOperationNameMember},
                                                  {"variables", kVariablesMember},
                                                  {"extensions", kExtensionsMember}};

// Reads the variables of one operation. `json` is the text of a whole request, an object with some of kRequestMembers,
// followed by json::kPadding readable bytes; or empty: no variables. Values point into it and into the arena. kRefused:
// errors say why (kBadUserInput). kNotJson: the text is no such object, and one error says why. Memory that runs out is
// kNoMemory, or thrown by the arena.
VariablesOutcome coerce_variables(const Schema& schema, const ast::Operation& operation, std::string_view json,
                                  Arena& arena, Variables& variables, std::vector<DocumentError>& errors);

// One literal at a place of that type. kAbsent with `why` empty: a variable without a value. False: `why` says what is
// wrong; in a validated document only a variable that is null, or absent inside a non-null place, can cause it.
bool coerce_literal(const ast::Value& literal, const TypeRef& type, const Variables& variables, Arena& arena,
                    Input& out, std::string& why);

// The arguments of a field or directive as one object, defaults included.
bool coerce_arguments(std::span<const InputValue> definitions, std::span<const ast::Argument> arguments,
                      const Variables& variables, Arena& arena, Input& out, std::string& why);

const Input* find_variable(const Variables& variables, std::string_view name);

// Whether lists of this type are kept packed.
bool packs_floats(const TypeRef& list);

json::Arena borrow(Arena& arena);

}  // namespace vz::graphql
