// The details of the wire contract that neither a shape nor a refusal alone shows: what is accepted everywhere, the
// words errors use, edges of limits.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

class RestDetails : public OnOneServer<RestDetails> {
 protected:
    void SetUp() override {
        good("POST", "/collections", R"({"name":"s","dimension":3})");
        good(
            "POST", "/insert_vectors",
            R"({"collection":"s","vectors":[{"id":"a","embedding":[1,0,0],"payload":{"k":1}},{"id":"b","embedding":[0,1,0]}]})");
    }
    void TearDown() override {
        for (const char* name : {"s", "t", "narrow", "texts", "renamed"})
            send("DELETE", std::string("/collections/") + name);
    }

    static std::string field(const std::string& error) { return Json(error).text("/details/field"); }
};

TEST_F(RestDetails, every_write_accepts_wait_with_any_value) {
    struct Write {
        const char* method;
        const char* path;
        const char* members;  // of the body; NULL: the route has none
    };
    const Write writes[] = {
        {"POST", "/collections", R"("name":"t","dimension":3)"},
        {"PUT", "/collections/s", R"("description":"d")"},
        {"POST", "/collections/s/force-save", nullptr},
        {"POST", "/collections/s/field_indexes", R"("path":"k","kind":"integer")"},
        {"DELETE", "/collections/s/field_indexes?path=k&kind=integer", nullptr},
        {"POST", "/collections/s/reindex", R"("m":8)"},
        {"POST", "/collections/s/reencode", R"("target_encoding":"fp32")"},
        {"POST", "/collections/s/ttl", R"("ttl_secs":null)"},
        {"POST", "/collections/s/snapshot", nullptr},
        {"PUT", "/aliases/other", R"("collection":"s")"},
        {"DELETE", "/aliases/other", nullptr},
        {"POST", "/insert_vectors", R"("collection":"s","vectors":[{"id":"a","embedding":[1,0,0]}])"},
        {"POST", "/collections/s/vectors", R"("vectors":[{"id":"a","embedding":[1,0,0]}])"},
        {"PUT", "/qdrant/collections/s/points", R"("points":[{"id":"a","vector":[1,0,0]}])"},
        {"PUT", "/collections/s/vectors/a", R"("payload":{})"},
        {"PATCH", "/collections/s/vectors/a/expiry", R"("expires_at":null)"},
        {"POST", "/update", R"("collection":"s","id":"a","payload":{})"},
        {"POST", "/batch_update", R"("collection":"s","updates":[{"id":"a","payload":{}}])"},
        {"POST", "/collections/s/vectors/bulk_update_metadata",
         R"("filter":{"must":{"key":"no","match":{"value":1}}},"patch":{})"},
        {"POST", "/collections/s/vectors/delete_by_filter", R"("filter":{"must":{"key":"no","match":{"value":1}}})"},
        {"POST", "/collections/s/vectors/copy", R"("destination":"t","ids":["a"])"},
        {"POST", "/collections/s/vectors/move", R"("destination":"t","ids":["a"])"},
        {"POST", "/insert", R"("collection":"texts","text":"sea")"},
        {"POST", "/insert_texts", R"("collection":"texts","texts":[{"text":"sea"}])"},
        {"POST", "/batch_insert", R"("collection":"texts","texts":[{"text":"sea"}])"},
        {"POST", "/batch_delete", R"("collection":"s","ids":["b"])"},
        {"POST", "/collections/s/rename", R"("new_name":"renamed","retain_alias":false)"},
        {"POST", "/slow_queries/config", R"("threshold_ms":1000)"},
        {"DELETE", "/collections/t", nullptr},
        {"DELETE", "/collections/cleanup", nullptr},
    };
    for (const Write& write : writes) {
        const std::string path = write.path;
        const std::string query = path + (path.find('?') == std::string::npos ? "?" : "&") + "wait=perhaps";
        if (write.members == nullptr) {
            good(write.method, query);
        } else if (path == "/collections" || path.ends_with("field_indexes") ||
                   path.ends_with("rename")) {  // cannot be repeated
            good(write.method, query, std::string("{") + write.members + R"(,"wait":[1]})");
        } else {
            good(write.method, query, std::string("{") + write.members + "}");
            good(write.method, path, std::string("{") + write.members + R"(,"wait":"perhaps"})");
        }
    }
}

TEST_F(RestDetails, routes_without_a_body_take_an_empty_object_and_nothing_else) {
    for (const char* path : {"/collections/s/force-save", "/collections/s/snapshot"}) {
        for (const char* body : {"", "{}", " { }\n"}) good("POST", path, body);
        for (const char* body : {R"({"a":1})", "[]", "null", "{"})
            EXPECT_EQ(Json(refused(400, "POST", path, body)).text("/error_type"), "bad_request") << body;
    }
    for (const char* path : {"/collections/s/scroll", "/collections/s/count", "/collections/s/reindex"})
        good("POST", path);
}

