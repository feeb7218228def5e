// Time limits, budgets, sharing, draining and stopping.
#include <arpa/inet.h>
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "server.hpp"

namespace vz::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

size_t open_descriptors() {
    size_t count = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    return count;
}

TEST(Time, half_a_request_gets_408_and_silence_is_closed) {
    Server server(Changes{{"http.receive_timeout_ms", "200"}, {"http.idle_timeout_ms", "400"}});
    server.start();
    Client silent(server.port());
    Client half(server.port());
    half.send("GET /items/x HT");
    Client body(server.port());
    body.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe");
    Client idle(server.port());
    const auto begun = steady_clock::now();
    idle.send(get("/items/x"));
    EXPECT_EQ(idle.read().body, "x");
    for (Client* slow : {&half, &body}) {
        const Reply late = slow->read();
        EXPECT_EQ(late.status, 408);
        EXPECT_EQ(late.field("X-Request-Id").size(), 36U) << late.head;
        EXPECT_EQ(late.field("x-correlation-id"), late.field("X-Request-Id"));
        EXPECT_EQ(late.field("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(late.field("Connection"), "close");
        EXPECT_NE(late.body.find("\"request_id\":\"" + late.field("X-Request-Id") + '"'), std::string::npos)
            << late.body;
        EXPECT_EQ(slow->read_to_end(), "");
        EXPECT_FALSE(slow->timed_out);
    }
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_FALSE(silent.timed_out);
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_FALSE(idle.timed_out);
    EXPECT_GT(steady_clock::now() - begun, milliseconds(350));
}

TEST(Time, a_verdict_that_gives_way_leaves_no_field_behind) {
    Server server(Changes{{"http.receive_timeout_ms", "200"}});
    server.start();
    Client slow(server.port());
    slow.send("PUT /items/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe");
    const Reply late = slow.read();
    EXPECT_EQ(late.status, 408);
    EXPECT_EQ(late.field("Allow"), "");
}

TEST(Time, a_slow_handler_is_no_timeout) {
    Server server(Changes{{"http.receive_timeout_ms", "100"}, {"http.idle_timeout_ms", "100"}});
    server.start();
    Client client(server.port());
    client.send(get("/held"));
    server.wait_held(1);
    Client silent(server.port());  // its time passes meanwhile
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_FALSE(silent.timed_out);
    server.release();
    EXPECT_EQ(client.read().body, "released");
}

TEST(Time, a_client_that_never_reads_is_closed) {
    Server server(Changes{{"http.write_timeout_ms", "300"}});
    server.start();
    Client client(server.port());
    const int small = 4096;
    setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client.send(get("/big?bytes=30000000"));
    // Busy with it first.
    for (const bool is_idle : {false, true}) {
        EXPECT_TRUE(comes([&] { return server.idle() == is_idle; }));
    }
}

TEST(Half, a_client_that_ended_its_side_still_gets_all_answers) {
    Server server;
    server.start();
    Client client(server.port());
    client.send(get("/held") + get("/items/second"));
    client.end_sending();
    server.wait_held(1);
    std::this_thread::sleep_for(milliseconds(50));
    server.release();
    EXPECT_EQ(client.read().body, "released");
    EXPECT_EQ(client.read().body, "second");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.timed_out);
}

TEST(Half, a_client_that_is_gone_harms_nobody) {
    Server server;
    server.start();
    for (int i = 0; i < 20; ++i) {
        Client client(server.port());
        client.send(get("/held"));
        server.wait_held(1);
        client.close_now();
        std::this_thread::sleep_for(milliseconds(2));
        server.release();
    }
    EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
}

TEST(Budgets, requests_in_flight) {
    Server server(Changes{{"limits.requests", "2"}});
    server.start();
    Client first(server.port());
    Client second(server.port());
    first.send(get("/held"));
    second.send(get("/held"));
    server.wait_held(2);
    const auto reply = ask(server.port(), get("/held"));
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.field("Retry-After"), "2");
    EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);
    server.release();
    EXPECT_EQ(first.read().status, 200);
    EXPECT_EQ(second.read().status, 200);
}

TEST(Budgets, connections) {
    Server server(Changes{{"limits.connections", "2"}});
    server.start();
    Client first(server.port());
    Client second(server.port());
    first.send(get("/livez"));
    second.send(get("/livez"));
    EXPECT_EQ(first.read().status, 200);
    EXPECT_EQ(second.read().status, 200);
    Client third(server.port());
    const auto all = third.read_to_end();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 503")) << all;
    EXPECT_FALSE(third.timed_out);
}

