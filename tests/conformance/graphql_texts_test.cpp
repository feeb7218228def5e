// Texts over GraphQL: what REST does, by the other door.
#include <gtest/gtest.h>

#include <barrier>
#include <functional>
#include <thread>

#include "tests/e2e/support/graphql_server.hpp"

namespace vz::e2e {
namespace {

class GraphqlTexts : public OnGraphqlServer {};

TEST_F(GraphqlTexts, are_stored_and_found) {
    const Json made(good(R"(mutation {
        createCollection(input: {name: "t", dimension: 64, embeddingProvider: "bm25", lexical: {stemmer: "en", source: "content"}}) { config { embeddingProvider } }
        upsertTexts(input: {collection: "t", texts: [{id: "a", text: "The whale swims in the sea", metadata: {n: 1}}, {id: "b", text: "A forest of birches"}]}) {
            success message affectedCount }
    })"));
    EXPECT_EQ(made.text("/data/createCollection/config/embeddingProvider"), "bm25");
    EXPECT_EQ(made.integer("/data/upsertTexts/affectedCount"), 2);
    const Json found(good(R"({ searchText(input: {collection: "t", query: "SEA", limit: 1}) { id score payload }
                               all: searchText(input: {collection: "t", query: "sea", scoreThreshold: 0.01, limit: 10}) { id }
                               hybridSearch(input: {collection: "t", query: "whales", limit: 1}) { id score }
                               weighted: hybridSearch(input: {collection: "t", query: "birch", fusion: WEIGHTED, alpha: 0, limit: 1}) { id score } })"));
    EXPECT_EQ(found.text("/data/searchText/0/id"), "a");
    EXPECT_EQ(found.text("/data/searchText/0/payload/content"), "The whale swims in the sea");
    EXPECT_EQ(found.list("/data/all").size(), 1U);
    EXPECT_EQ(found.text("/data/hybridSearch/0/id"), "a");
    EXPECT_EQ(found.text("/data/weighted/0/id"), "b");
    EXPECT_EQ(number_of(found.at("/data/weighted/0/score")), 1.0);
}

TEST_F(GraphqlTexts, bind_an_empty_collection_and_go_as_one) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 32}) { name } })");
    std::string text;
    for (int i = 0; i < 20; ++i) text += "Sentence " + std::to_string(i) + " speaks. ";
    const Json chunked(good(
        R"(mutation { upsertTexts(input: {collection: "t", chunkSize: 64, chunkOverlap: 8, texts: [{id: "l", text: ")" +
        text + R"("}]}) { affectedCount } })"));
    EXPECT_GT(chunked.integer("/data/upsertTexts/affectedCount"), 3);
    EXPECT_EQ(good(R"({ collection(name: "t") { config { embeddingProvider } } })")
                  .text("/data/collection/config/embeddingProvider"),
              "bm25");
    good(R"(mutation { upsertTexts(input: {collection: "t", chunkSize: 100, texts: [{id: "l", text: ")" + text +
         R"("}]}) { success } })");
    good(R"(mutation { deleteVector(collection: "t", id: "l#0") { success } })");
    good(R"(mutation { upsertTexts(input: {collection: "t", texts: [{id: "l", text: "One whale"}]}) { success } })");
    EXPECT_EQ(good(R"({ countVectors(collection: "t") })").integer("/data/countVectors"), 1);
}

