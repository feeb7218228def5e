// Bodies: sizes, types, codings, and what they may not do to the next request.
#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <thread>

#include "server.hpp"

namespace vz::http::test {
namespace {

std::string gzip(const std::string& plain) {
    z_stream z{};
    EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&z, plain.size()) + 64, 0);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

class Bodies : public testing::Test {
 protected:
    Bodies() : server(Changes{{"limits.body_mb", "2"}}) { server.start(); }
    Reply ask(const std::string& request) { return test::ask(server.port(), request); }
    Server server;
};

TEST_F(Bodies, of_all_sizes_come_whole) {
    for (const size_t size : {0UL, 1UL, 4095UL, 65536UL, 65537UL, 300000UL, 2097152UL}) {
        std::string body(size, 0);
        for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * 7 % 26);
        Client client(server.port());
        client.send(post("/echo", body));
        EXPECT_TRUE(client.read().body == body) << size;
        std::string chunked = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (size_t at = 0; at < size; at += 10000) {
            const auto part = body.substr(at, 10000);
            char head[16];
            snprintf(head, sizeof head, "%zx\r\n", part.size());
            chunked += head + part + "\r\n";
        }
        client.send(chunked + "0\r\n\r\n" + get("/items/after"));
        EXPECT_TRUE(client.read().body == body) << size;
        EXPECT_EQ(client.read().body, "after");
    }
}

TEST_F(Bodies, beyond_the_limit_end_the_connection_without_desync) {
    Client client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2097153\r\n\r\n" + get("/items/smuggled"));
    const auto reply = client.read();
    EXPECT_EQ(reply.status, 413);
    EXPECT_NE(reply.body.find("\"limit_bytes\":2097152"), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.timed_out);

    Client chunked(server.port());
    chunked.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) chunked.send("100000\r\n" + std::string(0x100000, 'x') + "\r\n");
    EXPECT_EQ(chunked.read().status, 413);
}

TEST_F(Bodies, where_none_belongs) {
    EXPECT_EQ(ask("GET /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}").status, 400);
    EXPECT_EQ(ask("OPTIONS /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}").status, 400);
    EXPECT_EQ(ask("DELETE /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}").body, "done");
    EXPECT_EQ(ask("DELETE /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]").status, 400);
    EXPECT_EQ(ask(post("/none", " { } ")).body, "done");
    EXPECT_EQ(ask(post("/none", "")).body, "done");
    Client client(server.port());
    client.send("GET /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" + get("/items/after"));
    EXPECT_EQ(client.read().status, 400);
    EXPECT_EQ(client.read().body, "after");
}

TEST_F(Bodies, types_of_json_routes_are_checked) {
    EXPECT_EQ(ask(post("/json", "{}", "Content-Type: application/json\r\n")).body, "{}");
    EXPECT_EQ(ask(post("/json", "{}", "Content-Type: Application/JSON; charset=utf-8\r\n")).body, "{}");
    for (const std::string type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
        const auto reply = ask(post("/json", "{}", "Content-Type: " + type + "\r\n"));
        EXPECT_EQ(reply.status, 415);
        EXPECT_NE(reply.body.find(R"("accepted":["application/json"])"), std::string::npos);
    }
    EXPECT_EQ(ask(post("/json", "{}")).status, 415);
    EXPECT_EQ(ask(post("/json", "{}", "Content-Type: application/json\r\nContent-Type: application/json\r\n")).status,
              400);
}

TEST_F(Bodies, gzip_is_inflated_up_to_the_limit) {
    const std::string plain(100000, 'p');
    const auto zipped = gzip(plain);
    EXPECT_TRUE(ask(post("/echo", zipped, "Content-Encoding: gzip\r\n")).body == plain);
    EXPECT_TRUE(ask(post("/echo", zipped + zipped, "Content-Encoding: gzip\r\n")).body == plain + plain);
    EXPECT_EQ(ask(post("/echo", gzip(std::string(2097152, 'p')), "Content-Encoding: gzip\r\n")).body.size(), 2097152U);
    EXPECT_EQ(ask(post("/echo", gzip(std::string(2097153, 'p')), "Content-Encoding: gzip\r\n")).status, 413);
    EXPECT_EQ(ask(post("/echo", zipped.substr(0, zipped.size() - 9), "Content-Encoding: gzip\r\n")).status, 400);
    EXPECT_EQ(ask(post("/echo", zipped + "x", "Content-Encoding: gzip\r\n")).status, 400);
    EXPECT_EQ(ask(post("/echo", "not gzip", "Content-Encoding: gzip\r\n")).status, 400);
    EXPECT_EQ(ask(post("/echo", "x", "Content-Encoding: br\r\n")).status, 415);
    EXPECT_EQ(ask(post("/echo", "x", "Content-Encoding: identity\r\n")).body, "x");
}

