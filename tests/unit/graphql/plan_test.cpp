#include "frontends/graphql/plan.hpp"

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

constexpr std::string_view kPlanSdl =
    "type Query { a(x: Int): Node b: Node } type Node { id: Int next: Node name: String }";

struct Planned {
    std::unique_ptr<Schema> schema = schema_of(kPlanSdl);
    std::unique_ptr<ast::Document> document;
    Arena arena;
    Variables variables;
    PlannedSelection plan;
    DocumentError error;
    bool good = false;
};

std::unique_ptr<Planned> plan(std::string_view query, const PlanLimits& limits = {},
                              std::string_view variables = "{}") {
    auto p = std::make_unique<Planned>();
    p->document = document_of(query);
    const std::string request = request_with(variables);
    std::vector<DocumentError> errors;
    EXPECT_TRUE(validate(*p->schema, *p->document).empty()) << query;
    EXPECT_EQ(coerce_variables(*p->schema, operation_of(*p->document), request, p->arena, p->variables, errors),
              VariablesOutcome::kRead);
    p->good = plan_operation(*p->schema, *p->document, operation_of(*p->document), p->variables, limits, p->arena,
                             p->plan, p->error);
    return p;
}

TEST(Plan, merges_selections_and_opens_fragments) {
    const auto p = plan("{ a { id } ...F a { ... { name } id } } fragment F on Query { b { id } a { next { id } } }");
    ASSERT_TRUE(p->good);
    ASSERT_EQ(p->plan.fields.size(), 2u);
    EXPECT_EQ(p->plan.fields[0].key, "a");
    ASSERT_EQ(p->plan.fields[0].below[0].fields.size(), 3u);
    EXPECT_EQ(p->plan.fields[0].below[0].fields[1].key, "next");
    EXPECT_TRUE(p->plan.fields[0].selects("name"));
    EXPECT_FALSE(p->plan.fields[1].selects("name"));
}

TEST(Plan, leaves_out_what_is_skipped) {
    const auto p =
        plan("query ($t: Boolean!) { a @skip(if: $t) { id } b @include(if: $t) { id name @skip(if: true) } }", {},
             R"({"t":true})");
    ASSERT_EQ(p->plan.fields.size(), 1u);
    EXPECT_EQ(p->plan.fields[0].key, "b");
    EXPECT_FALSE(p->plan.fields[0].selects("name"));
}

TEST(Plan, refuses_what_passes_a_limit) {
    PlanLimits limits;
    limits.depth_max = 3;
    limits.root_fields_max = 2;
    limits.aliases_max = 2;
    limits.fields_max = 6;
    EXPECT_TRUE(plan("{ a { next { id } } }", limits)->good);
    EXPECT_FALSE(plan("{ a { next { next { id } } } }", limits)->good);
    EXPECT_FALSE(plan("{ x: a { id } y: a { id } b { id } }", limits)->good);
    EXPECT_FALSE(plan("{ a { x: id y: id z: id } }", limits)->good);
    EXPECT_TRUE(plan("{ x: __typename y: __typename }", limits)->good);
    EXPECT_FALSE(plan("{ x: __typename y: __typename z: __typename }", limits)->good);
    EXPECT_FALSE(plan("{ __schema { x: __typename y: __typename z: __typename } }", limits)->good);
    EXPECT_FALSE(plan("{ a { id next { id name } } b { next { id } } }", limits)->good);
    EXPECT_EQ(plan("{ a { next { next { id } } } }", limits)->error.code, ErrorCode::kLimitExceeded);
}

TEST(Plan, fragments_that_multiply_are_stopped) {
    std::string text = "{ a { ...F0 } }";
    for (int i = 0; i < 12; ++i) {
        text += " fragment F" + std::to_string(i) + " on Node { x: next { ...F" + std::to_string(i + 1) +
                " } y: next { ...F" + std::to_string(i + 1) + " } }";
    }
    text += " fragment F12 on Node { id }";
    EXPECT_FALSE(plan(text)->good);
}

TEST(Plan, introspection_has_limits_of_its_own) {
    PlanLimits limits;
    limits.depth_max = 2;
    EXPECT_TRUE(plan("{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { name } } } } } "
                     "} } } } }",
                     limits)
                    ->good);
    EXPECT_FALSE(
        plan("{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }")
            ->good);
}

}  // namespace
}  // namespace vz::graphql::test
