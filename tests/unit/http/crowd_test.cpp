// Many clients at once, most of them no good: whoever behaves does not notice.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "server.hpp"

namespace vz::http::test {
namespace {

TEST(Crowd, two_thousand_idle_connections_cost_little_and_harm_nobody) {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 8000) GTEST_SKIP() << "this process may open " << limit.rlim_max << " files only";
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    constexpr size_t kIdle = 2000;
    Server server;
    server.start();
    ASSERT_EQ(ask(server.port(), get("/livez")).status, 200);
    std::vector<std::unique_ptr<Client>> idle;
    idle.reserve(kIdle);
    const auto before = resident_bytes();
    for (size_t i = 0; i < kIdle; ++i) {
        idle.push_back(std::make_unique<Client>(server.port()));
        idle.back()->send(get("/items/a"));
        ASSERT_EQ(idle.back()->read().status, 200) << i;
    }
    const auto each = (resident_bytes() - before) / kIdle;
    std::printf("figure http.idle_connection bytes=%zu (<= 6144, the client's side counted)\n",
                static_cast<size_t>(each));
    if (kResidentIsInUse) {
        EXPECT_LE(each, 6U * 1024);
    }
    EXPECT_EQ(ask(server.port(), get("/items/b")).body, "b");
    for (const size_t i : {size_t{0}, kIdle / 2, kIdle - 1}) {
        idle[i]->send(get("/items/still"));
        EXPECT_EQ(idle[i]->read().body, "still");
    }
    server.drain();
    for (const auto& client : idle) EXPECT_EQ(client->read_to_end(), "");
}

TEST(Crowd, slow_senders_and_abrupt_ends_leave_others_their_answers) {
    Server server;
    server.start();
    const auto whole = post("/echo", std::string(300, 'x'));
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 50; ++i) {
        slow.push_back(std::make_unique<Client>(server.port()));
        slow.back()->send(whole.substr(0, static_cast<size_t>(i) * 5));
    }
    const auto seed = std::random_device()();
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        // Half a request, then a reset.
        Client gone(server.port());
        gone.send(whole.substr(0, random() % whole.size()));
        const linger hard{1, 0};
        setsockopt(gone.descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        gone.close_now();
        ASSERT_EQ(ask(server.port(), get("/items/ok")).body, "ok") << "seed " << seed << " round " << round;
    }
    for (size_t i = 0; i < slow.size(); ++i) {
        slow[i]->send(whole.substr(i * 5));
        EXPECT_EQ(slow[i]->read().body.size(), 300U);
    }
}

TEST(Crowd, bodies_of_many_clients_stay_within_the_budget) {
    Server server(Changes{{"limits.bodies_mb", "8"}, {"limits.body_mb", "4"}});
    server.start();
    const std::string part(2 * 1024 * 1024, 'x');
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 12; ++i) {
        clients.push_back(std::make_unique<Client>(server.port()));
        clients.back()->send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n");
    }
    int refused = 0;
    std::vector<std::thread> senders;
    for (auto& client : clients) {
        senders.emplace_back([&] {
            // A refused client's socket breaks while it sends.
            for (size_t sent = 0; sent < part.size();) {
                const auto got = ::send(client->descriptor, part.data() + sent, part.size() - sent, MSG_NOSIGNAL);
                if (got <= 0) break;
                sent += static_cast<size_t>(got);
            }
        });
    }
    for (auto& sender : senders) sender.join();
    for (auto& client : clients) {
        if (client->read_to_end(200).find("\"overloaded\"") != std::string::npos) ++refused;
    }
    EXPECT_GE(refused, 12 - 8 / 2) << "more bodies are in memory than the budget allows";
    clients.clear();
    EXPECT_TRUE(comes([&] { return ask(server.port(), post("/echo", part)).status == 200; }))
        << "the budget is not given back";
}

}  // namespace
}  // namespace vz::http::test
