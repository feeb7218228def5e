// /openapi.json and /docs against the server that serves them.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

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
        for (const auto& [parameter, text] :
             {std::pair{"{name}", "docs"}, std::pair{"{alias}", "pages"}, std::pair{"{id}", "a"}}) {
            if (const size_t at = out.find(parameter); at != std::string::npos)
                out.replace(at, std::string(parameter).size(), text);
        }
        return out;
    }
};

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// Why the value is not what the schema says; empty: it is. Knows what the document uses of JSON Schema.
class Schemas final {
 public:
    explicit Schemas(const Json& document) : document_(document) {}

    std::string misfit(JsonValue schema, JsonValue value, const std::string& place) const {
        std::string_view reference;
        if (schema["$ref"].get(reference) == simdjson::SUCCESS)
            return misfit(document_.at(reference.substr(1)), value, place);
        for (const char* choice : {"anyOf", "oneOf"}) {
            simdjson::dom::array branches;
            if (schema[choice].get(branches) != simdjson::SUCCESS) continue;
            for (const JsonValue branch : branches) {
                if (misfit(branch, value, place).empty()) return {};
            }
            return place + " is none of " + choice;
        }
        if (!has_type(schema, value)) return place + " has not the type " + simdjson::minify(schema["type"].value());
        if (value.is_array()) return elements(schema, value, place);
        return value.is_object() ? members(schema, value, place) : std::string();
    }

 private:
    static bool is_a(std::string_view type, JsonValue value) {
        if (type == "string") return value.is_string();
        if (type == "integer") return value.is_int64() || value.is_uint64();
        if (type == "number") return value.is_number();
        if (type == "boolean") return value.is_bool();
        if (type == "array") return value.is_array();
        return type == "null" ? value.is_null() : type == "object" && value.is_object();
    }
    static bool has_type(JsonValue schema, JsonValue value) {
        JsonValue type;
        if (schema["type"].get(type) != simdjson::SUCCESS) return true;
        if (type.is_string()) return is_a(type.get_string(), value);
        for (const JsonValue each : type.get_array()) {
            if (is_a(each.get_string(), value)) return true;
        }
        return false;
    }
    std::string elements(JsonValue schema, JsonValue value, const std::string& place) const {
        JsonValue items;
        if (schema["items"].get(items) != simdjson::SUCCESS) return {};
        for (const JsonValue each : value.get_array()) {
            if (std::string why = misfit(items, each, place + "[]"); !why.empty()) return why;
        }
        return {};
    }
    std::string members(JsonValue schema, JsonValue value, const std::string& place) const {
        simdjson::dom::object properties;
        if (schema["properties"].get(properties) != simdjson::SUCCESS) return {};
        for (const JsonValue name : schema["required"].get_array()) {
            if (value.get_object().at_key(name.get_string()).error() != simdjson::SUCCESS)
                return place + " lacks " + text_of(name);
        }
        for (const auto& [name, member] : simdjson::dom::object(value)) {
            JsonValue property;
            if (properties.at_key(name).get(property) != simdjson::SUCCESS)
                return place + " has " + std::string(name) + ", which the schema does not know";
            if (std::string why = misfit(property, member, place + "/" + std::string(name)); !why.empty()) return why;
        }
        return {};
    }

    const Json& document_;
};

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
    Answer send(const Operation& operation, const std::string& body) {
        return client.request(operation.method, operation.address(), body);
    }

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
        if (operation.value.at_pointer("/requestBody/content/application~1json/example").get(example) !=
            simdjson::SUCCESS)
            continue;
        const Answer answer = send(operation, simdjson::minify(example));
        EXPECT_EQ(answer.status, 200) << operation.name() << "\n" << answer.body;
        ++sent;
    }
    EXPECT_GE(sent, 18U);
}

// Every field that the document names is one that the route knows: null is as good as absent, an unknown field is not.
// What it names of other routes only is unknown.
TEST_F(OpenApi, ItsFieldsAreThoseOfTheRoutes) {
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":3})").status, 200);
    size_t checked = 0;
    std::set<std::string> names;
    for (const Operation& operation : operations) {
        simdjson::dom::object properties;
        if (operation.value.at_pointer("/requestBody/content/application~1json/schema/properties").get(properties) !=
            simdjson::SUCCESS)
            continue;
        for (const auto& [name, schema] : properties) names.emplace(name);
    }
    for (const Operation& operation : operations) {
        simdjson::dom::object properties;
        if (operation.value.at_pointer("/requestBody/content/application~1json/schema/properties").get(properties) !=
            simdjson::SUCCESS)
            continue;
        for (const auto [name, schema] : properties) {
            const Answer answer = send(operation, "{\"" + std::string(name) + "\":null}");
            EXPECT_EQ(answer.body.find("unknown field"), std::string::npos) << operation.name() << " " << name << "\n"
                                                                            << answer.body;
            ++checked;
        }
        for (const std::string& name : names) {
            if (properties.at_key(name).error() == simdjson::SUCCESS) continue;
            const Answer answer = send(operation, "{\"" + name + "\":null}");
            EXPECT_NE(answer.body.find("unknown field"), std::string::npos) << operation.name() << " " << name << "\n"
                                                                            << answer.body;
        }
        const Answer unknown = send(operation, R"({"no_such_field":null})");
        EXPECT_NE(unknown.body.find("unknown field"), std::string::npos) << operation.name() << "\n" << unknown.body;
    }
    EXPECT_GE(checked, 60U);
}