TEST(Budgets, writes_of_a_collection) {
    Server server(Changes{{"limits.writes_per_collection", "1"}});
    server.start();
    Client first(server.port());
    first.send(post("/write/a", ""));
    server.wait_held(1);
    const auto reply = ask(server.port(), post("/write/a", ""));
    EXPECT_EQ(reply.status, 429);
    EXPECT_NE(reply.body.find(R"("details":{"collection":"a","depth":1,"hard_limit":1,"retry_after_seconds":2})"),
              std::string::npos);
    Client other(server.port());
    other.send(post("/write/b", ""));
    server.wait_held(2);
    server.release();
    EXPECT_EQ(first.read().status, 200);
    EXPECT_EQ(other.read().status, 200);
    Client again(server.port());
    again.send(post("/write/a", ""));
    server.wait_held(1);
    server.release();
    EXPECT_EQ(again.read().status, 200);
}

TEST(Budgets, too_much_pipelined_behind_a_request_ends_the_connection) {
    Server server;
    server.start();
    Client client(server.port());
    client.send(get("/held"));
    server.wait_held(1);
    std::string much;
    while (much.size() < 1200000) much += get("/items/x");
    client.send(much);
    std::this_thread::sleep_for(milliseconds(100));
    server.release();
    EXPECT_EQ(client.read().body, "released");
    EXPECT_EQ(client.read_to_end(), "");
}

