// Answers of the REST frontend have exactly the keys that clients of the reference build objects from, and the values
// that were stored.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

using Keys = std::set<std::string>;

Keys keys_of(JsonValue object) {
    Keys keys;
    for (const auto& [key, value] : simdjson::dom::object(object)) keys.insert(std::string(key));
    return keys;
}

// $VZ_REST_PORT: a server that runs already.
class RestShapes : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        const char* running = std::getenv("VZ_REST_PORT");
        if (running == nullptr) {
            directory_ = std::make_unique<TemporaryDirectory>();
            server_ = std::make_unique<Server>(directory_->path() + "/data");
        }
        client_ = std::make_unique<HttpClient>(running == nullptr ? server_->port()
                                                                  : static_cast<uint16_t>(std::atoi(running)));
    }
    static void TearDownTestSuite() {
        client_.reset();
        server_.reset();
        directory_.reset();
    }
    void SetUp() override { drop(); }
    void TearDown() override { drop(); }

    static void drop() {
        for (const char* name : {"s", "t", "made"}) client_->request("DELETE", std::string("/collections/") + name, {});
    }
    static std::string good(const std::string& method, const std::string& path, const std::string& body = {}) {
        const Answer answer = client_->request(method, path, body);
        EXPECT_EQ(answer.status, 200) << method << " " << path << " " << body << "\n" << answer.body;
        return answer.body;
    }

    static std::unique_ptr<TemporaryDirectory> directory_;
    static std::unique_ptr<Server> server_;
    static std::unique_ptr<HttpClient> client_;
};

std::unique_ptr<TemporaryDirectory> RestShapes::directory_;
std::unique_ptr<Server> RestShapes::server_;
std::unique_ptr<HttpClient> RestShapes::client_;

TEST_F(RestShapes, an_item_has_its_keys_and_no_others) {
    const Keys item{
        "name",         "vector_count",  "document_count", "dimension",  "metric", "embedding_provider", "size",
        "quantization", "normalization", "created_at",     "updated_at", "status", "indexing_status"};
    Keys full = item;
    full.insert({"similarity_metric", "description", "metadata", "aliases", "hnsw_config", "quantization_config",
                 "text", "ttl_secs", "size_bytes", "lsn"});
    const Json created(good("POST", "/collections",
                            R"({"name":"s","dimension":3,"metric":"L2","description":"d","metadata":{"a":[1]}})"));
    EXPECT_EQ(created.text("/metric"), "L2");
    EXPECT_EQ(keys_of(created.root()), (Keys{"message", "collection", "name", "dimension", "metric"}));
    const Json plain(good("GET", "/collections/s"));
    EXPECT_EQ(keys_of(plain.root()), item);
    EXPECT_EQ(plain.text("/metric"), "Euclidean");
    EXPECT_EQ(keys_of(Json(good("GET", "/collections")).at("/collections/0")), item);
    const std::string text = good("GET", "/collections/s?view=full");
    const Json all(text);
    EXPECT_EQ(keys_of(all.root()), full);
    EXPECT_EQ(all.text("/similarity_metric"), "euclidean");
    EXPECT_EQ(all.text("/description"), "d");
    EXPECT_NE(text.find(R"("metadata":{"a":[1]})"), std::string::npos);
    const Json changed(
        good("PUT", "/collections/s?view=full", R"({"description":"e","metric":"euclid","dimension":3})"));
    EXPECT_EQ(changed.text("/description"), "e");
    EXPECT_EQ(changed.integer("/metadata/a/0"), 1);
}

TEST_F(RestShapes, every_spelling_of_a_metric_is_honoured) {
    const std::pair<const char*, const char*> spellings[] = {
        {"cosine", "Cosine"},       {"COSINE", "Cosine"},  {"euclidean", "Euclidean"},    {"euclid", "Euclidean"},
        {"l2", "Euclidean"},        {"dot", "DotProduct"}, {"dot_product", "DotProduct"}, {"dotproduct", "DotProduct"},
        {"manhattan", "Manhattan"}, {"L1", "Manhattan"}};
    for (const auto& [spelling, title] : spellings) {
        good("POST", "/collections", std::string(R"({"name":"s","similarity_metric":")") + spelling + "\"}");
        const Json item(good("GET", "/collections/s"));
        EXPECT_EQ(item.text("/metric"), title) << spelling;
        EXPECT_EQ(item.integer("/dimension"), 512);
        good("DELETE", "/collections/s");
    }
}

