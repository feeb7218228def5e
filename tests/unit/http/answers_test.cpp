// Answers that wait to be sent: what slow readers hold is bounded, counted and given back.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <thread>

#include "server.hpp"

namespace vz::http::test {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMib = 1024 * 1024;
constexpr uint64_t kAnswerBytes = 6'000'000;  // more than the sockets between us take
const Changes kSmallBudget{{"limits.bodies_mb", "64"}};
constexpr uint64_t kAnswersMib = 32;  // half of it
constexpr uint64_t kAnswersHeld = kAnswersMib * kMib / kAnswerBytes;
const std::string kBigQuery = "bytes=" + std::to_string(kAnswerBytes);
const std::string kUnsent = "vectorizer_http_unsent_bytes";

std::unique_ptr<Client> slow_reader(const Server& server, const std::string& request) {
    auto client = std::make_unique<Client>(server.port());
    const int fixed = 256 * 1024;
    setsockopt(client->descriptor, SOL_SOCKET, SO_RCVBUF, &fixed, sizeof fixed);
    client->send(request);
    return client;
}

bool nothing_is_held(Server& server) {
    return comes([&] { return server.figure(kUnsent) == 0 && server.figure("vectorizer_http_body_bytes") == 0; });
}

// As many slow readers as find room.
std::vector<std::unique_ptr<Client>> exhaust(Server& server) {
    std::vector<std::unique_ptr<Client>> readers;
    for (uint64_t i = 0; i < kAnswersHeld; ++i) readers.push_back(slow_reader(server, get("/big?" + kBigQuery)));
    EXPECT_TRUE(comes([&] { return server.figure(kUnsent) >= static_cast<int64_t>(kAnswersHeld * kAnswerBytes); }));
    EXPECT_EQ(ask(server.port(), get("/big?" + kBigQuery)).status, 503);
    return readers;
}

TEST(WaitingAnswers, of_many_slow_readers_stay_within_the_budget) {
    Server server(kSmallBudget);
    server.start();
    ASSERT_EQ(ask(server.port(), get("/big?" + kBigQuery)).body.size(), kAnswerBytes);
    const auto before = resident_bytes();
    std::vector<std::unique_ptr<Client>> readers;
    for (int i = 0; i < 60; ++i) {
        readers.push_back(slow_reader(server, get("/big?" + kBigQuery)));
        // Whoever reads does not notice, and neither do writers.
        EXPECT_EQ(ask(server.port(), get("/items/small")).body, "small") << i;
        EXPECT_EQ(ask(server.port(), get("/big?bytes=60000")).body.size(), 60000U) << i;
    }
    const auto grown = resident_bytes() - before;
    EXPECT_EQ(ask(server.port(), post("/size", std::string(20 * kMib, 'x'))).body, std::to_string(20 * kMib));
    const auto unsent = server.figure(kUnsent);
    std::printf("figure http.slow_answers asked_mib=%zu budget_mib=%zu grown_mib=%zu\n",
                static_cast<size_t>(60 * kAnswerBytes / kMib), static_cast<size_t>(kAnswersMib),
                static_cast<size_t>(grown / kMib));
    if (kResidentIsInUse) {
        EXPECT_LE(grown, (kAnswersMib + 16) * kMib);
    }
    EXPECT_GE(unsent, static_cast<int64_t>(kAnswerBytes));
    EXPECT_LE(unsent, static_cast<int64_t>(kAnswersMib * kMib));

    size_t answered = 0;
    for (auto& reader : readers) {
        const auto reply = reader->read();
        if (reply.status == 200) {
            ++answered;
            EXPECT_EQ(reply.body.size(), kAnswerBytes);
        } else {
            EXPECT_EQ(reply.status, 503);
            EXPECT_FALSE(reply.field("Retry-After").empty());
        }
        // The connection is as good as before.
        reader->send(get("/items/after"));
        EXPECT_EQ(reader->read().body, "after");
    }
    EXPECT_EQ(answered, kAnswersHeld);
    EXPECT_TRUE(nothing_is_held(server));
    EXPECT_EQ(ask(server.port(), get("/big?" + kBigQuery)).body.size(), kAnswerBytes);
}

TEST(WaitingAnswers, of_those_who_never_read_are_given_up_in_time) {
    Server server(Changes{{"limits.bodies_mb", "64"}, {"http.write_timeout_ms", "1500"}});
    server.start();
    const auto readers = exhaust(server);
    EXPECT_TRUE(nothing_is_held(server));
    EXPECT_EQ(ask(server.port(), get("/big?" + kBigQuery)).body.size(), kAnswerBytes);
    for (const auto& reader : readers) EXPECT_LT(reader->read_to_end().size(), kAnswerBytes);
    EXPECT_EQ(server.figure("vectorizer_http_refused_total{reason=slow_reader}"), static_cast<int64_t>(readers.size()));
    EXPECT_EQ(server.figure("vectorizer_http_requests_total{frontend=test,route=/big,method=GET,status=499}"),
              static_cast<int64_t>(readers.size()));
}

// The server's end of a connection, which is of this process.
int server_end(const Client& client) {
    sockaddr_in ours{};
    socklen_t size = sizeof ours;
    getsockname(client.descriptor, reinterpret_cast<sockaddr*>(&ours), &size);
    for (int descriptor = 3; descriptor < 1024; ++descriptor) {
        sockaddr_in theirs{};
        size = sizeof theirs;
        if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&theirs), &size) == 0 &&
            theirs.sin_port == ours.sin_port)
            return descriptor;
    }
    return -1;
}

