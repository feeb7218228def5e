// How the program starts, refuses to start, and ends.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/output.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

Ran serve(const std::string& data, uint16_t port, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {program(), "serve", "--data-dir", data, "--port", std::to_string(port)};
    command.insert(command.end(), more.begin(), more.end());
    return run(command, {}, std::chrono::seconds(20));
}

TEST(Lifecycle, SaysItsVersion) {
    const Ran ran = run({program(), "--version"});
    EXPECT_EQ(ran.exit.code, 0);
    EXPECT_TRUE(contains(ran.output, "0.1.0")) << ran.output;
}

TEST(Lifecycle, AnOptionBeforeTheSubcommandWorksOrIsRefused) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/points.ndjson";
    const std::vector<std::string> elsewhere{"XDG_DATA_HOME=" + directory.path() + "/home"};
    std::ofstream(file) << R"({"vector":[1,2,3]})"
                           "\n";
    const Ran imported = run({program(), "--data-dir", data, "import", file, "--collection", "c"}, elsewhere);
    EXPECT_EQ(imported.exit.code, 0) << imported.output;
    const Ran named =
        run({program(), "import", file, "--collection", "d"}, {"VECTORIZER_DATA_DIR=" + data, elsewhere[0]});
    EXPECT_EQ(named.exit.code, 0) << named.output;
    const Ran exported = run({program(), "--data-dir", data, "export", directory.path() + "/c.vecdb", "--collection",
                              "c", "--collection", "d"},
                             elsewhere);
    EXPECT_EQ(exported.exit.code, 0) << exported.output;
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/home")) << "the default directory was not meant";
    const std::vector<std::vector<std::string>> idle = {{"--data-dir", data, "check", data},
                                                        {"--port", "1", "import", file, "--collection", "c"},
                                                        {"--config", file, "export", directory.path() + "/d.vecdb"},
                                                        {"--set", "port=0", "plugin", "check", file},
                                                        {"--log-level", "info", "new-key"}};
    for (std::vector<std::string> command : idle) {
        command.insert(command.begin(), program());
        const Ran ran = run(command, elsewhere);
        EXPECT_EQ(ran.exit.code, 2) << command[1] << ran.output;
        EXPECT_TRUE(contains(ran.output, command[1])) << ran.output;
    }
    for (const std::string& name : {std::string("a\x1b[1m"), std::string(), std::string(129, 'x')})
        EXPECT_EQ(run({program(), "new-key", "--name", name}).exit.code, 2) << name;
}

TEST(Lifecycle, EachCommandHelpsWithItsOwnExamples) {
    const std::vector<std::string> commands = {"serve",  "check-config", "print-config", "healthcheck",
                                               "check",  "repair",       "inspect",      "import",
                                               "export", "new-key",      "hash-key"};
    for (const std::string& command : commands) {
        const std::string help = run({program(), command, "--help"}).output;
        for (const std::string& each : commands)
            EXPECT_EQ(contains(help, "\n  vectorizer " + each + " "), each == command) << each << help;
    }
    const std::string help = run({program(), "plugin", "check", "--help"}).output;
    EXPECT_TRUE(contains(help, "\n  vectorizer plugin check ")) << help;
    EXPECT_FALSE(contains(help, "vectorizer import")) << help;
}

TEST(Lifecycle, ADirectoryHasOneServer) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    Server server(data);
    const Ran second = serve(data, free_port());
    EXPECT_EQ(second.exit.code, 75) << second.output;
    EXPECT_TRUE(contains(second.output, data)) << second.output;
    EXPECT_EQ(HttpClient(server.port()).get("/collections").status, 200);
    const Ran checked = run({program(), "check", data});
    EXPECT_EQ(checked.exit.code, 3) << checked.output;
    EXPECT_EQ(server.stop().code, 0);
    const Ran clean = run({program(), "check", data});
    EXPECT_EQ(clean.exit.code, 0) << clean.output;
}

TEST(Lifecycle, OneCauseHasOneExitCodeWhateverTheCommand) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string archive = directory.path() + "/n.vecdb";
    // `check` and its like tell what they found, for scripts: 2 damage, 3 that they could not look.
    const auto expect_of_all = [&](int code, int found, const std::string& of) {
        const Ran exported = run({program(), "export", archive, "--data-dir", of});
        EXPECT_EQ(exported.exit.code, code) << exported.output;
        const Ran checked = run({program(), "check", of});
        EXPECT_EQ(checked.exit.code, found) << checked.output;
        const Ran repaired = run({program(), "repair", of});
        EXPECT_EQ(repaired.exit.code, found) << repaired.output;
    };
    expect_of_all(66, 3, directory.path() + "/none");
    EXPECT_EQ(run({program(), "inspect", directory.path() + "/none"}).exit.code, 3);
    {
        Server server(data);
        expect_of_all(75, 3, data);
        EXPECT_EQ(server.stop().code, 0);
    }
    EXPECT_EQ(run({program(), "export", archive, "--data-dir", data, "--collection", "none"}).exit.code, 66);
    for (const auto& file : std::filesystem::directory_iterator(data)) {
        if (file.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(file.path(), 10);
    }
    expect_of_all(65, 2, data);
    const Ran damaged = serve(data, free_port());
    EXPECT_EQ(damaged.exit.code, 65);
    EXPECT_TRUE(contains(damaged.output, "vectorizer check " + data)) << damaged.output;
}