TEST_F(OpenApi, ItsParametersHaveTheirTypes) {
    for (const Operation& operation : operations) {
        const bool is_write = text_of(operation.value, "x-permission") == "write";
        bool has_key = false;
        for (const JsonValue parameter : operation.value["parameters"].get_array()) {
            const std::string name = text_of(parameter, "name");
            has_key = has_key || (name == "Idempotency-Key" && text_of(parameter, "in") == "header");
            if (name == "timeout_ms" || name == "limit" || name == "offset" || name == "id_start") {
                EXPECT_EQ(text_of(parameter["schema"], "type"), "integer") << operation.name() << name;
            }
            if (name == "atomic" || name == "with_vector" || name == "dry_run") {
                EXPECT_EQ(text_of(parameter["schema"], "type"), "boolean") << operation.name() << name;
            }
        }
        if (is_write) {
            EXPECT_TRUE(has_key) << operation.name();
        }
    }
}

// Every operation is answered with 200 at least once, and every 200 is what the document says: no member more, none
// missing.
TEST_F(OpenApi, ItsAnswersAreThoseOfTheServer) {
    struct Request {
        const char* operation;
        std::string address;
        std::string body = {};
        const char* type = "application/json";
    };
    std::string binary(64 + 12, '\0');
    binary.replace(0, 8, "VZPOINT1");
    binary[8] = 3;
    binary[16] = 1;
    const std::vector<Request> requests = {
        {"GET /health", "/health"},
        {"GET /healthz", "/healthz"},
        {"GET /livez", "/livez"},
        {"GET /readyz", "/readyz"},
        {"GET /metrics", "/metrics"},
        {"GET /prometheus/metrics", "/prometheus/metrics"},
        {"GET /docs", "/docs"},
        {"GET /openapi.json", "/openapi.json"},
        {"GET /", "/"},
        {"POST /slow_queries/config", "/slow_queries/config", R"({"threshold_ms":0})"},
        {"POST /collections", "/collections",
         R"({"name":"docs","dimension":3,"lexical":true,"hnsw_config":{"ef_search":40},"ttl_secs":1000})"},
        {"POST /collections", "/collections", R"({"name":"other","dimension":3})"},
        {"GET /collections/empty", "/collections/empty"},
        {"GET /collections", "/collections"},
        {"GET /collections", "/collections?view=full"},
        {"POST /insert_vectors", "/insert_vectors",
         R"({"collection":"docs","vectors":[{"id":"a","embedding":[1,0,0],"payload":{"content":"sea","topic":"sea"}},{"embedding":[0,1,0]},{"id":"w","embedding":[1]}]})"},
        {"POST /insert_vectors", "/insert_vectors",
         R"({"collection":"made","vectors":[{"id":"a","embedding":[1,0]}]})"},
        {"POST /collections/{name}/vectors", "/collections/docs/vectors",
         R"({"vectors":[{"id":"b","embedding":[0,1,0],"payload":{"content":"land"}}]})"},
        {"PUT /qdrant/collections/{name}/points", "/qdrant/collections/docs/points",
         R"({"points":[{"id":7,"vector":[0,0,1]}]})"},
        {"POST /collections/{name}/import", "/collections/docs/import",
         "{\"id\":\"i\",\"vector\":[1,1,1]}\n{\"id\":\"j\"}\n", "application/x-ndjson"},
        {"POST /collections/{name}/import", "/collections/docs/import?id_start=100", binary,
         "application/octet-stream"},
        {"GET /collections/{name}", "/collections/docs"},
        {"GET /collections/{name}", "/collections/docs?view=full"},
        {"PUT /collections/{name}", "/collections/docs", R"({"description":"pages"})"},
        {"POST /collections/{name}/field_indexes", "/collections/docs/field_indexes",
         R"({"path":"topic","kind":"keyword"})"},
        {"POST /collections/{name}/field_indexes", "/collections/docs/field_indexes",
         R"({"path":"words","kind":"text","language":"english"})"},
        {"GET /collections/{name}/field_indexes", "/collections/docs/field_indexes"},
        {"POST /collections/{name}/force-save", "/collections/docs/force-save"},
        {"GET /collections/{name}/persistence", "/collections/docs/persistence"},
        {"POST /collections/{name}/reindex", "/collections/docs/reindex?wait=true", R"({"m":8})"},
        {"POST /collections/{name}/reindex", "/collections/other/reindex", "{}"},
        {"POST /collections/{name}/reencode", "/collections/docs/reencode", R"({"target_encoding":"fp32"})"},
        {"POST /collections/{name}/ttl", "/collections/docs/ttl", R"({"ttl_secs":100000})"},
        {"POST /collections/{name}/ttl", "/collections/docs/ttl", R"({"ttl_secs":null})"},
        {"GET /collections/{name}/vectors/{id}", "/collections/docs/vectors/a"},
        {"GET /collections/{name}/vectors/{id}", "/collections/docs/vectors/a?vector_format=base64"},
        {"POST /vector", "/vector", R"({"collection":"docs","id":"b"})"},
        {"PUT /collections/{name}/vectors/{id}", "/collections/docs/vectors/a", R"({"payload":{"content":"sea"}})"},
        {"PATCH /collections/{name}/vectors/{id}/expiry", "/collections/docs/vectors/a/expiry",
         R"({"expires_at":4000000000000})"},
        {"GET /collections/{name}/vectors/{id}", "/collections/docs/vectors/a"},
        {"PATCH /collections/{name}/vectors/{id}/expiry", "/collections/docs/vectors/a/expiry",
         R"({"expires_at":null})"},
        {"POST /update", "/update", R"({"collection":"docs","id":"a","payload":{"content":"sea"}})"},
        {"POST /batch_update", "/batch_update",
         R"({"collection":"docs","updates":[{"id":"a","payload":{"content":"sea"}},{"id":"none","payload":{}}]})"},
        {"GET /collections/{name}/vectors", "/collections/docs/vectors"},
        {"GET /collections/{name}/vectors", "/collections/docs/vectors?limit=1&with_vector=false&with_payload=false"},
        {"POST /collections/{name}/scroll", "/collections/docs/scroll", R"({"limit":2})"},
        {"POST /collections/{name}/count", "/collections/docs/count", "{}"},
        {"POST /search", "/search", R"({"collection":"docs","vector":[1,0,0]})"},
        {"POST /search", "/search",
         R"({"collection":"docs","vector":[1,0,0],"with_vector":false,"with_payload":false})"},
        {"POST /collections/{name}/search", "/collections/docs/search",
         R"({"vector":[1,0,0],"vector_format":"base64"})"},
        {"POST /batch_search", "/batch_search",
         R"({"collection":"docs","queries":[{"vector":[1,0,0]},{"vector":[1]}]})"},
        {"POST /collections/{name}/explain", "/collections/docs/explain", R"({"vector":[1,0,0],"k":2})"},
        {"POST /collections/{name}/hybrid_search", "/collections/docs/hybrid_search",
         R"({"query":"sea","vector":[1,0,0]})"},
        {"POST /insert", "/insert", R"({"collection":"texts","id":"t","text":"The whale swims in the sea"})"},
        {"POST /insert_texts", "/insert_texts",
         R"({"collection":"texts","texts":[{"id":"u","text":"A forest"},{"text":"?"}]})"},
        {"POST /batch_insert", "/batch_insert", R"({"collection":"more","texts":[{"text":"A forest"}]})"},
        {"POST /collections/{name}/search/text", "/collections/texts/search/text", R"({"query":"sea"})"},
        {"POST /search", "/search", R"({"collection":"texts","query":"sea"})"},
        {"POST /batch_search", "/batch_search", R"({"collection":"texts","queries":["sea"]})"},
        {"POST /embed", "/embed", R"({"text":"sea","dimension":16})"},
        {"GET /slow_queries", "/slow_queries"},
        {"POST /collections/{name}/vectors/copy", "/collections/docs/vectors/copy",
         R"({"destination":"other","ids":["a","none"]})"},
        {"POST /collections/{name}/vectors/move", "/collections/docs/vectors/move",
         R"({"destination":"other","ids":["b","none"]})"},
        {"POST /collections/{name}/vectors/bulk_update_metadata",
         "/collections/docs/vectors/bulk_update_metadata?results=all",
         R"({"filter":{"must":{"key":"content","match":{"value":"sea"}}},"patch":{"seen":true}})"},
        {"POST /collections/{name}/vectors/delete_by_filter", "/collections/docs/vectors/delete_by_filter?results=all",
         R"({"filter":{"must":{"key":"seen","match":{"value":true}}}})"},
        {"POST /delete", "/delete", R"({"collection":"docs","id":"7"})"},
        {"DELETE /collections/{name}/vectors/{id}", "/collections/docs/vectors/i"},
        {"POST /batch_delete", "/batch_delete", R"({"collection":"docs","ids":["100","none"]})"},
        {"DELETE /collections/{name}/field_indexes", "/collections/docs/field_indexes?path=topic&kind=keyword"},
        {"POST /collections/{name}/snapshot", "/collections/docs/snapshot"},
        {"GET /collections/{name}/snapshots", "/collections/docs/snapshots"},
        {"GET /collections/{name}/persistence", "/collections/docs/persistence"},
        {"POST /collections/{name}/snapshots/{id}/restore", "/collections/docs/snapshots/{snapshot}/restore"},
        {"DELETE /collections/{name}/snapshots/{id}", "/collections/docs/snapshots/{snapshot}"},
        {"GET /indexing/progress", "/indexing/progress"},
        {"PUT /aliases/{alias}", "/aliases/pages", R"({"collection":"docs"})"},
        {"GET /aliases", "/aliases"},
        {"DELETE /aliases/{alias}", "/aliases/pages"},
        {"POST /collections/{name}/rename", "/collections/other/rename", R"({"new_name":"renamed"})"},
        {"GET /stats", "/stats"},
        {"GET /status", "/status"},
        {"DELETE /collections/{name}", "/collections/renamed"},
        {"DELETE /collections/cleanup", "/collections/cleanup"},
        {"POST /auth/keys", "/auth/keys", R"({"name":"root","permissions":["admin"]})"},
        {"POST /auth/keys", "/auth/keys",
         R"({"name":"reader","permissions":["read"],"expires_in":60,"scopes":[{"collection":"docs*","permissions":["read"]}]})"},
        {"GET /auth/keys", "/auth/keys"},
        {"DELETE /auth/keys/{id}", "/auth/keys/{key}"},
    };
    const Schemas schemas(*document);
    std::set<std::string> answered;
    std::map<std::string, std::string> kept;
    std::vector<std::string> access;
    for (const Request& one : requests) {
        std::string address = one.address;
        for (const auto& [name, value] : kept) {
            if (const size_t at = address.find(name); at != std::string::npos) address.replace(at, name.size(), value);
        }
        std::vector<std::string> headers = access;
        if (!one.body.empty()) headers.push_back(std::string("Content-Type: ") + one.type);
        const std::string method = std::string(one.operation).substr(0, std::string(one.operation).find(' '));
        const Answer answer = client.request(method, address, one.body, headers);
        ASSERT_EQ(answer.status, 200) << one.operation << "\n" << answer.body;
        const auto operation = std::find_if(operations.begin(), operations.end(),
                                            [&](const Operation& each) { return each.name() == one.operation; });
        ASSERT_NE(operation, operations.end()) << one.operation;
        answered.insert(one.operation);
        const simdjson::dom::object content = operation->value.at_pointer("/responses/200/content").get_object();
        ASSERT_EQ(content.size(), 1U) << one.operation;
        const auto [type, described] = *content.begin();
        EXPECT_EQ(answer.header("Content-Type").substr(0, type.size()), type) << one.operation;
        if (type != "application/json") continue;
        const Json got(answer.body);
        EXPECT_EQ(schemas.misfit(described.at_key("schema"), got.root(), ""), "") << one.operation << "\n"
                                                                                  << answer.body.substr(0, 2000);
        if (std::string(one.operation).ends_with("/snapshot")) kept["{snapshot}"] = got.text("/id");
        if (std::string(one.operation) != "POST /auth/keys") continue;
        kept["{key}"] = got.text("/id");
        if (access.empty()) access = {"X-API-Key: " + got.text("/api_key")};
    }
    for (const Operation& operation : operations)
        EXPECT_TRUE(answered.contains(operation.name())) << operation.name() << " was never answered";
    std::cout << "GATE openapi.answers " << (HasFailure() ? "FAIL" : "PASS") << " operations=" << operations.size()
              << " answered=" << answered.size() << " requests=" << requests.size() << "\n";
}

TEST_F(OpenApi, ThePageNeedsNothingFromElsewhere) {
    const Answer page = client.get("/docs");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    for (const char* forbidden : {"http://", "https://", "<script", "src=", "@import", "//cdn"}) {
        EXPECT_EQ(page.body.find(forbidden), std::string::npos) << forbidden;
    }
    for (const Operation& operation : operations)
        EXPECT_NE(page.body.find(operation.name()), std::string::npos) << operation.name();
}

}  // namespace
}  // namespace vz::e2e
