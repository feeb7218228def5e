// What GraphQL says of a request that is wrong: the field in the request's own words, and no more of it than it takes.
#include <gtest/gtest.h>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

class GraphqlBadInput : public testing::Test {
 protected:
    TemporaryDirectory directory_;
    Server server_{directory_.path() + "/data"};
    HttpClient client_{server_.port()};
};

TEST_F(GraphqlBadInput, what_was_sent_is_told_in_part) {
    const std::string name(200'000, 'a');
    for (const std::string& document :
         {"{" + name + "}", "query($" + name + ": Int) { __typename }", "{ __typename @" + name + " }",
          "{ stats { ..." + name + " } }", "query($v: " + name + ") { __typename }",
          "query($v: Int = $" + name + ") { a }"}) {
        const Answer answer = client_.post("/graphql", R"({"query":)" + json_string(document) + "}");
        EXPECT_NE(answer.body.find("errors"), std::string::npos);
        EXPECT_LT(answer.body.size(), 4096U) << document.substr(0, 20);
    }
}

TEST_F(GraphqlBadInput, a_variable_that_comes_twice_is_named) {
    const Answer twice = client_.post(
        "/graphql", R"({"query":"query($n: Boolean!) { __typename @skip(if: $n) }","variables":{"n":true,"n":true}})");
    EXPECT_EQ(twice.status, 400);
    EXPECT_NE(Json(twice.body).text("/errors/0/message").find("\"n\""), std::string::npos) << twice.body;
}

}  // namespace
}  // namespace vz::e2e
