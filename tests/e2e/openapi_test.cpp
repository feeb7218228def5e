// /openapi.json and /docs against the server that serves them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

struct Operation {
    std::string method;
    std::string path;
    JsonValue value;

    std::string name() const { return method + " " + path; }
    // With something in place of the parameters.
    std::string address() const {
        std::string out = path;
        for (const auto& [parameter, text] : {std::pair{"{name}", "docs"}, std::pair{"{alias}", "pages"}, std::pair{"{id}", "a"}}) {
            if (const size_t at = out.find(parameter); at != std::string::npos) out.replace(at, std::string(parameter).size(), text);
        }
        return out;
    }
};

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

bool is_there(JsonValue value, const char* pointer) { return value.at_pointer(pointer).error() == simdjson::SUCCESS; }

class OpenApi : public testing::Test {
 protected:
    void SetUp() override {
        const Answer answer = client.get("/openapi.json");
        ASSERT_EQ(answer.status, 200);
        document = std::make_unique<Json>(answer.body);
        const simdjson::dom::object paths = document->at("/paths").get_object();
        for (const auto [path, member] : paths) {
            const simdjson::dom::object methods = member.get_object();
            for (const auto [method, operation] : methods) {
                operations.push_back({upper(std::string(method)), std::string(path), operation});
            }
        }
    }
    Answer send(const Operation& operation, const std::string& body) { return client.request(operation.method, operation.address(), body); }

    const TemporaryDirectory directory;
    Server server{directory.path() + "/data"};
    HttpClient client{server.port()};
    std::unique_ptr<Json> document;
    std::vector<Operation> operations;
};

TEST_F(OpenApi, NamesWhatIsServedAndSaysWhatItIsFor) {
    EXPECT_EQ(document->text("/openapi"), "3.1.0");
    EXPECT_GE(operations.size(), 45U);
    std::vector<std::string> ids;
    for (const Operation& operation : operations) {
        EXPECT_FALSE(text_of(operation.value, "summary").empty()) << operation.name();
        ids.push_back(text_of(operation.value, "operationId"));
    }
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "an operationId stands twice";
    // Whatever the document names is a route of this server, and is more than a refusal.
    for (const Operation& operation : operations) {
        if (operation.path == "/collections/cleanup") continue;
        const Answer answer = send(operation, is_there(operation.value, "/requestBody") ? "{}" : "");
        EXPECT_NE(answer.status, 501) << operation.name();
        EXPECT_NE(answer.status, 405) << operation.name();
        if (answer.status == 404) {
            EXPECT_NE(Json(answer.body).text("/error_type"), "not_found") << operation.name();
        }
    }
}

// The other way round: a method that the document does not name at a path is refused there.
TEST_F(OpenApi, OmitsNothingThatIsServed) {
    for (const Operation& operation : operations) {
        const Answer allowed = client.request("OPTIONS", operation.address(), "");
        std::string allow = allowed.header("Allow") + ",";
        for (size_t at = 0, end = 0; (end = allow.find(',', at)) != std::string::npos; at = end + 1) {
            std::string method = allow.substr(at, end - at);
            method.erase(0, method.find_first_not_of(' '));
            if (method == "HEAD" || method == "OPTIONS" || method.empty()) continue;
            const bool named = std::any_of(operations.begin(), operations.end(), [&](const Operation& each) {
                return each.method == method && each.address() == operation.address();
            });
            if (named) continue;
            EXPECT_EQ(client.request(method, operation.address(), "").status, 501) << method << " " << operation.path;
        }
    }
}

TEST_F(OpenApi, ItsExamplesWorkInOrder) {
    size_t sent = 0;
    for (const Operation& operation : operations) {
        simdjson::dom::element example;
        if (operation.value.at_pointer("/requestBody/content/application~1json/example").get(example) != simdjson::SUCCESS) continue;
        const Answer answer = send(operation, simdjson::minify(example));
        EXPECT_EQ(answer.status, 200) << operation.name() << "\n" << answer.body;
        ++sent;
    }
    EXPECT_GE(sent, 18U);
}

// Every field that the document names is one that the route knows: null is as good as absent, an unknown field is not.
TEST_F(OpenApi, ItsFieldsAreThoseOfTheRoutes) {
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":3})").status, 200);
    size_t checked = 0;
    for (const Operation& operation : operations) {
        simdjson::dom::object properties;
        if (operation.value.at_pointer("/requestBody/content/application~1json/schema/properties").get(properties) != simdjson::SUCCESS) continue;
        for (const auto [name, schema] : properties) {
            const Answer answer = send(operation, "{\"" + std::string(name) + "\":null}");
            EXPECT_EQ(answer.body.find("unknown field"), std::string::npos) << operation.name() << " " << name << "\n" << answer.body;
            ++checked;
        }
        const Answer unknown = send(operation, R"({"no_such_field":null})");
        EXPECT_NE(unknown.body.find("unknown field"), std::string::npos) << operation.name() << "\n" << unknown.body;
    }
    EXPECT_GE(checked, 60U);
}

TEST_F(OpenApi, ThePageNeedsNothingFromElsewhere) {
    const Answer page = client.get("/docs");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    for (const char* forbidden : {"http://", "https://", "<script", "src=", "@import", "//cdn"}) {
        EXPECT_EQ(page.body.find(forbidden), std::string::npos) << forbidden;
    }
    for (const Operation& operation : operations) EXPECT_NE(page.body.find(operation.name()), std::string::npos) << operation.name();
}

}  // namespace
}  // namespace vz::e2e

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
