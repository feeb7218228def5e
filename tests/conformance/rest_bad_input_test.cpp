// Hostile and mistaken requests to every route of the REST frontend: each gets its 4xx or 501 in the error shape, and
// nothing changes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

struct Case {
    const char* method;
    std::string path;
    std::string body;
    int status;
    const char* type;
    const char* field = nullptr;  // of details
};

constexpr const char* kInvalid = "validation_error";
constexpr const char* kSyntax = "parse_error";
constexpr const char* kLater = "unimplemented";
constexpr const char* kNoTexts = "configuration_error";
constexpr const char* kNoCollection = "collection_not_found";

// One server for all cases, with two points that no case may touch. $VZ_REST_PORT: a server that runs already, with
// server.limits.body_mb 4.
class RestBadInput : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        const char* running = std::getenv("VZ_REST_PORT");
        uint16_t port = 0;
        if (running != nullptr) {
            port = static_cast<uint16_t>(std::atoi(running));
        } else {
            directory_ = std::make_unique<TemporaryDirectory>();
            server_ = std::make_unique<Server>(directory_->path() + "/data",
                                               std::vector<std::string>{"--set", "server.limits.body_mb=4"});
            port = server_->port();
        }
        client_ = std::make_unique<HttpClient>(port);
        client_->request("DELETE", "/collections/docs", {});
        ASSERT_EQ(
            client_->post("/collections", R"({"name":"docs","dimension":3,"metric":"euclidean","description":"d"})")
                .status,
            200);
        const Answer inserted = client_->post(
            "/insert_vectors",
            R"({"collection":"docs","vectors":[{"id":"a","embedding":[1,2,3],"payload":{"k":[1, 2.0]}},{"id":7,"embedding":[0,0,1]}]})");
        ASSERT_EQ(inserted.status, 200) << inserted.body;
    }
    static void TearDownTestSuite() {
        client_.reset();
        server_.reset();
        directory_.reset();
    }

    static std::string contents() {
        return client_->get("/collections?view=full").body +
               client_->post("/collections/docs/scroll", R"({"limit":100})").body;
    }

    static void refuses(const std::vector<Case>& cases) {
        const std::string before = contents();
        for (const Case& one : cases) {
            const std::string what = std::string(one.method) + " " + one.path + " " + one.body.substr(0, 120);
            const Answer answer = client_->request(one.method, one.path, one.body);
            EXPECT_EQ(answer.status, one.status) << what << "\n" << answer.body;
            if (answer.status == 200 || answer.body.empty()) continue;
            const Json error(answer.body);
            EXPECT_EQ(error.text("/error_type"), one.type) << what << "\n" << answer.body;
            EXPECT_EQ(error.integer("/status_code"), one.status);
            EXPECT_FALSE(error.text("/message").empty());
            EXPECT_FALSE(error.text("/request_id").empty());
            EXPECT_TRUE(error.has("/details"));
            if (one.field != nullptr) {
                EXPECT_EQ(error.text("/details/field"), one.field) << what << "\n" << answer.body;
            }
        }
        EXPECT_EQ(contents(), before);
    }

    static std::unique_ptr<TemporaryDirectory> directory_;
    static std::unique_ptr<Server> server_;
    static std::unique_ptr<HttpClient> client_;
};

std::unique_ptr<TemporaryDirectory> RestBadInput::directory_;
std::unique_ptr<Server> RestBadInput::server_;
std::unique_ptr<HttpClient> RestBadInput::client_;

