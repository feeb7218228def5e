// What a client gets when it asks for much: compressed answers, refusals for its rate.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "frontends/http/rate.hpp"
#include "server.hpp"

namespace vz::http::test {
namespace {

std::string inflated(const std::string& bytes, size_t room) {
    z_stream z{};
    EXPECT_EQ(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
    std::string out(room, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
    out.resize(z.total_out);
    inflateEnd(&z);
    return out;
}

constexpr const char* kGzip = "Accept-Encoding: gzip\r\n";

TEST(Compression, large_answers_are_gzipped_for_those_who_take_it) {
    Server server(Changes{{"http.compress", "always"}});
    server.start();
    const auto reply = ask(server.port(), get("/big?bytes=200000", kGzip));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.field("Content-Encoding"), "gzip");
    EXPECT_EQ(reply.field("Vary"), "Accept-Encoding");
    EXPECT_LT(reply.body.size(), 20000U);
    EXPECT_EQ(inflated(reply.body, 300000), std::string(200000, 'b'));
    for (const char* none : {"", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: GZIP ; q=0.0, br\r\n",
                             "Accept-Encoding: xgzip, gzip2\r\n"}) {
        const auto plain = ask(server.port(), get("/big?bytes=200000", none));
        EXPECT_EQ(plain.body.size(), 200000U) << none;
        EXPECT_EQ(plain.field("Vary"), "Accept-Encoding") << none;
    }
    for (const char* some : {"Accept-Encoding: GZip\r\n", "Accept-Encoding: br, gzip ;q=0.5\r\n"})
        EXPECT_EQ(ask(server.port(), get("/big?bytes=200000", some)).field("Content-Encoding"), "gzip") << some;
    for (const char* fields : {"", kGzip}) {
        const auto got = ask(server.port(), get("/big?bytes=200000", fields));
        const auto head = ask(server.port(), "HEAD" + get("/big?bytes=200000", fields).substr(3), true);
        for (const char* name : {"Content-Length", "Content-Encoding", "Content-Type", "Vary"})
            EXPECT_EQ(head.field(name), got.field(name)) << name << " " << fields;
    }
    EXPECT_EQ(ask(server.port(), get("/big?bytes=16383")).field("Vary"), "");
    EXPECT_EQ(ask(server.port(), get("/big?bytes=16383", kGzip)).field("Content-Encoding"), "");
    Client pipelined(server.port());
    pipelined.send(get("/big?bytes=50000", kGzip) + get("/livez") + get("/big?bytes=70000", kGzip));
    EXPECT_EQ(inflated(pipelined.read().body, 100000).size(), 50000U);
    EXPECT_EQ(pipelined.read().body, "ok");
    EXPECT_EQ(inflated(pipelined.read().body, 100000).size(), 70000U);
}

TEST(Compression, is_not_done_within_a_machine_unless_asked_for) {
    Server server;
    server.start();
    EXPECT_EQ(ask(server.port(), get("/big?bytes=200000", kGzip)).body.size(), 200000U);
}

TEST(Rate, beyond_it_requests_are_refused_and_later_served_again) {
    Server server(Changes{{"limits.requests_per_second", "5"}});
    server.start();
    int served = 0;
    Reply refused;
    while (served < 1000 && (refused = ask(server.port(), get("/items/a"))).status == 200) ++served;
    EXPECT_GE(served, 5);
    EXPECT_EQ(refused.status, 429);
    EXPECT_FALSE(refused.field("Retry-After").empty());
    EXPECT_NE(refused.body.find(R"("error_type":"rate_limit_exceeded")"), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find(R"({"limit_type":"address","limit":5})"), std::string::npos) << refused.body;
    EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);
    EXPECT_TRUE(comes([&] { return ask(server.port(), get("/items/a")).status == 200; }));
}

// Whether so many requests find the end of it.
bool ends(const Server& server, const std::string& request, int most = 1'000) {
    for (int i = 0; i < most; ++i) {
        if (ask(server.port(), request).status == 429) return true;
    }
    return false;
}

TEST(Rate, counts_refused_requests_and_not_what_the_listener_answers) {
    Changes changes{{"limits.requests_per_second", "5"}};
    {
        Server server(changes);
        server.start();
        for (const char* own : {"GET /livez", "GET /metrics", "OPTIONS /items/a"})
            EXPECT_FALSE(ends(server, std::string(own) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 50)) << own;
        EXPECT_TRUE(ends(server, get("/nothing"))) << "404";
        EXPECT_TRUE(ends(server, "PATCH /items/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) << "405";
    }
    changes.insert(changes.end(), {{"auth.keys.0.name", "boss"},
                                   {"auth.keys.0.hash", "sha256:" + std::string(64, '1')},
                                   {"auth.keys.0.permissions.0", "admin"}});
    Server server(changes);
    server.start();
    EXPECT_TRUE(ends(server, get("/items/a", "X-API-Key: guess\r\n"))) << "401";
    EXPECT_TRUE(ends(server, get("/metrics", "X-API-Key: guess\r\n"))) << "401 of the listener's own";
    EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);
}

TEST(Rate, what_is_refused_elsewhere_shuts_nobody_out_of_open_routes) {
    Server server(Changes{{"limits.requests_per_second", "5"}});
    server.start();
    EXPECT_TRUE(ends(server, get("/nothing")));
    EXPECT_EQ(ask(server.port(), get("/open")).status, 200);
    EXPECT_TRUE(ends(server, get("/open")));
}

TEST(Rate, strangers_beyond_a_bound_share_one) {
    RateLimit rate(1);
    constexpr int64_t kNowNs = 10'000'000'000;
    for (int i = 0; i < 65'536; ++i) EXPECT_TRUE(rate.take(std::to_string(i), kNowNs));
    EXPECT_TRUE(rate.take("one", kNowNs));
    EXPECT_FALSE(rate.take("another", kNowNs));
    EXPECT_FALSE(rate.take("7", kNowNs));
    // Those that are quiet are forgotten.
    EXPECT_TRUE(rate.take("one", kNowNs + 2'000'000'000));
    EXPECT_TRUE(rate.take("another", kNowNs + 2'000'000'000));
}

TEST(Rate, an_address_is_that_of_its_network) {
    EXPECT_EQ(network_of("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::2:3:4:5"));
    EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace vz::http::test
