// A server of a test's own, and the GraphQL client of a test that says what it expects.
#pragma once

#include <string>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {

class OnGraphqlServer : public OnServer {
 protected:
    Json ask(const std::string& document) {
        return Json(rest_.good("POST", "/graphql", R"({"query":)" + json_string(document) + "}"));
    }
    Json good(const std::string& document) {
        Json answer = ask(document);
        EXPECT_FALSE(answer.has("/errors")) << document << "\n" << simdjson::to_string(answer.root());
        return answer;
    }
};

}  // namespace vz::e2e
