// Texts over REST: stored, cut, replaced, found, and there after a kill.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <thread>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {
namespace {

using Ids = std::set<std::string>;

class RestTexts : public OnServer {
 protected:
    Ids ids() {
        Ids all;
        const Json page(good("GET", "/collections/t/vectors?limit=1000&with_vector=false"));
        for (const JsonValue point : page.list("/vectors")) all.insert(text_of(point, "id"));
        return all;
    }
    std::vector<std::string> found(const std::string& path, const std::string& body) {
        std::vector<std::string> hits;
        const Json answer(good("POST", path, body));
        for (const JsonValue hit : answer.list("/results")) hits.push_back(text_of(hit, "id"));
        return hits;
    }
};

std::string long_text(int sentences) {
    std::string text;
    for (int i = 0; i < sentences; ++i) text += "Sentence number " + std::to_string(i) + " speaks of whales. ";
    return text;
}

TEST_F(RestTexts, a_text_makes_its_collection_and_is_found) {
    const Json made(good(
        "POST", "/insert",
        R"({"collection":"t","id":"w","text":"The whale swims in the sea","metadata":{"n":1,"f":1.50,"l":[true,null]}})"));
    EXPECT_EQ(made.text("/message"), "Text inserted successfully (1 vector(s) created)");
    EXPECT_EQ(made.integer("/vectors_created"), 1);
    EXPECT_EQ(made.text("/vector_ids/0"), "w");
    EXPECT_FALSE(made.truth("/chunked"));
    EXPECT_TRUE(made.truth("/collection_created"));
    const Json batch(good(
        "POST", "/insert_texts",
        R"({"collection":"t","texts":[{"id":"b","text":"A forest of birches"},{"text":"Ships cross the sea"},{"text":"?"},{"id":"x#1","text":"no"}]})"));
    EXPECT_EQ(batch.integer("/inserted"), 2);
    EXPECT_EQ(batch.integer("/failed"), 2);
    EXPECT_EQ(batch.text("/results/0/client_id"), "b");
    EXPECT_EQ(batch.integer("/results/0/vectors_created"), 1);
    EXPECT_EQ(batch.text("/results/2/error_type"), "validation_error");
    const std::string ship = batch.text("/results/1/vector_ids/0");
    for (int round = 0; round < 2; ++round) {
        const std::string point = good("GET", "/collections/t/vectors/w");
        EXPECT_NE(point.find(R"("payload":{"content":"The whale swims in the sea","n":1,"f":1.50,"l":[true,null]})"),
                  std::string::npos)
            << point;
        const Json item(good("GET", "/collections/t?view=full"));
        EXPECT_EQ(item.text("/embedding_provider"), "bm25");
        EXPECT_EQ(item.text("/text/stemmer"), "none");
        EXPECT_EQ(item.integer("/dimension"), 512);
        const Json hits(good("POST", "/collections/t/search/text", R"({"query":"WHALE, the sea","limit":2})"));
        EXPECT_EQ(hits.integer("/total"), 2);
        EXPECT_EQ(hits.text("/query"), "WHALE, the sea");
        EXPECT_EQ(hits.text("/results/0/id"), "w");
        EXPECT_EQ(hits.text("/results/1/id"), ship);
        EXPECT_EQ(hits.text("/results/0/metadata/content"), "The whale swims in the sea");
        EXPECT_EQ(hits.list("/results/0/data").size(), 512U);
        EXPECT_EQ(found("/search", R"({"collection":"t","query":"birches","threshold":0.1})"),
                  std::vector<std::string>{"b"});
        EXPECT_EQ(found("/collections/t/search/text",
                        R"({"query":"sea","filter":{"must":[{"key":"n","match":{"value":1}}]}})"),
                  std::vector<std::string>{"w"});
        const Json both(good("POST", "/batch_search",
                             R"({"collection":"t","queries":["birches",{"query":"whale","limit":1},{"query":"!"}]})"));
        EXPECT_EQ(both.text("/results/0/results/0/id"), "b");
        EXPECT_EQ(both.text("/results/1/results/0/id"), "w");
        EXPECT_EQ(both.text("/results/1/query_type"), "text");
        EXPECT_EQ(both.text("/results/2/status"), "error");
        rest_.kill();
    }
}

TEST_F(RestTexts, a_search_by_text_takes_a_model_on_every_route) {
    good("POST", "/insert", R"({"collection":"t","id":"a","text":"The whale swims in the sea"})");
    for (const char* path :
         {"/search", "/collections/t/search", "/collections/t/search/text", "/collections/t/hybrid_search"}) {
        EXPECT_EQ(found(path, R"({"collection":"t","query":"whale","model":"bm25"})"), std::vector<std::string>{"a"})
            << path;
    }
}

TEST_F(RestTexts, the_embedding_is_that_of_stored_points) {
    good("POST", "/insert", R"({"collection":"t","id":"a","text":"words in a text"})");
    const Json stored(good("GET", "/collections/t/vectors/a"));
    const Json embedded(good("POST", "/embed", R"({"text":"words in a text","collection":"t"})"));
    const Json alone(good("POST", "/embed", R"({"text":"words in a text","parameters":{"normalize":true}})"));
    EXPECT_EQ(floats_of(stored.at("/vector")), floats_of(embedded.at("/embedding")));
    EXPECT_EQ(floats_of(stored.at("/vector")), floats_of(alone.at("/embedding")));
    EXPECT_EQ(alone.text("/model"), "bm25");
    EXPECT_EQ(alone.integer("/dimension"), 512);
    EXPECT_EQ(floats_of(Json(good("POST", "/embed", R"({"text":"words","dimension":20})")).at("/embedding")).size(),
              20U);
}

// Rare words count more: what the collection holds is counted through writes, deletes and a kill.
TEST_F(RestTexts, queries_are_weighed_by_what_is_stored) {
    good(
        "POST", "/insert_texts",
        R"({"collection":"t","texts":[{"id":"1","text":"common rare"},{"id":"2","text":"common"},{"id":"3","text":"common"},{"id":"4","text":"common"}]})");
    const auto weights = [&] {
        return floats_of(
            Json(good("POST", "/embed", R"({"text":"common rare","kind":"query","collection":"t"})")).at("/embedding"));
    };
    const auto common = [&] {
        const auto only =
            floats_of(Json(good("POST", "/embed", R"({"text":"common","collection":"t"})")).at("/embedding"));
        const std::vector<float> both = weights();
        double sum = 0;
        for (size_t i = 0; i < only.size(); ++i) sum += double{only[i]} * double{both[i]};
        return sum;
    };
    const auto expected = [](double points, double commons) {
        const auto idf = [&](double having) { return std::log(1 + (points - having + 0.5) / (having + 0.5)); };
        return idf(commons) / std::hypot(idf(commons), idf(1));
    };
    EXPECT_NEAR(common(), expected(4, 4), 1e-5);
    good("POST", "/delete", R"({"collection":"t","id":"4"})");
    EXPECT_NEAR(common(), expected(3, 3), 1e-5);
    good("POST", "/insert", R"({"collection":"t","id":"3","text":"another"})");
    EXPECT_NEAR(common(), expected(3, 2), 1e-5);
    rest_.kill();
    EXPECT_NEAR(common(), expected(3, 2), 1e-5);
    good("POST", "/collections/t/force-save");
    EXPECT_NEAR(common(), expected(3, 2), 1e-5);
}

TEST_F(RestTexts, long_texts_become_chunks_and_go_as_one) {
    const std::string text = long_text(10);
    const auto insert = [&](const std::string& body, const std::string& more) {
        return good("POST", "/insert",
                    R"({"collection":"t","id":"l","chunk_size":100,"chunk_overlap":20,"text":)" + json_string(body) +
                        more + "}");
    };
    const Json made(insert(text, R"(,"metadata":{"filename":"whales.txt","n":2})"));
    EXPECT_TRUE(made.truth("/chunked"));
    const auto chunks = static_cast<size_t>(made.integer("/vectors_created"));
    EXPECT_GE(chunks, 4U);
    EXPECT_EQ(made.list("/vector_ids").size(), chunks);
    EXPECT_EQ(ids().size(), chunks);
    const Json first(good("GET", "/collections/t/vectors/l%230"));
    EXPECT_EQ(first.text("/payload/file_path"), "whales.txt");
    EXPECT_EQ(first.integer("/payload/chunk_index"), 0);
    EXPECT_EQ(first.integer("/payload/chunk_count"), static_cast<int64_t>(chunks));
    EXPECT_EQ(first.text("/payload/parent_id"), "l");
    EXPECT_EQ(first.integer("/payload/n"), 2);
    EXPECT_TRUE(text.starts_with(first.text("/payload/content")));

    const Json shorter(insert(long_text(5), ""));
    EXPECT_LT(static_cast<size_t>(shorter.integer("/vectors_created")), chunks);
    EXPECT_EQ(ids().size(), static_cast<size_t>(shorter.integer("/vectors_created")));
    insert("One whale.", "");
    EXPECT_EQ(ids(), Ids{"l"});
    insert(text, "");
    EXPECT_EQ(ids().size(), chunks);
    EXPECT_FALSE(ids().contains("l"));
    rest_.kill();
    EXPECT_EQ(ids().size(), chunks);
    insert(text, R"(,"auto_chunk":false)");
    EXPECT_EQ(ids(), Ids{"l"});
}

TEST_F(RestTexts, chunks_go_whatever_became_of_the_first) {
    struct Change {
        const char* method;
        const char* path;
        const char* body;
    };
    constexpr Change kChanges[] = {
        {"DELETE", "/vectors/l%230", ""},
        {"PUT", "/vectors/l%230", R"({"payload":{"content":"q"}})"},
        {"PUT", "/vectors/l%230", R"({"payload":{"chunk_count":"many","parent_id":7}})"},
        {"PATCH", "/vectors/l%230/expiry", R"({"expires_at":1})"},
        {"POST", "/vectors/bulk_update_metadata",
         R"({"filter":{"must":{"key":"parent_id","match":{"value":"l"}}},"patch":{"chunk_count":null}})"},
        {"POST", "/batch_delete", R"({"collection":"t","ids":["l#0","l#1","l#2","l#9"]})"},
    };
    const std::string text = long_text(40);
    const auto insert = [&](const std::string& body) {
        return good(
            "POST", "/insert",
            R"({"collection":"t","id":"l","chunk_size":64,"chunk_overlap":0,"text":)" + json_string(body) + "}");
    };
    insert("One whale.");
    std::string vector = "[1";
    for (int i = 1; i < 512; ++i) vector += ",0";
    // Of no text.
    good("POST", "/insert_vectors",
         R"({"collection":"t","vectors":[{"id":"l#3","payload":{"parent_id":"k"},"vector":)" + vector + "]}]}");
    insert("Two whales.");
    EXPECT_EQ(ids(), (Ids{"l", "l#3"}));
    for (const Change& change : kChanges) {
        const Json made(insert(text));
        const auto chunks = static_cast<size_t>(made.integer("/vectors_created"));
        ASSERT_GE(chunks, 20U);
        const bool has_collection = std::string_view(change.path).starts_with("/vectors");
        good(change.method, (has_collection ? "/collections/t" : "") + std::string(change.path), change.body);
        const Json shorter(insert(long_text(4)));
        EXPECT_EQ(ids().size(), static_cast<size_t>(shorter.integer("/vectors_created"))) << change.body;
        good(change.method, (has_collection ? "/collections/t" : "") + std::string(change.path), change.body);
        insert("One whale.");
        EXPECT_EQ(ids(), Ids{"l"}) << change.body;
    }
}

TEST_F(RestTexts, an_id_may_be_as_long_as_any) {
    const auto entry = [](const std::string& id, const std::string& more = {}) {
        return R"({"id":")" + id + R"(","text":"the sea")" + more + "}";
    };
    const std::string longest(256, 'i');
    const std::string nearly(252, 'j');
    const std::string cut = R"(,"chunk_size":64,"chunk_overlap":0)";
    for (int round = 0; round < 2; ++round) {
        good("POST", "/insert", R"({"collection":"t",)" + entry(longest).substr(1));
        const Json batch(good("POST", "/insert_texts",
                              R"({"collection":"t","texts":[)" + entry("a") + "," + entry(longest) + "," +
                                  entry(longest.substr(1)) + "," + entry(nearly) + "]}"));
        EXPECT_EQ(batch.integer("/inserted"), 4);
        EXPECT_EQ(ids(), (Ids{"a", longest, longest.substr(1), nearly}));
    }
    // A chunk's id is longer by its number.
    const auto chunked = [&](const std::string& id, int sentences) {
        return R"({"id":")" + id + R"(","text":")" + long_text(sentences) + '"' + cut + "}";
    };
    const Json batch(good("POST", "/insert_texts",
                          R"({"collection":"t","texts":[)" + chunked(longest, 5) + "," + entry("b") + "," +
                              chunked(nearly, 2'500) + "," + chunked(nearly, 5) + "]}"));
    EXPECT_EQ(batch.integer("/inserted"), 2);
    for (const char* item : {"0", "2"}) {
        const std::string place = std::string("/results/") + item;
        EXPECT_EQ(batch.text(place + "/error_type"), "validation_error");
        EXPECT_NE(batch.text(place + "/error").find("texts[" + std::string(item) + "].id"), std::string::npos);
    }
    EXPECT_TRUE(batch.truth("/results/3/chunked"));
    const Json one(send("POST", "/insert", R"({"collection":"t",)" + chunked(longest, 5).substr(1)).body);
    EXPECT_EQ(one.text("/details/field"), "id");
    // How many chunks there were is what a payload says, which anybody may have written.
    good("PUT", "/collections/t/vectors/" + nearly + "%230", R"({"payload":{"chunk_count":500000}})");
    good("POST", "/insert", R"({"collection":"t",)" + entry(nearly).substr(1));
    EXPECT_EQ(ids(), (Ids{"a", "b", longest, longest.substr(1), nearly}));
}

TEST_F(RestTexts, small_chunks_need_no_overlap_of_their_own) {
    const std::string text = json_string(long_text(10));
    for (const char* size : {"64", "100", "511"}) {
        good("POST", "/insert",
             R"({"collection":"t","id":"l","chunk_size":)" + std::string(size) + R"(,"text":)" + text + "}");
        const Json batch(good("POST", "/insert_texts",
                              R"({"collection":"t","chunk_size":)" + std::string(size) + R"(,"texts":[{"text":)" +
                                  text + R"(},{"chunk_overlap":256,"text":)" + text + "}]}"));
        EXPECT_EQ(batch.integer("/inserted"), 1) << "an overlap that was asked for is not lowered";
    }
}

TEST_F(RestTexts, writers_of_one_id_leave_one_text) {
    good("POST", "/insert", R"({"collection":"t","id":"other","text":"something else"})");
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 4; ++writer) {
        writers.emplace_back([&, writer] {
            HttpClient client(rest_.port());
            for (int round = 0; round < 25; ++round) {
                const std::string text = long_text(1 + (writer + round) % 4 * 3);
                const Answer answer =
                    client.post("/insert", R"({"collection":"t","id":"l","chunk_size":100,"chunk_overlap":20,"text":)" +
                                               json_string(text) + "}");
                EXPECT_EQ(answer.status, 200) << answer.body;
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    const Json page(good("GET", "/collections/t/vectors?limit=1000&with_vector=false"));
    Ids left = ids();
    EXPECT_EQ(left.erase("other"), 1U);
    if (left == Ids{"l"}) return;
    EXPECT_FALSE(left.contains("l"));
    const Json first(good("GET", "/collections/t/vectors/l%230"));
    EXPECT_EQ(left.size(), static_cast<size_t>(first.integer("/payload/chunk_count")));
}

TEST_F(RestTexts, an_empty_collection_is_bound_by_its_first_text) {
    good("POST", "/collections", R"({"name":"t","dimension":64,"metric":"dot"})");
    EXPECT_EQ(Json(good("GET", "/collections/t")).text("/embedding_provider"), "none");
    good("POST", "/insert_texts", R"({"collection":"t","texts":[{"id":"a","text":"sea"}]})");
    rest_.kill();
    EXPECT_EQ(Json(good("GET", "/collections/t")).text("/embedding_provider"), "bm25");
    EXPECT_EQ(found("/collections/t/search/text", R"({"query":"sea"})"), std::vector<std::string>{"a"});
    good("POST", "/collections", R"({"name":"f","dimension":64})");
    const std::string one = "[1" + [] {
        std::string zeros;
        for (int i = 1; i < 64; ++i) zeros += ",0";
        return zeros;
    }() + "]";
    good("POST", "/collections/f/vectors", R"({"vectors":[{"id":"v","vector":)" + one + "}]}");
    EXPECT_EQ(Json(send("POST", "/insert", R"({"collection":"f","text":"sea"})").body).text("/error_type"),
              "configuration_error");
    good("POST", "/collections/t/vectors", R"({"vectors":[{"id":"v","vector":)" + one + "}]}");
    EXPECT_EQ(ids(), (Ids{"a", "v"}));
}

TEST_F(RestTexts, stemming_is_of_the_language_asked_for) {
    good("POST", "/collections", R"({"name":"t","dimension":128,"embedding_provider":"bm25","text":{"stemmer":"en"}})");
    good("POST", "/insert", R"({"collection":"t","id":"a","text":"connected whales"})");
    EXPECT_EQ(found("/collections/t/search/text", R"({"query":"whale connections","threshold":0.9})"),
              std::vector<std::string>{"a"});
    EXPECT_EQ(Json(good("GET", "/collections/t?view=full")).text("/text/stemmer"), "english");
}

TEST_F(RestTexts, hybrid_searches_fuse_both_rankings) {
    good("POST", "/collections",
         R"({"name":"t","dimension":2,"metric":"euclidean","lexical":{"stemmer":"english","source":"title"}})");
    good(
        "POST", "/collections/t/vectors",
        R"({"vectors":[{"id":"1","vector":[1,0],"payload":{"title":"red foxes"}},{"id":"2","vector":[0,1],"payload":{"title":"blue whale"}},)"
        R"({"id":"3","vector":[1,1],"payload":{"title":"a red whale and another red one"}},{"id":"4","vector":[5,5]}]})");
    for (int round = 0; round < 2; ++round) {
        const Json fused(
            good("POST", "/collections/t/hybrid_search", R"({"query":"red fox","vector":[0,1],"final_k":3})"));
        // dense 2, 3, 1, 4; words 1, 3
        EXPECT_EQ(fused.text("/results/0/id"), "1");
        EXPECT_EQ(fused.text("/results/1/id"), "3");
        EXPECT_EQ(fused.text("/results/2/id"), "2");
        EXPECT_NEAR(number_of(fused.at("/results/0/score")), 1.0 / 63 + 1.0 / 61, 1e-6);
        EXPECT_NEAR(number_of(fused.at("/results/2/score")), 1.0 / 61, 1e-6);
        EXPECT_EQ(fused.text("/algorithm"), "rrf");
        EXPECT_EQ(fused.integer("/limit"), 3);
        EXPECT_EQ(found("/collections/t/hybrid_search",
                        R"({"query":"fox","vector":[0,1],"algorithm":"alpha","alpha":1,"limit":2})"),
                  (std::vector<std::string>{"2", "3"}));
        EXPECT_EQ(found("/collections/t/hybrid_search",
                        R"({"query":"fox","vector":[0,1],"algorithm":"weighted","alpha":0,"limit":1})"),
                  std::vector<std::string>{"1"});
        EXPECT_EQ(found("/collections/t/hybrid_search", R"({"query":"whales"})"), (std::vector<std::string>{"2", "3"}));
        EXPECT_EQ(found("/collections/t/hybrid_search", R"({"query":"whales","filter":{"must":[{"has_id":["3"]}]}})"),
                  std::vector<std::string>{"3"});
        EXPECT_EQ(found("/collections/t/hybrid_search", R"({"query":"zebra","vector":[0,1],"limit":1})"),
                  std::vector<std::string>{"2"});
        good("POST", "/collections/t/force-save");
        rest_.kill();
    }
}

TEST_F(RestTexts, a_text_collection_with_words_ranks_by_both) {
    good("POST", "/collections", R"({"name":"t","embedding_provider":"bm25","lexical":true})");
    good("POST", "/insert_texts",
         R"({"collection":"t","texts":[{"id":"a","text":"the sea"},{"id":"b","text":"the land"}]})");
    const Json fused(good("POST", "/collections/t/hybrid_search", R"({"query":"sea"})"));
    EXPECT_EQ(fused.text("/results/0/id"), "a");
    EXPECT_NEAR(number_of(fused.at("/results/0/score")), 2.0 / 61, 1e-6);
}

TEST_F(RestTexts, field_indexes_come_and_go) {
    good("POST", "/collections", R"({"name":"t","dimension":1,"field_indexes":[{"path":"n","kind":"integer"}]})");
    std::string vectors;
    for (int i = 0; i < 200; ++i)
        vectors += (i == 0 ? "" : ",") + std::string(R"({"id":)") + std::to_string(i) +
                   R"(,"vector":[1],"payload":{"n":)" + std::to_string(i) + R"(,"s":"t)" + std::to_string(i % 7) +
                   R"("}})";
    good("POST", "/collections/t/vectors", R"({"vectors":[)" + vectors + "]}");
    good("POST", "/collections/t/force-save");
    const auto count = [&] {
        return Json(good("POST", "/collections/t/count",
                         R"({"filter":{"must":[{"key":"s","match":{"value":"t3"}},{"key":"n","range":{"lt":100}}]}})"))
            .integer("/count");
    };
    const int64_t passing = count();
    EXPECT_EQ(passing, 14);
    EXPECT_EQ(Json(good("POST", "/collections/t/field_indexes", R"({"path":"s","kind":"keyword"})")).text("/status"),
              "added");
    EXPECT_EQ(send("POST", "/collections/t/field_indexes", R"({"path":"s","kind":"keyword"})").status, 409);
    EXPECT_EQ(count(), passing);
    rest_.kill();
    EXPECT_EQ(Json(good("GET", "/collections/t/field_indexes")).integer("/total"), 2);
    EXPECT_EQ(Json(good("GET", "/collections/t/field_indexes")).text("/field_indexes/1/path"), "s");
    good("DELETE", "/collections/t/field_indexes?path=n&kind=integer");
    EXPECT_EQ(count(), passing);
    EXPECT_EQ(Json(good("GET", "/collections/t/field_indexes")).integer("/total"), 1);
}

}  // namespace
}  // namespace vz::e2e
