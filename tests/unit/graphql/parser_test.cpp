#include "frontends/graphql/parser.hpp"

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

// "line:column" of the error, or "ok".
std::string verdict(std::string_view text, const ParseLimits& limits = ParseLimits()) {
    DocumentError error;
    if (parse(std::string(text), limits, error) != nullptr) return "ok";
    if (error.positions.empty()) return "nowhere";
    const Location where = locate(text, error.positions[0]);
    return std::to_string(where.line) + ":" + std::to_string(where.column);
}

TEST(Parser, accepts_every_form_of_executable_definitions) {
    EXPECT_EQ(verdict("{a}"), "ok");
    EXPECT_EQ(verdict("query Q($a: [Int!]! = [1] @d, $b: In = {x: {y: null}}) @d(a: $a) { a: b(c: $a, d: EN) @d { ...F "
                      "... on T @d { x } ... { y } ... @d { z } } }"),
              "ok");
    EXPECT_EQ(verdict("fragment F on T @d { on fragment query }"), "ok");
    EXPECT_EQ(verdict("mutation { a } subscription S { b }"), "ok");
    EXPECT_EQ(verdict("{ a(b: {}) c(d: []) }"), "ok");
    EXPECT_EQ(verdict("\"what it does\" query Q { a }"), "ok");
}

TEST(Parser, accepts_every_form_of_type_system_definitions) {
    EXPECT_EQ(
        verdict("\"d\" schema @a { query: Q mutation: M } extend schema @b scalar S @a \"\"\"t\"\"\" type T implements "
                "& A & B { "
                "\"f\" f(\"a\" a: Int = 1 @d, b: [S]): T! @d } type E interface I implements A { x: Int } union U = | "
                "A | B "
                "union V enum N { A @d B } input P { a: Int = 3 } directive @d(a: Int) repeatable on | FIELD | QUERY "
                "extend type T { g: Int } extend union U = C extend enum N { C } extend input P @x extend scalar S @y "
                "extend interface I { y: Int }"),
        "ok");
}

TEST(Parser, tells_where_a_document_goes_wrong) {
    EXPECT_EQ(verdict(""), "1:1");
    EXPECT_EQ(verdict("{"), "1:2");
    EXPECT_EQ(verdict("{}"), "1:2");
    EXPECT_EQ(verdict("{ a("), "1:5");
    EXPECT_EQ(verdict("{ a() }"), "1:5");
    EXPECT_EQ(verdict("{\n  a(b: $)\n}"), "2:9");
    EXPECT_EQ(verdict("query ($a: Int = $b) { a }"), "1:18");
    EXPECT_EQ(verdict("fragment on on T { a }"), "1:10");
    EXPECT_EQ(verdict("{ ... on }"), "1:10");
    EXPECT_EQ(verdict("query () { a }"), "1:8");
    EXPECT_EQ(verdict("{ a: }"), "1:6");
    EXPECT_EQ(verdict("\"d\" { a }"), "1:1");
    EXPECT_EQ(verdict("\"d\" extend type T { a: Int }"), "1:1");
    EXPECT_EQ(verdict("extend type T"), "1:14");
    EXPECT_EQ(verdict("enum E { true }"), "1:10");
    EXPECT_EQ(verdict("directive @d on NOWHERE"), "1:17");
    EXPECT_EQ(verdict("{ a } }"), "1:7");
    EXPECT_EQ(verdict("{ a(b: \"😀\") % }"), "1:14");
    EXPECT_EQ(verdict("{ a }\r\n\r\n  ?"), "3:3");
}

TEST(Parser, refuses_what_passes_its_limits) {
    const std::string deep = std::string(300, '{') + "a" + std::string(300, '}');
    std::string nested;
    for (int i = 0; i < 201; ++i) nested += "{a";
    EXPECT_NE(verdict(nested), "ok");
    DocumentError error;
    EXPECT_EQ(parse("{ a(b: " + std::string(250, '[') + std::string(250, ']') + ") }", ParseLimits(), error), nullptr);
    EXPECT_EQ(error.code, ErrorCode::kLimitExceeded);
    std::string many = "{";
    for (int i = 0; i < 15000; ++i) many += " a";
    EXPECT_EQ(parse(many + "}", ParseLimits(), error), nullptr);
    EXPECT_EQ(error.code, ErrorCode::kLimitExceeded);
    EXPECT_EQ(parse(std::string(256 * 1024 + 1, ' '), ParseLimits(), error), nullptr);
    EXPECT_EQ(error.code, ErrorCode::kLimitExceeded);
    EXPECT_EQ(verdict(deep), "1:2");
}

TEST(Parser, keeps_positions_and_names) {
    const auto document = document_of("query Q($v: Int) {\n  alias: field(x: $v) }");
    const ast::Operation& operation = operation_of(*document);
    EXPECT_EQ(operation.name.text, "Q");
    EXPECT_EQ(operation.variables[0].position, 8u);
    EXPECT_EQ(operation.variables[0].name.position, 9u);
    const ast::Selection& field = operation.selections->selections[0];
    EXPECT_EQ(field.key(), "alias");
    EXPECT_EQ(field.position, 21u);
    EXPECT_EQ(field.arguments[0].value.position, 37u);
}

}  // namespace
}  // namespace vz::graphql::test