TEST(Budgets, a_large_request_right_behind_an_answer_is_no_pipelining) {
    Server server;
    server.start();
    const std::string body(1300000, 'x');
    std::vector<std::thread> clients;
    std::atomic<int> answered{0};
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            Client client(server.port());
            for (int request = 0; request < 150; ++request) {
                client.send(post("/echo", body));
                if (client.read().status != 200) return;
                ++answered;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(answered, 600);
}

// A client that only ends its own sending waits for the answer still.
TEST(Abandoned, is_what_a_client_that_is_gone_asked_for) {
    Server server;
    server.start();
    Client half(server.port());
    half.send(get("/held"));
    half.end_sending();
    server.wait_held(1);
    Client gone(server.port());
    gone.send(get("/held"));
    server.wait_held(2);
    const linger at_once{1, 0};
    ASSERT_EQ(setsockopt(gone.descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    gone.close_now();
    EXPECT_TRUE(comes([&] { return server.abandoned.load() == 1; }));
    server.release();
    EXPECT_EQ(half.read().body, "released");
    EXPECT_EQ(server.abandoned.load(), 1);
    EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
}

TEST(Abandoned, is_what_has_not_ended_when_its_frontend_stops) {
    Server server;
    server.start();
    Client busy(server.port());
    busy.send(get("/held"));
    server.wait_held(1);
    server.drain();
    std::thread answers([&] {
        if (comes([&] { return server.abandoned.load() != 0; })) server.release();
    });
    vzh_stop(std::exchange(server.mount, nullptr));
    answers.join();
    EXPECT_EQ(busy.read().body, "released");
}

// Keeps a worker until its mount is being stopped, which then waits for the worker.
void store_keys_late(vzh_request* r, const vzh_view* view) noexcept {
    auto* is_stopping = static_cast<std::atomic<bool>*>(view->user);
    vzh_on_abandoned(
        r, [](vzh_request*, void* user) noexcept { static_cast<std::atomic<bool>*>(user)->store(true); }, is_stopping);
    vzh_defer(
        r,
        [](vzh_request* request, void* user) noexcept {
            comes([user] { return static_cast<std::atomic<bool>*>(user)->load(); });
            vz_error error{};
            const bool stored = vzh_store_keys(nullptr, 0, &error) == VZ_OK;
            vzh_reply(request, stored ? 200 : 500, nullptr);
        },
        is_stopping);
}

TEST(Stop, waits_for_no_worker_that_waits_for_it) {
    static const vzh_route kKeys[] = {{"GET", "/keys", VZH_READ, VZH_BODY_NONE, 0, 0, nullptr}};
    Host host(plain_config());
    std::atomic<bool> is_stopping{false};
    vzh_mount* mount = nullptr;
    vz_error error{};
    ASSERT_EQ(vzh_declare(&host.table, kKeys, 1, &store_keys_late, &is_stopping, &mount, &error), VZ_OK);
    ASSERT_EQ(vzh_start(mount, &error), VZ_OK);
    const std::string url(vzh_url(mount).data);
    Client client(static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    client.send(get("/keys"));
    EXPECT_TRUE(comes([&] { return vzh_idle(mount) == 0; }));
    vzh_stop(mount);
    EXPECT_TRUE(is_stopping);
    EXPECT_EQ(client.read().status, 200);
}

TEST(Drain, answers_what_is_in_flight_and_refuses_the_rest) {
    Server server;
    server.start();
    Client busy(server.port());
    Client idle(server.port());
    idle.send(get("/items/x"));
    EXPECT_EQ(idle.read().status, 200);
    busy.send(get("/held"));
    server.wait_held(1);
    EXPECT_FALSE(server.idle());
    server.drain();
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_FALSE(idle.timed_out);
    const auto refused = ask(server.port(), get("/items/x"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find(R"("reason":"draining")"), std::string::npos);
    EXPECT_EQ(refused.field("Connection"), "close");
    EXPECT_EQ(ask(server.port(), get("/readyz")).status, 503);
    server.release();
    const auto reply = busy.read();
    EXPECT_EQ(reply.body, "released");
    EXPECT_EQ(reply.field("Connection"), "close");
    EXPECT_EQ(busy.read_to_end(), "");
    EXPECT_TRUE(server.idle());
}

TEST(Drain, a_thousand_in_flight_are_all_answered) {
    Server server(Changes{{"limits.requests", "2000"}, {"http.threads", "2"}});
    server.start();
    std::deque<Client> clients;
    for (int i = 0; i < 400; ++i) {
        clients.emplace_back(server.port());
        clients.back().send(get("/held"));
    }
    server.wait_held(400);
    server.drain();
    std::thread releaser([&] { server.release(); });
    for (auto& client : clients) EXPECT_EQ(client.read().body, "released");
    releaser.join();
    EXPECT_TRUE(server.idle());
}

TEST(Life, no_descriptor_is_left_after_many_starts) {
    {
        Server server;
        server.start();
    }
    const auto before = open_descriptors();
    for (int i = 0; i < 10; ++i) {
        Server server(Changes{{"http.threads", "2"}});
        server.start();
        Client client(server.port());
        Client open_still(server.port());
        client.send(get("/items/x"));
        EXPECT_EQ(client.read().body, "x");
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(Life, no_descriptor_is_left_after_many_connections) {
    Server server;
    server.start();
    EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);
    // But the one that asks.
    const auto nobody_is_left = [&] { return server.figure("vectorizer_http_connections{frontend=test}") == 1; };
    ASSERT_TRUE(comes(nobody_is_left));
    const auto before = open_descriptors();
    for (int i = 0; i < 500; ++i) EXPECT_EQ(ask(server.port(), get("/livez")).status, 200);
    ASSERT_TRUE(comes(nobody_is_left));
    EXPECT_TRUE(comes([&] { return open_descriptors() <= before; })) << open_descriptors() << " of " << before;
}

TEST(Life, a_port_in_use_is_busy_and_leaves_nothing) {
    Server first;
    first.start();
    const auto before = open_descriptors();
    {
        Server second(Changes{{"port", std::to_string(first.port())}});
        vz_error error{};
        EXPECT_EQ(second.start(&error), VZ_BUSY);
        EXPECT_NE(std::string(error.message).find("127.0.0.1:" + std::to_string(first.port())), std::string::npos)
            << error.message;
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(Life, stop_may_follow_declare) { Server server; }

void tell_two(vzh_request* r, const vzh_view*) noexcept {
    uint64_t room = 0;
    char* place = vzh_space(r, 3, &room);
    std::copy_n("two", 3, place);
    vzh_wrote(r, 3);
    vzh_reply(r, 200, "text/plain");
}

TEST(Sharing, two_mounts_serve_one_port) {
    static const vzh_route kTwo[] = {{"GET", "/two", VZH_READ, VZH_BODY_NONE, 0, 0, nullptr}};
    static const vzh_route kTaken[] = {{"GET", "/query", VZH_READ, VZH_BODY_NONE, 0, 0, nullptr}};
    static const vzh_route kProbe[] = {{"GET", "/livez", VZH_READ, VZH_BODY_NONE, 0, 0, nullptr}};
    Server server;
    Host other(plain_config());
    vzh_mount* mount = nullptr;
    vz_error error{};
    EXPECT_EQ(vzh_declare(&other.table, kTaken, 1, &tell_two, nullptr, &mount, &error), VZ_ALREADY_EXISTS);
    EXPECT_EQ(vzh_declare(&other.table, kProbe, 1, &tell_two, nullptr, &mount, &error), VZ_ALREADY_EXISTS);
    struct Difference {
        const char* key;
        const char* value;
        const char* told;
    };
    for (const auto& [key, value, told] : {Difference{"limits.body_mb", "7", "body_mb"},
                                           {"log.slow_ms", "7", "log.slow_ms"},
                                           {"log.access", "all", "log.access"}}) {
        Host different(plain_config());
        different.config[key] = value;
        EXPECT_EQ(vzh_declare(&different.table, kTwo, 1, &tell_two, nullptr, &mount, &error), VZ_INVALID_ARGUMENT);
        EXPECT_STREQ(error.field, told);
    }
    ASSERT_EQ(vzh_declare(&other.table, kTwo, 1, &tell_two, nullptr, &mount, &error), VZ_OK) << error.message;
    server.start();
    const auto starting = ask(server.port(), get("/two"));
    EXPECT_EQ(starting.status, 503);
    EXPECT_NE(starting.body.find(R"("reason":"starting")"), std::string::npos);
    ASSERT_EQ(vzh_start(mount, &error), VZ_OK);
    EXPECT_EQ(std::string(vzh_url(mount).data), std::string(vzh_url(server.mount).data));
    EXPECT_EQ(ask(server.port(), get("/two")).body, "two");
    EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
    vzh_drain(mount);
    EXPECT_EQ(ask(server.port(), get("/two")).status, 503);
    EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
    vzh_stop(mount);
    EXPECT_EQ(ask(server.port(), get("/two")).status, 404);
    EXPECT_EQ(ask(server.port(), get("/items/x")).body, "x");
}

// A mount on the listener of `server`. What is freed of it is overwritten.
class Sharer {
 public:
    explicit Sharer(Server& server) {
        vz_error error{};
        EXPECT_EQ(vzh_declare(&server.host.table, &route_, 1, &tell_two, nullptr, &mount_, &error), VZ_OK)
            << error.message;
        EXPECT_EQ(vzh_start(mount_, &error), VZ_OK) << error.message;
    }
    ~Sharer() { std::memset(&route_, 0xa5, sizeof route_); }
    void stop() { vzh_stop(std::exchange(mount_, nullptr)); }

 private:
    vzh_route route_{"POST", "/two", VZH_WRITE, VZH_BODY_JSON, 0, 0, nullptr};
    vzh_mount* mount_ = nullptr;
};

TEST(Sharing, a_mount_stays_for_a_request_that_was_refused) {
    Server server;
    Sharer sharer(server);
    server.start();
    Client client(server.port());
    client.send(get("/items/x"));
    EXPECT_EQ(client.read().status, 200);
    client.send("POST /two HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{");
    // The one thread that reads shows the figure, so that it is not half way through the head.
    EXPECT_TRUE(comes([&] { return server.figure("vectorizer_http_connections_idle{frontend=test,test}") == 0; }));
    std::atomic<bool> is_stopped{false};
    std::thread stopping([&] {
        sharer.stop();
        is_stopped = true;
    });
    const auto is_unknown = [&] {
        return ask(server.port(), post("/two", "{}", "Content-Type: application/json\r\n")).status == 404;
    };
    EXPECT_TRUE(comes(is_unknown)) << "all of the stop is done but for the request";
    EXPECT_FALSE(is_stopped);
    client.send("}");
    EXPECT_EQ(client.read().status, 415);
    stopping.join();
}

TEST(Sharing, mounts_come_and_go_while_they_are_asked) {
    Server server;
    server.start();
    std::atomic<bool> is_over{false};
    std::atomic<int> odd{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&, port = server.port()] {
            while (!is_over) {
                const int status = ask(port, post("/two", "{}", "Content-Type: application/json\r\n")).status;
                if (status != 200 && status != 404 && status != 503) ++odd;
            }
        });
    }
    for (int i = 0; i < 200; ++i) {
        Sharer sharer(server);
        std::this_thread::sleep_for(milliseconds(1));
        sharer.stop();
    }
    is_over = true;
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(odd, 0);
}

}  // namespace
}  // namespace vz::http::test