TEST_F(RestShapes, points_come_back_as_they_were_given) {
    good("POST", "/collections", R"({"name":"s","dimension":3})");
    const std::string payload = R"({ "b":1.0, "a":"\u00e4", "a":[1,{"x":null}] })";
    good("PUT", "/collections/s/vectors/p%2F1", R"({"vector":[0.1,16777217,1e-45],"payload":)" + payload + "}");
    const std::string text = good("GET", "/collections/s/vectors/p%2F1");
    EXPECT_NE(text.find("\"vector\":[0.1,16777216,1e-45],\"data\":[0.1,16777216,1e-45],\"payload\":" + payload),
              std::string::npos)
        << text;
    const Json point(text);
    EXPECT_EQ(keys_of(point.root()), (Keys{"id", "vector", "data", "payload", "metadata", "collection", "dimension",
                                           "version", "expires_at"}));
    EXPECT_EQ(point.text("/id"), "p/1");
    const std::string coded = Json(good("GET", "/collections/s/vectors/p%2F1?vector_format=base64")).text("/vector");
    good("POST", "/insert_vectors", R"({"collection":"s","vectors":[{"id":7,"embedding":")" + coded + "\"}]}");
    const Json copy(good("POST", "/vector", R"({"collection":"s","id":"7"})"));
    EXPECT_EQ(number_of(copy.at("/vector/0")), number_of(point.at("/vector/0")));
    EXPECT_EQ(number_of(copy.at("/vector/2")), number_of(point.at("/vector/2")));
    EXPECT_TRUE(keys_of(copy.at("/payload")).empty());

    good("PUT", "/collections/s/vectors/7", R"({"payload":{"k":1}})");
    good("POST", "/update", R"({"collection":"s","id":7,"vector":[1,1,1]})");
    const Json updated(good("GET", "/collections/s/vectors/7"));
    EXPECT_EQ(number_of(updated.at("/vector/1")), 1);
    EXPECT_EQ(updated.integer("/payload/k"), 1);
    good("POST", "/batch_update", R"({"collection":"s","updates":[{"id":"7","payload":null}]})");
    EXPECT_TRUE(keys_of(Json(good("GET", "/collections/s/vectors/7")).at("/payload")).empty());
}

TEST_F(RestShapes, inserting_makes_a_missing_collection_and_ids) {
    const Json made(good(
        "POST", "/insert_vectors",
        R"({"collection":"made","vectors":[{"embedding":[1,2]},{"id":"x","embedding":[1,2,3]},{"id":5,"vector":[3,4]}]})"));
    EXPECT_TRUE(made.truth("/collection_created"));
    EXPECT_EQ(made.integer("/inserted"), 2);
    EXPECT_EQ(made.integer("/failed"), 1);
    EXPECT_EQ(made.text("/results/1/error_type"), "validation_error");
    EXPECT_EQ(made.text("/results/2/client_id"), "5");
    const std::string id = made.text("/results/0/vector_ids/0");
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(Json(good("GET", "/collections/made/vectors/" + id)).integer("/dimension"), 2);
    EXPECT_FALSE(Json(good("POST", "/insert_vectors", R"({"collection":"made","vectors":[{"embedding":[1,2]}]})"))
                     .has("/collection_created"));
    const Json points(good("PUT", "/qdrant/collections/made/points?wait=true",
                           R"({"points":[{"id":1,"vector":[1,2],"payload":null}]})"));
    EXPECT_EQ(points.text("/status"), "acknowledged");
    EXPECT_EQ(points.text("/result/status"), "completed");
}