TEST_F(GraphqlTexts, mistakes_change_nothing) {
    good(
        R"(mutation { createCollection(input: {name: "t", dimension: 32}) { name } other: createCollection(input: {name: "v", dimension: 2}) { name }
                       upsertVector(collection: "v", input: {id: "a", data: [1, 2]}) { id } })");
    const auto code = [&](const std::string& document) { return ask(document).text("/errors/0/extensions/code"); };
    EXPECT_EQ(
        code(R"(mutation { upsertTexts(input: {collection: "t", texts: [{text: "sea"}, {text: "?"}]}) { success } })"),
        "VALIDATION_ERROR");
    EXPECT_EQ(
        code(R"(mutation { upsertTexts(input: {collection: "t", texts: [{id: "a#1", text: "sea"}]}) { success } })"),
        "VALIDATION_ERROR");
    EXPECT_EQ(code(R"(mutation { upsertTexts(input: {collection: "t", texts: []}) { success } })"), "VALIDATION_ERROR");
    EXPECT_EQ(code(R"(mutation { upsertTexts(input: {collection: "v", texts: [{text: "sea"}]}) { success } })"),
              "CONFIGURATION_ERROR");
    EXPECT_EQ(code(R"(mutation { upsertTexts(input: {collection: "nope", texts: [{text: "sea"}]}) { success } })"),
              "COLLECTION_NOT_FOUND");
    EXPECT_EQ(
        code(R"(mutation { createCollection(input: {name: "x", dimension: 8, embeddingProvider: "bm25"}) { name } })"),
        "VALIDATION_ERROR");
    EXPECT_EQ(
        code(R"(mutation { createCollection(input: {name: "x", dimension: 8, embeddingProvider: "bert"}) { name } })"),
        "UNSUPPORTED_PROVIDER");
    EXPECT_EQ(code(R"({ searchText(input: {collection: "v", query: "sea"}) { id } })"), "CONFIGURATION_ERROR");
    EXPECT_EQ(code(R"({ hybridSearch(input: {collection: "v", query: "sea", vector: [1, 2]}) { id } })"),
              "CONFIGURATION_ERROR");
    const std::string written =
        R"({"query":"mutation { upsertTexts(input: {collection: \"t\", texts: [{text: \"sea\"}]}) { success } }",)";
    for (const char* broken : {R"("extensions":{"a":tru})", R"("variables":{"a":{"b":1,}})"})
        EXPECT_EQ(send("POST", "/graphql", written + broken + "}").status, 400) << broken;
    EXPECT_EQ(good(R"({ countVectors(collection: "t") })").integer("/data/countVectors"), 0);
    EXPECT_EQ(good(R"({ collection(name: "t") { config { embeddingProvider } } })")
                  .text("/data/collection/config/embeddingProvider"),
              "none");
}

// `code` is the REST error_type of the same mistake.
TEST_F(GraphqlTexts, mistakes_of_a_new_collection_have_the_codes_of_rest) {
    const auto code = [&](const std::string& members) {
        return ask("mutation { createCollection(input: {dimension: 2, " + members + "}) { name } }")
            .text("/errors/0/extensions/code");
    };
    EXPECT_EQ(code(R"(name: "")"), "INVALID_CONFIGURATION");
    EXPECT_EQ(code(R"(name: "a/b")"), "VALIDATION_ERROR");
    EXPECT_EQ(code(R"(name: "a\u009bb")"), "VALIDATION_ERROR");
    for (const char* range : {"hnswM: 1", "hnswM: 129", "hnswEfConstruction: 7", "hnswEfSearch: 65537"})
        EXPECT_EQ(code(std::string(R"(name: "x", )") + range), "INVALID_CONFIGURATION") << range;
    good(R"(mutation { createCollection(input: {name: "x", dimension: 2}) { name } })");
    EXPECT_EQ(ask(R"(mutation { updateCollection(name: "x", input: {hnswEfSearch: -1}) { name } })")
                  .text("/errors/0/extensions/code"),
              "INVALID_CONFIGURATION");
}

// Options of a search count where they change nothing, too.
TEST_F(GraphqlTexts, every_search_is_checked_whole) {
    good(
        R"(mutation { createCollection(input: {name: "v", dimension: 2, metric: EUCLIDEAN}) { name } upsertVector(collection: "v", input: {id: "a", data: [1, 2]}) { id }
                       t: createCollection(input: {name: "t", dimension: 16, embeddingProvider: "bm25"}) { name } w: createCollection(input: {name: "w", dimension: 16, lexical: {}}) { name } })");
    EXPECT_EQ(good(R"({ search(input: {collection: "v", vector: [1, 2], scoreThreshold: 2}) { id } })")
                  .list("/data/search")
                  .size(),
              0U);
    const auto field = [&](const std::string& query) {
        return ask("{ " + query + " }").text("/errors/0/extensions/details/field");
    };
    EXPECT_EQ(field(R"(search(input: {collection: "v", vector: [1], scoreThreshold: 2}) { id })"), "vector");
    EXPECT_EQ(field(R"(search(input: {collection: "v", vector: [1, 2], scoreThreshold: 2, recall: 2}) { id })"),
              "recall");
    EXPECT_EQ(
        field(
            R"(searchBatch(inputs: [{collection: "v", vector: [1, 2]}, {collection: "v", vector: [1], scoreThreshold: 2}]) { id })"),
        "inputs[1].vector");
    EXPECT_EQ(
        field(R"(searchText(input: {collection: "t", query: "sea", scoreThreshold: 1e39, filter: {none: 1}}) { id })"),
        "filter.none");
    for (const char* name : {"t", "w"}) {
        EXPECT_EQ(field(R"(hybridSearch(input: {collection: ")" + std::string(name) +
                        R"(", query: "sea", denseK: 0}) { id })"),
                  "denseK")
            << name;
        EXPECT_EQ(field(R"(hybridSearch(input: {collection: ")" + std::string(name) +
                        R"(", query: "sea", alpha: 2}) { id })"),
                  "alpha")
            << name;
    }
}

