// How the program starts, refuses to start, and ends.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

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
    EXPECT_EQ(serve(data, free_port()).exit.code, 65);
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
        EXPECT_EQ(rest_only.stop().code, 0);
    }
    {
        Server graphql_only(data, {"--set", "frontends.rest.enabled=false"});
        HttpClient client(graphql_only.port());
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

TEST(Import, NdjsonGoesOnWhereItStoppedAndNamesABadLine) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/points.ndjson";
    // As some systems write text: behind a byte order mark.
    std::ofstream(file) << "\xEF\xBB\xBF"
                           R"({"id":"x","vector":[1,2,3],"payload":{"a":1}})"
                           "\n\n"
                           R"({"embedding":[4,5,6]})"
                           "\n";
    const std::vector<std::string> command = {program(), "import",  file, "--collection", "n", "--data-dir",
                                              data,      "--batch", "1"};
    EXPECT_EQ(run(command).exit.code, 0);
    const Ran again = run(command);
    EXPECT_EQ(again.exit.code, 0) << again.output;
    EXPECT_TRUE(contains(again.output, "2 of them were there already")) << again.output;
    const Ran other = run({program(), "import", file, "--collection", "n", "--data-dir", data, "--metric", "dot"});
    EXPECT_EQ(other.exit.code, 2) << other.output;
    EXPECT_TRUE(contains(other.output, "another metric than --metric dot")) << other.output;
    const Ran hidden = run({program(), "import", file, "--collection", "cleanup", "--data-dir", data});
    EXPECT_EQ(hidden.exit.code, 2) << hidden.output;
    EXPECT_TRUE(contains(hidden.output, "is a reserved name")) << hidden.output;
    const std::string bad = directory.path() + "/bad.ndjson";
    std::ofstream(bad) << R"({"vector":[1,2,3]})"
                          "\n"
                          R"({"vector":[1,2,1e39]})"
                          "\n";
    const Ran refused = run({program(), "import", bad, "--collection", "m", "--data-dir", data});
    EXPECT_NE(refused.exit.code, 0);
    EXPECT_TRUE(contains(refused.output, "bad.ndjson:2")) << refused.output;
    Server server(data);
    HttpClient client(server.port());
    const Json point(client.get("/collections/n/vectors/x").body);
    EXPECT_EQ(point.integer("/payload/a"), 1);
    EXPECT_EQ(client.get("/collections/n/vectors/1").status, 200);
    EXPECT_EQ(client.get("/collections/m").status, 404) << "a refused file leaves no collection behind";
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, AnArchiveComesAloneAndAsItIs) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/points.ndjson";
    const std::string archive = directory.path() + "/a.vecdb";
    std::ofstream(file) << R"({"id":"x","vector":[1,2,3]})"
                           "\n";
    ASSERT_EQ(run({program(), "import", file, "--collection", "n", "--data-dir", directory.path() + "/from"}).exit.code,
              0);
    ASSERT_EQ(run({program(), "export", archive, "--data-dir", directory.path() + "/from"}).exit.code, 0);
    const std::vector<std::vector<std::string>> wrong = {{archive, file, "--collection", "n"},
                                                         {file, archive, "--collection", "n"},
                                                         {archive, "--metric", "dot"},
                                                         {archive, "--batch", "5"}};
    for (std::vector<std::string> command : wrong) {
        command.insert(command.begin(), {program(), "import", "--data-dir", directory.path() + "/to"});
        const Ran ran = run(command);
        EXPECT_EQ(ran.exit.code, 2) << ran.output;
        EXPECT_TRUE(contains(ran.output, "is an archive")) << ran.output;
    }
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/to"));
    const Ran good = run({program(), "import", archive, "--data-dir", directory.path() + "/to"});
    EXPECT_EQ(good.exit.code, 0) << good.output;
}

