// What GraphQL says of a request that is wrong: the field in the request's own words, and no more of it than it takes.
#include <gtest/gtest.h>

#include "tests/e2e/support/graphql_server.hpp"

namespace vz::e2e {
namespace {

class GraphqlBadInput : public OnGraphqlServer {
 protected:
    // The field that the first error names.
    std::string fault(const std::string& document) {
        const Json answer = ask(document);
        return answer.has("/errors/0/extensions/details/field") ? answer.text("/errors/0/extensions/details/field")
                                                                : simdjson::to_string(answer.root());
    }
};

TEST_F(GraphqlBadInput, texts_are_named_by_their_place_and_options_by_their_name) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 32}) { name } })");
    const auto upsert = [](const std::string& rest) {
        return R"(mutation { upsertTexts(input: {collection: "t", texts: [{text: "ok"}, )" + rest + "}) { lsn } }";
    };
    EXPECT_EQ(fault(upsert(R"({text: "x", metadata: []}])")), "texts[1].metadata");
    EXPECT_EQ(fault(upsert(R"({text: "x"}], chunkSize: 64, chunkOverlap: 33)")), "chunkOverlap");
}

TEST_F(GraphqlBadInput, ways_to_say_how_hard_to_search_exclude_each_other) {
    good(R"(mutation { createCollection(input: {name: "z", dimension: 2}) { name } })");
    const auto search = [](const std::string& how) {
        return R"({ search(input: {collection: "z", vector: [1, 2], )" + how + "}) { id } }";
    };
    EXPECT_EQ(fault(search("effort: 9, recall: 0.9")), "recall");
    EXPECT_EQ(fault(search("exact: true, recall: 0.9")), "exact");
    EXPECT_EQ(fault(search("exact: true, effort: 9")), "exact");
    EXPECT_EQ(fault(R"({ searchBatch(inputs: [{collection: "z", vector: [1, 2]},
                                              {collection: "z", vector: [1, 2], effort: 9, recall: 0.9}]) { id } })"),
              "inputs[1].recall");
    for (const char* how : {"effort: 9, recall: 0.9", "exact: true, recall: 0.9"}) {
        const std::string answer = simdjson::to_string(ask(search(how)).root());
        EXPECT_EQ(answer.find("recall_target"), std::string::npos) << "a name of the C ABI: " << answer;
    }
    good(search("exact: true"));
}

TEST_F(GraphqlBadInput, a_collection_is_named_by_the_argument_that_has_it) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 2}) { name } })");
    good(R"(mutation { renameCollection(name: "t", newName: "u") { name } })");
    EXPECT_EQ(fault(R"(mutation { deleteCollection(name: "t") { success } })"), "name");
    good(R"(mutation { deleteCollection(name: "u") { success } })");
}

TEST_F(GraphqlBadInput, what_was_sent_is_told_in_part) {
    const std::string name(200'000, 'a');
    for (const std::string& document :
         {"{" + name + "}", "query($" + name + ": Int) { __typename }", "{ __typename @" + name + " }",
          "{ stats { ..." + name + " } }", "query($v: " + name + ") { __typename }",
          "query($v: Int = $" + name + ") { a }"}) {
        const Answer answer = send("POST", "/graphql", R"({"query":)" + json_string(document) + "}");
        EXPECT_NE(answer.body.find("errors"), std::string::npos);
        EXPECT_LT(answer.body.size(), 4096U) << document.substr(0, 20);
    }
}

TEST_F(GraphqlBadInput, a_variable_that_comes_twice_is_named) {
    const Answer twice =
        send("POST", "/graphql",
             R"({"query":"query($n: Boolean!) { __typename @skip(if: $n) }","variables":{"n":true,"n":true}})");
    EXPECT_EQ(twice.status, 400);
    EXPECT_NE(Json(twice.body).text("/errors/0/message").find("\"n\""), std::string::npos) << twice.body;
}

}  // namespace
}  // namespace vz::e2e
