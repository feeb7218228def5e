// Table 2.1 of the design: what each malformed or unusual head gets, however the packets are cut.
#include <gtest/gtest.h>

#include "server.hpp"

namespace vz::http::test {
namespace {

class Framing : public testing::Test {
 protected:
    void SetUp() override { server.start(); }

    // Sends `request` whole and cut at every byte: always this status, the end of the connection, and nothing after the
    // answer.
    void refused(const std::string& request, int status) {
        for (size_t cut = 0; cut<request.size(); cut += request.size()> 2000 ? 997 : 1) {
            Client client(server.port());
            client.send_cut(request + get("/items/smuggled"), cut);
            const auto all = client.read_to_end();
            EXPECT_FALSE(client.timed_out) << request;
            ASSERT_TRUE(all.starts_with("HTTP/1.1 " + std::to_string(status)) ||
                        all.starts_with("HTTP/1.0 " + std::to_string(status)))
                << "cut at " << cut << " of " << request.substr(0, 300) << "\nanswered " << all;
            EXPECT_EQ(all.find("X-Request-Id:"), all.rfind("X-Request-Id:")) << request << "\nanswered " << all;
            EXPECT_NE(all.find("Connection: close"), std::string::npos);
        }
    }

    // The same for a request that is served, with another one behind it.
    void served(const std::string& request, int status, const std::string& body) {
        for (size_t cut = 0; cut < request.size(); ++cut) {
            Client client(server.port());
            client.send_cut(request, cut);
            const auto reply = client.read();
            ASSERT_EQ(reply.status, status) << "cut at " << cut << " of " << request;
            ASSERT_EQ(reply.body, body) << "cut at " << cut << " of " << request;
            client.send(get("/items/after"));
            ASSERT_EQ(client.read().body, "after") << request;
        }
    }
    Server server;
};

const std::string kHost = "Host: localhost\r\n";

TEST_F(Framing, good_requests_are_served_at_every_cut) {
    served(get("/items/x"), 200, "x");
    served("\r\n\r\n" + get("/items/x"), 200, "x");
    served(post("/echo", "hello"), 200, "hello");
    served(get("/items/x", "Accept: bogus\r\nCookie: a; b\r\nDate: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"), 200,
           "x");
    served("POST /echo HTTP/1.1\r\n" + kHost + "\r\n", 200, "");
}

TEST_F(Framing, malformed_lines_are_400) {
    refused("GET /items/x HTTP/1.1\nHost: localhost\n\n", 400);
    refused("GET /items/x HTTP/1.1\r\nHost: localhost\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + "A: b\rc\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + std::string("A: b\0c\r\n\r\n", 10), 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + "A : b\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + ": b\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + "nocolon\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + "A: b\r\n folded\r\n\r\n", 400);
    refused("GET /items/\x80 HTTP/1.1\r\n" + kHost + "\r\n", 400);
    refused("GET /items/\x01 HTTP/1.1\r\n" + kHost + "\r\n", 400);
    refused("\r\n\r\n\r\n" + get("/items/x"), 400);
    refused("CONNECT a:443 HTTP/1.1\r\n" + kHost + "\r\n", 400);
}

TEST_F(Framing, versions) {
    refused("GET /x\r\n\r\n", 400);
    refused("GET /x H\r\n" + kHost + "\r\n", 505);
    refused("GET /x HTTP/1.2\r\n" + kHost + "\r\n", 505);
    refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    Client tls(server.port());
    tls.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
    EXPECT_NE(tls.read_to_end().find("this port speaks plain HTTP, put TLS in a proxy"), std::string::npos);
}

TEST_F(Framing, what_nobody_reads_is_ignored) {
    served(
        get("/items/x", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
        200, "x");
    served(get("/items/x", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"), 200, "x");
    served(get("/items/x", "Accept: bogus\r\nCookie: a; b\r\nDate: x\r\nRange: bytes=0-1\r\nTE: trailers\r\n"), 200,
           "x");
}

TEST_F(Framing, http_1_0_closes_unless_it_asks_not_to) {
    Client client(server.port());
    client.send("GET /items/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /items/y HTTP/1.0\r\n\r\n");
    const auto first = client.read();
    EXPECT_TRUE(first.head.starts_with("HTTP/1.0 200"));
    EXPECT_EQ(first.field("Connection"), "keep-alive");
    EXPECT_EQ(client.read().body, "y");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.timed_out);
}

TEST_F(Framing, hosts) {
    refused("GET /items/x HTTP/1.1\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\nHost: u@a\r\n\r\n", 400);
    refused("GET /items/x HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
}

TEST_F(Framing, sizes_of_the_head) {
    refused("GET /items/" + std::string(9000, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n", 414);
    refused(get("/items/x", "A: " + std::string(17000, 'a') + "\r\n"), 431);
    std::string many;
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    refused(get("/items/x", many), 431);
}

TEST_F(Framing, content_lengths) {
    for (const std::string value : {"abc", "-5", "+5", "0x3", "", "12345678901234567890", "3, 3", "5 5"}) {
        refused("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: " + value + "\r\n\r\nhello", 400);
    }
    refused("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400);
    refused("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n", 413);
    refused("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 104857601\r\n\r\nhello", 413);
}

TEST_F(Framing, transfer_codings) {
    const auto with = [](const std::string& fields, const std::string& version = "1.1") {
        return "POST /echo HTTP/" + version + "\r\n" + kHost + fields + "\r\n5\r\nhello\r\n0\r\n\r\n";
    };
    refused(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
    refused(with("Transfer-Encoding: chunked\r\n", "1.0"), 400);
    refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
    refused(with("Transfer-Encoding: identity\r\n"), 501);
    refused(with("Transfer-Encoding: xchunked\r\n"), 501);
    refused(with("Transfer-Encoding: gzip, chunked\r\n"), 501);
    served(with("Transfer-Encoding: chunked\r\n"), 200, "hello");
}

TEST_F(Framing, chunks) {
    const std::string head = "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
    // Each has a reading in which the body ends elsewhere.
    refused(head + "00000000000000005\r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "5 \r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "5 ;a=b\r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "5;a=\bb\r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "5;a\nb\r\nhello\r\n0\r\n\r\n", 400);
    served(head + "0000000000000005;a=\"b\"\r\nhello\r\n0000\r\n\r\n", 200, "hello");
    served(head + "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nAuthorization: x\r\n\r\n", 200, "hello!");
    refused(head + "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n", 400);
    refused(head + "xyz\r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "5\r\nhelloXX0\r\n\r\n", 400);
    refused(head + "fffffffffffffffff\r\nhello\r\n0\r\n\r\n", 400);
    refused(head + "1;" + std::string(70000, 'e') + "\r\nx\r\n0\r\n\r\n", 400);
    std::string tiny = head;
    for (int i = 0; i < 1000; ++i) tiny += "1\r\nx\r\n";
    Client client(server.port());
    client.send(tiny + "0\r\n\r\n");
    EXPECT_EQ(client.read().body, std::string(1000, 'x'));
}

// What is kept until its end has come is bounded by itself, not by the body's size: 4 MB allow for 8 MB of framing.
TEST_F(Framing, extensions_and_trailers_without_an_end) {
    const std::string head = "POST /size HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
    const auto body = "3d0900\r\n" + std::string(4'000'000, 'x') + "\r\n";
    for (const std::string begun : {"0\r\nX: ", "0;e=", "1;e="}) {
        Client client(server.port());
        client.send(head + body + begun + std::string(17'000, 'e'));
        const auto reply = client.read();
        EXPECT_EQ(reply.status, 400);
        EXPECT_NE(reply.body.find("\"limit_bytes\":16384"), std::string::npos) << reply.body;
    }
    Client client(server.port());
    client.send(head + body + "0\r\nX: " + std::string(16'000, 'e') + "\r\n\r\n");
    EXPECT_EQ(client.read().body, "4000000");
}

TEST_F(Framing, expectations) {
    Client client(server.port());
    client.send("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("hello");
    EXPECT_EQ(client.read().body, "hello");
    refused("POST /nowhere HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", 404);
    refused("POST /json HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", 415);
    refused("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: magic\r\n\r\n", 417);
}

TEST_F(Framing, a_body_of_options_is_no_request) {
    const std::string star = "OPTIONS * HTTP/1.1\r\n" + kHost;
    served(star + "\r\n", 204, "");
    served(star + "Content-Length: 5\r\n\r\nhello", 204, "");
    refused(star + "Content-Length: 56\r\nExpect: 100-continue\r\n\r\n", 204);
    refused(star + "Content-Length: 70000\r\n\r\n", 204);
    refused(star + "Transfer-Encoding: chunked\r\n\r\n", 204);
    refused(star + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", 204);
    refused("OPTIONS /items/x HTTP/1.1\r\n" + kHost + "Content-Length: 56\r\nExpect: 100-continue\r\n\r\n", 400);
    refused("OPTIONS /items/x HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n", 400);
}

TEST_F(Framing, pipelined_requests_are_answered_in_order) {
    const auto three = get("/items/1") + post("/echo", "two") + get("/items/3");
    for (size_t cut = 0; cut < three.size(); ++cut) {
        Client client(server.port());
        client.send_cut(three, cut);
        EXPECT_EQ(client.read().body, "1");
        EXPECT_EQ(client.read().body, "two");
        EXPECT_EQ(client.read().body, "3");
    }
}

TEST_F(Framing, garbage_behind_a_request_is_refused_after_the_answer) {
    Client client(server.port());
    client.send(get("/items/1") + "\x01\x02garbage");
    EXPECT_EQ(client.read().body, "1");
    EXPECT_EQ(client.read().status, 400);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.timed_out);
}

}  // namespace
}  // namespace vz::http::test
