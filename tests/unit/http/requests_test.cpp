// Where a request goes, and what it is answered.
#include <gtest/gtest.h>

#include <thread>

#include "server.hpp"

namespace vz::http::test {
namespace {

class Requests : public testing::Test {
 protected:
    void SetUp() override { server.start(); }
    Reply ask(const std::string& request, bool head_only = false) {
        return test::ask(server.port(), request, head_only);
    }
    int status(const std::string& request) { return ask(request).status; }
    Server server;
};

TEST_F(Requests, answers_with_the_promised_fields) {
    const auto reply = ask(get("/livez"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "ok");
    EXPECT_EQ(reply.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply.field("X-Frame-Options"), "SAMEORIGIN");
    EXPECT_EQ(reply.field("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(reply.field("X-Request-Id").size(), 36U);
    EXPECT_EQ(reply.field("X-Request-Id"), reply.field("x-correlation-id"));
    EXPECT_FALSE(reply.field("Date").empty());
}

TEST_F(Requests, takes_one_idempotency_key) {
    const auto post = [&](const std::string& fields) {
        return status("POST /json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + fields +
                      "Content-Length: 2\r\n\r\n{}");
    };
    EXPECT_EQ(post("Idempotency-Key: a\r\n"), 200);
    EXPECT_EQ(post("Idempotency-Key: a\r\nidempotency-key: b\r\n"), 400);
    EXPECT_EQ(post("Idempotency-Key:\r\n"), 400);
    EXPECT_EQ(post("Idempotency-Key: \r\nIdempotency-Key: b\r\n"), 400);
}

TEST_F(Requests, keeps_the_clients_request_id_if_it_is_visible_ascii) {
    EXPECT_EQ(ask(get("/livez", "X-Request-Id: abc-1\r\n")).field("X-Request-Id"), "abc-1");
    EXPECT_EQ(ask(get("/livez", "x-correlation-id: abc-2\r\n")).field("X-Request-Id"), "abc-2");
    EXPECT_EQ(ask(get("/livez", "X-Request-Id: a b\r\n")).field("X-Request-Id").size(), 36U);
    EXPECT_EQ(ask(get("/livez", "X-Request-Id: " + std::string(129, 'a') + "\r\n")).field("X-Request-Id").size(), 36U);
}

TEST_F(Requests, probes_follow_the_health_of_the_host) {
    EXPECT_EQ(ask(get("/healthz")).body, "ok");
    EXPECT_EQ(ask(get("/readyz")).body, "ready");
    server.host.health = VZ_HEALTH_DEGRADED;
    EXPECT_EQ(ask(get("/readyz")).body, "degraded");
    server.host.health = VZ_HEALTH_STARTING;
    const auto starting = ask(get("/readyz"));
    EXPECT_EQ(starting.status, 503);
    EXPECT_NE(starting.body.find("\"service_unavailable\""), std::string::npos);
    EXPECT_FALSE(starting.field("Retry-After").empty());
    server.host.health = VZ_HEALTH_POISONED;
    EXPECT_NE(ask(get("/readyz")).body.find("\"storage_error\""), std::string::npos);
    EXPECT_EQ(ask(get("/metrics")).body, "up 1\n");
    EXPECT_EQ(ask(get("/prometheus/metrics")).body, "up 1\n");
}

TEST_F(Requests, literal_segments_win_over_parameters) {
    EXPECT_EQ(ask(get("/items/special")).body, "special");
    EXPECT_EQ(ask(get("/items/specia")).body, "specia");
    EXPECT_EQ(ask(get("/items/special/parts")).body, "special");
    EXPECT_EQ(ask(get("/files/a/b%2Fc")).body, "a/b/c");
    EXPECT_EQ(status(get("/files")), 404);
}

TEST_F(Requests, paths_are_split_first_then_decoded_and_never_normalised) {
    EXPECT_EQ(ask(get("/items/a%2Fb")).body, "a/b");
    EXPECT_EQ(ask(get("/items/%C3%A9")).body, "\xc3\xa9");
    EXPECT_EQ(ask(get("/items/a+b")).body, "a+b");
    EXPECT_EQ(status(get("/items/%zz")), 400);
    EXPECT_EQ(status(get("/items/%00")), 400);
    EXPECT_EQ(status(get("/items/%4")), 400);
    EXPECT_EQ(status(get("/items/%c3")), 400);
    EXPECT_EQ(status(get("//items")), 404);
    EXPECT_EQ(status(get("/query/")), 404);
    EXPECT_EQ(status(get("/items/")), 404);
    EXPECT_EQ(status(get("/a/../query")), 404);
}

TEST_F(Requests, query_parameters_are_decoded_and_checked) {
    EXPECT_EQ(ask(get("/query?limit=1&filter=a+b%26c")).body, "limit=1;filter=a b&c;");
    const auto unknown = ask(get("/query?limits=1"));
    EXPECT_EQ(unknown.status, 400);
    EXPECT_NE(unknown.body.find(R"("field":"limits","reason":"unknown field; did you mean \"limit\"?")"),
              std::string::npos)
        << unknown.body;
    EXPECT_EQ(status(get("/query?filter=%zz")), 400);
    EXPECT_EQ(status(get("/query?timeout_ms=100")), 200);
    EXPECT_EQ(status(get("/query?timeout_ms=0")), 400);
    EXPECT_EQ(status(get("/query?timeout_ms=600001")), 400);
    EXPECT_EQ(status(get("/query?timeout_ms=1&timeout_ms=1")), 400);
    EXPECT_EQ(status(get("/query?timeout_ms=1x")), 400);
}

TEST_F(Requests, other_methods_get_405_and_allow) {
    for (const std::string method : {"get", "FOO", "TRACE", "PUT"}) {
        const auto reply = ask(method + " /items/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(reply.status, 405) << method;
        EXPECT_EQ(reply.field("Allow"), "OPTIONS, GET, HEAD, DELETE");
    }
    EXPECT_EQ(status("FOO /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
    const auto head = ask("HEAD /items/abc HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.field("Content-Length"), "3");
    const auto options = ask("OPTIONS /items/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.field("Allow"), "OPTIONS, GET, HEAD, DELETE");
    EXPECT_EQ(status("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"), 204);
    EXPECT_EQ(status("OPTIONS /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
}

TEST_F(Requests, head_sends_no_body_and_the_connection_goes_on) {
    Client client(server.port());
    client.send("HEAD /items/abc HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/items/next"));
    EXPECT_EQ(client.read(true).status, 200);
    EXPECT_EQ(client.read().body, "next");
}

TEST_F(Requests, absolute_targets_are_paths) {
    EXPECT_EQ(ask("GET http://localhost/items/x HTTP/1.1\r\nHost: localhost\r\n\r\n").body, "x");
    EXPECT_EQ(status("GET http://evil.example/items/x HTTP/1.1\r\nHost: localhost\r\n\r\n"), 421);
    EXPECT_EQ(status("GET items HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
}

TEST_F(Requests, errors_have_five_fields) {
    const auto reply = ask(get("/nowhere", "X-Request-Id: r1\r\n"));
    EXPECT_EQ(
        reply.body,
        R"({"error_type":"not_found","message":"There is nothing at /nowhere","details":{"path":"/nowhere"},"status_code":404,"request_id":"r1"})");
    EXPECT_EQ(reply.field("Content-Type"), "application/json; charset=utf-8");
}

TEST_F(Requests, hosts_that_are_not_this_machine_are_misdirected) {
    const auto with_host = [](const std::string& host) { return "GET /livez HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; };
    for (const std::string host : {"localhost", "LOCALHOST:1", "127.0.0.1:15002", "[::1]:9"})
        EXPECT_EQ(status(with_host(host)), 200) << host;
    const auto reply = ask(with_host("evil.example:15002"));
    EXPECT_EQ(reply.status, 421);
    EXPECT_NE(reply.body.find("misdirected_request"), std::string::npos);
}

TEST_F(Requests, foreign_origins_are_refused) {
    EXPECT_EQ(status(get("/livez", "Origin: http://evil.example\r\n")), 403);
    EXPECT_EQ(status(get("/livez", "Origin: null\r\n")), 403);
    EXPECT_EQ(status(get("/livez", "Origin: http://localhost\r\n")), 200);
    EXPECT_NE(ask(get("/livez", "Origin: http://evil.example\r\n")).body.find(R"("error":"forbidden")"),
              std::string::npos);
}

TEST(RequestsConfigured, origins_and_hosts_of_the_configuration_are_let_in) {
    Server server(Changes{{"http.cors_origins.0", "https://app.example"}, {"http.allowed_hosts.0", "db.internal"}});
    server.start();
    const auto reply = ask(server.port(), get("/livez", "Origin: https://app.example\r\n"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.field("Access-Control-Allow-Origin"), "https://app.example");
    const auto preflight =
        ask(server.port(),
            "OPTIONS /json HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n"
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n");
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.field("Access-Control-Allow-Headers"), "content-type");
    EXPECT_EQ(ask(server.port(), "GET /livez HTTP/1.1\r\nHost: db.internal:80\r\n\r\n").status, 200);
}

TEST_F(Requests, static_files_are_sent_gzipped_or_not_at_all_if_known) {
    // vzh_file belongs to create: this mount is declared anew.
    static const unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0,    0, 0x03, 0xcb,
                                          0xc8, 0x04, 0x00, 0xac, 0x2a, 0x93, 0xd8, 0x02, 0, 0,    0};
    server.stop();
    Server other;
    vz_error error{};
    ASSERT_EQ(vzh_file(other.mount, "/page", kGzip, sizeof kGzip, "text/html", &error), VZ_OK) << error.message;
    EXPECT_EQ(vzh_file(other.mount, "/page", kGzip, sizeof kGzip, "text/html", &error), VZ_ALREADY_EXISTS);
    EXPECT_EQ(vzh_file(other.mount, "/query", kGzip, sizeof kGzip, "text/html", &error), VZ_ALREADY_EXISTS);
    other.start();
    const auto zipped = test::ask(other.port(), get("/page", "Accept-Encoding: br, gzip\r\n"));
    EXPECT_EQ(zipped.field("Content-Encoding"), "gzip");
    EXPECT_EQ(zipped.body.size(), sizeof kGzip);
    EXPECT_EQ(test::ask(other.port(), get("/page")).body, "hi");
    EXPECT_EQ(test::ask(other.port(), get("/page", "If-None-Match: " + zipped.field("ETag") + "\r\n")).status, 304);
}

}  // namespace
}  // namespace vz::http::test