TEST_F(RestShapes, a_cursor_stands_in_a_url_as_it_is) {
    const std::vector<std::string> ids = {"doc", "doc#0", "doc#1", "a&limit=9", "a b",   "\xC3\xBC", "~",
                                          "~41", "%41",   "+",     "/",         "\"q\"", "7"};
    std::string points;
    for (const std::string& id : ids)
        points += (points.empty() ? "" : ",") + ("{\"id\":" + json_string(id)) + R"(,"vector":[1]})";
    good("POST", "/collections", R"({"name":"s","dimension":1})");
    good("POST", "/collections/s/vectors", R"({"vectors":[)" + points + "]}");
    std::multiset<std::string> seen;
    std::string cursor;
    do {
        const Json page(good("GET", "/collections/s/vectors?limit=1&cursor=" + cursor));
        seen.insert(page.text("/vectors/0/id"));
        cursor = page.at("/next_cursor").is_null() ? "" : page.text("/next_cursor");
        EXPECT_EQ(cursor.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~"),
                  std::string::npos)
            << cursor;
    } while (!cursor.empty() && seen.size() <= ids.size());
    EXPECT_EQ(seen, (std::multiset<std::string>(ids.begin(), ids.end())));
    for (const char* wrong : {"~", "~4", "~4g", "~-1"}) {
        const Json page(good("GET", "/collections/s/vectors?limit=1"));
        EXPECT_EQ(client_->get("/collections/s/vectors?cursor=" + page.text("/next_cursor") + wrong).status, 400)
            << wrong;
    }
}

TEST_F(RestShapes, two_spellings_of_a_field_agree_by_what_they_mean) {
    good(
        "POST", "/collections",
        R"({"name":"two","dimension":1,"metric":"l2","similarity_metric":"Euclidean","config":{"metric":"EUCLID","similarity_metric":"l2"}})");
    EXPECT_EQ(Json(good("GET", "/collections/two")).text("/metric"), "Euclidean");
    good("PUT", "/collections/two", R"({"metric":"euclidean","similarity_metric":"L2"})");
    good("POST", "/collections/two/search",
         R"({"vector":[1],"threshold":1.0,"score_threshold":1,"ef":64,"ef_search":64})");
    const auto refused = [&](const char* method, const char* path, const char* body) {
        const Answer answer = client_->request(method, path, body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_EQ(Json(answer.body).text("/error_type"), "validation_error") << body;
    };
    refused("POST", "/collections", R"({"name":"other","dimension":1,"metric":"l2","similarity_metric":"cosine"})");
    refused("PUT", "/collections/two", R"({"similarity_metric":"l2","metric":"l1"})");
    refused("POST", "/collections/two/search", R"({"vector":[1],"threshold":1.0,"score_threshold":1.5})");
}

TEST_F(RestShapes, a_failed_item_tells_the_id_that_was_sent) {
    const std::string long_id(300, 'x');
    const std::pair<std::string, std::string> ids[] = {{R"("q")", "q"},
                                                       {"7", "7"},
                                                       {R"(" a")", " a"},
                                                       {R"("")", ""},
                                                       {"1.5", "1.5"},
                                                       {"-1", "-1"},
                                                       {'"' + long_id + '"', long_id}};
    for (const auto& [sent, told] : ids) {
        const Json vectors(good("POST", "/insert_vectors",
                                R"({"collection":"told","vectors":[{"embedding":[1,"x"],"id":)" + sent + R"(},{"id":)" +
                                    sent + R"(,"embedding":[]},{"idd":0,"id":)" + sent +
                                    "},{\"embedding\":[]},{\"embedding\":[1,2]}]}"));
        EXPECT_EQ(vectors.integer("/failed"), 4);
        for (const char* at : {"/results/0/client_id", "/results/1/client_id", "/results/2/client_id"})
            EXPECT_EQ(vectors.text(at), told) << sent << at;
        EXPECT_TRUE(vectors.at("/results/3/client_id").is_null());
        EXPECT_TRUE(vectors.at("/results/4/client_id").is_null());
        const Json texts(good("POST", "/insert_texts",
                              R"({"collection":"texts","texts":[{"text":1,"id":)" + sent + R"(},{"id":)" + sent +
                                  R"(,"metadata":1},{"metadata":{},"id":)" + sent +
                                  R"(},{"text":1},{"text":"sea"}]})"));
        EXPECT_EQ(texts.integer("/failed"), 4);
        for (const char* at : {"/results/0/client_id", "/results/1/client_id", "/results/2/client_id"})
            EXPECT_EQ(texts.text(at), told) << sent << at;
        EXPECT_TRUE(texts.at("/results/3/client_id").is_null());
        const Json updates(
            good("POST", "/batch_update", R"({"collection":"told","updates":[{"vector":["x"],"id":)" + sent + "}]}"));
        EXPECT_EQ(updates.text("/results/0/id"), told) << sent;
    }
    const Json gone(good("POST", "/batch_delete", R"({"collection":"told","ids":[" a"]})"));
    EXPECT_EQ(gone.text("/results/0/id"), " a");
}

TEST_F(RestShapes, an_insert_that_stores_nothing_makes_no_collection) {
    const auto is_absent = [&](const char* when) { EXPECT_EQ(client_->get("/collections/none").status, 404) << when; };
    for (
        const char* body :
        {R"({"collection":"none","texts":[{"text":"sea"},{"text":"..."}]})",
         R"({"collection":"none","texts":[{"text":"sea","id":"a"},{"text":"sea","id":"b","metadata":{"content":1}}]})"}) {
        EXPECT_EQ(client_->post("/insert_texts?atomic=true", body).status, 400) << body;
        is_absent(body);
    }
    EXPECT_EQ(client_->post("/insert", R"({"collection":"none","text":"..."})").status, 400);
    is_absent("a text without words");
    const Json refused(good("POST", "/batch_insert", R"({"collection":"none","texts":[{"text":"..."}]})"));
    EXPECT_EQ(refused.integer("/failed"), 1);
    EXPECT_FALSE(refused.has("/collection_created"));
    is_absent("texts without words");
    // What only the engine sees.
    EXPECT_EQ(client_
                  ->post("/insert_vectors?atomic=true",
                         R"({"collection":"none","vectors":[{"embedding":[1,2]},{"embedding":[1]}]})")
                  .status,
              400);
    is_absent("vectors of two lengths");
    const std::string large(1 << 20, 'x');
    EXPECT_EQ(
        client_->post("/insert", R"({"collection":"none","text":"sea","metadata":{"k":")" + large + "\"}}").status,
        400);
    is_absent("a payload of more than 1 MiB");
    const Json each(good("POST", "/insert_vectors",
                         R"({"collection":"none","vectors":[{"embedding":[1],"payload":{"k":")" + large + "\"}}]}"));
    EXPECT_EQ(each.integer("/inserted"), 0);
    EXPECT_FALSE(each.has("/collection_created"));
    is_absent("each item refused");
    EXPECT_TRUE(Json(good("POST", "/insert", R"({"collection":"none","text":"sea"})")).truth("/collection_created"));
}