TEST_F(RestDetails, errors_name_fields_as_the_request_spells_them) {
    EXPECT_EQ(field(refused(400, "PUT", "/collections/s", R"({"similarity_metric":"l2"})")), "similarity_metric");
    EXPECT_EQ(field(refused(400, "PUT", "/collections/s/vectors/a", R"({"data":[1]})")), "data");
    EXPECT_EQ(field(refused(400, "POST", "/search", R"({"collection":"s","query_vector":[1]})")), "query_vector");
    EXPECT_EQ(field(refused(400, "POST", "/search", R"({"collection":"s","vector":[1]})")), "vector");
    for (const char* name : {"embedding", "vector", "data"}) {
        const std::string item = std::string(R"({"id":"c",")") + name + R"(":[1,2]})";
        const Json atomic(refused(400, "POST", "/insert_vectors?atomic=true",
                                  R"({"collection":"s","vectors":[{"embedding":[1,0,0]},)" + item + "]}"));
        EXPECT_EQ(atomic.text("/details/field"), std::string("vectors[1].") + name);
        EXPECT_EQ(atomic.integer("/details/item"), 1);
        EXPECT_EQ(atomic.integer("/details/expected_dimension"), 3);
        EXPECT_EQ(atomic.integer("/details/actual_dimension"), 2);
        const Json reported(good("POST", "/insert_vectors", R"({"collection":"s","vectors":[)" + item + "]}"));
        EXPECT_NE(reported.text("/results/0/error").find(std::string("vectors[0].") + name), std::string::npos);
    }
    const std::string large = R"({"id":"c","vector":[1,0,0],"metadata":{"a":")" + std::string(1 << 20, 'x') + "\"}}";
    EXPECT_EQ(
        field(refused(400, "POST", "/insert_vectors?atomic=true", R"({"collection":"s","vectors":[)" + large + "]}")),
        "vectors[0].metadata");
}

