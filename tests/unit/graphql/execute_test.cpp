// Execution over a stub: what a resolver hands back becomes JSON, and null goes up exactly as far as it must.
#include "frontends/graphql/execute.hpp"

#include <limits>

#include "texts.hpp"

namespace vz::graphql::test {
namespace {

constexpr std::string_view kExecuteSdl = R"(
interface Animal { name: String }
type Dog implements Animal { name: String barks: Boolean }
type Cat implements Animal { name: String lives: Int }
enum Kind { A B }
type Leaf { ok: String! bad: String! maybe: String number: Int big: Int ratio: Float kind: Kind }
type Query {
  leaf: Leaf must: Leaf! list: [Leaf] listOfMust: [Leaf!] mustList: [Leaf!]! animals: [Animal!]! floats: [Float!]! nested: [[Int!]]
  inf: [Float!] fails: Leaf
}
)";

constexpr FieldError kError{"BOOM", "it broke", R"({"x":1})"};
constexpr float kNumbers[] = {1.5f, -2.0f};
constexpr float kInfinite[] = {std::numeric_limits<float>::infinity()};

FieldValue text_ok(const FieldCall&) { return FieldValue::of_text("ok \"\n"); }
FieldValue broken(const FieldCall&) { return FieldValue::of_error(&kError); }
FieldValue nothing(const FieldCall&) { return FieldValue::null(); }
FieldValue number(const FieldCall& call) { return FieldValue::of_count(call.source.index); }
FieldValue big(const FieldCall&) { return FieldValue::of_integer(int64_t{1} << 31); }
FieldValue ratio(const FieldCall&) { return FieldValue::of_double(0.1); }
FieldValue kind(const FieldCall&) { return FieldValue::of_text("B"); }

class Execution : public testing::Test {
 protected:
    void SetUp() override {
        schema = schema_of(kExecuteSdl);
        const auto bind = [&](std::string_view type, std::string_view field, FieldResolver resolve) {
            schema->mutable_type(type)->field(field)->resolve = resolve;
        };
        bind("Leaf", "ok", text_ok);
        bind("Leaf", "bad", broken);
        bind("Leaf", "maybe", nothing);
        bind("Leaf", "number", number);
        bind("Leaf", "big", big);
        bind("Leaf", "ratio", ratio);
        bind("Leaf", "kind", kind);
        bind("Dog", "name", text_ok);
        bind("Dog", "barks", nothing);
        bind("Cat", "name", nothing);
        bind("Cat", "lives", number);
    }

    static FieldValue root_value(void* user, size_t index) {
        const Execution& self = *static_cast<Execution*>(user);
        const std::string_view name = self.plan.fields[index].field->name;
        constexpr ListItem kLeaf = [](const Source& list, uint64_t i) { return FieldValue::of_object(list.object, i); };
        constexpr ListItem kAnimal = [](const Source& list, uint64_t i) {
            const auto* schema = static_cast<const Schema*>(list.object);
            return FieldValue::of_object(schema, i, schema->type(i == 0 ? "Dog" : "Cat"));
        };
        constexpr ListItem kInts = [](const Source& list, uint64_t i) {
            constexpr ListItem kInt = [](const Source&, uint64_t j) {
                return j == 1 ? FieldValue::null() : FieldValue::of_count(j);
            };
            return FieldValue::of_list(i + 1, kInt, list.object);
        };
        if (name == "animals") return FieldValue::of_list(2, kAnimal, self.schema.get());
        if (name == "floats") return FieldValue::of_floats(kNumbers, 2);
        if (name == "inf") return FieldValue::of_floats(kInfinite, 1);
        if (name == "nested") return FieldValue::of_list(2, kInts, &self);
        if (name == "fails") return FieldValue::of_error(&kError);
        if (name.find("ist") != std::string_view::npos) return FieldValue::of_list(2, kLeaf, &self);
        return FieldValue::of_object(&self, 7);
    }

    // The data; errors become "path code" lines in `failed`.
    std::string run(std::string_view query) {
        document = document_of(query);
        EXPECT_TRUE(validate(*schema, *document).empty()) << query;
        DocumentError error;
        EXPECT_TRUE(plan_operation(*schema, *document, operation_of(*document), {}, {}, arena, plan, error))
            << error.message;
        std::vector<ExecutionError> errors;
        json::Text text;
        {
            json::Writer out(text.target());
            write_data(out, *schema, plan, root_value, this, arena, errors);
        }
        failed.clear();
        for (const ExecutionError& one : errors) failed += one.path + " " + one.code + "\n";
        return text.text();
    }

