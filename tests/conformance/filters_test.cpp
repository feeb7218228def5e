// Filters over both frontends: every route that takes one, both spellings, mistakes, and what a filtered write answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {
namespace {

class Filters : public OnOneServer<Filters> {
 protected:
    // Points 0 to 9: {"n":i,"tag":"even"|"odd"} at (i, 1).
    void SetUp() override {
        good("/collections", R"({"name":"c","dimension":2,"metric":"euclidean"})");
        std::string body = R"({"collection":"c","vectors":[)";
        for (int i = 0; i < 10; ++i) {
            const std::string n = std::to_string(i);
            body += std::string(i == 0 ? "" : ",") + R"({"id":)" + n + R"(,"vector":[)" + n + R"(,1],"payload":{"n":)" +
                    n + R"(,"tag":")" + (i % 2 == 0 ? "even" : "odd") + "\"}}";
        }
        good("/insert_vectors", body + "]}");
    }
    void TearDown() override { send("DELETE", "/collections/c"); }

    static std::string good(const std::string& path, const std::string& body) {
        return rest_->good("POST", path, body);
    }
    static std::vector<std::string> ids(const Json& answer, const char* list) {
        std::vector<std::string> all;
        for (const JsonValue& each : answer.list(list)) all.push_back(text_of(each, "id"));
        return all;
    }
    static int64_t count(const std::string& filter) {
        return Json(good("/collections/c/count", R"({"filter":)" + filter + "}")).integer("/count");
    }
    static std::string graphql(const std::string& document, const std::string& variables) {
        return good("/graphql", "{\"query\":" + json_string(document) + ",\"variables\":" + variables + "}");
    }
};

using Ids = std::vector<std::string>;

const std::string kOdd = R"({"must":[{"key":"tag","match":{"value":"odd"}}]})";
const std::string kTaggedOdd = R"({"must":[{"type":"match","key":"tag","match_value":"odd"}]})";