TEST_F(RestDetails, a_payload_that_is_no_json_is_told_with_its_place) {
    good("POST", "/collections", R"({"name":"broken","dimension":1})");
    const auto offset = [&](const char* method, const char* path, const char* body) {
        const Answer answer = send(method, path, body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_EQ(Json(answer.body).text("/error_type"), "parse_error") << answer.body;
        EXPECT_EQ(Json(answer.body).text("/details/field"), "body") << answer.body;
        return Json(answer.body).integer("/details/offset");
    };
    EXPECT_EQ(offset("PUT", "/collections/broken/vectors/a", R"({"data":[1],"payload":{"a":tru}})"), 27);
    EXPECT_EQ(offset("POST", "/insert_vectors?atomic=true",
                     R"({"collection":"broken","vectors":[{"embedding":[1],"payload":{"a":01}}]})"),
              67);
    EXPECT_EQ(offset("POST", "/collections", R"({"name":"other","metadata":{"a":nul}})"), 32);
    EXPECT_EQ(offset("POST", "/collections/broken/vectors/bulk_update_metadata",
                     R"({"filter":{"must":[{"has_id":["a"]}]},"patch":{"a":tru}})"),
              51);
    good("DELETE", "/collections/broken");
}

TEST_F(RestDetails, of_a_body_that_is_no_json_nothing_is_done) {
    const std::string before = send("GET", "/collections/s/vectors").body;
    const auto offset = [&](const std::string& path, const std::string& body) {
        const Json error(refused(400, "POST", path, body));
        EXPECT_EQ(error.text("/error_type"), "parse_error") << body;
        EXPECT_EQ(error.text("/details/field"), "body") << body;
        return static_cast<size_t>(error.integer("/details/offset"));
    };
    struct Broken {
        const char* text;
        size_t at;
    };
    for (const auto& [text, at] : {Broken{R"({"a":tru})", 5}, Broken{R"({"a":1.})", 7}, Broken{R"({"a":00})", 6},
                                   Broken{R"({"a":1,})", 7}, Broken{R"({"a":/**/1})", 5}, Broken{R"({"a":"\x"})", 6}}) {
        std::string body = R"({"collection":"s","vectors":[{"id":"c","vector":[1,0,0]},{"vector":[1,0,0],"metadata":)";
        EXPECT_EQ(offset("/insert_vectors", body + text + "}]}"), body.size() + at);
        EXPECT_EQ(offset("/insert_vectors?atomic=true", body + text + "}]}"), body.size() + at);
        body = R"({"collection":"s","updates":[{"id":"b","payload":{"n":2}},{"id":"a","payload":)";
        EXPECT_EQ(offset("/batch_update", body + text + "}]}"), body.size() + at);
        body = R"({"collection":"texts","texts":[{"text":"sea"},{"text":"sea","metadata":)";
        EXPECT_EQ(offset("/insert_texts", body + text + "}]}"), body.size() + at);
        body = R"({"collection":"texts","text":"sea","metadata":)";
        EXPECT_EQ(offset("/insert", body + text + "}"), body.size() + at);
        // What any value is taken of, too.
        body = R"({"collection":"s","vectors":[{"id":"c","vector":[1,0,0]}],"wait":)";
        EXPECT_EQ(offset("/insert_vectors", body + text + "}"), body.size() + at);
        body = R"({"collection":"s","id":"a","wait":)";
        EXPECT_EQ(offset("/delete", body + text + "}"), body.size() + at);
        refused(400, "PUT", "/collections/s", std::string(R"({"description":"d","wait":)") + text + "}");
    }
    EXPECT_EQ(send("GET", "/collections/s/vectors").body, before);
    EXPECT_EQ(send("GET", "/collections/texts").status, 404);
    good("POST", "/update", R"({"collection":"s","id":"a","payload":{"n":1},"wait":{"any":["thing"]}})");
    // A number that no double holds is JSON.
    const Json large(
        good("POST", "/insert_vectors", R"({"collection":"s","vectors":[{"vector":[1,0,0],"payload":{"a":1e400}}]})"));
    EXPECT_EQ(large.text("/results/0/error_type"), "validation_error");
    EXPECT_EQ(Json(refused(400, "PUT", "/collections/s/vectors/a", R"({"payload":{"a":1e400}})")).text("/error_type"),
              "validation_error");
}

TEST_F(RestDetails, an_import_counts_offsets_from_the_start_of_its_body) {
    const std::vector<std::string> lines{"Content-Type: application/x-ndjson"};
    const auto import = [&](const std::string& query, const std::string& body, const std::vector<std::string>& type) {
        return send("POST", "/collections/s/import" + query, body, type).body;
    };
    const std::string first = R"({"id":"x","vector":[1,0,0]})"
                              "\n\n";
    for (const auto& [line, field, at] :
         {std::tuple{"{bad", "body", 1},
          std::tuple{R"({"vector":[1,0,0],"payload":{"a":tru}})", "points[1].payload", 33},
          std::tuple{R"({"id":"a","id":"b","vector":[1,0,0]})", "body", 15}}) {
        const Json atomic(import("?atomic=true", first + line, lines));
        EXPECT_EQ(atomic.text("/error_type"), "parse_error") << line;
        EXPECT_EQ(atomic.text("/details/field"), field) << line;
        EXPECT_EQ(atomic.integer("/details/offset"), static_cast<int64_t>(first.size()) + at) << line;
        EXPECT_EQ(atomic.integer("/details/item"), 1) << line;
        const Json each(import("", first + line, lines));
        EXPECT_EQ(each.integer("/inserted"), 1) << line;
        EXPECT_EQ(each.text("/errors/0/error_type"), "parse_error") << line;
    }
    EXPECT_EQ(field(import("?atomic=true", R"({"vector":[1,0,0],"zzz":1})", lines)), "points[0].zzz");

    // Header, one vector, one payload behind its length.
    std::string binary = "VZPOINT1";
    const auto put = [&](auto number) { binary.append(reinterpret_cast<const char*>(&number), sizeof number); };
    put(uint32_t{3});
    put(uint32_t{2});
    put(uint64_t{1});
    put(uint64_t{0});
    binary.resize(64);
    for (const float number : {1.0F, 0.0F, 0.0F}) put(number);
    put(uint32_t{9});
    binary += R"({"a":tru})";
    const std::vector<std::string> bytes{"Content-Type: application/octet-stream"};
    const Json atomic(import("?atomic=true", binary, bytes));
    EXPECT_EQ(atomic.text("/error_type"), "parse_error");
    EXPECT_EQ(atomic.text("/details/field"), "points[0].payload");
    EXPECT_EQ(atomic.integer("/details/offset"), 64 + 12 + 4 + 5);
    EXPECT_EQ(Json(import("", binary, bytes)).text("/errors/0/error_type"), "parse_error");
}

TEST_F(RestDetails, choices_are_listed_where_none_was_made) {
    const auto choices = [](const std::string& error) {
        const Json answer(error);
        std::string all;
        for (const JsonValue each : answer.list("/details/available")) all += text_of(each) + " ";
        return all;
    };
    EXPECT_EQ(choices(refused(400, "POST", "/collections", R"({"name":"t","metric":"hamming"})")),
              "cosine euclidean dot_product manhattan ");
    for (const char* quantization :
         {R"("binary")", R"({"type":"pq"})", R"({"type":"sq","bits":4})", R"({"type":"sq","bits":16})",
          R"({"type":"auto","bits":3})", R"({"type":"none","bits":4})", R"({"enabled":false,"bits":8})"}) {
        EXPECT_EQ(choices(refused(400, "POST", "/collections",
                                  std::string(R"({"name":"t","quantization":)") + quantization + "}")),
                  "auto none sq8 ");
    }
    EXPECT_EQ(choices(refused(400, "POST", "/collections/s/reencode", R"({"target_encoding":"binary"})")), "fp32 sq8 ");
    EXPECT_EQ(choices(refused(400, "POST", "/collections/s/hybrid_search", R"({"query":"sea","algorithm":"sum"})")),
              "rrf weighted alpha ");
}

TEST_F(RestDetails, a_path_that_is_nearly_one_is_told_which) {
    const std::pair<const char*, const char*> slips[] = {
        {"/colections", "/collections"},   {"/collections/", "/collections"},
        {"//collections", "/collections"}, {"/collections/s/serch", "/collections/s/search"},
        {"/metric", "/metrics"},           {"/Stats", "/stats"}};
    for (const auto& [path, meant] : slips) {
        const Json error(refused(404, "GET", path));
        EXPECT_EQ(error.text("/error_type"), "not_found");
        EXPECT_EQ(error.text("/details/path"), path);
        EXPECT_EQ(error.text("/details/did_you_mean"), meant) << path;
    }
    EXPECT_FALSE(Json(refused(404, "GET", "/something/else")).has("/details/did_you_mean"));
}

TEST_F(RestDetails, of_a_path_that_is_served_in_part_the_rest_is_unimplemented) {
    for (const char* method : {"GET", "POST", "PATCH", "DELETE"}) {
        const Json error(
            refused(501, method, "/qdrant/collections/s/points", std::string(method) == "GET" ? "" : "{}"));
        EXPECT_EQ(error.text("/details/feature"), "qdrant") << method;
    }
}

TEST_F(RestDetails, a_destination_for_other_vectors_takes_none) {
    good("POST", "/collections", R"({"name":"narrow","dimension":2})");
    for (const char* verb : {"copy", "move"}) {
        const Json answer(good("POST", std::string("/collections/s/vectors/") + verb,
                               R"({"destination":"narrow","ids":["a","gone"]})"));
        EXPECT_EQ(answer.integer("/failed"), 2);
        EXPECT_EQ(answer.text("/results/0/status"), "dst_insert_failed");
        EXPECT_EQ(answer.text("/results/1/status"), "missing_in_src");
    }
    good("GET", "/collections/s/vectors/a");
}

// Clients that serialize every member of an object send null for what they leave out.
TEST_F(RestDetails, a_null_under_another_spelling_is_absent) {
    const std::string hits = good(
        "POST", "/search",
        R"({"collection":"s","query_vector":null,"vector":[1,0,0],"score_threshold":0.5,"threshold":null,"include_vectors":null,"with_vector":false})");
    EXPECT_EQ(Json(hits).integer("/total"), 1);
    EXPECT_NE(hits.find(R"("vector":null)"), std::string::npos) << hits;
    EXPECT_EQ(
        Json(
            good(
                "POST", "/insert_vectors",
                R"({"collection":"s","vectors":[{"id":"n","embedding":null,"data":[1,2,3],"vector":null,"payload":{"a":1},"metadata":null},
        {"id":"o","vector":[1,2,3],"metadata":null,"payload":null}]})"))
            .integer("/inserted"),
        2);
    good("POST", "/update", R"({"collection":"s","id":"n","payload":null,"metadata":{"a":2}})");
    EXPECT_EQ(Json(good("GET", "/collections/s/vectors/n")).integer("/payload/a"), 2);
    good("POST", "/update", R"({"collection":"s","id":"n","metadata":null})");
    EXPECT_EQ(Json(good("GET", "/collections/s/vectors/n")).has("/payload/a"), false);
    EXPECT_EQ(
        field(refused(400, "POST", "/insert_vectors?atomic=true",
                      R"({"collection":"s","vectors":[{"id":"n","data":null,"vector":[1,2,3],"embedding":[1,2,4]}]})")),
        "vectors[0].embedding");
}