TEST(Lifecycle, APortHasOneServer) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/first");
    const Ran second = serve(directory.path() + "/second", server.port());
    EXPECT_EQ(second.exit.code, 3) << second.output;
    EXPECT_TRUE(contains(second.output, std::to_string(server.port()))) << second.output;
    EXPECT_EQ(server.stop().code, 0);
}

// A write to a log fails, as on a disk that breaks: files may have no byte any more.
void poison(Server& server, HttpClient& client) {
    ASSERT_EQ(client.post("/collections", R"({"name":"kept","dimension":2,"metric":"cosine"})").status, 200);
    const rlimit none = {0, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server.process().id(), RLIMIT_FSIZE, &none, nullptr), 0);
    ASSERT_EQ(client.post("/collections", R"({"name":"lost","dimension":2,"metric":"cosine"})").status, 503);
    const rlimit whole = {RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server.process().id(), RLIMIT_FSIZE, &whole, nullptr), 0);
}

TEST(Lifecycle, AFailedWriteToALogLeavesReads) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    poison(server, client);
    // In the time that another one takes to end for it.
    Server ending(directory.path() + "/other", {"--set", "engine.on_poison=exit"});
    HttpClient other(ending.port());
    poison(ending, other);
    ASSERT_TRUE(ending.process().wait(std::chrono::seconds(30)).has_value());
    EXPECT_EQ(client.get("/collections/kept").status, 200);
    EXPECT_EQ(client.get("/readyz").status, 503);
    EXPECT_TRUE(contains(client.get("/metrics").body, "vectorizer_poisoned 1"));
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Lifecycle, AFailedWriteToALogEndsTheServerThatIsToldSo) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server server(data, {"--set", "engine.on_poison=exit"});
        HttpClient client(server.port());
        poison(server, client);
        const std::optional<Exit> ended = server.process().wait(std::chrono::seconds(20));
        ASSERT_TRUE(ended.has_value());
        EXPECT_EQ(ended->code, 74) << server.process().output();
        EXPECT_TRUE(contains(server.process().output(), "host.poisoned")) << server.process().output();
    }
    Server again(data, {"--set", "engine.on_poison=exit"});
    EXPECT_EQ(HttpClient(again.port()).get("/collections/kept").status, 200);
    EXPECT_EQ(again.stop().code, 0);
}

TEST(Lifecycle, AnUnknownKeyStopsTheStartWithItsLine) {
    const TemporaryDirectory directory;
    const std::string config = directory.path() + "/config.yml";
    struct Mistake {
        const char* text;
        const char* place;
        const char* suggestion;
    };
    const Mistake mistakes[] = {
        {"log:\n  level: info\nserver:\n  prot: 15002\n", "config.yml:4:", "server.port"},
        {"dat_dir: /tmp/none\n", "config.yml:1:", "data_dir"},
        {"frontends:\n  rest:\n    library: vectorizer-rest.so\n    auto_creat: true\n",
         "config.yml:4:", "auto_create"},
        {"server:\n  http:\n    threads: many\n", "config.yml:3:", "http.threads"},
        {"server:\n  port: 1\n   host: x\n", "config.yml:3:", ""},
        {"engine:\n  on_poison: restart\n", "config.yml:2:", "serve_reads or exit"},
        {"engine:\n  memory_mb: 1\n", "config.yml:2:", "64"},
        {"engine:\n  wal_max_mb: 127\n", "config.yml:2:", "128"},
    };
    for (const Mistake& mistake : mistakes) {
        std::ofstream(config) << mistake.text;
        const Ran ran = run({program(), "serve", "--config", config, "--data-dir", directory.path() + "/data", "--port",
                             std::to_string(free_port())},
                            {}, std::chrono::seconds(20));
        EXPECT_EQ(ran.exit.code, 2) << mistake.text << ran.output;
        EXPECT_TRUE(contains(ran.output, mistake.place)) << mistake.text << ran.output;
        EXPECT_TRUE(contains(ran.output, mistake.suggestion)) << mistake.text << ran.output;
    }
    EXPECT_EQ(run({program(), "serve", "--no-such-flag"}).exit.code, 2);
    EXPECT_EQ(run({program(), "serve", "--config", directory.path() + "/none.yml"}).exit.code, 2);
    EXPECT_EQ(serve(directory.path() + "/data", free_port(), {"--set", "server.limits.body_mib=3"}).exit.code, 2);
}