TEST_F(Filters, take_null_for_what_is_absent) {
    EXPECT_EQ(count(R"({"must":[{"key":"n","range":{"gt":null,"gte":7,"lt":null}}],"should":null,"must_not":null})"),
              3);
    EXPECT_EQ(count(R"({"must":{"type":"range","key":"n","range":{"gt":null,"gte":7,"lt":null,"lte":null}}})"), 3);
    EXPECT_EQ(count(R"({"must":null})"), 10);
    const Answer refused = send("POST", "/collections/c/vectors/delete_by_filter", R"({"filter":{"must":null}})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(Json(refused.body).text("/details/field"), "filter");
    EXPECT_EQ(count("{}"), 10);
}

TEST_F(Filters, that_ask_for_none_of_their_conditions_write_nothing) {
    const std::string none = R"({"min_should":{"conditions":[{"key":"tag","match":{"value":"odd"}}],"min_count":0}})";
    EXPECT_EQ(count(none), 10);
    for (const char* results : {"", "?results=all"}) {
        for (const auto& [route, patch] :
             {std::pair{"delete_by_filter", ""}, std::pair{"bulk_update_metadata", R"(,"patch":{"tag":"even"})"}}) {
            const Answer refused = send("POST", std::string("/collections/c/vectors/") + route + results,
                                        R"({"filter":)" + none + patch + "}");
            EXPECT_EQ(refused.status, 400) << route << results << refused.body;
            EXPECT_EQ(Json(refused.body).text("/details/field"), "filter");
        }
    }
    const std::string deletion =
        "mutation { deleteVectors(input: {collection: \"c\", filter: {min_should: "
        "{conditions: [{has_id: [\"1\"]}], min_count: 0}}}) { affectedCount } }";
    const Answer refused = send("POST", "/graphql", R"({"query":)" + json_string(deletion) + "}");
    EXPECT_EQ(Json(refused.body).text("/errors/0/extensions/details/field"), "filter") << refused.body;
    EXPECT_EQ(count("{}"), 10);
}

TEST_F(Filters, tell_which_limit_they_passed) {
    std::string deep;
    for (int i = 0; i < 33; ++i) deep += R"({"must":)";
    const Answer refused =
        send("POST", "/collections/c/count", R"({"filter":)" + deep + "[]" + std::string(33, '}') + "}");
    EXPECT_EQ(Json(refused.body).text("/message"), "Invalid filter: a filter has at most 32 levels");
}

TEST_F(Filters, compare_integers_that_64_bits_do_not_hold) {
    const std::string payload = R"({"n":123456789012345678901234567890, "list":[-99999999999999999999999]})";
    good("/collections/c/vectors", R"({"vectors":[{"id":"wide","vector":[1,2],"payload":)" + payload + "}]}");
    const std::string point = send("GET", "/collections/c/vectors/wide").body;
    EXPECT_NE(point.find(payload), std::string::npos) << point;
    EXPECT_EQ(count(R"({"must":{"key":"n","range":{"gt":1e29}}})"), 1);
    EXPECT_EQ(count(R"({"must":{"key":"list","range":{"lt":-1e22}}})"), 1);
    const std::string some =
        good("/collections/c/search",
             R"({"vector":[1,2],"limit":1,"with_payload":["list"],"filter":{"must":{"has_id":["wide"]}}})");
    EXPECT_NE(some.find(R"("payload":{"list":[-99999999999999999999999]})"), std::string::npos) << some;
}

TEST_F(Filters, hold_in_every_read_in_both_spellings) {
    for (const std::string& odd : {kOdd, kTaggedOdd}) {
        const Json found(good("/collections/c/search", R"({"vector":[2,1],"limit":3,"filter":)" + odd + "}"));
        EXPECT_EQ(ids(found, "/results"), (Ids{"1", "3", "5"}));
        const Json batch(good("/batch_search",
                              R"({"collection":"c","filter":)" + odd +
                                  R"(,"limit":1,"queries":[{"vector":[2,1]},{"vector":[8,1],"filter":{"must_not":)" +
                                  R"({"type":"match","key":"tag","match_value":"odd"}}}]})"));
        EXPECT_EQ(ids(batch, "/results/0/results"), (Ids{"1"}));
        EXPECT_EQ(ids(batch, "/results/1/results"), (Ids{"8"}));
        const Json page(good("/collections/c/scroll", R"({"limit":2,"filter":)" + odd + "}"));
        EXPECT_EQ(ids(page, "/vectors"), (Ids{"1", "3"}));
        EXPECT_EQ(page.integer("/total"), 5);
        const Json rest(good("/collections/c/scroll", R"({"limit":9,"filter":)" + odd + R"(,"cursor":)" +
                                                          json_string(page.text("/next_cursor")) + "}"));
        EXPECT_EQ(ids(rest, "/vectors"), (Ids{"5", "7", "9"}));
        EXPECT_EQ(count(odd), 5);
    }
    EXPECT_EQ(
        count(
            R"({"must":[{"type":"range","key":"n","range":{"gte":3,"lt":7}},{"key":"tag","match":{"any":["even","none"]}}]})"),
        2);
    EXPECT_EQ(count("{}"), 10);
    EXPECT_EQ(count("null"), 10);
}

TEST_F(Filters, name_the_place_of_a_mistake) {
    const auto mistake = [](const std::string& path, const std::string& body) {
        const Answer answer = send("POST", path, body);
        EXPECT_EQ(answer.status, 400) << body << "\n" << answer.body;
        return answer.body;
    };
    const Json plain(mistake("/collections/c/count", R"({"filter":{"must":[{"key":"n","range":{"gte":true}}]}})"));
    EXPECT_EQ(plain.text("/error_type"), "parse_error");
    EXPECT_EQ(plain.text("/details/field"), "filter.must[0].range.gte");
    EXPECT_EQ(plain.integer("/details/offset"), 45);
    const Json unknown(
        mistake("/collections/c/search", R"({"vector":[1,1],"filter":{"must":[{"key":"n","fuzzy":1}]}})"));
    EXPECT_EQ(unknown.text("/error_type"), "parse_error");
    EXPECT_EQ(unknown.text("/details/field"), "filter.must[0].fuzzy");
    const Json tagged(
        mistake("/collections/c/count", R"({"filter":{"must":[{"type":"match","key":"n","match_value":1.5}]}})"));
    EXPECT_EQ(tagged.text("/error_type"), "parse_error");
    EXPECT_EQ(tagged.text("/details/field"), "filter.must[0].match_value");
    EXPECT_EQ(tagged.integer("/details/offset"), 59);
    const std::string fuzzy = R"({"must":[{"type":"match","key":"tag","match_value":{"text":"x","type":"fuzzy"}}]})";
    const Json kind(mistake("/collections/c/search", R"({"vector":[1,1],"filter":)" + fuzzy + "}"));
    EXPECT_EQ(kind.text("/error_type"), "parse_error");
    EXPECT_EQ(kind.text("/details/field"), "filter.must[0].match_value.type");
    EXPECT_EQ(
        Json(mistake("/collections/c/vectors/delete_by_filter", R"({"filter":)" + fuzzy + "}")).text("/details/field"),
        "filter.must[0].match_value.type");
    const Answer over_graphql =
        send("POST", "/graphql",
             R"({"query":"query($f: JSON) { countVectors(collection: \"c\", filter: $f) }","variables":{"f":)" + fuzzy +
                 "}}");
    EXPECT_EQ(Json(over_graphql.body).text("/errors/0/extensions/code"), "PARSE_ERROR") << over_graphql.body;
    EXPECT_EQ(Json(over_graphql.body).text("/errors/0/extensions/details/field"), "filter.must[0].match_value.type");
    std::string many = R"({"filter":{"should":[{"has_id":[]})";
    for (int i = 0; i < 1024; ++i) many += R"(,{"has_id":[]})";
    const Json limit(mistake("/collections/c/count", many + "]}}"));
    EXPECT_EQ(limit.text("/error_type"), "validation_error");
    EXPECT_EQ(limit.text("/details/field"), "filter");
    for (const char* route : {"delete_by_filter", "bulk_update_metadata"}) {
        for (const char* body :
             {R"({"filter":{},"patch":{}})", R"({"filter":{"must":[]},"patch":{}})", R"({"patch":{}})"}) {
            std::string sent = body;
            if (std::string(route) == "delete_by_filter") sent.replace(sent.find(R"("patch":{})"), 10, R"("wait":1)");
            for (const char* results : {"", "?results=all"}) {
                const Json refused(mistake(std::string("/collections/c/vectors/") + route + results, sent));
                EXPECT_EQ(refused.text("/error_type"), "validation_error") << sent;
                EXPECT_EQ(refused.text("/details/field"), "filter") << sent;
            }
        }
    }
    EXPECT_EQ(Json(mistake("/collections/c/vectors/bulk_update_metadata", R"({"filter":)" + kOdd + "}"))
                  .text("/details/field"),
              "patch");
    EXPECT_EQ(count("{}"), 10);
}

TEST_F(Filters, count_the_byte_of_a_mistake_from_the_start_of_the_body) {
    struct Mistake {
        const char* filter;
        const char* field;
        const char* at;  // what begins there
    };
    constexpr Mistake kMistakes[] = {
        {R"({"must":{"type":"match","key":"n"}})", "filter.must.match_value", R"({"type")"},
        {R"({"must":[{"type":"match","key":"n","match_value":1,"more":2}]})", "filter.must[0].more", R"("more")"},
        {R"({"must":[{"type":"range","key":"n","range":{"gte":true}}]})", "filter.must[0].range.gte", "true"},
        {R"({ "must" : [ {"type":"match","key":"n","match_value":1}, {"key":"n","fuzzy":1}]})", "filter.must[1].fuzzy",
         R"("fuzzy")"},
        {R"({"must":[{"key":"n","match":{"value":tru}}]})", "body", "tru"},
        {R"({"must":[{"type":"match","key":"n","match_value":tru}]})", "body", "tru"},
        {R"({"must":[{"type":"match","key":"n","match_value":}]})", "body", "}]"},
    };
    for (const auto& [filter, field, at] : kMistakes) {
        for (const auto& [path, before] :
             {std::pair{"/collections/c/count", R"({"filter":)"}, std::pair{"/collections/c/scroll", R"({"filter": )"},
              std::pair{"/collections/c/search", R"({"vector":[1,1],"filter":)"},
              std::pair{"/collections/c/explain", R"({"vector":[1,1],"filter":)"},
              std::pair{"/collections/c/vectors/delete_by_filter", R"({"filter":)"}}) {
            const std::string body = std::string(before) + filter + "}";
            const Answer answer = send("POST", path, body);
            EXPECT_EQ(answer.status, 400) << path << body;
            const Json error(answer.body);
            EXPECT_EQ(error.text("/error_type"), "parse_error") << answer.body;
            EXPECT_EQ(error.text("/details/field"), field) << path << body << answer.body;
            EXPECT_EQ(error.integer("/details/offset"), body.find(at)) << path << body << answer.body;
        }
    }
}

TEST_F(Filters, delete_and_change_the_points_that_pass) {
    const Json changed(good("/collections/c/vectors/bulk_update_metadata",
                            R"({"filter":)" + kTaggedOdd + R"(,"patch":{"tag":null,"seen":{"by":1}}})"));
    EXPECT_EQ(changed.integer("/scanned"), 10);
    EXPECT_EQ(changed.integer("/matched"), 5);
    EXPECT_EQ(changed.integer("/updated"), 5);
    EXPECT_TRUE(changed.list("/results").empty());
    const std::string point = send("GET", "/collections/c/vectors/3").body;
    EXPECT_NE(point.find(R"("payload":{"n":3,"seen":{"by":1}})"), std::string::npos) << point;
    const Json deleted(
        good("/collections/c/vectors/delete_by_filter", R"({"filter":{"must":[{"key":"seen.by","range":{"gt":0}}]}})"));
    EXPECT_EQ(deleted.integer("/scanned"), 10);
    EXPECT_EQ(deleted.integer("/matched"), 5);
    EXPECT_EQ(deleted.integer("/deleted"), 5);
    EXPECT_EQ(count("{}"), 5);
    EXPECT_EQ(send("GET", "/collections/c/vectors/3").status, 404);
}

TEST_F(Filters, list_what_they_did_where_asked) {
    const Json changed(good("/collections/c/vectors/bulk_update_metadata?results=all",
                            R"({"filter":)" + kOdd + R"(,"patch":{"x":1}})"));
    EXPECT_EQ(changed.integer("/updated"), 5);
    EXPECT_EQ(ids(changed, "/results"), (Ids{"1", "3", "5", "7", "9"}));
    EXPECT_EQ(changed.text("/results/0/status"), "updated");
    EXPECT_EQ(count(R"({"must":{"key":"x","match":{"value":1}}})"), 5);
    const Json deleted(good("/collections/c/vectors/delete_by_filter?results=all", R"({"filter":)" + kOdd + "}"));
    EXPECT_EQ(deleted.integer("/matched"), 5);
    EXPECT_EQ(deleted.integer("/deleted"), 5);
    EXPECT_EQ(ids(deleted, "/results"), (Ids{"1", "3", "5", "7", "9"}));
    EXPECT_EQ(deleted.text("/results/4/status"), "deleted");
    EXPECT_EQ(count("{}"), 5);
    EXPECT_EQ(Json(good("/collections/c/vectors/delete_by_filter?results=all", R"({"filter":)" + kOdd + "}"))
                  .integer("/deleted"),
              0);
}

// A point that others write all the time passes as well as one that nobody does.
TEST_F(Filters, leave_no_point_out_that_is_written_meanwhile) {
    for (const auto& [route, patch, verb] : {std::tuple{"bulk_update_metadata", R"(,"patch":{"x":1})", "updated"},
                                             std::tuple{"delete_by_filter", "", "deleted"}}) {
        std::atomic<bool> is_done = false;
        std::thread writer([&] {
            HttpClient client(rest_->port());
            for (uint32_t n = 0; !is_done; ++n)
                client.request("PUT", "/collections/c/vectors/" + std::to_string(1 + n % 5 * 2),
                               R"({"vector":[1,)" + std::to_string(n % 100) + "]}");
        });
        uint32_t rounds = 0;
        for (; rounds < 60 && !HasFailure(); ++rounds) {
            const Json told(good("/collections/c/vectors/" + std::string(route) + "?results=all",
                                 R"({"filter":)" + kOdd + patch + "}"));
            EXPECT_EQ(told.integer("/matched"), told.integer("/" + std::string(verb)));
            if (verb == std::string("updated")) {
                EXPECT_EQ(told.integer("/matched"), 5);
            }
            EXPECT_EQ(ids(told, "/results").size(), static_cast<size_t>(told.integer("/matched")));
        }
        is_done = true;
        writer.join();
        EXPECT_EQ(rounds, 60U) << route;
    }
}

TEST_F(Filters, mean_the_same_over_graphql) {
    for (const std::string& odd : {kOdd, kTaggedOdd}) {
        const Json read(
            graphql("query($f: JSON) { search(input: {collection: \"c\", vector: [2, 1], limit: 2, filter: $f}) { id } "
                    "vectors(input: {collection: \"c\", limit: 2, filter: $f}) { totalCount items { id } } "
                    "countVectors(collection: \"c\", filter: $f) }",
                    R"({"f":)" + odd + "}"));
        EXPECT_EQ(ids(read, "/data/search"), (Ids{"1", "3"}));
        EXPECT_EQ(ids(read, "/data/vectors/items"), (Ids{"1", "3"}));
        EXPECT_EQ(read.integer("/data/vectors/totalCount"), 5);
        EXPECT_EQ(read.integer("/data/countVectors"), 5);
    }
    const Json literal(
        graphql("{ countVectors(collection: \"c\", filter: {must: [{key: \"n\", range: {gte: 8}}]}) }", "{}"));
    EXPECT_EQ(literal.integer("/data/countVectors"), 2);
    const Json wrong(graphql("{ countVectors(collection: \"c\", filter: {must: [{key: \"n\", fuzzy: 1}]}) }", "{}"));
    EXPECT_EQ(wrong.text("/errors/0/extensions/code"), "PARSE_ERROR");
    EXPECT_EQ(wrong.text("/errors/0/extensions/details/field"), "filter.must[0].fuzzy");
    const Json empty(graphql("mutation { deleteVectors(input: {collection: \"c\", filter: {}}) { success } }", "{}"));
    EXPECT_EQ(empty.text("/errors/0/extensions/code"), "VALIDATION_ERROR");
    const Json deleted(graphql(
        "mutation($f: JSON) { deleteVectors(input: {collection: \"c\", filter: $f}) { success affectedCount } }",
        R"({"f":)" + kTaggedOdd + "}"));
    EXPECT_EQ(deleted.integer("/data/deleteVectors/affectedCount"), 5);
    EXPECT_EQ(count("{}"), 5);
}

}  // namespace
}  // namespace vz::e2e