TEST_F(RestShapes, scores_and_thresholds_are_those_of_the_contract) {
    for (const auto& [metric, near, far] :
         {std::tuple{"cosine", 1.0, 0.0}, std::tuple{"euclidean", 1.0, 1 / (1 + std::sqrt(2.0))},
          std::tuple{"dot", 1.0, 0.0}, std::tuple{"manhattan", 1.0, 1.0 / 3}}) {
        good("POST", "/collections", std::string(R"({"name":"s","dimension":2,"metric":")") + metric + "\"}");
        good(
            "POST", "/insert_vectors",
            R"({"collection":"s","vectors":[{"id":"n","embedding":[1,0],"payload":{"a":1,"b":2}},{"id":"f","embedding":[0,1]}]})");
        const Json found(good("POST", "/search", R"({"collection":"s","query_vector":[1,0]})"));
        EXPECT_EQ(found.text("/results/0/id"), "n");
        EXPECT_NEAR(number_of(found.at("/results/0/score")), near, 1e-6) << metric;
        EXPECT_NEAR(number_of(found.at("/results/1/score")), far, 1e-6) << metric;
        EXPECT_EQ(keys_of(found.root()),
                  (Keys{"results", "query_type", "limit", "collection", "total_results", "total"}));
        EXPECT_EQ(keys_of(found.at("/results/0")), (Keys{"id", "score", "vector", "payload"}));
        // The score as it was answered keeps its hit; the next float does not.
        const auto score = static_cast<float>(number_of(found.at("/results/1/score")));
        const auto total = [&](float threshold) {
            return Json(good("POST", "/collections/s/search",
                             R"({"vector":[1,0],"threshold":)" +
                                 json_array({threshold}).substr(1, json_array({threshold}).size() - 2) + "}"))
                .integer("/total");
        };
        EXPECT_EQ(total(score), 2) << metric;
        EXPECT_EQ(total(std::nextafter(score, 2.0F)), 1) << metric;
        EXPECT_EQ(total(2), 0) << metric;
        const std::string bare = good("POST", "/collections/s/search",
                                      R"({"vector":[1,0],"limit":1,"with_payload":["b"],"with_vector":false})");
        EXPECT_NE(bare.find(R"("vector":null,"payload":{"b":2})"), std::string::npos) << bare;
        const std::string no_key = good("POST", "/collections/s/search",
                                        R"({"vector":[1,0],"limit":1,"with_payload":[],"with_vector":false})");
        EXPECT_NE(no_key.find(R"("vector":null,"payload":{}})"), std::string::npos)
            << no_key << ": null is for what was not asked for";
        good("DELETE", "/collections/s");
    }
}

