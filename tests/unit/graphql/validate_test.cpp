// Each rule of specification section 5 accepts what it should and is the only one to refuse what it should.
#include "frontends/graphql/validate.hpp"

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

constexpr std::string_view kValidateSdl = R"(
directive @many on FIELD
directive @again repeatable on FIELD | QUERY
interface Animal { name(upper: Boolean = false): String friend: Animal }
type Dog implements Animal { name(upper: Boolean = false): String friend: Animal barks(at: [Float!]!): Int size: Int! owner: Person }
type Cat implements Animal { name(upper: Boolean = false): String friend: Animal size: String! owner: Person }
type Person { name: String age: Float }
union Pet = Dog | Cat
enum Kind { DOG CAT }
input Where { name: String kind: Kind limit: Int! = 3 must: Boolean! inner: Where }
type Query { dog: Dog cat: Cat pet(kind: Kind): Pet animal: Animal find(where: Where!, limit: Int = 2): [Animal!]! person(age: Float, name: String!): Person long(l: Long, j: JSON, id: ID, b: Boolean, s: String): Int }
scalar Long
scalar JSON
type Mutation { set(a: Int): Int }
type Subscription { one: Int two: Int }
)";

const Schema& schema() {
    static const std::unique_ptr<Schema> built = schema_of(kValidateSdl);
    return *built;
}

// The places of all errors: "line:column line:column|line:column".
std::string places(std::string_view text) {
    const auto document = document_of(text);
    std::string out;
    for (const DocumentError& error : validate(schema(), *document)) {
        if (!out.empty()) out += "|";
        std::string one;
        for (const uint32_t position : error.positions) {
            const Location where = locate(text, position);
            one += (one.empty() ? "" : " ") + std::to_string(where.line) + ":" + std::to_string(where.column);
        }
        out += one;
    }
    return out;
}

struct Case {
    const char* rule;
    const char* good;
    const char* bad;
    const char* where;  // of the bad one's errors
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.rule; }

class Rules : public testing::TestWithParam<Case> {};

TEST_P(Rules, accepts_the_good_and_refuses_the_bad) {
    EXPECT_EQ(places(GetParam().good), "") << GetParam().rule;
    EXPECT_EQ(places(GetParam().bad), GetParam().where) << GetParam().rule;
}