TEST(Lifecycle, EachFrontendCanBeOff) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server both(data);
        EXPECT_EQ(rest_frontend(both.port())->create("a", 3, Metric::kDot), Outcome::kAcknowledged);
        EXPECT_EQ(graphql_frontend(both.port())->read().size(), 1U);
        EXPECT_EQ(both.stop().code, 0);
    }
    {
        Server rest_only(data, {"--set", "frontends.graphql.enabled=false"});
        HttpClient client(rest_only.port());
        EXPECT_EQ(client.get("/collections").status, 200);
        EXPECT_EQ(client.post("/graphql", "{\"query\":\"{ stats { version } }\"}").status, 404);
        EXPECT_EQ(client.get("/").body.find("graphql"), std::string::npos);
        EXPECT_EQ(client.request("GET", "/", {}, {"Accept: text/html"}).body.find("graphql"), std::string::npos);
        EXPECT_EQ(rest_only.stop().code, 0);
    }
    {
        Server graphql_only(data, {"--set", "frontends.rest.enabled=false"});
        HttpClient client(graphql_only.port());
        const Answer page = client.request("GET", "/graphql", {}, {"Accept: text/html"});
        EXPECT_EQ(page.header("Vary"), "Accept");
        EXPECT_EQ(page.headers.find("nosniff"), page.headers.rfind("nosniff")) << page.headers;
        EXPECT_EQ(client.get("/collections").status, 404);
        EXPECT_EQ(graphql_frontend(graphql_only.port())->read().size(), 1U);
        EXPECT_EQ(graphql_only.stop().code, 0);
    }
}

TEST(Lifecycle, ALibraryThatIsNoFrontendStopsTheStart) {
    const TemporaryDirectory directory;
    const Ran missing =
        serve(directory.path() + "/data", free_port(), {"--set", "frontends.rest.library=no-such-frontend.so"});
    EXPECT_EQ(missing.exit.code, 3) << missing.output;
    EXPECT_TRUE(contains(missing.output, "no-such-frontend.so")) << missing.output;
    const std::string junk = directory.path() + "/junk.so";
    std::ofstream(junk) << "not a library";
    const Ran broken = serve(directory.path() + "/data", free_port(), {"--set", "frontends.rest.library=" + junk});
    EXPECT_EQ(broken.exit.code, 3) << broken.output;
}

// While the server drains, each request is answered whole: done, or refused because it drains.
TEST(Lifecycle, AnOrderlyEndAnswersWhatIsInFlight) {
    for (const int signal : {SIGTERM, SIGINT}) {
        const TemporaryDirectory directory;
        const std::string data = directory.path() + "/data";
        constexpr size_t kClients = 8;
        std::array<size_t, kClients> acknowledged{};
        {
            Server server(data);
            ASSERT_EQ(rest_frontend(server.port())->create("points", 64, Metric::kDot), Outcome::kAcknowledged);
            std::atomic<int> running = 0;
            std::atomic<bool> odd = false;
            std::vector<std::thread> threads;
            for (size_t client = 0; client < kClients; ++client) {
                threads.emplace_back([&, client] {
                    HttpClient connection(server.port());
                    for (size_t round = 0;; ++round) {
                        std::string body = "{\"collection\":\"points\",\"vectors\":[";
                        for (int i = 0; i < 50; ++i) {
                            const std::string id =
                                std::to_string(client) + "-" + std::to_string(round) + "-" + std::to_string(i);
                            body += (i == 0 ? "" : ",") + ("{\"id\":" + json_string(id)) +
                                    ",\"embedding\":" + json_array(std::vector<float>(64, static_cast<float>(round))) +
                                    "}";
                        }
                        const Answer answer = connection.post("/insert_vectors", body + "]}");
                        if (answer.status == 200) {
                            ++acknowledged[client];
                            if (round == 3) ++running;
                            continue;
                        }
                        if (answer.status != 0 && answer.status != 503) odd = true;
                        if (answer.status == 0 && !answer.headers.empty()) odd = true;
                        return;
                    }
                });
            }
            EXPECT_TRUE(comes([&] { return running.load() == 8; }));
            server.process().send(signal);
            const std::optional<Exit> exit = server.process().wait(std::chrono::seconds(30));
            for (std::thread& thread : threads) thread.join();
            ASSERT_TRUE(exit.has_value());
            EXPECT_EQ(exit->code, 0) << server.process().output();
            EXPECT_FALSE(odd.load());
        }
        Server server(data);
        const Database found = rest_frontend(server.port())->read();
        for (size_t client = 0; client < kClients; ++client) {
            for (size_t round = 0; round < acknowledged[client]; ++round) {
                const std::string id = std::to_string(client) + "-" + std::to_string(round) + "-49";
                EXPECT_EQ(found.at("points").points.count(id), 1U) << id;
            }
        }
        EXPECT_EQ(server.stop().code, 0);
    }
}

