#include "frontends/graphql/coerce.hpp"

#include <limits>

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

constexpr std::string_view kInputSdl = R"(
enum Kind { DOG CAT }
scalar Long
scalar JSON
input Inner { a: Int! b: Int! = 5 }
input In { name: String kind: Kind list: [Int!] inner: Inner floats: [Float!] }
type Query { f(i: Int, fl: Float, floats: [Float!], long: Long, json: JSON, in: In, ins: [In!], id: ID, kinds: [Kind], d: Int! = 7, b: Boolean): Int }
)";

struct Coerced {
    explicit Coerced(Arena::Budget budget) : arena(budget) {}

    std::unique_ptr<Schema> schema;
    std::unique_ptr<ast::Document> document;
    Arena arena;
    std::string request;
    Variables variables;
    std::vector<DocumentError> errors;
    VariablesOutcome outcome = VariablesOutcome::kRead;
    Input arguments;
    std::string why;
    bool complete = false;
};

std::unique_ptr<Coerced> coerce(std::string_view query, std::string_view variables = "{}", Arena::Budget budget = {}) {
    auto c = std::make_unique<Coerced>(budget);
    c->schema = schema_of(kInputSdl);
    c->document = document_of(query);
    c->request = request_with(variables);
    const ast::Operation& operation = operation_of(*c->document);
    c->outcome = coerce_variables(*c->schema, operation, c->request, c->arena, c->variables, c->errors);
    const ast::Selection& field = operation.selections->selections[0];
    if (c->outcome == VariablesOutcome::kRead) {
        c->complete = coerce_arguments(c->schema->type("Query")->field("f")->arguments, field.arguments, c->variables,
                                       c->arena, c->arguments, c->why);
    }
    return c;
}

TEST(Input, absent_null_and_default_are_three_things) {
    const auto nothing = coerce("query ($i: Int) { f(i: $i, fl: null) }");
    EXPECT_TRUE(nothing->arguments["i"].absent());
    EXPECT_EQ(nothing->arguments["fl"].kind, InputKind::kNull);
    EXPECT_EQ(nothing->arguments["d"].integer, 7);
    const auto null = coerce("query ($i: Int = 3) { f(i: $i) }", R"({"i":null})");
    EXPECT_EQ(null->arguments["i"].kind, InputKind::kNull);
    const auto defaulted = coerce("query ($i: Int = 3) { f(i: $i) }");
    EXPECT_EQ(defaulted->arguments["i"].integer, 3);
    const auto fallback = coerce("query ($d: Int) { f(d: $d) }");
    EXPECT_EQ(fallback->arguments["d"].integer, 7);
    EXPECT_FALSE(coerce("query ($d: Int) { f(d: $d) }", R"({"d":null})")->complete);
}

TEST(Input, lists_of_floats_are_packed_whichever_way_they_come) {
    for (const auto& c : {coerce("{ f(floats: [1, -2.5, 1e-3]) }"),
                          coerce("query ($v: [Float!]) { f(floats: $v) }", R"({"v":[1,-2.5,1e-3]})"),
                          coerce("query ($x: Float!) { f(floats: [1, $x, 1e-3]) }", R"({"x":-2.5})")}) {
        const Input& floats = c->arguments["floats"];
        ASSERT_EQ(floats.kind, InputKind::kFloats);
        ASSERT_EQ(floats.floats.size(), 3u);
        EXPECT_EQ(floats.floats[0], 1.0f);
        EXPECT_EQ(floats.floats[1], -2.5f);
        EXPECT_EQ(floats.floats[2], 1e-3f);
    }
    EXPECT_EQ(coerce("{ f(floats: 2) }")->arguments["floats"].floats.size(), 1u);
    EXPECT_EQ(coerce("query ($x: Float!) { f(floats: $x) }", R"({"x":2})")->arguments["floats"].floats.size(), 1u);
    EXPECT_EQ(coerce("query ($v: [Float!]) { f(floats: $v) }", R"({"v":[]})")->arguments["floats"].floats.size(), 0u);
    EXPECT_EQ(coerce("query ($v: [Float!]) { f(floats: $v) }", R"({"v":4})")->arguments["floats"].floats.size(), 1u);
}