TEST_F(RestShapes, a_batch_of_searches_answers_each) {
    good("POST", "/collections", R"({"name":"s","dimension":2})");
    good("POST", "/insert_vectors",
         R"({"collection":"s","vectors":[{"id":"n","embedding":[1,0]},{"id":"f","embedding":[0,1]}]})");
    const Json batch(good(
        "POST", "/batch_search",
        R"({"queries":[{"vector":[1,0]},"words",{"vector":[1]},{"vector":[0,1],"limit":2},{"vektor":[1]}],"limit":1,"collection":"s"})"));
    EXPECT_EQ(batch.integer("/count"), 5);
    EXPECT_EQ(batch.integer("/succeeded"), 2);
    EXPECT_EQ(batch.integer("/failed"), 3);
    EXPECT_EQ(batch.integer("/results/0/total"), 1);
    EXPECT_EQ(batch.text("/results/1/error_type"), "configuration_error");
    EXPECT_EQ(batch.text("/results/1/query"), "words");
    EXPECT_EQ(batch.text("/results/2/error_type"), "validation_error");
    EXPECT_EQ(batch.integer("/results/3/total"), 2);
    EXPECT_EQ(batch.text("/results/3/results/0/id"), "f");
    EXPECT_EQ(batch.text("/results/4/error_type"), "validation_error");
}

TEST_F(RestShapes, pages_show_each_point_once) {
    good("POST", "/collections", R"({"name":"s","dimension":1})");
    std::string points;
    for (int i = 0; i < 25; ++i)
        points += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(i)) + ",\"embedding\":[1]}";
    good("POST", "/insert_vectors", R"({"collection":"s","vectors":[)" + points + "]}");
    Keys seen;
    std::string cursor;
    int pages = 0;
    do {
        const Json page(good(
            "POST", "/collections/s/scroll",
            R"({"limit":10,"with_vector":false)" + (cursor.empty() ? "" : ",\"cursor\":" + json_string(cursor)) + "}"));
        EXPECT_EQ(page.integer("/total"), 25);
        for (const JsonValue point : page.list("/vectors")) EXPECT_TRUE(seen.insert(text_of(point, "id")).second);
        cursor = page.at("/next_cursor").is_null() ? "" : page.text("/next_cursor");
        ++pages;
    } while (!cursor.empty() && pages < 10);
    EXPECT_EQ(seen.size(), 25U);
    const Json listed(good("GET", "/collections/s/vectors?offset=20&limit=3"));
    EXPECT_EQ(listed.list("/vectors").size(), 3U);
    EXPECT_EQ(listed.text("/vectors/0/id"), "20");
    EXPECT_EQ(listed.text("/message"), "Showing 3 of 25 vectors. Use pagination for more.");
    EXPECT_EQ(Json(good("POST", "/collections/s/count", "{}")).integer("/count"), 25);
}

TEST_F(RestShapes, collections_are_saved_renamed_and_cleaned_up) {
    good("POST", "/collections", R"({"name":"s","dimension":1})");
    const Json saved(good("POST", "/collections/s/force-save"));
    EXPECT_TRUE(saved.truth("/success"));
    EXPECT_TRUE(saved.truth("/flushed"));
    EXPECT_TRUE(Json(good("GET", "/collections/s/persistence")).truth("/persisted"));
    const Json renamed(good("POST", "/collections/s/rename", R"({"new_name":"t"})"));
    EXPECT_EQ(renamed.text("/alias_retained"), "s");
    EXPECT_EQ(Json(good("GET", "/collections/s")).text("/name"), "t");
    EXPECT_EQ(client_->request("DELETE", "/collections/s", {}).status, 400);
    EXPECT_NE(good("GET", "/collections/empty").find("\"t\""), std::string::npos);
    EXPECT_EQ(Json(good("DELETE", "/collections/cleanup?dry_run=true")).integer("/deleted_count"), 0);
    EXPECT_EQ(Json(good("DELETE", "/collections/cleanup")).truth("/success"), true);
    EXPECT_EQ(client_->get("/collections/t").status, 404);
    EXPECT_EQ(client_->get("/collections/s").status, 404);
}