constexpr int kWide = 64;

std::string wide_vector(int seed) {
    std::vector<float> values(kWide);
    for (int i = 0; i < kWide; ++i) values[static_cast<size_t>(i)] = static_cast<float>((seed * 131 + i * 71) % 1009);
    return json_array(values);
}

void fill_wide(uint16_t port, int rows) {
    HttpClient client(port);
    constexpr int kBatch = 1000;
    for (int at = 0; at < rows; at += kBatch) {
        std::string body = R"({"collection":"wide","vectors":[)";
        for (int i = at; i < at + kBatch; ++i)
            body +=
                (i == at ? "" : ",") + (R"({"id":")" + std::to_string(i)) + R"(","embedding":)" + wide_vector(i) + "}";
        ASSERT_EQ(client.post("/insert_vectors", body + "]}").status, 200);
    }
}

// Searches that are not over when the time to drain is do not keep the server from its orderly end.
TEST(Lifecycle, AnOrderlyEndCancelsSearchesThatOutlastTheDrain) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "drain_ms=1"});
    fill_wide(server.port(), 20'000);
    std::string body = R"({"collection":"wide","exact":true,"queries":[)";
    for (int i = 0; i < 1000; ++i) body += (i == 0 ? "" : ",") + (R"({"vector":)" + wide_vector(i)) + "}";
    body += "]}";
    std::atomic<int> begun = 0;
    std::atomic<uint64_t> cancelled = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            HttpClient client(server.port());
            for (bool goes_on = true; goes_on; ++begun) {
                const Answer answer = client.post("/batch_search", body);
                EXPECT_TRUE(answer.status == 200 || answer.status == 503 || answer.status == 0) << answer.body;
                const int64_t failed = answer.status == 200 ? Json(answer.body).integer("/failed") : 0;
                cancelled += static_cast<uint64_t>(failed);
                goes_on = answer.status == 200 && failed == 0;
            }
        });
    }
    EXPECT_TRUE(comes([&] { return begun.load() != 0; }, std::chrono::seconds(30)));
    server.process().send(SIGTERM);
    const std::optional<Exit> exit = server.process().wait(std::chrono::seconds(30));
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0) << server.process().output();
    EXPECT_GT(cancelled.load(), 0U);
}

// Nor where a second signal skips the drain.
TEST(Lifecycle, AnOrderlyEndWaitsForNoReindexing) {
    for (const bool is_hurried : {false, true}) {
        const TemporaryDirectory directory;
        Server server(directory.path() + "/data", {"--set", is_hurried ? "drain_delay_ms=20000" : "drain_delay_ms=0"});
        fill_wide(server.port(), 12'000);
        std::thread waiting([&] {
            HttpClient client(server.port());
            const Answer answer =
                client.post("/collections/wide/reindex?wait=true", R"({"m":64,"ef_construction":4000})");
            EXPECT_EQ(answer.status, 200) << answer.body;
            EXPECT_EQ(Json(answer.body).text("/state"), "running");
        });
        HttpClient client(server.port());
        const auto has_begun = [&] {
            return contains(client.get("/collections/wide?view=full").body, "\"ef_construction\":4000");
        };
        EXPECT_TRUE(comes(has_begun, std::chrono::seconds(30)));
        server.process().send(SIGTERM);
        if (is_hurried) {
            EXPECT_TRUE(comes([&] { return client.get("/readyz").status == 503; }, std::chrono::seconds(30)));
            server.process().send(SIGTERM);
        }
        const std::optional<Exit> exit = server.process().wait(std::chrono::seconds(60));
        waiting.join();
        ASSERT_TRUE(exit.has_value());
        EXPECT_EQ(exit->code, 0) << server.process().output();
    }
}

// Only a second request to end hurries the end.
TEST(Lifecycle, SighupDoesNotHurryTheEnd) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "drain_delay_ms=20000"});
    server.process().send(SIGTERM);
    HttpClient client(server.port());
    EXPECT_TRUE(comes([&] { return client.get("/readyz").status == 503; }));
    server.process().send(SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_EQ(client.get("/readyz").status, 503);
    EXPECT_EQ(client.get("/collections").status, 200);
    server.process().send(SIGTERM);
    const std::optional<Exit> exit = server.process().wait(std::chrono::seconds(30));
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0) << server.process().output();
    EXPECT_EQ(client.get("/collections").status, 0);
}

}  // namespace
}  // namespace vz::e2e