// Every route with a JSON body, and a body that is right but for what a case puts wrong.
struct BodyRoute {
    const char* method;
    const char* path;
    const char* body;
};
constexpr BodyRoute kBodyRoutes[] = {
    {"POST", "/collections", R"("name":"n","dimension":3)"},
    {"PUT", "/collections/docs", R"("description":"e")"},
    {"POST", "/collections/docs/rename", R"("new_name":"n")"},
    {"POST", "/insert_vectors", R"("collection":"docs","vectors":[{"id":"x","embedding":[1,2,3]}])"},
    {"POST", "/collections/docs/vectors", R"("vectors":[{"id":"x","embedding":[1,2,3]}])"},
    {"PUT", "/qdrant/collections/docs/points", R"("points":[{"id":"x","vector":[1,2,3]}])"},
    {"PUT", "/collections/docs/vectors/x", R"("vector":[1,2,3])"},
    {"POST", "/update", R"("collection":"docs","id":"a","vector":[4,4,4])"},
    {"POST", "/delete", R"("collection":"docs","id":"a")"},
    {"POST", "/batch_update", R"("collection":"docs","updates":[{"id":"a","vector":[4,4,4]}])"},
    {"POST", "/batch_delete", R"("collection":"docs","ids":["a"])"},
    {"POST", "/vector", R"("collection":"docs","id":"a")"},
    {"POST", "/collections/docs/scroll", R"("limit":5)"},
    {"POST", "/collections/docs/count", R"("filter":null)"},
    {"POST", "/search", R"("collection":"docs","vector":[1,2,3])"},
    {"POST", "/collections/docs/search", R"("vector":[1,2,3])"},
    {"POST", "/batch_search", R"("collection":"docs","queries":[{"vector":[1,2,3]}])"},
};

TEST_F(RestBadInput, every_body_route_refuses_what_is_no_json_object) {
    std::vector<Case> cases;
    for (const BodyRoute& route : kBodyRoutes) {
        const std::string good = route.body;
        cases.push_back({route.method, route.path, "{" + good, 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "{" + good + "}x", 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "{" + good + "}{}", 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "{" + good + ",}", 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "{" + good + ",\"\xFF\":1}", 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "{" + good + R"(,"\ud800":1})", 400, kSyntax, "body"});
        cases.push_back({route.method, route.path, "[{" + good + "}]", 400, kInvalid, "body"});
        cases.push_back({route.method, route.path, "\"text\"", 400, kInvalid, "body"});
        cases.push_back({route.method, route.path, "{" + good + "," + good + "}", 400, kSyntax});
        cases.push_back({route.method, route.path, "{" + good + R"(,"unheard_of":1})", 400, kInvalid, "unheard_of"});
        cases.push_back(
            {route.method, std::string(route.path) + "?unheard_of=1", "{" + good + "}", 400, kInvalid, "unheard_of"});
    }
    refuses(cases);
}

