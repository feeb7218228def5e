// What OpenAPI says of answers: the shape of each route's 200, and the shapes they share. A test holds them against
// what the server answers.
#pragma once

#include <span>
#include <string_view>

namespace vz::rest {

// Members of an object, separated by blanks: "name:s limit?:i vector:@Vector?". '?' after the name: may be absent.
// Types: s text, i whole number, n number, b true or false, o object of any members, x anything, @Name a shape of
// answer_shapes() or of the document's own components, [T] a list of T; '?' after the type: or null.
struct AnswerShape {
    std::string_view name;
    std::string_view members;
};
std::span<const AnswerShape> answer_shapes();

// The members of the answer; "@Name": it is that shape; "text/plain" and "text/html": no JSON. Empty: nothing is said
// of it.
std::string_view answer_of(std::string_view method, std::string_view path);

}  // namespace vz::rest