TEST(Import, BringsBackWhatWasDeletedDroppedOrReplacedSince) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/points.ndjson";
    const std::string other = directory.path() + "/other.ndjson";
    std::ofstream(file) << R"({"id":"x","vector":[1,2]})"
                           "\n"
                           R"({"id":"y","vector":[3,4]})"
                           "\n";
    std::ofstream(other) << R"({"id":"y","vector":[5,6]})"
                            "\n";
    const auto import = [&](const std::string& source) {
        const Ran ran = run({program(), "import", source, "--collection", "n", "--data-dir", data});
        EXPECT_EQ(ran.exit.code, 0) << ran.output;
        EXPECT_FALSE(contains(ran.output, "there already")) << ran.output;
    };
    const auto ask = [&](const std::string& method, const std::string& path) {
        Server server(data);
        const Answer answer = HttpClient(server.port()).request(method, path, "");
        EXPECT_EQ(server.stop().code, 0);
        return answer;
    };
    import(file);
    EXPECT_EQ(ask("DELETE", "/collections/n/vectors/x").status, 200);
    import(file);
    EXPECT_EQ(ask("GET", "/collections/n/vectors/x").status, 200);
    EXPECT_EQ(ask("DELETE", "/collections/n").status, 200);
    import(file);
    EXPECT_EQ(ask("GET", "/collections/n/vectors/x").status, 200);
    import(other);
    import(file);
    EXPECT_EQ(Json(ask("GET", "/collections/n/vectors/y").body).integer("/vector/0"), 3);
}

// Rows of two numbers, as base.fbin of a folder.
std::string make_fbin(const std::string& folder, const std::vector<float>& numbers) {
    std::filesystem::create_directories(folder);
    const uint32_t head[] = {static_cast<uint32_t>(numbers.size() / 2), 2};
    std::ofstream file(folder + "/base.fbin", std::ios::binary);
    file.write(reinterpret_cast<const char*>(head), sizeof head);
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * 4));
    return folder;
}

struct ImportRun {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";

    Ran operator()(std::vector<std::string> sources) const {
        sources.insert(sources.begin(), {program(), "import", "--collection", "n", "--data-dir", data});
        return run(sources);
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(directory.path() + "/" + name) << text;
        return directory.path() + "/" + name;
    }
    void expect_refused(const std::vector<std::string>& sources, const std::string& why) const {
        const Ran ran = (*this)(sources);
        EXPECT_EQ(ran.exit.code, 2) << ran.output;
        EXPECT_TRUE(contains(ran.output, why)) << why << "\n" << ran.output;
        EXPECT_FALSE(std::filesystem::exists(data)) << ran.output;
    }
};

TEST(Import, TakesNoFileForAnotherThatLooksLikeIt) {
    const ImportRun import;
    const std::string one = make_fbin(import.directory.path() + "/one", {1, 2, 3, 4});
    const std::string two = make_fbin(import.directory.path() + "/two", {5, 6, 7, 8});
    const std::string copy = make_fbin(import.directory.path() + "/copy", {5, 6, 7, 8});
    std::filesystem::last_write_time(two + "/base.fbin", std::filesystem::last_write_time(one + "/base.fbin"));
    const Ran first = import({one});
    EXPECT_TRUE(contains(first.output, "2 new, 0 replaced")) << first.output;
    const Ran second = import({two});
    EXPECT_TRUE(contains(second.output, "0 new, 2 replaced")) << second.output;
    const Ran third = import({copy});
    EXPECT_TRUE(contains(third.output, "2 of them were there already")) << third.output;
    Server server(import.data);
    EXPECT_EQ(Json(HttpClient(server.port()).get("/collections/n/vectors/0").body).integer("/vector/0"), 5);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, APayloadSaysWhenItsPointExpires) {
    const ImportRun import;
    import.expect_refused({import.write("bad.ndjson",
                                        "{\"vector\":[1,2]}\n"
                                        "{\"vector\":[1,2],\"payload\":{\"__expires_at\":-5}}\n")},
                          "bad.ndjson:2");
    const Ran ran = import(
        {import.write("points.ndjson", R"({"id":"ever","vector":[1,2]})"
                                       "\n"
                                       R"({"id":"later","vector":[1,2],"payload":{"__expires_at":4102444800000}})"
                                       "\n"
                                       R"({"id":"gone","vector":[1,2],"payload":{"__expires_at":1000}})"
                                       "\n")});
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    Server server(import.data);
    HttpClient client(server.port());
    const std::string of = "/collections/n/vectors/";
    EXPECT_EQ(client.get(of + "ever").status, 200);
    EXPECT_EQ(client.get(of + "later").status, 200);
    EXPECT_EQ(client.get(of + "gone").status, 404);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, RefusesWhatIsSurelyAMistake) {
    const ImportRun import;
    const std::string folder = import.directory.path();
    const std::string one = make_fbin(folder + "/one", {1, 2, 3, 4});
    const std::string two = make_fbin(folder + "/two", {5, 6, 7, 8});
    const std::string points = import.write("points.ndjson", "{\"vector\":[1,2]}\n");
    import.expect_refused({one, two}, "rows without ids");
    import.expect_refused({one, points}, "rows without ids");
    import.expect_refused({import.write("twice.ndjson",
                                        "{\"id\":\"a\",\"vector\":[1,2]}\n\n"
                                        "{\"id\":\"a\",\"vector\":[3,4]}\n")},
                          "twice.ndjson:3: the id 'a' stands in line 1 already");
    import.write("one/payload.jsonl", "{}\n{}\n{}\n");
    import.expect_refused({one}, "has 3 lines");
    import.write("one/payload.jsonl", "{}\n");
    import.expect_refused({one}, "has 1 lines");
    import.write("one/payload.jsonl", "{}\n{\"n\":\n");
    import.expect_refused({one}, "payload.jsonl:2");
    import.write("one/payload.jsonl", "{}\n[1]\n");
    import.expect_refused({one}, "payload.jsonl:2");
    import.write("one/payload.jsonl", "{\"n\":1}\n\n\n");
    EXPECT_EQ(import({one}).exit.code, 0) << "a blank line is a row without a payload, and more of them say nothing";
}