TEST_F(RestBadInput, create_refuses_each_wrong_field) {
    const auto with = [](const std::string& name, int status, const char* type, const char* field) {
        return Case{"POST", "/collections", name, status, type, field};
    };
    refuses({
        with("{}", 400, kInvalid, "name"),
        with(R"({"name":""})", 400, "invalid_configuration", "name"),
        with(R"({"name":null})", 400, kInvalid, "name"),
        with(R"({"name":5})", 400, kInvalid, "name"),
        with(R"({"name":"a/b"})", 400, kInvalid, "name"),
        with(R"({"name":"a\u0000b"})", 400, kInvalid, "name"),
        with(R"({"name":"a\u0085b"})", 400, kInvalid, "name"),
        with(R"({"name":"."})", 400, kInvalid, "name"),
        with(R"({"name":".."})", 400, kInvalid, "name"),
        with(R"({"name":"empty"})", 400, kInvalid, "name"),
        with(R"({"name":"cleanup"})", 400, kInvalid, "name"),
        with("{\"name\":\"" + std::string(256, 'x') + "\"}", 400, kInvalid, "name"),
        with(R"({"name":"n","dimension":0})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","dimension":65537})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","dimension":-3})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","dimension":3.0})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","dimension":"3"})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","dimension":99999999999999999999})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","metric":"hamming"})", 400, kInvalid, "metric"),
        with(R"({"name":"n","metric":"cosine","similarity_metric":"l2"})", 400, kInvalid, "similarity_metric"),
        with(R"({"name":"n","dimension":3,"config":{"dimension":4}})", 400, kInvalid, "config.dimension"),
        with(R"({"name":"n","config":{"size":4}})", 400, kInvalid, "config.size"),
        with(R"({"name":"n","hnsw_config":{"m":1}})", 400, "invalid_configuration", "hnsw_config.m"),
        with(R"({"name":"n","hnsw_config":{"ef_construction":5000}})", 400, "invalid_configuration",
             "hnsw_config.ef_construction"),
        with(R"({"name":"n","hnsw_config":{"deep":1}})", 400, kInvalid, "hnsw_config.deep"),
        with(R"({"name":"n","hnsw_config":[]})", 400, "invalid_configuration", "hnsw_config"),
        with(R"({"name":"n","quantization":"binary"})", 400, "invalid_configuration", "quantization"),
        with(R"({"name":"n","quantization":{"type":"sq","bits":4}})", 400, "invalid_configuration", "quantization"),
        with(R"({"name":"n","metric":"manhattan","quantization":"sq8"})", 501, kLater, nullptr),
        with(R"({"name":"n","embedding_provider":"bert"})", 400, "unsupported_provider", nullptr),
        with(R"({"name":"n","embedding_provider":"bm25","dimension":15})", 400, kInvalid, "dimension"),
        with(R"({"name":"n","embedding_provider":"bm25","text":{"stemmer":"klingon"}})", 400, kInvalid, "text.stemmer"),
        with(R"({"name":"n","text":{"stemmer":"english"}})", 400, kInvalid, "text"),
        with(R"({"name":"n","lexical":{"source":"a..b"}})", 400, kInvalid, nullptr),
        with(R"({"name":"n","lexical":{"dimension":3}})", 400, kInvalid, "lexical.dimension"),
        with(R"({"name":"n","field_indexes":[{"path":"a","kind":"tree"}]})", 400, kInvalid, "field_indexes[0].kind"),
        with(R"({"name":"n","field_indexes":[{"path":"a","kind":"text"},{"path":"a","kind":"text"}]})", 400, kInvalid,
             "field_indexes[1]"),
        with(R"({"name":"n","field_indexes":[{"kind":"text"}]})", 400, kInvalid, "field_indexes[0].path"),
        with(R"({"name":"n","field_indexes":[{"path":"a","kind":"integer","language":"english"}]})", 400, kInvalid,
             nullptr),
        with(R"({"name":"n","graph":{"enabled":true}})", 501, kLater, nullptr),
        with(R"({"name":"n","metadata":[]})", 400, kInvalid, "metadata"),
        with("{\"name\":\"n\",\"metadata\":" + std::string(65, '[') + std::string(65, ']') + "}", 400, kInvalid,
             "metadata"),
        with("{\"name\":\"n\",\"metadata\":{\"a\":\"" + std::string(33'000, 'x') + "\"}}", 400, kInvalid, "metadata"),
        with(R"({"name":"n","metadata":{"a":tru}})", 400, kSyntax, "body"),
        with(R"({"name":"n","lexical":{"source":"a..b"}})", 400, kInvalid, "lexical.source"),
        with(
            R"({"name":"n","lexical":true,"field_indexes":[{"path":"a","kind":"bool"},{"path":"a..b","kind":"bool"}]})",
            400, kInvalid, "field_indexes[1].path"),
        {"POST", "/collections/docs/field_indexes", R"({"path":"a..b","kind":"bool"})", 400, kInvalid, "path"},
        with("{\"name\":\"n\",\"description\":\"" + std::string(4097, 'x') + "\"}", 400, kInvalid, "description"),
        with(R"({"name":"docs","dimension":3})", 409, "collection_already_exists", nullptr),
    });
}