TEST_F(RestShapes, a_repeated_write_is_answered_from_its_first_outcome) {
    good("POST", "/collections", R"({"name":"s","dimension":1})");
    const std::string body = R"({"collection":"s","vectors":[{"id":"x","embedding":[1]}]})";
    // Keys are remembered over restarts: this one is new even to a server that runs already.
    const std::string key =
        "Idempotency-Key: " + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
    const Answer first = client_->request("POST", "/insert_vectors", body, {key});
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.header("Idempotent-Replay"), "");
    good("POST", "/delete", R"({"collection":"s","id":"x"})");
    const Answer again = client_->request("POST", "/insert_vectors", body, {key});
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.header("Idempotent-Replay"), "true");
    EXPECT_EQ(client_->get("/collections/s/vectors/x").status, 404);
}

TEST_F(RestShapes, imports_take_lines_and_binary_and_points_move) {
    good("POST", "/collections", R"({"name":"s","dimension":2})");
    good("POST", "/collections", R"({"name":"t","dimension":2})");
    const Answer lines =
        client_->request("POST", "/collections/s/import", "{\"id\":\"a\",\"vector\":[1,2]}\n\n{\"vector\":[1]}\n{bad\n",
                         {"Content-Type: application/x-ndjson"});
    const Json told(lines.body);
    EXPECT_EQ(told.integer("/inserted"), 1) << lines.body;
    EXPECT_EQ(told.integer("/failed"), 2);
    EXPECT_EQ(told.text("/errors/1/error_type"), "parse_error");
    const Answer marked =
        client_->request("POST", "/collections/s/import", "\xEF\xBB\xBF{\"id\":\"m\",\"vector\":[1,2]}\r\n",
                         {"Content-Type: application/x-ndjson"});
    EXPECT_EQ(Json(marked.body).integer("/inserted"), 1) << marked.body;
    const Answer only_mark =
        client_->request("POST", "/collections/s/import", "\xEF\xBB\xBF\r\n{\"id\":\"m\",\"vector\":[1,2]}\n",
                         {"Content-Type: application/x-ndjson"});
    EXPECT_EQ(Json(only_mark.body).integer("/count"), 1) << only_mark.body;
    good("POST", "/collections", "\xEF\xBB\xBF{\"name\":\"marked\",\"dimension\":2}");
    good("DELETE", "/collections/marked");
    std::string binary("VZPOINT1", 8);
    const auto append = [&binary](auto value) { binary.append(reinterpret_cast<const char*>(&value), sizeof value); };
    append(uint32_t{2});
    append(uint32_t{0});
    append(uint64_t{2});
    append(uint64_t{0});
    binary.append(32, '\0');
    for (const float value : {1.0F, 2.0F, 3.0F, 4.0F}) append(value);
    const Answer imported = client_->request("POST", "/collections/s/import?id_start=40", binary,
                                             {"Content-Type: application/octet-stream"});
    EXPECT_EQ(Json(imported.body).integer("/inserted"), 2) << imported.body;
    EXPECT_EQ(number_of(Json(good("GET", "/collections/s/vectors/41")).at("/vector/1")), 4);
    EXPECT_EQ(
        client_->request("POST", "/collections/s/import", binary + "x", {"Content-Type: application/octet-stream"})
            .status,
        400);
    const Json moved(good("POST", "/collections/s/vectors/move", R"({"destination":"t","ids":[40,"nope"]})"));
    EXPECT_EQ(moved.integer("/moved"), 1);
    EXPECT_EQ(moved.text("/results/1/status"), "missing_in_src");
    EXPECT_EQ(client_->get("/collections/s/vectors/40").status, 404);
    good("GET", "/collections/t/vectors/40");
}

}  // namespace
}  // namespace vz::e2e
