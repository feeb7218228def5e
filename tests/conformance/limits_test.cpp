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
    for (int i = 0; i < 12; ++i)
        texts += std::string(i == 0 ? "" : ",") + R"({"text":"sea","id":"t)" + std::to_string(i) + "\"}";
    ASSERT_EQ(
        client
            .post(
                "/collections",
                R"({"name":"t","dimension":16,"embedding_provider":"bm25","lexical":{"stemmer":"none","source":"content"}})")
            .status,
        200);
    good(client, "/insert_texts", R"({"collection":"t","texts":[)" + texts + "]}");
    std::string vector = "[1";
    for (int i = 1; i < 16; ++i) vector += ",0";
    vector += "]";

    const auto hits = [&](const std::string& path, const std::string& body) {
        return Json(good(client, path, body)).list("/results").size();
    };
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
    for (const char* field : {"/data/search", "/data/searchText", "/data/hybridSearch", "/data/vectors/items"})
        EXPECT_EQ(found.list(field).size(), 5U) << field;
    EXPECT_EQ(found.text("/data/__type/inputFields/1/defaultValue"), "5");
    const std::string sdl = client.get("/graphql/schema").body;
    EXPECT_NE(sdl.find("limit: Int! = 5\n"), std::string::npos);
    for (const char* kept : {"limit: Int! = 10", "denseK: Int! = 20", "textK: Int! = 20"})
        EXPECT_EQ(sdl.find(kept), std::string::npos) << kept;
    const Json scrolled(good(
        client, "/graphql",
        R"({"query":"query($i: ScrollInput!) { vectors(input: $i) { items { id } } }","variables":{"i":{"collection":"t"}}})"));
    EXPECT_EQ(scrolled.list("/data/vectors/items").size(), 5U);
    EXPECT_EQ(client.post("/collections/t/search", R"({"limit":6,"vector":)" + vector + "}").status, 400);
    EXPECT_EQ(server.stop().code, 0);
}

std::string nested(int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "{\"a\":";
    return text + "1" + std::string(static_cast<size_t>(levels), '}');
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        constexpr char kHex[] = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out.append("%").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
    return out;
}

// What a request makes of its body is memory as the body is, however small the pieces.
TEST(Limits, TheBudgetOfBodiesHoldsForWhatIsMadeOfThem) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=4"});
    HttpClient client(server.port());
    good(client, "/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25"})");
    std::string text;
    for (int i = 0; i < 1'500; ++i) text += "many words ";
    const std::string metadata = R"({"a":")" + std::string(60'000, 'x') + "\"}";
    const Answer rest = client.post("/insert", R"({"collection":"t","id":"a","chunk_size":64,"metadata":)" + metadata +
                                                   R"(,"text":)" + json_string(text) + "}");
    EXPECT_EQ(rest.status, 503) << rest.body;
    EXPECT_EQ(Json(rest.body).text("/error_type"), "service_unavailable");
    const Answer graphql = client.post(
        "/graphql",
        R"({"query":"mutation($m: JSON, $t: String!) { upsertTexts(input: {collection: \"t\", chunkSize: 64, )"
        R"(texts: [{id: \"a\", text: $t, metadata: $m}]}) { success } }","variables":{"m":)" +
            metadata + R"(,"t":)" + json_string(text) + "}}");
    EXPECT_EQ(graphql.status, 200) << graphql.body;
    EXPECT_EQ(Json(graphql.body).text("/errors/0/extensions/code"), "SERVICE_UNAVAILABLE") << graphql.body;
    good(client, "/insert", R"({"collection":"t","id":"a","text":"a whale"})");
}

TEST(Limits, AnAnswerThatIsTooLongNamesTheLimitAsItWasSent) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.answer_mb=1"});
    HttpClient client(server.port());
    good(client, "/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25","lexical":true})");
    const std::string text = R"({"collection":"t","auto_chunk":false,"text":"sea )" + std::string(600'000, 'y');
    for (const char* id : {"a", "b"}) good(client, "/insert", text + R"(","id":")" + id + "\"}");
    const std::pair<const char*, const char*> searches[] = {{"/collections/t/search", "limit"},
                                                            {"/collections/t/explain", "k"},
                                                            {"/collections/t/explain", "limit"},
                                                            {"/collections/t/hybrid_search", "final_k"}};
    for (const auto& [path, limit] : searches) {
        const Answer answer = client.post(path, R"({"query":"sea",")" + std::string(limit) + "\":5}");
        EXPECT_EQ(answer.status, 400) << path;
        EXPECT_EQ(Json(answer.body).text("/details/field"), limit) << answer.body;
    }
}