// Bytes that the arena asked for to read so many lists of 64 numbers.
size_t bytes_of_lists(size_t count) {
    std::string list = "{\"floats\":[0";
    for (int i = 1; i < 64; ++i) list += "," + std::to_string(i);
    std::string variables = "{\"v\":[";
    for (size_t i = 0; i < count; ++i) variables += (i == 0 ? "" : ",") + list + "]}";
    size_t asked_for = 0;
    const auto count_bytes = [](void* sum, uint64_t bytes) {
        *static_cast<size_t*>(sum) += bytes;
        return true;
    };
    const auto c = coerce("query ($v: [In!]) { f(ins: $v) }", variables + "]}", {&asked_for, count_bytes});
    EXPECT_EQ(c->arguments["ins"].items.size(), count);
    for (const Input& item : c->arguments["ins"].items) {
        const std::span<const float> floats = item["floats"].floats;
        EXPECT_EQ(floats.size(), 64u);
        for (size_t i = 0; i < floats.size(); ++i) EXPECT_EQ(floats[i], static_cast<float>(i));
    }
    EXPECT_GT(asked_for, count * 64 * sizeof(float));
    return asked_for;
}

TEST(Input, four_times_as_many_lists_of_floats_take_four_times_the_memory) {
    EXPECT_LT(bytes_of_lists(2000), 8 * bytes_of_lists(500));
}

TEST(Input, floats_are_rounded_once) {
    const auto c = coerce("{ f(floats: [16777217.0000001, 1e39, 1e-60]) }");
    const std::span<const float> floats = c->arguments["floats"].floats;
    EXPECT_EQ(floats[0], 16777218.0f);
    EXPECT_EQ(floats[1], std::numeric_limits<float>::infinity());
    EXPECT_EQ(floats[2], 0.0f);
}

TEST(Input, objects_get_defaults_and_refuse_unknown_fields) {
    const auto c =
        coerce("query ($in: In) { f(in: $in) }", R"({"in":{"name":"ü","kind":"CAT","list":3,"inner":{"a":1}}})");
    ASSERT_EQ(c->outcome, VariablesOutcome::kRead);
    EXPECT_EQ(c->arguments["in"]["name"].text, "ü");
    EXPECT_EQ(c->arguments["in"]["kind"].text, "CAT");
    EXPECT_EQ(c->arguments["in"]["list"].items.size(), 1u);
    EXPECT_EQ(c->arguments["in"]["inner"]["b"].integer, 5);
    EXPECT_TRUE(c->arguments["in"]["floats"].absent());
    EXPECT_EQ(coerce("query ($in: In) { f(in: $in) }", R"({"in":{"nope":1}})")->outcome, VariablesOutcome::kRefused);
    EXPECT_EQ(coerce("query ($in: In) { f(in: $in) }", R"({"in":{"inner":{}}})")->outcome, VariablesOutcome::kRefused);
    EXPECT_EQ(coerce("query ($in: In) { f(in: $in) }", R"({"in":{"inner":{"a":null}}})")->outcome,
              VariablesOutcome::kRefused);
    EXPECT_EQ(coerce("query ($in: In) { f(in: $in) }", R"({"in":[]})")->outcome, VariablesOutcome::kRefused);
    EXPECT_EQ(coerce("query ($in: In) { f(in: $in) }", R"({"in":{"kind":"COW"}})")->outcome,
              VariablesOutcome::kRefused);
}

TEST(Input, numbers_keep_to_their_ranges) {
    const auto refused = [](std::string_view type, std::string_view argument, std::string_view value) {
        return coerce("query ($v: " + std::string(type) + ") { f(" + std::string(argument) + ": $v) }",
                      "{\"v\":" + std::string(value) + "}")
                   ->outcome == VariablesOutcome::kRefused;
    };
    EXPECT_TRUE(refused("Int", "i", "2147483648"));
    EXPECT_TRUE(refused("Int", "i", "1.5"));
    EXPECT_TRUE(refused("Int", "i", "\"1\""));
    EXPECT_TRUE(refused("Int", "i", "true"));
    EXPECT_FALSE(refused("Int", "i", "-2147483648"));
    EXPECT_FALSE(refused("Int", "i", "3.0"));
    EXPECT_FALSE(refused("Long", "long", "9223372036854775807"));
    EXPECT_TRUE(refused("Long", "long", "9223372036854775808"));
    EXPECT_TRUE(refused("Float", "fl", "\"1\""));
    EXPECT_FALSE(refused("Float", "fl", "1e300"));
    EXPECT_TRUE(refused("[Float!]", "floats", "[1,null]"));
    EXPECT_TRUE(refused("[Float!]", "floats", "\"AACAPw==\""));
    EXPECT_TRUE(refused("Boolean", "b", "1"));
    EXPECT_TRUE(refused("ID", "id", "1.5"));
    EXPECT_FALSE(refused("[Kind]", "kinds", "[null,\"DOG\"]"));
}

