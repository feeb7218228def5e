// What OpenAPI says of a route beyond the routing table: what it is for, what its body holds.
#pragma once

#include <span>
#include <string_view>

namespace vz::rest {

// `fields` of a JSON body, separated by blanks: "name!:s limit:i". '!': required. Types: s text, i whole number, n
// number, b true or false, o object, a list, v vector (a list of numbers, or base64 of float32), f id (text or whole
// number), x any. "+query", "+page" and "+search": the fields of that table in query.hpp or fields.hpp. `example` is a
// request that works on a server whose collections the examples before it have made; a test sends them in order.
struct RouteNote {
    std::string_view method;
    std::string_view path;
    std::string_view summary;
    std::string_view fields;
    std::string_view example;
};

std::span<const RouteNote> route_notes();
// nullptr: nothing is said of it.
const RouteNote* note_of(std::string_view method, std::string_view path);

}  // namespace vz::rest