TEST_F(RestDetails, a_destination_is_another_collection_under_every_name) {
    good("PUT", "/aliases/also", R"({"collection":"s"})");
    const std::string before = good("GET", "/collections/s/vectors/a");
    for (const char* verb : {"copy", "move"}) {
        for (const char* destination : {"s", "also"}) {
            EXPECT_EQ(field(refused(400, "POST", std::string("/collections/s/vectors/") + verb,
                                    std::string(R"({"destination":")") + destination + R"(","ids":["a"]})")),
                      "destination")
                << verb << destination;
        }
        EXPECT_EQ(field(refused(400, "POST", std::string("/collections/also/vectors/") + verb,
                                R"({"destination":"s","ids":["a"]})")),
                  "destination");
    }
    EXPECT_EQ(good("GET", "/collections/s/vectors/a"), before);
    good("DELETE", "/aliases/also");
}

TEST_F(RestDetails, a_vector_that_is_too_long_for_any_collection_is_named) {
    std::string vector = "[0";
    for (int i = 0; i < 65'536; ++i) vector += ",0";
    const Json error(refused(400, "POST", "/insert_vectors",
                             R"({"collection":"none","vectors":[{"id":"a","data":)" + vector + "]}]}"));
    EXPECT_EQ(error.text("/error_type"), "validation_error");
    EXPECT_EQ(error.text("/details/field"), "vectors[0].data");
}

TEST_F(RestDetails, a_name_that_is_too_long_for_any_collection_is_told_by_its_field) {
    const std::string name(256, 'n');
    EXPECT_EQ(field(refused(400, "POST", "/search", R"({"vector":[1,0,0],"collection":")" + name + "\"}")),
              "collection");
    EXPECT_EQ(field(refused(400, "GET", "/collections/" + name)), "collection");
    for (const char* verb : {"copy", "move"}) {
        const std::string path = std::string("/collections/s/vectors/") + verb;
        EXPECT_EQ(field(refused(400, "POST", path, R"({"ids":["a"],"destination":")" + name + "\"}")), "destination");
    }
    const auto graphql = [&](const std::string& text) {
        const std::string body = R"({"query":")" + text + R"(","variables":{"n":")" + name + "\"}}";
        return Json(good("POST", "/graphql", body)).text("/errors/0/extensions/details/field");
    };
    EXPECT_EQ(graphql(R"(query($n: String!) { collection(name: $n) { name } })"), "name");
    EXPECT_EQ(graphql(R"(mutation($n: String!) { renameCollection(name: \"s\", newName: $n) { name } })"), "newName");
    EXPECT_EQ(graphql(R"(mutation($n: String!) { createCollection(input: {name: $n, dimension: 3}) { name } })"),
              "name");
    EXPECT_EQ(graphql(R"(query($n: String!) { vectors(input: {collection: $n}) { __typename } })"), "collection");
}