    std::unique_ptr<Schema> schema;
    std::unique_ptr<ast::Document> document;
    Arena arena;
    PlannedSelection plan;
    std::string failed;
};

TEST_F(Execution, writes_every_kind_of_value) {
    EXPECT_EQ(
        run("{ leaf { ok maybe number ratio kind __typename } floats animals { name ... on Dog { barks } ... on Cat { "
            "lives } } }"),
        R"({"leaf":{"ok":"ok \"\n","maybe":null,"number":7,"ratio":0.1,"kind":"B","__typename":"Leaf"},"floats":[1.5,-2],)"
        R"("animals":[{"name":"ok \"\n","barks":null},{"name":null,"lives":1}]})");
    EXPECT_EQ(failed, "");
}

TEST_F(Execution, null_stops_at_the_first_place_that_allows_it) {
    EXPECT_EQ(run("{ leaf { ok bad } floats }"), R"({"leaf":null,"floats":[1.5,-2]})");
    EXPECT_EQ(failed, "[\"leaf\",\"bad\"] BOOM\n");
    EXPECT_EQ(run("{ floats list { ok bad } }"), R"({"floats":[1.5,-2],"list":[null,null]})");
    EXPECT_EQ(failed, "[\"list\",0,\"bad\"] BOOM\n[\"list\",1,\"bad\"] BOOM\n");
    EXPECT_EQ(run("{ a: listOfMust { bad } floats }"), R"({"a":null,"floats":[1.5,-2]})");
    EXPECT_EQ(failed, "[\"a\",0,\"bad\"] BOOM\n");
}

TEST_F(Execution, null_that_reaches_the_top_is_the_answer) {
    EXPECT_EQ(run("{ floats mustList { ok bad } leaf { ok } }"), "null");
    EXPECT_EQ(failed, "[\"mustList\",0,\"bad\"] BOOM\n");
    EXPECT_EQ(run("{ must { bad } }"), "null");
}

TEST_F(Execution, a_failed_root_field_is_null_beside_the_others) {
    EXPECT_EQ(run("{ fails { ok } leaf { ok } }"), R"({"fails":null,"leaf":{"ok":"ok \"\n"}})");
    EXPECT_EQ(failed, "[\"fails\"] BOOM\n");
}

TEST_F(Execution, values_outside_their_type_are_errors) {
    EXPECT_EQ(run("{ leaf { big } inf }"), R"({"leaf":{"big":null},"inf":null})");
    EXPECT_EQ(failed, "[\"leaf\",\"big\"] INTERNAL_ERROR\n[\"inf\"] INTERNAL_ERROR\n");
}

TEST_F(Execution, null_in_lists_of_lists) {
    EXPECT_EQ(run("{ nested }"), R"({"nested":[[0],null]})");
    EXPECT_EQ(failed, "[\"nested\",1,1] INTERNAL_ERROR\n");
}

TEST_F(Execution, errors_carry_places_paths_and_codes) {
    run("{\n  leaf { bad } }");
    json::Text text;
    {
        json::Writer out(text.target());
        write_errors(out, document->text, "r-1", {{"m", "BOOM", R"({"x":1})", R"(["leaf","bad"])", {11}}});
    }
    EXPECT_EQ(text.text(), R"([{"message":"m","locations":[{"line":2,"column":10}],"path":["leaf","bad"],)"
                           R"("extensions":{"code":"BOOM","details":{"x":1},"request_id":"r-1"}}])");
}

TEST_F(Execution, introspection_is_resolved_like_any_other_field) {
    EXPECT_EQ(
        run(R"({ __type(name: "Query") { kind name fields { name type { kind ofType { kind name } } } } })")
            .substr(0, 120),
        R"({"__type":{"kind":"OBJECT","name":"Query","fields":[{"name":"leaf","type":{"kind":"OBJECT","ofType":null}},{"name":"must)");
    EXPECT_EQ(
        run(R"({ __type(name: "Nope") { name } __schema { queryType { name } mutationType { name } directives { name } } })"),
        R"({"__type":null,"__schema":{"queryType":{"name":"Query"},"mutationType":null,"directives":[{"name":"include"},)"
        R"({"name":"skip"},{"name":"deprecated"},{"name":"specifiedBy"}]}})");
    EXPECT_EQ(run(R"({ __type(name: "Animal") { possibleTypes { name } enumValues { name } inputFields { name } } })"),
              R"({"__type":{"possibleTypes":[{"name":"Dog"},{"name":"Cat"}],"enumValues":null,"inputFields":null}})");
}

}  // namespace
}  // namespace vz::graphql::test