TEST_F(RestBadInput, vectors_must_be_finite_numbers_of_the_right_length) {
    std::vector<Case> cases;
    for (const char* vector :
         {"[1,2]", "[1,2,3,4]", "[]", "[1,2,1e39]", "[1,2,-1e400]", "[1,2,\"3\"]", "[1,2,null]", "[1,2,[3]]", "{}", "5",
          "true", "\"AACAPw==\"", "\"AADAfwAAgD8AAIA/\"", "\"no base64!\"", "\"\""}) {
        const std::string text = vector;
        cases.push_back({"POST", "/search", R"({"collection":"docs","vector":)" + text + "}", 400, kInvalid});
        cases.push_back({"POST", "/update", R"({"collection":"docs","id":"a","vector":)" + text + "}", 400, kInvalid});
        cases.push_back({"PUT", "/collections/docs/vectors/a", R"({"data":)" + text + "}", 400, kInvalid});
        cases.push_back({"PUT", "/collections/docs/vectors/new", R"({"data":)" + text + "}", 400, kInvalid});
        cases.push_back({"PUT", "/qdrant/collections/docs/points",
                         R"({"points":[{"id":1,"vector":[1,2,3]},{"id":2,"vector":)" + text + "}]}", 400, kInvalid});
        cases.push_back(
            {"POST", "/insert_vectors?atomic=true",
             R"({"collection":"docs","vectors":[{"id":"n","embedding":[1,2,3]},{"id":"a","embedding":)" + text + "}]}",
             400, kInvalid});
    }
    for (const char* vector :
         {"[1,2,NaN]", "[1,2,Infinity]", "[1,2,]", "[1,,2]", "[01,2,3]", "[1,2,3", "[+1,2,3]", "[1.,2,3]"}) {
        cases.push_back(
            {"POST", "/search", std::string(R"({"collection":"docs","vector":)") + vector + "}", 400, kSyntax, "body"});
        cases.push_back({"POST", "/insert_vectors",
                         std::string(R"({"collection":"docs","vectors":[{"id":"n","embedding":)") + vector + "}]}", 400,
                         kSyntax, "body"});
    }
    refuses(cases);
}

TEST_F(RestBadInput, bad_items_are_told_one_by_one) {
    const std::string before = contents();
    const Answer answer = client_->post(
        "/insert_vectors",
        R"({"collection":"docs","vectors":[
        {"id":"n","embedding":[1,2]},{"id":"","embedding":[1,2,3]},{"id":-1,"embedding":[1,2,3]},{"id":" n","embedding":[1,2,3]},{"id":"n"},
        {"id":"n","embedding":[1,2,1e39]},{"id":"n","embedding":[1,2,3],"payload":[]},{"id":"n","embedding":[1,2,3],"extra":1},7,
        {"id":")" +
            std::string(257, 'x') +
            R"(","embedding":[1,2,3]},{"id":1.5,"embedding":[1,2,3]},{"id":"n\u0001","embedding":[1,2,3]}]})");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const Json json(answer.body);
    EXPECT_EQ(json.integer("/inserted"), 0) << answer.body;
    EXPECT_EQ(json.integer("/failed"), 12);
    for (const JsonValue item : json.list("/results")) {
        EXPECT_EQ(text_of(item, "status"), "error");
        EXPECT_EQ(text_of(item, "error_type"), kInvalid);
    }
    EXPECT_EQ(contents(), before);
}