TEST(Import, FindsABadRowBeforeItWritesOne) {
    const ImportRun import;
    for (const std::string& member :
         {std::string(R"("id":"")"), std::string(R"("id":" x")"), std::string(R"("id":"a\u0001b")"),
          "\"id\":\"" + std::string(257, 'x') + '"', std::string(R"("payload":{"a":nothing})"),
          std::string(R"("payload":{"a":"\xFF"})")}) {
        import.expect_refused(
            {import.write("points.ndjson", "{\"vector\":[1,2]}\n{\"vector\":[1,2]," + member + "}\n"), "--batch", "1"},
            "points.ndjson:2");
    }
    const std::string large = "\"payload\":{\"a\":\"" + std::string(1 << 20, 'x') + "\"}";
    import.expect_refused({import.write("points.ndjson", "{\"vector\":[1,2]," + large + "}\n")}, "points.ndjson:1");
    const std::string folder = import.directory.path();
    import.expect_refused({make_fbin(folder + "/nan", {1, 2, 3, NAN}), "--batch", "1"}, "element 1 of row 1");
    import.expect_refused({make_fbin(folder + "/none", {})}, "holds no points");
}

TEST(Import, SaysWhyAFileCannotBeRead) {
    const ImportRun import;
    const std::string folder = import.directory.path();
    import.expect_refused({folder + "/none.vecdb"}, "there is no file " + folder + "/none.vecdb");
    import.expect_refused({folder + "/none.ndjson"}, "there is no file");
    import.expect_refused({folder}, "a folder holds base.fbin or base.u8bin");
    ASSERT_EQ(::mkfifo((folder + "/pipe.ndjson").c_str(), 0600), 0);
    import.expect_refused({folder + "/pipe.ndjson"}, "is no regular file");
    // Opens, and cannot be read.
    std::filesystem::create_symlink("/proc/self/mem", folder + "/memory.ndjson");
    import.expect_refused({folder + "/memory.ndjson"}, "cannot read " + folder + "/memory.ndjson");
    std::filesystem::create_symlink("loop.fbin", folder + "/loop.fbin");
    import.expect_refused({folder + "/loop.fbin"}, "cannot read " + folder + "/loop.fbin");
}