// Ids have one rule, whichever frontend they come by.
TEST_F(GraphqlTexts, ids_are_those_that_rest_takes) {
    good(
        R"(mutation { createCollection(input: {name: "v", dimension: 1}) { name } upsertVector(collection: "v", input: {id: "a b", data: [1]}) { id } })");
    const auto field = [&](const std::string& document) {
        return ask(document).text("/errors/0/extensions/details/field");
    };
    for (const char* id : {" a", "a ", "\\u00a0a", "", "a\\tb"}) {
        const std::string quoted = std::string("\"") + id + "\"";
        EXPECT_EQ(field("mutation { upsertVector(collection: \"v\", input: {id: " + quoted + ", data: [1]}) { id } }"),
                  "id");
        EXPECT_EQ(field("mutation { upsertVectors(input: {collection: \"v\", vectors: [{id: \"b\", data: [1]}, {id: " +
                        quoted + ", data: [1]}]}) { success } }"),
                  "vectors[1].id");
        EXPECT_EQ(field("mutation { updatePayload(collection: \"v\", id: " + quoted + ", payload: {}) { success } }"),
                  "id");
        EXPECT_EQ(field("mutation { deleteVector(collection: \"v\", id: " + quoted + ") { success } }"), "id");
        EXPECT_EQ(
            field("mutation { deleteVectors(input: {collection: \"v\", ids: [\"b\", " + quoted + "]}) { success } }"),
            "ids[1]");
        EXPECT_EQ(field("{ vector(collection: \"v\", id: " + quoted + ") { id } }"), "id");
    }
    EXPECT_EQ(good(R"({ countVectors(collection: "v") })").integer("/data/countVectors"), 1);
}

TEST_F(GraphqlTexts, a_recall_that_is_none_is_refused) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 2}) { name } })");
    for (const char* const recall : {"0", "0.4", "1", "0.99999999", "-1"}) {
        const Json answer(
            ask(R"({ search(input: {collection: "t", vector: [1, 2], recall: )" + std::string(recall) + "}) { id } }"));
        EXPECT_EQ(answer.text("/errors/0/extensions/code"), "VALIDATION_ERROR") << recall;
        EXPECT_EQ(answer.text("/errors/0/extensions/details/field"), "recall") << recall;
    }
    good(R"({ search(input: {collection: "t", vector: [1, 2], recall: 0.5}) { id }
              unset: search(input: {collection: "t", vector: [1, 2], recall: null}) { id } })");
}

TEST_F(GraphqlTexts, a_deadline_that_passed_is_the_one_of_the_request) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 1024, embeddingProvider: "bm25"}) { name } })");
    // To embed so much takes longer.
    std::string texts;
    for (int i = 0; i < 1000; ++i) texts += R"({text: "The whale swims in the sea"})";
    const Answer late = send(
        "POST", "/graphql?timeout_ms=1",
        R"({"query":)" +
            json_string(R"(mutation { upsertTexts(input: {collection: "t", texts: [)" + texts + "]}) { success } }") +
            "}");
    const Json told(late.body);
    EXPECT_EQ(told.text("/errors/0/extensions/code"), "DEADLINE_EXCEEDED") << late.body;
    EXPECT_EQ(told.integer("/errors/0/extensions/details/timeout_ms"), 1) << late.body;
}