TEST(Input, json_is_kept_as_text) {
    EXPECT_EQ(coerce("query ($j: JSON) { f(json: $j) }", R"({"j": {"a" : [1.50, "\u00e9"]} })")->arguments["json"].text,
              R"({"a" : [1.50, "\u00e9"]})");
    EXPECT_EQ(coerce(R"({ f(json: {a: [1.50, "é", null, true], b: {}}) })")->arguments["json"].text,
              R"({"a":[1.50,"é",null,true],"b":{}})");
    EXPECT_EQ(coerce("query ($j: JSON, $n: Int) { f(json: {a: $j, b: $n, c: [$n]}) }", R"({"j":[1]})")
                  ->arguments["json"]
                  .text,
              R"({"a":[1],"c":[null]})");
    EXPECT_NE(coerce("query ($j: JSON) { f(json: $j) }", R"({"j":{"a":01}})")->outcome, VariablesOutcome::kRead);
}

TEST(Input, floats_inside_json_stay_doubles) {
    const auto json_of = [](std::string_view declared, std::string_view literal, std::string_view variables) {
        const auto c =
            coerce("query (" + std::string(declared) + ") { f(json: " + std::string(literal) + ") }", variables);
        return std::string(c->arguments["json"].text);
    };
    EXPECT_EQ(json_of("$v: [Float!]", "{v: $v}", R"({"v":[0.123456789012345, 16777217,1700000000123 ]})"),
              R"({"v":[0.123456789012345, 16777217,1700000000123 ]})");
    EXPECT_EQ(json_of("$v: [Float!]", "[$v]", R"({"v":16777217})"), "[[16777217]]");
    EXPECT_EQ(json_of("$v: [Float!]", "[$v]", R"({"v":[]})"), "[[]]");
    EXPECT_EQ(json_of("$v: [Float!] = [16777217, 1.5]", "[$v]", "{}"), "[[16777217,1.5]]");
    EXPECT_EQ(json_of("$v: [Float!] = 16777217", "[$v]", "{}"), "[[16777217]]");
    EXPECT_EQ(json_of("$in: In", "[$in]", R"({"in":{"floats":[16777217]}})"), R"([{"floats":[16777217]}])");
    EXPECT_EQ(json_of("$in: In = {floats: [16777217]}", "[$in]", "{}"), R"([{"floats":[16777217]}])");
}

TEST(Input, ids_are_texts) {
    EXPECT_EQ(coerce("{ f(id: 42) }")->arguments["id"].text, "42");
    EXPECT_EQ(coerce("query ($id: ID) { f(id: $id) }", R"({"id":42})")->arguments["id"].text, "42");
}

TEST(Input, text_that_is_no_json_is_told_apart) {
    EXPECT_EQ(coerce("query ($i: Int) { f(i: $i) }", R"({"i":)")->outcome, VariablesOutcome::kNotJson);
    EXPECT_EQ(coerce("query ($i: Int) { f(i: $i) }", R"([1])")->outcome, VariablesOutcome::kNotJson);
    EXPECT_EQ(coerce("query ($i: Int) { f(i: $i) }", R"({"i":1,"unused":{"x":tru}})")->outcome,
              VariablesOutcome::kNotJson);
    EXPECT_EQ(coerce("query ($i: Int) { f(i: $i) }", R"({"i":1,"unused":{"x":true}})")->outcome,
              VariablesOutcome::kRead);
}

TEST(Input, a_request_may_have_many_variables) {
    std::string definitions;
    std::string values;
    for (int i = 0; i < 80; ++i) {
        definitions += " $v" + std::to_string(i) + ": Int";
        values += (i == 0 ? "" : ",") + ("\"v" + std::to_string(i) + "\":" + std::to_string(i));
    }
    const std::string query = "query (" + definitions + ") { f(i: $v79) }";
    EXPECT_EQ(coerce(query, "{" + values + "}")->arguments["i"].integer, 79);
    for (const char* again : {"v0", "v79"}) {
        const auto twice = coerce(query, "{" + values + ",\"" + again + "\":1}");
        EXPECT_EQ(twice->outcome, VariablesOutcome::kNotJson);
        ASSERT_EQ(twice->errors.size(), 1u);
        EXPECT_NE(twice->errors[0].message.find(again), std::string::npos) << "the key is named";
    }
}

TEST(Input, every_refused_variable_is_named) {
    const auto c = coerce("query ($i: Int!, $b: Boolean) { f(i: $i, b: $b) }", R"({"b":3})");
    EXPECT_EQ(c->errors.size(), 2u);
}

}  // namespace
}  // namespace vz::graphql::test
