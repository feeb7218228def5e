// API keys: who may do what, and who learns nothing.
#include <gtest/gtest.h>

#include "server.hpp"

namespace vz::http::test {
namespace {

// SHA-256 of "admin-key", "read-key", "docs-key" and "later-key".
constexpr const char* kAdmin = "sha256:69a5265506c94c77b787a7d7377b7685a0eff82e33920a71e7ee22cd6154953e";
constexpr const char* kRead = "sha256:8578df6c579d44d3bf7caeada69ed9cbca30b318a50a0e60216b46760edf5477";
constexpr const char* kDocs = "sha256:9d02e5d99684e90be75a6bf6f4e1fe154fb6da8a2ee9a5ececdbb5598483b721";
constexpr const char* kLater = "sha256:f03c38103ff48874b2b553db280f2ea9a9f8e5650144640a04e2342516519f84";

Changes keys() {
    return {{"auth.keys.0.name", "boss"},
            {"auth.keys.0.hash", kAdmin},
            {"auth.keys.0.permissions.0", "admin"},
            {"auth.keys.1.name", "reader"},
            {"auth.keys.1.hash", kRead},
            {"auth.keys.1.permissions.0", "read"},
            {"auth.keys.2.name", "docs"},
            {"auth.keys.2.hash", kDocs},
            {"auth.keys.2.permissions.0", "write"},
            {"auth.keys.2.scopes.0.collection", "docs*"},
            {"auth.keys.2.scopes.1.collection", "news"},
            {"auth.keys.2.scopes.1.permissions.0", "read"}};
}

class Access : public testing::Test {
 protected:
    void SetUp() override { server.start(); }
    Reply ask(const std::string& request) { return test::ask(server.port(), request); }
    int status(const std::string& request) { return ask(request).status; }
    int write(const std::string& collection, const std::string& key) {
        return status(post("/guarded/" + collection, "{}", "X-API-Key: " + key + "\r\n"));
    }
    Server server{keys()};
};

TEST_F(Access, a_key_is_needed_but_for_probes) {
    const auto refused = ask(get("/items/a"));
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.field("WWW-Authenticate"), "Bearer");
    EXPECT_NE(refused.body.find("\"error_type\":\"authentication_error\""), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find("\"error\":\"unauthorized\""), std::string::npos) << refused.body;
    EXPECT_EQ(status(get("/metrics")), 401);
    EXPECT_EQ(status(get("/no/such/route")), 401);
    EXPECT_EQ(status("FOO /items/a HTTP/1.1\r\nHost: x\r\n\r\n"), 401);
    for (const char* probe : {"/livez", "/healthz", "/readyz"}) EXPECT_EQ(status(get(probe)), 200) << probe;
    EXPECT_EQ(status(get("/livez", "X-API-Key: wrong\r\n")), 200);
}

TEST_F(Access, a_key_is_taken_from_four_places) {
    for (const char* field : {"X-API-Key: read-key", "api-key: read-key", "Authorization: Bearer read-key",
                              "Authorization: bearer   read-key", "Authorization: read-key"}) {
        EXPECT_EQ(status(get("/items/a", std::string(field) + "\r\n")), 200) << field;
    }
    for (const char* field : {"X-API-Key: read-kez", "X-API-Key: read-ke", "Authorization: Basic read-key",
                              "Authorization: Bearer", "Cookie: read-key"}) {
        EXPECT_EQ(status(get("/items/a", std::string(field) + "\r\n")), 401) << field;
    }
    EXPECT_EQ(status(get("/items/a", "X-API-Key: wrong\r\nX-API-Key: read-key\r\n")), 401);
    EXPECT_EQ(status(get("/items/a?api_key=read-key")), 401);
    EXPECT_EQ(status(get("/items/a?api_key=read-key", "X-API-Key: read-key\r\n")), 401);
}

TEST_F(Access, roles_include_those_below) {
    EXPECT_EQ(write("a", "read-key"), 403);
    EXPECT_EQ(write("a", "admin-key"), 200);
    EXPECT_EQ(status(post("/admin", "{}", "X-API-Key: admin-key\r\n")), 200);
    const auto refused = ask(post("/admin", "{}", "X-API-Key: docs-key\r\n"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("\"required\":\"admin\""), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find("\"error\":\"forbidden\""), std::string::npos) << refused.body;
}

TEST_F(Access, a_limited_key_stays_in_its_collections) {
    EXPECT_EQ(write("docs", "docs-key"), 200);
    EXPECT_EQ(write("docs-2026", "docs-key"), 200);
    EXPECT_EQ(write("doc", "docs-key"), 403);
    EXPECT_EQ(write("news", "docs-key"), 403);
    EXPECT_EQ(write("other", "docs-key"), 403);
    EXPECT_EQ(status(get("/metrics", "X-API-Key: docs-key\r\n")), 403);
    EXPECT_EQ(status(get("/metrics", "X-API-Key: read-key\r\n")), 200);
}

TEST_F(Access, a_refused_body_leaves_the_connection_whole) {
    Client client(server.port());
    client.send(post("/json", R"({"a":1})") + get("/livez"));
    EXPECT_EQ(client.read().status, 401);
    EXPECT_EQ(client.read().body, "ok");
}

TEST_F(Access, a_trailer_is_no_place_for_a_key) {
    EXPECT_EQ(status("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-API-Key: "
                     "admin-key\r\n\r\n"),
              401);
}

TEST_F(Access, a_body_that_waits_for_100_continue_is_not_asked_for) {
    const auto refused =
        test::ask(server.port(),
                  "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                  "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.field("Connection"), "close");
}

TEST_F(Access, with_keys_any_host_name_may_lead_here) {
    EXPECT_EQ(status("GET /items/a HTTP/1.1\r\nHost: db.example\r\nX-API-Key: read-key\r\n\r\n"), 200);
    EXPECT_EQ(status("GET /items/a HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nX-API-Key: read-key\r\n\r\n"),
              403);
}

TEST_F(Access, keys_are_reread_while_serving) {
    Client client(server.port());
    client.send(get("/items/a", "X-API-Key: read-key\r\n"));
    EXPECT_EQ(client.read().status, 200);
    server.host.config["auth.keys.1.hash"] = kLater;
    vz_error error{};
    ASSERT_EQ(vzh_reload(server.mount, &error), VZ_OK) << error.message;
    client.send(get("/items/a", "X-API-Key: read-key\r\n"));
    EXPECT_EQ(client.read().status, 401);
    client.send(get("/items/a", "X-API-Key: later-key\r\n"));
    EXPECT_EQ(client.read().status, 200);
    server.host.config["auth.keys.1.hash"] = "nonsense";
    EXPECT_EQ(vzh_reload(server.mount, &error), VZ_INVALID_ARGUMENT);
    EXPECT_EQ(status(get("/items/a", "X-API-Key: later-key\r\n")), 200);
}

TEST(QueryKey, is_taken_where_it_is_allowed) {
    auto changes = keys();
    changes.emplace_back("auth.allow_query_key", "true");
    Server server(changes);
    server.start();
    EXPECT_EQ(ask(server.port(), get("/items/a?api_key=read-key")).status, 200);
    EXPECT_EQ(ask(server.port(), get("/items/a?api_key=wrong")).status, 401);
    EXPECT_EQ(ask(server.port(), get("/livez?api_key=wrong")).status, 200);
}

}  // namespace
}  // namespace vz::http::test