TEST_F(Bodies, answers_beyond_the_limit_are_refused_by_the_buffer) {
    server.stop();
    Server small(Changes{{"limits.answer_mb", "1"}});
    small.start();
    EXPECT_EQ(test::ask(small.port(), get("/big?bytes=1048576")).body.size(), 1048576U);
    EXPECT_EQ(test::ask(small.port(), get("/big?bytes=1048577")).status, 400);
}

TEST(BodiesBudget, of_all_connections_is_kept) {
    Server server(Changes{{"limits.bodies_mb", "1"}, {"limits.body_mb", "4"}});
    server.start();
    const auto reply = ask(server.port(), post("/echo", std::string(3000000, 'x')));
    EXPECT_EQ(reply.status, 503);
    EXPECT_NE(reply.body.find("overloaded"), std::string::npos);
    EXPECT_EQ(ask(server.port(), post("/echo", std::string(400000, 'x'))).status, 200);
}

// However small the pieces are: 64 KiB of them are free, and what they add up to beyond that is counted.
TEST(BodiesBudget, counts_all_that_a_request_makes_of_its_body) {
    Server server(Changes{{"limits.bodies_mb", "1"}});
    server.start();
    const auto status = [&](const char* pieces, const char* bytes) {
        return ask(server.port(), get(std::string("/make?pieces=") + pieces + "&bytes=" + bytes)).status;
    };
    EXPECT_EQ(status("1", "2000000"), 503);
    EXPECT_EQ(status("40", "50000"), 503);
    EXPECT_EQ(status("20000", "100"), 503);
    EXPECT_EQ(status("8000", "100"), 200);
    EXPECT_EQ(status("600", "4097"), 503) << "what is left of a block is memory, too";
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_body_bytes") == 0; }));
}

// Behind an answer a worker goes on; here it comes to that only after more has arrived than there is room for.
TEST(BodiesBudget, refuses_what_arrives_before_a_worker_parses_it) {
    Server server(Changes{{"limits.bodies_mb", "1"}});
    server.start();
    Client client(server.port());
    client.send(get("/held"));
    server.wait_held(1);
    client.send(post("/echo", std::string(900'000, 'x')).substr(0, 200'000));
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_body_bytes") >= 150'000; }));
    Client other(server.port());
    other.send(post("/echo", std::string(900'000, 'x')).substr(0, 600'000));
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_body_bytes") >= 700'000; }));
    server.keep_worker();
    server.release();
    EXPECT_EQ(client.read().body, "released");
    client.send(std::string(700'000, 'x'));
    EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);  // by the thread that reads
    server.free_worker();
    const auto reply = client.read();
    EXPECT_EQ(reply.status, 503);
    EXPECT_NE(reply.body.find("overloaded"), std::string::npos);
    EXPECT_FALSE(reply.field("Retry-After").empty());
}

TEST(BodiesBudget, counts_what_waits_behind_an_answer) {
    const auto bytes = [](Server& server) { return server.figure("vectorizer_http_body_bytes"); };
    Server server;
    server.start();
    Client client(server.port());
    client.send(get("/held"));
    server.wait_held(1);
    client.send(post("/size", std::string(500'000, 'x')));
    EXPECT_TRUE(comes([&] { return bytes(server) >= 500'000; }));
    server.release();
    client.read();
    EXPECT_EQ(client.read().body, "500000");
    EXPECT_TRUE(comes([&] { return bytes(server) == 0; }));
}

TEST(BigAnswers, reach_a_fast_reader_and_wait_for_a_slow_one_alone) {
    Server server;
    server.start();
    Client slow(server.port());
    slow.send(get("/big?bytes=30000000"));
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_unsent_bytes") > 0; }));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
    EXPECT_EQ(ask(server.port(), get("/big?bytes=200000000")).body.size(), 200000000U);
    slow.send(get("/items/later"));
    EXPECT_EQ(slow.read().body.size(), 30000000U);
    EXPECT_EQ(slow.read().body, "later");
}

}  // namespace
}  // namespace vz::http::test
