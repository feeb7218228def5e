#include "frontends/graphql/schema.hpp"

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

TEST(Schema, the_servers_own_text_is_a_schema) {
    const auto schema = schema_of(schema_text());
    EXPECT_EQ(schema->root(ast::OperationKind::kQuery)->name, "QueryRoot");
    EXPECT_EQ(schema->root(ast::OperationKind::kMutation)->name, "MutationRoot");
    EXPECT_EQ(schema->root(ast::OperationKind::kSubscription), nullptr);
    EXPECT_EQ(type_text(*schema->type("QueryRoot")->field("searchBatch")->type), "[[GqlSearchResult!]!]!");
    EXPECT_TRUE(schema->type("GqlCollection")->field("tenantId")->deprecated);
}

TEST(Schema, refuses_texts_that_are_none) {
    std::string error;
    EXPECT_EQ(Schema::build("type Query { a: Nope }", error), nullptr);
    EXPECT_EQ(Schema::build("type A { a: Int }", error), nullptr);
    EXPECT_EQ(Schema::build("type Query { a: Int a: Int }", error), nullptr);
    EXPECT_EQ(Schema::build("type Query { a: Int } type Query { b: Int }", error), nullptr);
    EXPECT_EQ(Schema::build("type Query { a(b: Query): Int }", error), nullptr);
    EXPECT_EQ(Schema::build("type Query { a: In } input In { a: Int }", error), nullptr);
    EXPECT_EQ(Schema::build("{ a }", error), nullptr);
    EXPECT_EQ(Schema::build("type Query {", error), nullptr);
}

TEST(Schema, knows_which_types_stand_for_others) {
    const auto schema = schema_of(
        "interface I { a: Int } type A implements I { a: Int } type B { b: Int } union U = A | B type Query { a: A }");
    Arena arena;
    const auto type = [&](std::string_view text) {
        const auto document = document_of("query ($x: " + std::string(text) + ") { a }");
        return schema->resolve(*operation_of(*document).variables[0].type, arena);
    };
    EXPECT_TRUE(schema->subtype(*type("A!"), *type("I")));
    EXPECT_FALSE(schema->subtype(*type("A"), *type("I!")));
    EXPECT_TRUE(schema->subtype(*type("[A!]"), *type("[U]")));
    EXPECT_FALSE(schema->subtype(*type("A"), *type("[A]")));
    EXPECT_TRUE(schema->overlap(*schema->type("I"), *schema->type("U")));
    EXPECT_FALSE(schema->overlap(*schema->type("I"), *schema->type("B")));
    EXPECT_EQ(type("Nope"), nullptr);
}

TEST(Schema, prints_the_defaults_that_hold) {
    constexpr std::string_view kText = R"(type Query { a(in: In, other: Other, least: Int = 100): Int }
        input In { "100 is the default." limit: Int! = 100 offset: Int = 100, deep: Int = -7 limits: [Int!] = [100] }
        input Other { limit: Int = 9 # limit: Int = 100
        })";
    const auto schema = schema_of(kText);
    EXPECT_EQ(schema->sdl(), kText);
    schema->bound_default("limit", 20);
    std::string lowered(kText);
    lowered.replace(lowered.find("Int! = 100") + 7, 3, "20");
    EXPECT_EQ(schema->sdl(), lowered);
    EXPECT_EQ(schema_of(lowered)->sdl(), lowered);
    schema->bound_default("limit", 5);
    EXPECT_EQ(schema->type("In")->input_field("limit")->default_value->text, "5");
    EXPECT_NE(schema->sdl().find("Int = 5 # limit: Int = 100"), std::string::npos);
}

TEST(Schema, writes_literals_as_graphql) {
    const auto document = document_of(R"(query ($x: In = {a: [1, 2.5, "q\"\n", null], b: EN, c: true}) { a })");
    EXPECT_EQ(value_text(*operation_of(*document).variables[0].default_value),
              R"({a: [1, 2.5, "q\"\n", null], b: EN, c: true})");
}

}  // namespace
}  // namespace vz::graphql::test