TEST_F(RestBadInput, ids_and_names_are_checked_everywhere) {
    refuses({
        {"GET", "/collections/docs/vectors/" + std::string(257, 'x'), "", 400, kInvalid, "id"},
        {"GET", "/collections/docs/vectors/%20a", "", 400, kInvalid, "id"},
        {"DELETE", "/collections/docs/vectors/" + std::string(257, 'x'), "", 400, kInvalid, "id"},
        {"PUT", "/collections/docs/vectors/a", R"({"id":"b","vector":[1,2,3]})", 400, kInvalid, "id"},
        {"PUT", "/collections/docs/vectors/a", "{}", 400, kInvalid, "vector"},
        {"POST", "/vector", R"({"collection":"docs"})", 400, kInvalid, "id"},
        {"POST", "/vector", R"({"id":"a"})", 400, kInvalid, "collection"},
        {"POST", "/vector", R"({"collection":"docs","id":""})", 400, kInvalid, "id"},
        {"POST", "/vector", R"({"collection":"docs","id":1.5})", 400, kInvalid, "id"},
        {"POST", "/delete", R"({"collection":"docs","id":null})", 400, kInvalid, "id"},
        {"POST", "/delete", R"({"collection":"docs","id":{}})", 400, kInvalid, "id"},
        {"POST", "/batch_delete", R"({"collection":"docs","ids":[]})", 400, kInvalid, "ids"},
        {"POST", "/batch_delete", R"({"collection":"docs","ids":"a"})", 400, kInvalid, "ids"},
        {"POST", "/batch_update", R"({"collection":"docs","updates":{}})", 400, kInvalid, "updates"},
        {"POST", "/insert_vectors", R"({"collection":"docs","vectors":[]})", 400, kInvalid, "vectors"},
        {"POST", "/insert_vectors", R"({"collection":"docs"})", 400, kInvalid, "vectors"},
        {"POST", "/insert_vectors", R"({"vectors":[{"embedding":[1]}]})", 400, kInvalid, "collection"},
        {"POST", "/insert_vectors", R"({"collection":"empty","vectors":[{"embedding":[1]}]})", 400, kInvalid,
         "collection"},
        {"POST", "/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2,3]}],"public_key":"k"})", 501,
         kLater},
        {"POST", "/insert_vectors?atomic=maybe", R"({"collection":"docs","vectors":[{"embedding":[1,2,3]}]})", 400,
         kInvalid, "atomic"},
        {"POST", "/collections/docs/vectors", R"({"collection":"other","vectors":[{"embedding":[1,2,3]}]})", 400,
         kInvalid, "collection"},
        {"POST", "/collections/docs/rename", R"({"new_name":"docs/2"})", 400, kInvalid, "new_name"},
        {"POST", "/collections/docs/rename", R"({"new_name":""})", 400, kInvalid, "new_name"},
        {"POST", "/collections/docs/rename", R"({"retain_alias":false})", 400, kInvalid, "new_name"},
        {"POST", "/collections/docs/rename", R"({"new_name":"n","retain_alias":"no"})", 400, kInvalid, "retain_alias"},
        {"PUT", "/collections/docs", R"({"metric":"cosine"})", 400, kInvalid, "metric"},
        {"PUT", "/collections/docs", R"({"dimension":4})", 400, kInvalid, "dimension"},
        {"PUT", "/collections/docs", R"({"hnsw_config":{"m":8}})", 400, "invalid_configuration", "hnsw_config.m"},
    });
}