// An answer that says that a request was refused says that it changed nothing.
TEST(Limits, AWriteIsToldHoweverLongItsAnswer) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.answer_mb=1"});
    HttpClient client(server.port());
    constexpr int kPoints = 6'000;
    std::string ids;
    std::string points;
    std::string texts;
    for (int i = 0; i < kPoints; ++i) {
        const std::string comma = i == 0 ? "" : ",";
        const std::string id = "\"" + std::string(200, 'x') + std::to_string(i) + "\"";
        ids.append(comma).append(id);
        points.append(comma).append(R"({"vector":[1],"id":)").append(id).append("}");
        texts.append(comma).append(R"({"text":"sea","id":)").append(id).append("}");
    }
    const std::string filter = R"({"must_not":[{"has_id":["?"]}]})";
    const auto count = [&](const std::string& collection) {
        return Json(good(client, "/collections/" + collection + "/count", "{}")).integer("/count");
    };
    for (const char* name : {"d", "e"})
        good(client, "/collections", R"({"name":")" + std::string(name) + R"(","dimension":1})");

    EXPECT_EQ(Json(good(client, "/insert_vectors", R"({"collection":"d","vectors":[)" + points + "]}"))
                  .list("/results")
                  .size(),
              size_t{kPoints});
    EXPECT_EQ(Json(good(client, "/insert_texts", R"({"collection":"t","texts":[)" + texts + "]}")).integer("/inserted"),
              kPoints);
    EXPECT_EQ(Json(good(client, "/collections/d/vectors/move", R"({"destination":"e","ids":[)" + ids + "]}"))
                  .integer("/moved"),
              kPoints);
    EXPECT_EQ(count("e"), kPoints);
    const std::string long_payload = R"({"a":")" + std::string(900'000, 'y') + R"("})";
    const Answer put =
        client.request("PUT", "/collections/d/vectors/big", R"({"vector":[1],"payload":)" + long_payload + "}");
    EXPECT_EQ(put.status, 200) << put.body.substr(0, 300);
    EXPECT_EQ(Json(put.body).text("/id"), "big");
    const std::string mutation =
        R"(mutation($p: JSON) { upsertVector(collection: \"d\", input: {id: \"g\", data: [1], payload: $p}) )"
        R"({ a: payload b: payload } })";
    const Answer upserted =
        client.post("/graphql", R"({"query":")" + mutation + R"(","variables":{"p":)" + long_payload + "}}");
    EXPECT_FALSE(Json(upserted.body).has("/errors")) << upserted.body.substr(0, 300);
    EXPECT_EQ(count("d"), 2);

    // What a filter finds may be any number of points: whether they can be told is known before the first is changed.
    const std::string path = "/collections/e/vectors/";
    const Answer updated =
        client.post(path + "bulk_update_metadata?results=all", R"({"patch":{"a":1},"filter":)" + filter + "}");
    EXPECT_EQ(updated.status, 400) << updated.body.substr(0, 300);
    EXPECT_EQ(Json(updated.body).text("/details/field"), "results");
    EXPECT_EQ(Json(good(client, "/collections/e/count", R"({"filter":{"must":[{"key":"a","match":{"value":1}}]}})"))
                  .integer("/count"),
              0);
    EXPECT_EQ(client.post(path + "delete_by_filter?results=all", R"({"filter":)" + filter + "}").status, 400);
    EXPECT_EQ(count("e"), kPoints);
    EXPECT_EQ(Json(good(client, "/batch_delete", R"({"collection":"e","ids":[)" + ids + "]}")).integer("/deleted"),
              kPoints);
}

