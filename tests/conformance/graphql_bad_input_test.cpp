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

TEST_F(GraphqlBadInput, a_variable_that_comes_twice_is_named) {
    const Answer twice = client_.post(
        "/graphql", R"({"query":"query($n: Boolean!) { __typename @skip(if: $n) }","variables":{"n":true,"n":true}})");
    EXPECT_EQ(twice.status, 400);
    EXPECT_NE(Json(twice.body).text("/errors/0/message").find("\"n\""), std::string::npos) << twice.body;
}

}  // namespace
}  // namespace vz::e2e