// Reads so many bytes a second of the answer until that is over or `is_over`; how much came. Small buffers let each
// read make room for a little more.
template <typename Condition>
size_t read_slowly(const Server& server, size_t bytes_per_second, Condition is_over) {
    Client client(server.port());
    client.send(get("/items/first"));
    EXPECT_EQ(client.read().body, "first");
    const int small = 64 * 1024;
    setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(server_end(client), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    client.send(get("/big?" + kBigQuery, "Connection: close\r\n"));
    std::string part(10'000, '\0');
    size_t got = 0;
    const auto begun = std::chrono::steady_clock::now();
    while (!is_over()) {
        std::this_thread::sleep_until(begun + milliseconds(got * 1000 / bytes_per_second));
        const auto now = recv(client.descriptor, part.data(), part.size(), 0);
        if (now <= 0) break;
        got += static_cast<size_t>(now);
    }
    return got;
}

TEST(WaitingAnswers, of_those_who_read_a_little_now_and_then_are_given_up_too) {
    Server server(Changes{{"http.write_timeout_ms", "1000"}});
    server.start();
    const auto is_given_up = [&] { return server.figure("vectorizer_http_refused_total{reason=slow_reader}") == 1; };
    EXPECT_LT(read_slowly(server, kMib / 2, is_given_up), 2 * kMib);
    EXPECT_TRUE(is_given_up());
    EXPECT_TRUE(nothing_is_held(server));
}

TEST(WaitingAnswers, reach_those_who_read_slowly_but_steadily) {
    Server server(Changes{{"http.write_timeout_ms", "1500"}});
    server.start();
    EXPECT_GT(read_slowly(server, 3 * kMib, [] { return false; }), kAnswerBytes);
}

TEST(WaitingAnswers, of_those_who_leave_are_given_back_at_once) {
    Server server(kSmallBudget);
    server.start();
    auto readers = exhaust(server);
    readers.clear();
    EXPECT_TRUE(nothing_is_held(server));
}

TEST(WaitingAnswers, about_changes_are_never_refused_but_further_changes_are) {
    Server server(kSmallBudget);
    server.start();
    auto readers = exhaust(server);
    EXPECT_EQ(ask(server.port(), post("/changed?" + kBigQuery, "")).body.size(), kAnswerBytes);
    ASSERT_TRUE(comes([&] { return server.figure(kUnsent) != -1; }));
    // Its own answers take it beyond the budget: the next changes are refused before anything is done.
    readers.push_back(slow_reader(server, post("/changed?" + kBigQuery, "")));
    ASSERT_TRUE(comes([&] { return server.figure(kUnsent) == -1; })) << "the figures themselves are refused then";
    const auto refused = ask(server.port(), post("/changed?bytes=10", ""));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find("overloaded"), std::string::npos);
    EXPECT_EQ(ask(server.port(), get("/items/small")).body, "small");
    EXPECT_EQ(readers.back()->read().body.size(), kAnswerBytes);
    ASSERT_TRUE(comes([&] { return ask(server.port(), post("/changed?bytes=10", "")).status == 200; }));
    for (auto& reader : readers) {
        if (reader != readers.back()) {
            EXPECT_EQ(reader->read().body.size(), kAnswerBytes);
        }
    }
    EXPECT_TRUE(nothing_is_held(server));
}

TEST(WaitingAnswers, are_compressed_where_there_is_room_for_both) {
    Server server(Changes{{"limits.bodies_mb", "64"}, {"http.compress", "always"}});
    server.start();
    const auto small = ask(server.port(), get("/big?bytes=10000000", "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(small.field("Content-Encoding"), "gzip");
    EXPECT_LT(small.body.size(), 1'000'000U);
    const auto large = ask(server.port(), get("/big?bytes=20000000", "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(large.field("Content-Encoding"), "");
    EXPECT_EQ(large.body.size(), 20'000'000U);
    EXPECT_TRUE(nothing_is_held(server));
}

TEST(WaitingAnswers, that_no_budget_could_hold_are_too_large_and_not_for_later) {
    Server server(Changes{{"limits.bodies_mb", "2"}});
    server.start();
    EXPECT_EQ(ask(server.port(), get("/big?bytes=1048576")).body.size(), 1048576U);
    EXPECT_EQ(ask(server.port(), get("/big?bytes=1048577")).status, 400);
}

}  // namespace
}  // namespace vz::http::test