TEST_F(RestDetails, errors_name_fields_as_they_were_sent) {
    struct Wrong {
        const char* path;
        const char* body;
        const char* field;
    };
    const Wrong wrongs[] = {
        {"/collections/s/explain", R"({"query_vector":[1]})", "query_vector"},
        {"/collections/s/search", R"({"query_vector":[1]})", "query_vector"},
        {"/batch_delete", R"({"collection":"s","vector_ids":[]})", "vector_ids"},
        {"/batch_delete", R"({"collection":"s","vector_ids":null})", "ids"},
        {"/batch_delete", R"({"collection":"s"})", "ids"},
    };
    for (const Wrong& wrong : wrongs)
        EXPECT_EQ(field(refused(400, "POST", wrong.path, wrong.body)), wrong.field) << wrong.body;
    for (const std::string effort : {"effort", "ef", "ef_search"}) {
        for (const char* other : {R"("exact":true)", R"("recall":0.9)"}) {
            const std::string both = "\"" + effort + "\":5," + other + "}";
            const std::string told = refused(400, "POST", "/collections/s/search", R"({"vector":[1,0,0],)" + both);
            EXPECT_NE(told.find("`" + effort + "`"), std::string::npos) << told;
            const std::string inherited =
                good("POST", "/batch_search", R"({"collection":"s","queries":[{"vector":[1,0,0]}],)" + both);
            EXPECT_NE(inherited.find("`" + effort + "`"), std::string::npos) << inherited;
        }
    }
}

TEST_F(RestDetails, the_root_is_a_page_for_those_who_would_rather_have_one) {
    const auto type = [](const std::string& accept) {
        return send("GET", "/", {}, {"Accept: " + accept}).header("Content-Type");
    };
    const std::string page = "text/html; charset=utf-8";
    for (const char* accept : {"text/html", "TEXT/HTML;level=1", "text/html,application/xml;q=0.9,*/*;q=0.8",
                               "application/json;q=0.5, text/html", "text/html, application/json"})
        EXPECT_EQ(type(accept), page) << accept;
    for (const char* accept : {"*/*", "text/*", "application/json", "text/html;q=0", "text/html; q=0.0, */*",
                               "application/json, text/html;q=0.9", "text/htmlx", "application/x-text/html"})
        EXPECT_EQ(type(accept), "application/json; charset=utf-8") << accept;
}

TEST_F(RestDetails, the_page_of_the_root_has_the_links_of_the_root) {
    const Json links(good("GET", "/"));
    const std::string page = send("GET", "/", {}, {"Accept: text/html"}).body;
    for (const std::string name :
         {"health", "collections", "stats", "status", "metrics", "docs", "openapi.json", "graphql"}) {
        EXPECT_EQ(links.text("/links/" + name), "/" + name);
        EXPECT_NE(page.find("href=\"/" + name + '"'), std::string::npos) << page;
        EXPECT_EQ(send("GET", "/" + name, {}, {"Accept: text/html"}).status, 200) << name;
    }
}

TEST_F(RestDetails, an_alias_that_is_none_is_told_as_that) {
    EXPECT_EQ(Json(refused(404, "DELETE", "/aliases/s")).text("/message").find("Collection"), std::string::npos);
}

// Header and rows of zeros, numbered from 0.
std::string rows_of_zeros(uint32_t dimension, uint64_t count) {
    std::string body = "VZPOINT1";
    const auto put = [&](auto number) { body.append(reinterpret_cast<const char*>(&number), sizeof number); };
    put(dimension);
    put(uint32_t{0});
    put(count);
    body.resize(64 + count * dimension * sizeof(float));
    return body;
}

