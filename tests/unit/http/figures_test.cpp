// What is told of requests and connections: each figure is of what it says.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "server.hpp"

namespace vz::http::test {
namespace {

using std::chrono::milliseconds;

TEST(Figures, of_the_queue_are_of_requests_that_went_to_a_worker) {
    Server server;
    server.start();
    EXPECT_EQ(ask(server.port(), post("/size", "small")).body, "5");
    EXPECT_EQ(ask(server.port(), get("/items/a")).status, 200);
    EXPECT_EQ(server.figure("vectorizer_http_queue_seconds{route=/size}"), -1);
    EXPECT_EQ(ask(server.port(), post("/size", std::string(100'000, 'x'))).body, "100000");
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_queue_seconds{route=/size}") == 1; }));
    EXPECT_EQ(server.figure("vectorizer_http_queue_seconds{route=/items/{name}}"), -1);
    EXPECT_TRUE(comes([&] {
        return server.figure("vectorizer_http_requests_total{frontend=test,route=/size,method=POST,status=200}") == 2;
    }));
}

TEST(Figures, of_refused_requests_tell_what_was_asked_for) {
    Server server({{"auth.keys.0.name", "boss"},
                   {"auth.keys.0.hash", "sha256:" + std::string(64, 'a')},
                   {"auth.keys.0.permissions.0", "admin"}});
    server.start();
    // Not of /metrics, which wants the key.
    const auto count = [&](const std::string& labels) {
        const std::lock_guard lock(server.host.series_mutex);
        for (const auto& [name, value] : server.host.series) {
            if (name == "vectorizer_http_requests_total{" + labels + "}") return value;
        }
        return 0.0;
    };
    EXPECT_EQ(ask(server.port(), get("/items/a")).status, 401);
    EXPECT_EQ(ask(server.port(), post("/guarded/a", "{}")).status, 401);
    EXPECT_EQ(ask(server.port(), get("/nowhere")).status, 401);
    EXPECT_EQ(ask(server.port(), "BREW /items/a HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 401);
    EXPECT_TRUE(comes([&] { return count("frontend=test,route=/items/{name},method=GET,status=401") == 1; }));
    EXPECT_TRUE(comes([&] { return count("frontend=test,route=/guarded/{name},method=POST,status=401") == 1; }));
    EXPECT_TRUE(comes([&] { return count("frontend=,route=,method=GET,status=401") == 1; }));
    EXPECT_TRUE(comes([&] { return count("frontend=,route=,method=,status=401") == 1; }));
}

TEST(Figures, of_the_engine_are_of_requests_that_were_with_it) {
    Server server;
    server.start();
    EXPECT_EQ(ask(server.port(), get("/items/a")).status, 200);
    EXPECT_EQ(server.figure("vectorizer_http_engine_seconds{route=/items/{name}}"), -1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(server.port(), get("/searched")).status, 200);
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_engine_seconds{route=/searched}") == 3; }))
        << "what one request adds up counts once";
}

TEST(Figures, of_connections_tell_the_idle_ones) {
    Server server;
    server.start();
    Client idle(server.port());
    idle.send(get("/items/a"));
    EXPECT_EQ(idle.read().status, 200);
    Client fresh(server.port());
    Client half(server.port());
    half.send("GET /items/a HT");
    Client busy(server.port());
    busy.send(get("/held"));
    server.wait_held(1);
    // Beside these there is the one that asks.
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_connections{frontend=test}") == 5; }));
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_connections_idle{frontend=test}") == 2; }));
    EXPECT_EQ(server.figure("vectorizer_http_in_flight{frontend=test}"), 1);
    EXPECT_EQ(server.figure("vectorizer_http_in_flight{frontend=}"), 1) << "the one that asks";
    server.release();
    EXPECT_EQ(busy.read().status, 200);
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_connections_idle{frontend=test}") == 3; }));
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_in_flight{frontend=test}") == 0; }));
}

TEST(Figures, of_refusals_count_requests_that_never_came_to_their_end) {
    Server server(Changes{{"http.receive_timeout_ms", "200"}});
    server.start();
    Client half(server.port());
    half.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(half.read().status, 408);
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_refused_total{reason=timeout}") == 1; }));
    Client silent(server.port());
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_EQ(server.figure("vectorizer_http_refused_total{reason=timeout}"), 1) << "nothing had arrived";
}

}  // namespace
}  // namespace vz::http::test