constexpr Case kCases[] = {
    {"executable definitions", "{ dog { size } }", "{ dog { size } } type T { a: Int }", "1:18"},
    {"unique operation names", "query A { dog { size } } query B { dog { size } }",
     "query A { dog { size } } query A { dog { size } }", "1:7 1:32"},
    {"lone anonymous operation", "{ dog { size } }", "{ dog { size } } query B { dog { size } }", "1:1"},
    {"single field subscriptions", "subscription { one }", "subscription { one two }", "1:20"},
    {"no introspection at a subscription's root", "subscription { one }", "subscription { __typename }", "1:16"},
    {"known type names", "query ($a: Kind) { pet(kind: $a) { __typename } }", "{ pet { ... on Nope { name } } }",
     "1:16"},
    {"fragments on composite types", "{ pet { ... on Dog { size } } }", "{ dog { ... on Kind { size } } }", "1:16"},
    {"variables are input types", "query ($a: Where!) { find(where: $a) { name } }", "query ($a: Dog) { long(j: $a) }",
     "1:12|1:8 1:27"},
    {"leafs have no selection", "{ dog { size } }", "{ dog { size { x } } }", "1:14"},
    {"composites have a selection", "{ dog { size } }", "{ dog }", "1:3"},
    {"fields on correct type", "{ pet { __typename } dog { name } }", "{ pet { name } }", "1:9"},
    {"unique fragment names", "{ dog { ...F } } fragment F on Dog { size }",
     "{ dog { ...F } } fragment F on Dog { size } fragment F on Dog { size }", "1:27 1:54"},
    {"known fragment names", "{ dog { ...F } } fragment F on Dog { size }", "{ dog { ...G size } }", "1:12"},
    {"no unused fragments", "{ dog { ...F } } fragment F on Dog { size }",
     "{ dog { size } } fragment F on Dog { size }", "1:18"},
    {"possible spreads", "{ animal { ... on Dog { size } } pet { ... on Animal { name } } }",
     "{ dog { ... on Cat { size } } }", "1:9"},
    {"possible named spreads", "{ pet { ...F } } fragment F on Animal { name }",
     "{ dog { ...F } } fragment F on Person { name }", "1:9"},
    {"no fragment cycles", "{ dog { ...F } } fragment F on Dog { ...G } fragment G on Dog { size }",
     "{ dog { ...F } } fragment F on Dog { ...G } fragment G on Dog { ...F size }", "1:38 1:65"},
    {"unique variable names", "query ($a: Long, $b: Long) { x: long(l: $a) y: long(l: $b) }",
     "query ($a: Kind, $a: Kind) { pet(kind: $a) { __typename } }", "1:9 1:19"},
    {"no undefined variables", "query ($a: Kind) { pet(kind: $a) { __typename } }", "{ pet(kind: $a) { __typename } }",
     "1:13 1:1"},
    {"no unused variables", "query ($a: Kind) { ...F } fragment F on Query { pet(kind: $a) { __typename } }",
     "query ($a: Kind) { dog { size } }", "1:8"},
    {"known directives", "query @again { dog { size @skip(if: true) } }", "{ dog { size @nope } }", "1:14"},
    {"directives in their places", "{ dog { size @many } }", "query @many { dog { size } }", "1:7"},
    {"unique directives", "{ dog { size @again @again } }", "{ dog { size @many @many } }", "1:14 1:20"},
    {"known arguments", "{ dog { name(upper: true) } }", "{ dog { name(lower: true) } }", "1:14"},
    {"known arguments of directives", "{ dog { size @skip(if: true) } }", "{ dog { size @skip(if: true, when: 1) } }",
     "1:30"},
    {"unique arguments", "{ dog { name(upper: true) } }", "{ dog { name(upper: true, upper: true) } }", "1:14 1:27"},
    {"values of correct type", "{ long(l: 9223372036854775807, j: {a: [1]}, id: 3, b: true, s: \"x\") }",
     "{ long(l: 9223372036854775808) }", "1:11"},
    {"lists of correct type", "{ dog { barks(at: [1, 2.5]) } }", "{ dog { barks(at: [1, \"x\", null]) } }",
     "1:23|1:28"},
    {"a single value is a list", "{ dog { barks(at: 1) } }", "{ dog { barks(at: true) } }", "1:19"},
    {"enum values", "{ pet(kind: DOG) { __typename } }", "{ pet(kind: COW) { __typename } }", "1:13"},
    {"no enum in JSON", "{ long(j: [\"A\"]) }", "{ long(j: [A]) }", "1:11"},
    {"required input fields", "{ find(where: {must: true}) { name } }", "{ find(where: {name: \"x\"}) { name } }",
     "1:15"},
    {"known input fields", "{ find(where: {must: true, inner: {must: false}}) { name } }",
     "{ find(where: {must: true, nope: 1}) { name } }", "1:28"},
    {"null only where allowed", "{ find(where: {must: true, name: null}) { name } }", "{ find(where: null) { name } }",
     "1:15"},
    {"required arguments", "{ person(name: \"x\") { age } }", "{ person { age } }", "1:3"},
    {"required arguments of directives", "{ dog { size @include(if: false) } }", "{ dog { size @include } }", "1:14"},
    {"variables in allowed positions",
     "query ($a: Int = 3, $b: Boolean!) { find(where: {limit: $a, must: $b}) { name } }",
     "query ($a: String) { person(name: $a) { age } }", "1:8 1:35"},
    {"variables with null defaults", "query ($a: String = \"x\") { person(name: $a) { age } }",
     "query ($a: String = null) { person(name: $a) { age } }", "1:8 1:42"},
    {"fields that merge", "{ dog { name name a: size } dog { a: size } }", "{ dog { a: size a: name } }", "1:9 1:17"},
    {"arguments that merge", "{ dog { name(upper: true) name(upper: true) } }", "{ dog { name(upper: true) name } }",
     "1:9 1:27"},
    {"shapes of exclusive types", "{ pet { ... on Dog { x: name } ... on Cat { x: name(upper: true) } } }",
     "{ pet { ... on Dog { size } ... on Cat { size } } }", "1:22 1:42"},
    {"merging below", "{ dog { owner { name } } dog { owner { age } } }",
     "{ x: dog { owner { n: name } } x: dog { owner { n: age } } }", "1:3 1:12 1:20 1:32 1:41 1:49"},
    {"merging through fragments", "{ dog { ...F ...G } } fragment F on Dog { size } fragment G on Dog { size }",
     "{ dog { ...F ...G } } fragment F on Dog { a: size } fragment G on Dog { a: name }", "1:43 1:73"},
    {"unique input fields", "{ long(j: {a: {a: 1}}) }", "{ find(where: {must: true, must: true}) { name } }",
     "1:16 1:28"},
};

INSTANTIATE_TEST_SUITE_P(Section5, Rules, testing::ValuesIn(kCases));

TEST(Validate, bounds_the_comparison_of_fields) {
    std::string text = "{ dog { ";
    for (int i = 0; i < 3000; ++i) text += "size ";
    text += "} }";
    const auto errors = validate(schema(), *document_of(text));
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors.back().code, ErrorCode::kLimitExceeded);
}

TEST(Validate, stops_at_a_number_of_errors) {
    std::string text = "{ ";
    for (int i = 0; i < 500; ++i) text += "nope" + std::to_string(i) + " ";
    EXPECT_EQ(validate(schema(), *document_of(text + "}")).size(), 100u);
}

TEST(Validate, survives_cycles_in_every_rule) {
    EXPECT_EQ(places("{ dog { ...F } } fragment F on Dog { friend { ...F } a: size }"), "1:47");
    EXPECT_NE(places("{ dog { ...F } } fragment F on Dog { ...F }"), "");
}

}  // namespace
}  // namespace vz::graphql::test