TEST_F(RestDetails, an_import_that_is_late_stores_nothing) {
    good("POST", "/collections", R"({"name":"t","dimension":64,"metric":"dot"})");
    const std::string body = rows_of_zeros(64, 60'000);
    for (int timeout_ms = 10; timeout_ms < 60'000; timeout_ms += timeout_ms / 2) {
        const Answer answer = send("POST", "/collections/t/import?id_start=0&timeout_ms=" + std::to_string(timeout_ms),
                                   body, {"Content-Type: application/octet-stream"});
        const Json told(answer.body);
        const int64_t count = Json(good("POST", "/collections/t/count")).integer("/count");
        if (answer.status == 200) {
            EXPECT_EQ(told.integer("/inserted"), 60'000) << answer.body;
            EXPECT_EQ(count, 60'000);
            return;
        }
        EXPECT_EQ(answer.status, 504) << answer.body;
        EXPECT_EQ(told.integer("/details/timeout_ms"), timeout_ms) << answer.body;
        EXPECT_FALSE(told.has("/details/inserted")) << answer.body;
        ASSERT_EQ(count, 0) << answer.body;
    }
    FAIL() << "never in time";
}

TEST_F(RestDetails, a_listed_deletion_that_is_late_deletes_nothing) {
    good("POST", "/collections", R"({"name":"t","dimension":1,"metric":"dot"})");
    const Answer imported = send("POST", "/collections/t/import?id_start=0", rows_of_zeros(1, 60'000),
                                 {"Content-Type: application/octet-stream"});
    ASSERT_EQ(imported.status, 200) << imported.body;
    for (int timeout_ms = 10; timeout_ms < 60'000; timeout_ms += timeout_ms / 8 + 1) {
        const Answer answer =
            send("POST", "/collections/t/vectors/delete_by_filter?results=all&timeout_ms=" + std::to_string(timeout_ms),
                 R"({"filter":{"must_not":[{"has_id":["x"]}]}})");
        const int64_t count = Json(good("POST", "/collections/t/count")).integer("/count");
        if (answer.status == 200) {
            EXPECT_EQ(Json(answer.body).integer("/deleted"), 60'000);
            EXPECT_EQ(count, 0);
            return;
        }
        EXPECT_EQ(answer.status, 504) << answer.body;
        ASSERT_EQ(count, 60'000) << answer.body;
    }
    FAIL() << "never in time";
}

// A log that may not grow beyond 8 MiB is a disk that has no room for all of 15.
TEST_F(RestDetails, an_import_that_stops_half_way_tells_how_far_it_came) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    ASSERT_EQ(client.request("POST", "/collections", R"({"name":"t","dimension":64})").status, 200);
    const rlimit little{8 << 20, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server.process().id(), RLIMIT_FSIZE, &little, nullptr), 0);
    const Answer answer = client.request("POST", "/collections/t/import?id_start=0", rows_of_zeros(64, 60'000),
                                         {"Content-Type: application/octet-stream"});
    EXPECT_EQ(answer.status, 503) << answer.body;
    const Json stopped(answer.body);
    EXPECT_EQ(stopped.text("/error_type"), "storage_error");
    EXPECT_GT(stopped.integer("/details/inserted"), 0) << answer.body;
    EXPECT_EQ(stopped.text("/message").find("nothing"), std::string::npos) << answer.body;
    EXPECT_EQ(Json(client.post("/collections/t/count", "{}").body).integer("/count"),
              stopped.integer("/details/inserted"));
    // What the client is not told.
    const std::string log = server.process().output();
    EXPECT_NE(log.find("\"event\":\"operation.failed\""), std::string::npos) << log;
    EXPECT_NE(log.find(directory.path()), std::string::npos) << log;
}

TEST_F(RestDetails, a_part_of_a_request_that_fails_is_told_by_its_place) {
    const auto fault = [&](const std::string& path, const std::string& body) {
        return Json(good("POST", path, body)).text("/results/1/error");
    };
    const auto searched = [&](const std::string& query) {
        return fault("/batch_search", R"({"collection":"s","queries":[{"vector":[1,0,0]},)" + query + "]}");
    };
    for (const auto& [query, place] :
         {std::pair{R"({"vector":[1]})", "queries[1].vector"}, std::pair{"{}", "queries[1].vector"},
          std::pair{R"({"vector":[1,0,0],"effort":5,"exact":true})", "queries[1].exact"}})
        EXPECT_NE(searched(query).find(place), std::string::npos) << searched(query);
    good("POST", "/collections", R"({"name":"texts","dimension":16,"embedding_provider":"bm25"})");
    const std::string long_text = R"({"id":"l","auto_chunk":false,"text":")" + std::string(1'200'000, 'w') + R"("})";
    const std::string long_note =
        R"({"id":"m","text":"sea","metadata":{"a":")" + std::string(1'200'000, 'w') + R"("}})";
    const std::pair<std::string, std::string> texts[] = {
        {long_text, "texts[1].text"},
        {long_note, "texts[1].metadata"},
        {R"({"text":"sea","chunk_size":64,"chunk_overlap":60})", "texts[1].chunk_overlap"}};
    for (const auto& [text, place] : texts) {
        const std::string body = R"({"collection":"texts","texts":[{"text":"lake"},)" + text + "]}";
        const std::string told = fault("/insert_texts", body);
        EXPECT_NE(told.find(place), std::string::npos) << told;
        const Json atomic(refused(400, "POST", "/insert_texts?atomic=true", body));
        EXPECT_EQ(atomic.text("/details/field"), place);
        EXPECT_EQ(atomic.integer("/details/item"), 1);
    }
    EXPECT_EQ(field(refused(400, "POST", "/insert", R"({"collection":"texts",)" + long_text.substr(1))), "text");
}

TEST_F(RestDetails, items_that_are_all_refused_are_told_though_there_is_no_collection) {
    const Json told(good("POST", "/insert_vectors", R"({"collection":"t","vectors":[{"id":"","embedding":[1]}]})"));
    EXPECT_EQ(told.integer("/failed"), 1);
    EXPECT_EQ(told.text("/results/0/error_type"), "validation_error");
    refused(404, "GET", "/collections/t");
    refused(404, "POST", "/batch_update", R"({"collection":"t","updates":[{"id":"a"}]})");
}

TEST_F(RestDetails, what_an_explanation_does_not_show_is_not_asked_for) {
    const Json shown(good("POST", "/collections/s/explain", R"({"vector":[1,0,0],"with_vector":true})"));
    EXPECT_TRUE(shown.has("/results/0/vector/2"));
    const Json plain(good("POST", "/collections/s/explain", R"({"vector":[1,0,0]})"));
    EXPECT_TRUE(plain.has("/results/0/id"));
    EXPECT_FALSE(plain.has("/results/0/vector"));
}

// Fifteen megabytes that follow the request's head take more than a millisecond on any wire.
TEST_F(RestDetails, a_transfer_that_is_late_does_nothing) {
    good("POST", "/collections", R"({"name":"t","dimension":3})");
    std::string ids = R"({"destination":"t","ids":["a")";
    for (int i = 1; i < 65'536; ++i) ids += ",\"" + std::string(220, 'x') + std::to_string(i) + '"';
    for (const char* route : {"copy", "move"}) {
        refused(504, "POST", std::string("/collections/s/vectors/") + route + "?timeout_ms=1", ids + "]}");
        EXPECT_EQ(Json(good("POST", "/collections/t/count", "{}")).integer("/count"), 0);
    }
    good("GET", "/collections/s/vectors/a");
}

TEST_F(RestDetails, an_atomic_batch_says_which_item_failed) {
    const Json error(
        refused(404, "POST", "/batch_delete?atomic=true", R"({"collection":"s","vector_ids":["a","gone"]})"));
    EXPECT_EQ(error.text("/error_type"), "vector_not_found");
    EXPECT_EQ(error.text("/details/vector_id"), "gone");
    EXPECT_EQ(error.integer("/details/item"), 1);
    good("GET", "/collections/s/vectors/a");
}

// Between rows that lie far apart on a line, what else there is in them falls under 8 bits a value.
TEST_F(RestDetails, a_wider_beam_leaves_the_encoding_to_the_engine) {
    std::string rows;
    uint32_t seed = 1;
    for (int i = 0; i < 6000; ++i) {
        rows += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(i)) + R"(,"embedding":[)" +
                std::to_string((i % 2) * 1e6);
        for (int j = 1; j < 64; ++j) {
            seed = seed * 1664525 + 1013904223;
            rows += "," + std::to_string(seed >> 24) + ".5";
        }
        rows += "]}";
    }
    good("POST", "/collections", R"({"name":"t","dimension":64,"metric":"euclidean"})");
    good("POST", "/insert_vectors?results=errors", R"({"collection":"t","vectors":[)" + rows + "]}");
    good("POST", "/collections/t/force-save?wait=true");
    EXPECT_EQ(Json(good("GET", "/collections/t")).text("/quantization/type"), "None");
    good("PUT", "/collections/t", R"({"hnsw_config":{"ef_search":64}})");
    const std::string document = R"(mutation{updateCollection(name:\"t\",input:{hnswEfSearch:80}){name}})";
    EXPECT_FALSE(Json(good("POST", "/graphql", R"({"query":")" + document + "\"}")).has("/errors"));
    good("POST", "/collections/t/reindex?wait=true", R"({"m":20})");
    EXPECT_EQ(Json(good("GET", "/collections/t")).text("/quantization/type"), "None");
    good("POST", "/collections/t/reencode?wait=true", R"({"target_encoding":"sq8"})");
    EXPECT_EQ(Json(good("GET", "/collections/t")).text("/quantization/type"), "SQ { bits: 8 }");
}

TEST_F(RestDetails, an_unknown_key_is_named) {
    const Json error(refused(404, "DELETE", "/auth/keys/none"));
    EXPECT_EQ(error.text("/error_type"), "key_not_found");
    EXPECT_EQ(error.text("/details/id"), "none");
}

TEST_F(RestDetails, figures_are_measured) {
    const Json stats(good("GET", "/stats"));
    EXPECT_GT(stats.integer("/total_size_bytes"), 0);
    EXPECT_GT(stats.integer("/memory_usage_bytes"), 1 << 20);
    EXPECT_EQ(stats.text("/providers/0/name"), "bm25");
    EXPECT_EQ(stats.text("/default_provider"), "bm25");
    EXPECT_GT(Json(good("GET", "/collections/s")).integer("/size/total_bytes"), 0);
    const Json points(good("PUT", "/qdrant/collections/s/points", R"({"points":[{"id":"a","vector":[1,0,0]}]})"));
    EXPECT_GT(number_of(points.at("/time")), 0);
    EXPECT_LT(number_of(points.at("/time")), 10);
}

TEST_F(RestDetails, payloads_nest_to_the_limit) {
    const auto nested = [](int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i) text += "{\"a\":";
        return text + "1" + std::string(static_cast<size_t>(depth), '}');
    };
    good("PUT", "/collections/s/vectors/a", "{\"payload\":" + nested(64) + "}");
    EXPECT_NE(good("GET", "/collections/s/vectors/a").find("\"payload\":" + nested(64)), std::string::npos);
    EXPECT_EQ(field(refused(400, "PUT", "/collections/s/vectors/a", "{\"payload\":" + nested(65) + "}")), "payload");
}

TEST_F(RestDetails, a_repeated_request_tells_no_ids_that_were_never_stored) {
    const auto twice = [](const std::string& path, const std::string& body, const std::string& key) {
        const std::vector<std::string> headers{"Idempotency-Key: " + key};
        EXPECT_EQ(send("POST", path, body, headers).status, 200);
        const Answer again = send("POST", path, body, headers);
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(again.header("Idempotent-Replay"), "true") << path;
        return again.body;
    };
    const Json vectors(twice("/insert_vectors",
                             R"({"collection":"s","vectors":[{"embedding":[1,2,3]},{"id":"c","embedding":[1,2,3]}]})",
                             "v"));
    EXPECT_EQ(vectors.integer("/inserted"), 2);
    ASSERT_EQ(vectors.list("/results").size(), 1U);
    EXPECT_EQ(vectors.text("/results/0/vector_ids/0"), "c");
    EXPECT_EQ(Json(good("POST", "/collections/s/count", "{}")).integer("/count"), 4);
    const Json texts(
        twice("/insert_texts", R"({"collection":"texts","texts":[{"text":"sea"},{"id":"l","text":"land"}]})", "t"));
    ASSERT_EQ(texts.list("/results").size(), 1U);
    EXPECT_EQ(texts.text("/results/0/vector_ids/0"), "l");
    const Json text(twice("/insert", R"({"collection":"texts","text":"sea"})", "u"));
    EXPECT_EQ(text.integer("/vectors_created"), 1);
    EXPECT_TRUE(text.list("/vector_ids").empty());
    good("POST", "/collections", R"({"name":"t","dimension":3})");
    EXPECT_EQ(Json(twice("/collections/s/vectors/copy", R"({"destination":"t","ids":["a"]})", "w")).integer("/copied"),
              1);
    const Json moved(twice("/collections/s/vectors/move", R"({"destination":"t","ids":["a","gone","b"]})", "x"));
    EXPECT_EQ(moved.integer("/requested"), 3);
    EXPECT_EQ(moved.integer("/moved"), 2);
    EXPECT_EQ(moved.integer("/failed"), 1);
    EXPECT_TRUE(moved.list("/results").empty());
    // Those of a deleted collection of the name stay.
    const int64_t before = Json(good("GET", "/collections/s/snapshots")).integer("/total");
    const std::string snapshot = Json(twice("/collections/s/snapshot", "", "z")).text("/id");
    const Json snapshots(good("GET", "/collections/s/snapshots"));
    EXPECT_EQ(snapshots.integer("/total"), before + 1);
    EXPECT_EQ(snapshots.text("/snapshots/0/id"), snapshot);
    EXPECT_NE(Json(good("POST", "/collections/s/snapshot")).text("/id"), snapshot);
    const Answer other =
        send("POST", "/collections/s/vectors/move", R"({"destination":"t","ids":["gone"]})", {"Idempotency-Key: y"});
    EXPECT_EQ(other.header("Idempotent-Replay"), "");
    EXPECT_EQ(Json(other.body).text("/results/0/status"), "missing_in_src");
}

TEST_F(RestDetails, numbered_points_reach_the_last_number) {
    std::string body(64 + 2 * 12, '\0');
    const uint32_t dimension = 3;
    const uint64_t count = 2;
    std::memcpy(body.data(), "VZPOINT1", 8);
    std::memcpy(body.data() + 8, &dimension, sizeof dimension);
    std::memcpy(body.data() + 16, &count, sizeof count);
    const std::vector<std::string> type{"Content-Type: application/octet-stream"};
    EXPECT_EQ(send("POST", "/collections/s/import?id_start=18446744073709551614", body, type).status, 200);
    good("GET", "/collections/s/vectors/18446744073709551615");
    const Answer beyond = send("POST", "/collections/s/import?id_start=18446744073709551615", body, type);
    EXPECT_EQ(beyond.status, 400);
    EXPECT_EQ(field(beyond.body), "id_start");
}

TEST_F(RestDetails, points_that_have_ids_are_not_numbered) {
    std::string body(64 + 12, '\0');
    const uint32_t dimension = 3;
    const uint32_t has_ids = 1;
    const uint64_t count = 1;
    const uint64_t id_bytes = 4;
    std::memcpy(body.data(), "VZPOINT1", 8);
    std::memcpy(body.data() + 8, &dimension, sizeof dimension);
    std::memcpy(body.data() + 12, &has_ids, sizeof has_ids);
    std::memcpy(body.data() + 16, &count, sizeof count);
    std::memcpy(body.data() + 24, &id_bytes, sizeof id_bytes);
    body += std::string("\2\0me", 4);
    const std::vector<std::string> type{"Content-Type: application/octet-stream"};
    const Answer numbered = send("POST", "/collections/s/import?id_start=5", body, type);
    EXPECT_EQ(numbered.status, 400) << numbered.body;
    EXPECT_EQ(field(numbered.body), "id_start");
    EXPECT_EQ(send("POST", "/collections/s/import", body, type).status, 200);
    good("GET", "/collections/s/vectors/me");
}

}  // namespace
}  // namespace vz::e2e