TEST(Import, ThatStopsHalfWaySaysWhatIsStored) {
    const ImportRun import;
    const std::string file = import.write("points.ndjson", R"({"id":"x","vector":[1,2]})"
                                                           "\n"
                                                           R"({"id":"y","vector":[1,2]})"
                                                           "\n\n"
                                                           R"({"id":"z","vector":[1,2],"payload":{"a":1e999}})"
                                                           "\n");
    const Ran ran = import({file, "--batch", "1"});
    EXPECT_EQ(ran.exit.code, 2) << ran.output;
    EXPECT_TRUE(contains(ran.output, "points.ndjson:4, id 'z'")) << ran.output;
    EXPECT_TRUE(contains(ran.output, "The first 2 of 3 points")) << ran.output;
    import.write("points.ndjson",
                 "{\"id\":\"x\",\"vector\":[1,2]}\n{\"id\":\"y\",\"vector\":[1,2]}\n\n"
                 "{\"id\":\"z\",\"vector\":[1,2]}\n");
    const Ran mended = import({file, "--batch", "1"});
    EXPECT_EQ(mended.exit.code, 0) << mended.output;
    EXPECT_TRUE(contains(mended.output, "1 new, 0 replaced")) << mended.output;
    EXPECT_TRUE(contains(mended.output, "2 of them were there already")) << mended.output;
}

struct Exporter : ImportRun {
    const std::string archive = directory.path() + "/n.vecdb";

    Exporter() {
        const Ran ran = (*this)({write("points.ndjson", "{\"id\":\"x\",\"vector\":[1,2]}\n")});
        EXPECT_EQ(ran.exit.code, 0) << ran.output;
    }
    Ran to(const std::string& path, const std::vector<std::string>& before = {}) const {
        std::vector<std::string> command = before;
        command.insert(command.end(), {program(), "export", path, "--data-dir", data});
        return run(command);
    }
    bool is_there(const std::string& name) const { return std::filesystem::exists(directory.path() + "/" + name); }
};

TEST(Export, ThatIsStoppedLeavesNothingAndRefusesNoOther) {
    const Exporter exporter;
    // A SIGINT that waits from before the program began.
    const Ran stopped = exporter.to(
        exporter.archive, {"/usr/bin/env", "--block-signal=INT", "/bin/sh", "-c", "kill -INT $$; exec \"$@\"", "sh"});
    EXPECT_EQ(stopped.exit.code, 130) << stopped.output;
    EXPECT_TRUE(contains(stopped.output, "no archive was made")) << stopped.output;
    EXPECT_FALSE(exporter.is_there("n.vecdb"));
    EXPECT_FALSE(exporter.is_there("n.vecdb.part"));
    // As of one that was killed.
    exporter.write("n.vecdb.part", "half of an archive");
    const Ran ran = exporter.to(exporter.archive);
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    EXPECT_FALSE(exporter.is_there("n.vecdb.part"));
    const Ran taken = exporter.to(exporter.archive);
    EXPECT_EQ(taken.exit.code, 2) << taken.output;
    EXPECT_TRUE(contains(taken.output, exporter.archive + " could not be written: File exists")) << taken.output;
    const Ran imported =
        run({program(), "import", exporter.archive, "--data-dir", exporter.directory.path() + "/other"});
    EXPECT_EQ(imported.exit.code, 0) << imported.output;
}

TEST(Export, SaysWhatStaysBehind) {
    const Exporter exporter;
    const std::string archive = exporter.directory.path() + "/";
    EXPECT_FALSE(contains(exporter.to(archive + "plain.vecdb").output, "aliases"));
    {
        Server server(exporter.data);
        HttpClient client(server.port());
        EXPECT_EQ(client.request("PUT", "/aliases/other", R"({"collection":"n"})").status, 200);
        EXPECT_EQ(server.stop().code, 0);
    }
    const Ran ran = exporter.to(archive + "aliased.vecdb");
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    EXPECT_TRUE(contains(ran.output, "holds no aliases (1 here)")) << ran.output;
}

TEST(Export, OfAFolderThatHoldsNoDatabaseLeavesItAsItIs) {
    const TemporaryDirectory directory;
    const std::string folder = directory.path() + "/letters";
    std::filesystem::create_directory(folder);
    const Ran ran = run({program(), "export", directory.path() + "/n.vecdb", "--data-dir", folder});
    EXPECT_NE(ran.exit.code, 0) << ran.output;
    EXPECT_TRUE(contains(ran.output, "holds no database")) << ran.output;
    const Ran repaired = run({program(), "repair", folder, "--accept-loss"});
    EXPECT_EQ(repaired.exit.code, 3) << repaired.output;
    EXPECT_FALSE(contains(repaired.output, "clean")) << repaired.output;
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace vz::e2e