TEST_F(RestBadInput, options_have_their_ranges) {
    const auto search = [](const std::string& options, int status, const char* type, const char* field) {
        return Case{"POST", "/collections/docs/search", R"({"vector":[1,2,3],)" + options + "}", status, type, field};
    };
    refuses({
        search(R"("limit":0)", 400, kInvalid, "limit"),
        search(R"("limit":10001)", 400, kInvalid, "limit"),
        search(R"("limit":1e1)", 400, kInvalid, "limit"),
        search(R"("limit":true)", 400, kInvalid, "limit"),
        search(R"("threshold":"high")", 400, kInvalid, "threshold"),
        search(R"("threshold":1e39)", 400, kInvalid, "threshold"),
        search(R"("model":"bert")", 400, "unsupported_model", nullptr),
        search(R"("with_payload":[1])", 400, kInvalid, "with_payload[0]"),
        search(R"("with_vector":"yes")", 400, kInvalid, "with_vector"),
        search(R"("vector_format":"hex")", 400, kInvalid, "vector_format"),
        search(R"("effort":0)", 400, kInvalid, "effort"),
        search(R"("effort":65537)", 400, kInvalid, "effort"),
        search(R"("recall":1)", 400, kInvalid, "recall"),
        search(R"("recall":0.4)", 400, kInvalid, "recall"),
        search(R"("recall":0.9,"effort":10)", 400, kInvalid, "recall"),
        search(R"("exact":true,"effort":10)", 400, kInvalid, "exact"),
        search(R"("exact":1)", 400, kInvalid, "exact"),
        search(R"("filter":[])", 400, kInvalid, "filter"),
        search(R"("collection":"other")", 400, kInvalid, "collection"),
        {"POST", "/search", R"({"collection":"docs"})", 400, kInvalid, "vector"},
        {"POST", "/search", R"({"vector":[1,2,3]})", 400, kInvalid, "collection"},
        {"POST", "/search", R"({"collection":"docs","query":"words"})", 400, kNoTexts},
        {"POST", "/batch_search", R"({"collection":"docs","queries":[]})", 400, kInvalid, "queries"},
        {"POST", "/batch_search",
         R"({"collection":"docs","limit":10000,"queries":[)" +
             [] {
                 std::string list = R"({"vector":[1,2,3]})";
                 for (int i = 0; i < 10; ++i) list += R"(,{"vector":[1,2,3]})";
                 return list;
             }() +
             "]}",
         400, kInvalid, "queries"},
        {"GET", "/collections/docs/vectors?limit=0", "", 400, kInvalid, "limit"},
        {"GET", "/collections/docs/vectors?limit=10001", "", 400, kInvalid, "limit"},
        {"GET", "/collections/docs/vectors?limit=ten", "", 400, kInvalid, "limit"},
        {"GET", "/collections/docs/vectors?limit=", "", 400, kInvalid, "limit"},
        {"GET", "/collections/docs/vectors?offset=1000001", "", 400, kInvalid, "offset"},
        {"GET", "/collections/docs/vectors?offset=-1", "", 400, kInvalid, "offset"},
        {"GET", "/collections/docs/vectors?cursor=x&offset=1", "", 400, kInvalid, "cursor"},
        {"GET", "/collections/docs/vectors?cursor=not-one-of-ours", "", 400, kInvalid, "cursor"},
        {"GET", "/collections/docs/vectors?with_vector=1", "", 400, kInvalid, "with_vector"},
        {"GET", "/collections/docs/vectors?min_score=high", "", 400, kInvalid, "min_score"},
        {"GET", "/collections/docs/vectors?min_score=nan", "", 400, kInvalid, "min_score"},
        {"GET", "/collections/docs/vectors?min_score=-inf", "", 400, kInvalid, "min_score"},
        {"GET", "/collections/docs/vectors?min_score=0.5", "", 501, kLater},
        {"GET", "/collections/docs/vectors/a?vector_format=hex", "", 400, kInvalid, "vector_format"},
        {"GET", "/collections/docs/vectors?limit=1&limit=2", "", 400, kInvalid, "limit"},
        {"GET", "/collections?view=all", "", 400, kInvalid, "view"},
        {"DELETE", "/collections/cleanup?dry_run=perhaps", "", 400, kInvalid, "dry_run"},
        {"POST", "/collections/docs/scroll", R"({"cursor":5})", 400, kInvalid, "cursor"},
        {"POST", "/collections", R"({"name":"n","dimension":1,"ttl_secs":4503599627371})", 400, kInvalid, "ttl_secs"},
        {"POST", "/collections/docs/ttl", R"({"ttl_secs":4503599627371})", 400, kInvalid, "ttl_secs"},
    });
}

TEST_F(RestBadInput, what_is_missing_is_told) {
    std::vector<Case> cases{
        {"GET", "/collections/nope", "", 404, kNoCollection},
        {"DELETE", "/collections/nope", "", 404, kNoCollection},
        {"PUT", "/collections/nope", R"({"description":"d"})", 404, kNoCollection},
        {"POST", "/collections/nope/force-save", "", 404, kNoCollection},
        {"GET", "/collections/nope/persistence", "", 404, kNoCollection},
        {"POST", "/collections/nope/rename", R"({"new_name":"n"})", 404, kNoCollection},
        {"PUT", "/qdrant/collections/nope/points", R"({"points":[{"id":1,"vector":[1]}]})", 404, kNoCollection},
        {"PUT", "/collections/nope/vectors/a", R"({"vector":[1]})", 404, kNoCollection},
        {"DELETE", "/collections/nope/vectors/a", "", 404, kNoCollection},
        {"POST", "/batch_update", R"({"collection":"nope","updates":[{"id":"a","vector":[1]}]})", 404, kNoCollection},
        {"POST", "/batch_delete", R"({"collection":"nope","ids":["a"]})", 404, kNoCollection},
        {"GET", "/collections/nope/vectors", "", 404, kNoCollection},
        {"POST", "/collections/nope/count", "{}", 404, kNoCollection},
        {"POST", "/search", R"({"collection":"nope","vector":[1]})", 404, kNoCollection},
        {"POST", "/batch_search", R"({"collection":"nope","queries":[{"vector":[1]}]})", 404, kNoCollection},
        {"GET", "/collections/docs/vectors/nope", "", 404, "vector_not_found"},
        {"DELETE", "/collections/docs/vectors/nope", "", 404, "vector_not_found"},
        {"PUT", "/collections/docs/vectors/nope", R"({"payload":{}})", 404, "vector_not_found"},
        {"POST", "/update", R"({"collection":"docs","id":"nope","vector":[1,2,3]})", 404, "vector_not_found"},
        {"POST", "/delete", R"({"collection":"docs","id":"nope"})", 404, "vector_not_found"},
        {"GET", "/nope", "", 404, "not_found"},
        {"PATCH", "/collections", "{}", 405, "method_not_allowed"},
    };
    for (const char* path : {"/graph/nodes/docs", "/discover", "/intelligent_search", "/qdrant/collections", "/backups",
                             "/hub/x", "/replication/status", "/auth/login", "/config", "/dashboard", "/mcp",
                             "/umicp/x", "/file/content", "/workspace/list", "/setup/status"}) {
        cases.push_back({"POST", path, "{}", 501, kLater});
        cases.push_back({"GET", path, "", 501, kLater});
    }
    refuses(cases);
}