TEST_F(GraphqlTexts, a_batch_names_the_input_that_is_at_fault) {
    good(R"(mutation { createCollection(input: {name: "t", dimension: 2}) { name } })");
    const std::string fine = R"({collection: "t", vector: [1, 2], filter: {must: [{key: "a", match: {value: 1}}]}})";
    const auto field = [&](const std::string& input) {
        const Json answer(ask("{ searchBatch(inputs: [" + fine + ", " + input + ", " + fine + "]) { id } }"));
        return std::string(answer.text("/errors/0/extensions/details/field"));
    };
    EXPECT_EQ(field(R"({collection: "t", vector: [1, 2], filter: {must: [{key: "a", nonsense: 1}]}})"),
              "inputs[1].filter.must[0].nonsense");
    EXPECT_EQ(field(R"({collection: "t", vector: [1, 2], filter: {must: [{type: "match"}]}})"),
              "inputs[1].filter.must[0].key");
    std::string many = R"({type: "match", key: "a", match_value: 1})";
    for (int i = 0; i < 1'024; ++i) many += R"( {key: "a", match: {value: 1}})";
    EXPECT_EQ(field("{collection: \"t\", vector: [1, 2], filter: {must: [" + many + "]}}"), "inputs[1].filter");
    EXPECT_EQ(field(R"({collection: "t", vector: [1]})"), "inputs[1].vector");
    EXPECT_EQ(field(R"({collection: "t", vector: [1, 2], recall: 0})"), "inputs[1].recall");
    EXPECT_EQ(field(R"({collection: "t", vector: [1, 2], recall: 0.9, effort: 10})"), "inputs[1].recall");
    EXPECT_EQ(field(R"({collection: "t", vector: [1, 2], limit: 0})"), "inputs[1].limit");
}

// Both at once, by connections of their own; both are answered.
void at_once(uint16_t port, const std::function<Answer(HttpClient&)>& one,
             const std::function<Answer(HttpClient&)>& other) {
    std::barrier start(2);
    const auto run = [&](const std::function<Answer(HttpClient&)>& request) {
        HttpClient client(port);
        client.get("/livez");
        start.arrive_and_wait();
        const Answer answer = request(client);
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_FALSE(Json(answer.body).has("/errors")) << answer.body;
    };
    std::thread second(run, other);
    run(one);
    second.join();
}

constexpr int kRounds = 60;

std::string graphql(const std::string& document) { return R"({"query":)" + json_string(document) + "}"; }

TEST_F(GraphqlTexts, changes_of_one_collection_do_not_take_each_other_back) {
    const auto described = [](HttpClient& client) {
        return client.post(
            "/graphql", graphql(R"(mutation { updateCollection(name: "t", input: {description: "new"}) { name } })"));
    };
    for (int round = 0; round < kRounds; ++round) {
        good(R"(mutation { createCollection(input: {name: "t", dimension: 32}) { name } })");
        at_once(rest_.port(), described, [&](HttpClient& client) {
            if (round % 2 == 0) return client.request("PUT", "/collections/t", R"({"metadata":{"n":1}})");
            return client.post(
                "/graphql", graphql(R"(mutation { updateCollection(name: "t", input: {metadata: {n: 1}}) { name } })"));
        });
        const Json both(good(R"({ collection(name: "t") { description metadata } })"));
        EXPECT_EQ(both.text("/data/collection/description"), "new") << round;
        EXPECT_EQ(both.integer("/data/collection/metadata/n"), 1) << round;
        good(R"(mutation { deleteCollection(name: "t") { success } })");
    }
}

TEST_F(GraphqlTexts, a_change_of_the_collection_leaves_it_bound) {
    const auto changed = [](HttpClient& client) {
        return client.post(
            "/graphql",
            graphql(
                R"(mutation { updateCollection(name: "t", input: {description: "d", hnswEfSearch: 50}) { name } })"));
    };
    for (int round = 0; round < kRounds; ++round) {
        good(R"(mutation { createCollection(input: {name: "t", dimension: 32}) { name } })");
        at_once(rest_.port(), changed, [&](HttpClient& client) {
            if (round % 2 == 0)
                return client.post("/insert_texts", R"({"collection":"t","texts":[{"id":"a","text":"sea"}]})");
            return client.post(
                "/graphql",
                graphql(
                    R"(mutation { upsertTexts(input: {collection: "t", texts: [{id: "a", text: "sea"}]}) { success } })"));
        });
        const Json found(good(
            R"({ collection(name: "t") { description } searchText(input: {collection: "t", query: "sea"}) { id } })"));
        EXPECT_EQ(found.text("/data/collection/description"), "d") << round;
        EXPECT_EQ(found.list("/data/searchText").size(), 1U) << round;
        good(R"(mutation { deleteCollection(name: "t") { success } })");
    }
}

}  // namespace
}  // namespace vz::e2e