// What a request is told of itself is short, whatever it says.
TEST(Limits, AnAnswerRepeatsLittleOfItsRequest) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    good(client, "/collections", R"({"name":"d","dimension":1})");
    std::string name;
    for (int i = 0; i < 100'000; ++i) name += "\\u0001\\u00e4";
    const std::string quoted = '"' + name + '"';
    const std::string pair = quoted + ":1";
    const std::pair<const char*, std::string> cases[] = {
        {"/search", R"({"vector":[1],"collection":)" + quoted + "}"},
        {"/search", R"({"collection":"d","vector":[1],)" + pair + "}"},
        {"/search/none", "{}"},
        {"/insert_vectors", R"({"vectors":[{"vector":[1]}],"collection":)" + quoted + "}"},
        {"/insert_vectors", R"({"collection":"d","vectors":[{"vector":[1],"id":)" + quoted + "}]}"},
        {"/batch_delete", R"({"collection":"d","ids":[)" + quoted + "]}"},
        {"/insert_texts", R"({"collection":"t","texts":[{"text":"sea","id":)" + quoted + "}]}"},
        {"/collections/d/vectors/copy", R"({"ids":["a"],"destination":)" + quoted + "}"},
        {"/collections", R"({"name":"e","metric":)" + quoted + "}"},
        {"/collections", R"({"name":"e","embedding_provider":)" + quoted + "}"},
        {"/collections", R"({"name":"e","dimension":1,"metadata":{"a":1},"hnsw_config":{)" + pair + "}}"},
        {"/embed", R"({"text":"sea","model":)" + quoted + "}"},
        {"/collections/d/count", R"({"filter":{)" + pair + "}}"},
        {"/collections/d/count", R"({"filter":{"must":{"type":"match",)" + pair + "}}}"},
        {"/auth/keys",
         R"({"name":"k","permissions":["admin"],"scopes":[{"permissions":["read"],)" + pair + "," + pair + "}]}"},
        {"/graphql", R"({"query":"{ __typename }","operationName":)" + quoted + "}"},
        {"/graphql",
         R"({"query":"query($c: String!) { countVectors(collection: $c) }","variables":{"c":)" + quoted + "}}"},
        {"/graphql",
         R"({"query":"mutation($c: String!) { deleteVector(collection: $c, id: \"a\") { message } }","variables":{"c":)" +
             quoted + "}}"},
        {"/graphql",
         R"({"query":"mutation($c: String!) { deleteCollection(name: $c) { message } }","variables":{"c":)" + quoted +
             "}}"},
        {"/graphql",
         R"({"query":"mutation($c: String!) { deleteVector(collection: \"d\", id: $c) { message } }","variables":{"c":)" +
             quoted + "}}"},
        {"/graphql",
         R"({"query":"query($f: JSON) { countVectors(collection: \"d\", filter: $f) }","variables":{"f":{"must":{"type":"match",)" +
             pair + "}}}}"},
        {"/graphql", R"({"query":"{ __typename }","variables":{"v":{)" + pair + "," + pair + "}}}"},
    };
    for (const auto& [path, body] : cases) {
        const Answer answer = client.post(path, body);
        EXPECT_NE(answer.status, 0) << path;
        EXPECT_LT(answer.body.size(), 8'192U) << path << " " << body.substr(0, 80) << "\n"
                                              << answer.body.substr(0, 300);
        const Json whole(answer.body);  // no character is cut
    }
}

// Copies go in steps, each in the memory of the one before.
TEST(Limits, ACopyHasMemoryForOneStep) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=40"});
    HttpClient client(server.port());
    for (const char* name : {"a", "b"})
        good(client, "/collections", R"({"name":")" + std::string(name) + R"(","dimension":1})");
    good(client, "/collections/a/vectors",
         R"({"vectors":[{"id":"p","vector":[1],"payload":{"a":")" + std::string(60'000, 'x') + R"("}}]})");
    std::string ids = R"("p")";
    for (int i = 1; i < 1'500; ++i) ids += R"(,"p")";
    const Json copied(good(client, "/collections/a/vectors/copy", R"({"destination":"b","ids":[)" + ids + "]}"));
    EXPECT_EQ(copied.integer("/copied"), 1'500);
    EXPECT_EQ(copied.integer("/failed"), 0);
}

// How many chunks a text has stands in a payload, which any write of vectors may have set.
TEST(Limits, ATextHasTheChunksThatAreThere) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=1"});
    HttpClient client(server.port());
    good(client, "/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25"})");
    std::string vector = "1";
    for (int i = 1; i < 16; ++i) vector += ",0";
    const auto point = [&](const std::string& id) {
        return R"({"id":")" + id + R"(","vector":[)" + vector + R"(],"payload":{"chunk_count":500000}})";
    };
    good(client, "/collections/t/vectors",
         R"({"vectors":[)" + point("a#0") + "," + point("a#7") + "," + point("a#300") + "]}");
    good(client, "/insert", R"({"collection":"t","id":"a","text":"a whale"})");
    const Answer page = client.get("/collections/t/vectors?limit=10&with_vector=false");
    EXPECT_EQ(Json(page.body).list("/vectors").size(), 1U) << page.body;
}

TEST(Limits, APayloadHas64LevelsWhateverStandsAroundIt) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    good(client, "/collections", R"({"name":"d","dimension":1})");
    for (const int levels : {62, 63, 64, 65}) {
        const bool fits = levels <= 64;
        const std::string payload = nested(levels);
        // Beside an item that fails.
        const Answer batch =
            client.post("/insert_vectors", R"({"collection":"d","vectors":[{"id":"r","embedding":[1],"payload":)" +
                                               payload + R"(},{"embedding":["x"]}]})");
        EXPECT_EQ(batch.status, 200) << batch.body;
        EXPECT_EQ(Json(batch.body).integer("/inserted"), fits ? 1 : 0) << batch.body;
        const Answer posted = client.post(
            "/graphql",
            R"({"query":"mutation($i: UpsertVectorsInput!) { upsertVectors(input: $i) { success } }","variables":{"i":{"collection":"d","vectors":[{"id":"g","data":[1],"payload":)" +
                payload + "}]}}}");
        EXPECT_EQ(Json(posted.body).has("/errors"), !fits) << levels << posted.body;
        // A list that is empty is a mistake of its own.
        const Answer empty = client.post(
            "/graphql",
            R"({"query":"mutation($p: JSON!, $v: [Float!]!) { updatePayload(collection: \"d\", id: \"r\", payload: $p) { success } upsertVector(collection: \"d\", input: {id: \"e\", data: $v}) { id } }","variables":{"v":[],"p":)" +
                payload + "}}");
        EXPECT_EQ(empty.body.find("not valid JSON"), std::string::npos) << levels << empty.body;
        // A filter as deep is none, but that is the engine's to say.
        const Answer asked =
            client.get("/graphql?query=" + escaped("query($f: JSON) { countVectors(collection: \"d\", filter: $f) }") +
                       "&variables=" + escaped("{\"f\":" + payload + "}"));
        EXPECT_EQ(asked.body.find("must be a JSON object"), std::string::npos) << levels << asked.body;
        const Answer made = client.post("/collections", R"({"name":"m","dimension":1,"metadata":)" + payload + "}");
        EXPECT_EQ(made.status, fits ? 200 : 400) << levels;
        if (fits) {
            EXPECT_NE(client.get("/collections/m?view=full").body.find("\"metadata\":" + payload), std::string::npos)
                << levels;
            EXPECT_NE(ask(client, "{ collection(name: \"m\") { metadata } }").find("\"metadata\":" + payload),
                      std::string::npos)
                << levels;
        } else {
            EXPECT_EQ(Json(made.body).text("/details/field"), "metadata");
            std::string literal = payload;
            std::erase(literal, '"');
            const Answer written = client.post(
                "/graphql", R"({"query":"mutation { createCollection(input: {name: \"m\", dimension: 1, metadata: )" +
                                literal + R"(}) { name } }"})");
            EXPECT_EQ(Json(written.body).text("/errors/0/extensions/details/field"), "metadata") << written.body;
        }
        client.request("DELETE", "/collections/m", {});
        const Answer by_graphql = client.post(
            "/graphql",
            R"({"query":"mutation($m: JSON) { createCollection(input: {name: \"m\", dimension: 1, metadata: $m}) { name } updateCollection(name: \"m\", input: {description: \"d\", metadata: $m}) { metadata } }","variables":{"m":)" +
                payload + "}}");
        EXPECT_EQ(Json(by_graphql.body).has("/errors"), !fits) << levels << by_graphql.body;
        client.request("DELETE", "/collections/m", {});
    }
    EXPECT_EQ(client.get("/graphql?query=%7B__typename%7D&variables=" + escaped(nested(100))).status, 400);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Limits, ABatchOfSearchesMayHaveAsManyInputsAsItsLimitsAddUpTo) {
    constexpr size_t kInputs = 20000;
    constexpr size_t kFields = 20;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    ask(client, R"(mutation { createCollection(input: {name: "s", dimension: 1}) { name }
                              upsertVector(collection: "s", input: {id: "a", data: [1]}) { id } })");
    const auto with_inputs = [&](const std::string& document, size_t count) {
        std::string body = R"({"query":)" + json_string(document) + R"(,"variables":{"i":[)";
        for (size_t i = 0; i < count; ++i)
            body += (i == 0 ? "" : ",") + std::string(R"({"collection":"s","vector":[1],"limit":1})");
        const Answer answer = client.post("/graphql", body + "]}}");
        EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 500);
        return answer.body;
    };
    const auto is_complete = [](const Json& answer, const std::string& field, size_t count) {
        const auto lists = answer.list(field);
        EXPECT_EQ(lists.size(), count);
        EXPECT_EQ(answer.text(field + "/0/0/id"), "a");
        EXPECT_EQ(answer.text(field + "/" + std::to_string(count - 1) + "/0/id"), "a");
    };
    const std::string whole = with_inputs("query($i: [SearchInput!]!) { searchBatch(inputs: $i) { id } }", kInputs);
    is_complete(Json(whole), "/data/searchBatch", kInputs);
    std::string fields;
    for (size_t i = 0; i < kFields; ++i) fields += " f" + std::to_string(i) + ": searchBatch(inputs: $i) { id }";
    const Json parts(with_inputs("query($i: [SearchInput!]!) {" + fields + " }", kInputs / kFields));
    for (size_t i = 0; i < kFields; ++i) is_complete(parts, "/data/f" + std::to_string(i), kInputs / kFields);
    const std::string beyond =
        with_inputs("query($i: [SearchInput!]!) { searchBatch(inputs: $i) { id } }", kInputs + 1);
    EXPECT_EQ(Json(beyond).text("/errors/0/extensions/code"), "LIMIT_EXCEEDED");
    EXPECT_EQ(server.stop().code, 0);
}

// Each query is beyond one of the three limits alone.
TEST(Limits, GraphqlCountsRootFieldsAliasesAndFields) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data",
                  {"--set", "frontends.graphql.max_root_fields=2", "--set", "frontends.graphql.max_aliases=1", "--set",
                   "frontends.graphql.max_fields=10"});
    HttpClient client(server.port());
    const auto code = [&](const std::string& query) {
        const Json answer(good(client, "/graphql", R"({"query":)" + json_string(query) + "}"));
        return answer.has("/errors") ? std::string(answer.text("/errors/0/extensions/code")) : "";
    };
    EXPECT_EQ(code("{ a: stats { version } collections { name } }"), "");
    EXPECT_EQ(code("{ a: stats { version } collections { name } stats { version } }"), "LIMIT_EXCEEDED");
    EXPECT_EQ(code("{ a: stats { version } b: stats { version } }"), "LIMIT_EXCEEDED");
    EXPECT_EQ(code("{ __schema { queryType { name kind fields { name } } } }"), "");
    EXPECT_EQ(code("{ __schema { queryType { name kind fields { name description args { name type { name } } "
                   "type { name } } } } }"),
              "LIMIT_EXCEEDED");
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Limits, ARequestThatNamesNoTimeoutHasTheDefault) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.http.default_timeout_ms=1"});
    HttpClient client(server.port());
    good(client, "/collections?timeout_ms=60000", R"({"name":"t","dimension":1024,"embedding_provider":"bm25"})");
    // To embed so much takes longer.
    std::string texts;
    for (int i = 0; i < 2000; ++i) texts += std::string(i == 0 ? "" : ",") + R"({"text":"The whale swims in the sea"})";
    const std::string body = R"({"collection":"t","texts":[)" + texts + "]}";
    EXPECT_EQ(client.post("/insert_texts", body).status, 504);
    good(client, "/insert_texts?timeout_ms=60000", body);
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