TEST_F(RestBadInput, texts_are_checked) {
    const auto entry = [](const std::string& members, const char* field) {
        return Case{"POST", "/insert", R"({"collection":"fresh",)" + members + "}", 400, kInvalid, field};
    };
    ASSERT_EQ(client_->post("/collections", R"({"name":"fresh","dimension":16})").status, 200);
    ASSERT_EQ(client_->post("/collections", R"({"name":"worded","dimension":2,"lexical":true})").status, 200);
    refuses({
        {"POST", "/insert", "{}", 400, kInvalid, "text"},
        {"POST", "/insert", R"({"text":"sea"})", 400, kInvalid, "collection"},
        {"POST", "/insert", R"({"collection":"docs","text":"sea"})", 400, kNoTexts},
        {"POST", "/insert_texts", R"({"collection":"docs","texts":[{"text":"sea"}]})", 400, kNoTexts},
        {"POST", "/insert_texts", R"({"collection":"docs","texts":[]})", 400, kInvalid, "texts"},
        {"POST", "/batch_insert", R"({"collection":"docs"})", 400, kInvalid, "texts"},
        {"POST", "/insert_texts",
         R"({"collection":"fresh","texts":[{"text":"sea"},{"text":"..."}],"config":{"atomic":true}})", 400, kInvalid,
         "texts[1].text"},
        {"POST", "/batch_insert?atomic=true",
         R"({"collection":"fresh","texts":[{"text":"sea","metadata":{"content":"x"}}]})", 400, kInvalid,
         "texts[0].metadata.content"},
        {"POST", "/insert", R"({"collection":"docs","text":"sea","public_key":"k"})", 501, kLater},
        entry(R"("text":"")", "text"),
        entry(R"("text":"-- .")", "text"),
        entry(R"("text":7)", "text"),
        entry(R"("text":"sea","id":"a#0")", "id"),
        entry(R"("text":"sea","id":"")", "id"),
        entry(R"("text":"sea","metadata":[])", "metadata"),
        entry(R"("text":"sea","metadata":{"content":"other"})", "metadata.content"),
        entry(R"("text":"sea","chunk_size":63)", "chunk_size"),
        entry(R"("text":"sea","chunk_size":65537)", "chunk_size"),
        entry(R"("text":"sea","chunk_size":64,"chunk_overlap":33)", "chunk_overlap"),
        entry(R"("chunk_size":64,"chunk_overlap":8,"metadata":{"parent_id":1},"text":")" + std::string(20, 'x') + " " +
                  std::string(80, 'y') + "\"",
              "metadata.parent_id"),
        {"POST", "/embed", "{}", 400, kInvalid, "text"},
        {"POST", "/embed", R"({"text":"?"})", 400, kInvalid, "text"},
        {"POST", "/embed", R"({"text":"sea","model":"bert"})", 400, "unsupported_model"},
        {"POST", "/embed", R"({"text":"sea","kind":"query"})", 400, kInvalid, "collection"},
        {"POST", "/embed", R"({"text":"sea","kind":"poem"})", 400, kInvalid, "kind"},
        {"POST", "/embed", R"({"text":"sea","dimension":15})", 400, kInvalid, "dimension"},
        {"POST", "/embed", R"({"text":"sea","parameters":{"normalize":false}})", 400, kInvalid, "parameters.normalize"},
        {"POST", "/embed", R"({"text":"sea","collection":"docs"})", 400, kNoTexts},
        {"POST", "/embed", R"({"text":"sea","collection":"nope"})", 404, kNoCollection},
        {"POST", "/collections/docs/search/text", "{}", 400, kInvalid, "query"},
        {"POST", "/collections/docs/search/text", R"({"query":"sea","vector":[1,2,3]})", 400, kInvalid, "vector"},
        {"POST", "/collections/docs/search/text", R"({"query":"sea"})", 400, kNoTexts},
        {"POST", "/collections/nope/search/text", R"({"query":"sea"})", 404, kNoCollection},
        {"POST", "/collections/docs/hybrid_search", "{}", 400, kInvalid, "query"},
        {"POST", "/collections/worded/hybrid_search", R"({"query":"?!","vector":[1,2]})", 400, kInvalid, "query"},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea"})", 400, kNoTexts},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea","vector":[1,2,3]})", 400, kNoTexts},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea","alpha":1.5})", 400, kInvalid, "alpha"},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea","algorithm":"sum"})", 400, kInvalid, "algorithm"},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea","sparse_k":0})", 400, kInvalid, "sparse_k"},
        {"POST", "/collections/docs/hybrid_search", R"({"query":"sea","query_sparse":{"indices":[1],"values":[1]}})",
         501, kLater},
        {"POST", "/collections/docs/reindex", R"({"m":1})", 400, kInvalid, "m"},
        {"POST", "/collections/docs/reindex", R"({"ef_construction":7})", 400, kInvalid, "ef_construction"},
        {"POST", "/collections/nope/reindex", "{}", 404, kNoCollection},
        {"POST", "/collections/docs/reencode", "{}", 400, kInvalid, "target_encoding"},
        {"POST", "/collections/docs/reencode", R"({"target_encoding":"binary"})", 400, kInvalid, "target_encoding"},
        {"POST", "/collections/docs/field_indexes", "{}", 400, kInvalid, "path"},
        {"POST", "/collections/docs/field_indexes", R"({"path":"a"})", 400, kInvalid, "kind"},
        {"POST", "/collections/nope/field_indexes", R"({"path":"a","kind":"text"})", 404, kNoCollection},
        {"DELETE", "/collections/docs/field_indexes?path=a", "", 400, kInvalid, "kind"},
        {"DELETE", "/collections/docs/field_indexes?path=a&kind=text", "", 400, kInvalid, "path"},
    });
    EXPECT_EQ(client_->request("DELETE", "/collections/fresh", "").status, 200);
    EXPECT_EQ(client_->request("DELETE", "/collections/worded", "").status, 200);
}

