// What holds at the edge of a limit, whichever door a request comes by.
#include <gtest/gtest.h>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

std::string good(HttpClient& client, const std::string& path, const std::string& body) {
    const Answer answer = client.post(path, body);
    EXPECT_EQ(answer.status, 200) << path << " " << body.substr(0, 200) << "\n" << answer.body.substr(0, 500);
    return answer.body;
}

std::string ask(HttpClient& client, const std::string& document) {
    std::string answer = good(client, "/graphql", R"({"query":)" + json_string(document) + "}");
    EXPECT_FALSE(Json(answer).has("/errors")) << document << "\n" << answer;
    return answer;
}

TEST(Limits, NoDefaultIsAboveWhatIsAllowed) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.results=5"});
    HttpClient client(server.port());
    std::string texts;
    for (int i = 0; i < 12; ++i) texts += std::string(i == 0 ? "" : ",") + R"({"text":"sea","id":"t)" + std::to_string(i) + "\"}";
    ASSERT_EQ(client.post("/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25","lexical":{"stemmer":"none","source":"content"}})").status, 200);
    good(client, "/insert_texts", R"({"collection":"t","texts":[)" + texts + "]}");
    std::string vector = "[1";
    for (int i = 1; i < 16; ++i) vector += ",0";
    vector += "]";

    const auto hits = [&](const std::string& path, const std::string& body) { return Json(good(client, path, body)).list("/results").size(); };
    EXPECT_EQ(hits("/collections/t/search", R"({"vector":)" + vector + "}"), 5U);
    EXPECT_EQ(hits("/collections/t/search/text", R"({"query":"sea"})"), 5U);
    EXPECT_EQ(hits("/collections/t/hybrid_search", R"({"query":"sea"})"), 5U);
    const Json batch(good(client, "/batch_search", R"({"collection":"t","queries":[{"query":"sea"}]})"));
    EXPECT_EQ(batch.list("/results/0/results").size(), 5U);
    const Json page(client.get("/collections/t/vectors").body);
    EXPECT_EQ(page.list("/vectors").size(), 5U);

    const Json found(ask(client, R"({ search(input: {collection: "t", vector: )" + vector + R"(}) { id }
        searchText(input: {collection: "t", query: "sea"}) { id } hybridSearch(input: {collection: "t", query: "sea"}) { id }
        vectors(input: {collection: "t"}) { items { id } } __type(name: "ScrollInput") { inputFields { name defaultValue } } })"));
    for (const char* field : {"/data/search", "/data/searchText", "/data/hybridSearch", "/data/vectors/items"}) EXPECT_EQ(found.list(field).size(), 5U) << field;
    EXPECT_EQ(found.text("/data/__type/inputFields/1/defaultValue"), "5");
    const Json scrolled(good(client, "/graphql", R"({"query":"query($i: ScrollInput!) { vectors(input: $i) { items { id } } }","variables":{"i":{"collection":"t"}}})"));
    EXPECT_EQ(scrolled.list("/data/vectors/items").size(), 5U);
    EXPECT_EQ(client.post("/collections/t/search", R"({"limit":6,"vector":)" + vector + "}").status, 400);
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