TEST_F(RestBadInput, sizes_have_limits) {
    const std::string payload = R"({"a":")" + std::string((1 << 20) + 1, 'x') + "\"}";
    refuses({
        {"PUT", "/collections/docs/vectors/a", "{\"payload\":" + payload + "}", 400, kInvalid, "payload"},
        {"POST", "/search", R"({"collection":"docs","vector":[1,2,3],"query":")" + std::string(4 << 20, 'x') + "\"}",
         413, "payload_too_large"},
    });
}

TEST_F(RestBadInput, of_an_id_twice_in_a_batch_the_later_wins) {
    ASSERT_EQ(client_->post("/collections", R"({"name":"twice","dimension":1,"metric":"dot"})").status, 200);
    const Answer answer =
        client_->post("/insert_vectors",
                      R"({"collection":"twice","vectors":[{"id":"x","embedding":[1]},{"id":"x","embedding":[2]}]})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Json point(client_->get("/collections/twice/vectors/x").body);
    EXPECT_EQ(number_of(point.at("/vector/0")), 2);
    EXPECT_EQ(Json(client_->post("/collections/twice/count", "{}").body).integer("/count"), 1);
    EXPECT_EQ(client_->request("DELETE", "/collections/twice", {}).status, 200);
}

}  // namespace
}  // namespace vz::e2e
