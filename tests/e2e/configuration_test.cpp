// Where the keys of the configuration come from, and what is told of them.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/output.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

TEST(Configuration, NamesOfTheEnvironmentThatNothingReadsAreTold) {
    const TemporaryDirectory directory;
    const std::vector<std::string> environment{
        "VECTORIZER_PROT=15002", "VECTORIZER_WHATEVER=1",
        // A service called vectorizer, and one called vectorizer-rest.
        "VECTORIZER_PORT=tcp://10.0.0.1:15002", "VECTORIZER_SERVICE_HOST=10.0.0.1", "VECTORIZER_SERVICE_PORT=15002",
        "VECTORIZER_SERVICE_PORT_HTTP=15002", "VECTORIZER_PORT_15002_TCP=tcp://10.0.0.1:15002",
        "VECTORIZER_PORT_15002_TCP_PROTO=tcp", "VECTORIZER_PORT_15002_TCP_PORT=15002",
        "VECTORIZER_PORT_15002_TCP_ADDR=10.0.0.1", "VECTORIZER_REST_PORT=tcp://10.0.0.2:80",
        "VECTORIZER_REST_SERVICE_HOST=10.0.0.2"};
    Process server({program(), "--data-dir", directory.path() + "/data", "--port", "0"}, environment,
                   directory.path() + "/log");
    EXPECT_TRUE(comes([&] { return !lines_with(server.output(), "host.ready").empty(); }));
    server.send(SIGTERM);
    ASSERT_TRUE(server.wait(std::chrono::seconds(30)).has_value());
    const auto ready = lines_with(server.output(), "\"event\":\"host.ready\"");
    EXPECT_EQ(ready.size(), 1U) << server.output();
    const auto warnings = lines_with(server.output(), "\"level\":\"warn\"");
    ASSERT_EQ(warnings.size(), 2U) << server.output();
    EXPECT_NE(Json(warnings[0]).text("/message").find("VECTORIZER_PROT is unknown"), std::string::npos) << warnings[0];
    EXPECT_NE(Json(warnings[0]).text("/message").find("did you mean VECTORIZER_PORT?"), std::string::npos)
        << warnings[0];
    EXPECT_NE(warnings[1].find("VECTORIZER_WHATEVER is unknown"), std::string::npos) << warnings[1];
    const auto injected = lines_with(server.output(), "config.injected_names");
    ASSERT_EQ(injected.size(), 1U);
    EXPECT_EQ(Json(injected[0]).text("/level"), "info");
    for (const char* name : {"VECTORIZER_PORT,", "VECTORIZER_SERVICE_PORT_HTTP", "VECTORIZER_PORT_15002_TCP_ADDR",
                             "VECTORIZER_REST_SERVICE_HOST"}) {
        EXPECT_NE(injected[0].find(name), std::string::npos) << name;
    }
    const Ran checked = run({program(), "check-config", "--data-dir", directory.path() + "/data"}, environment);
    EXPECT_EQ(checked.exit.code, 0) << checked.output;
    EXPECT_NE(checked.output.find("did you mean VECTORIZER_PORT?"), std::string::npos) << checked.output;
}

TEST(Configuration, PrintConfigNamesEveryKeyWithItsOrigin) {
    const Ran ran = run({program(), "print-config", "--port", "8080"}, {"VECTORIZER_SERVER__LIMITS__BODY_MB=7"});
    EXPECT_EQ(ran.exit.code, 0);
    const auto one = [&](const std::string& key) {
        const auto found = lines_with(ran.output, key + ":");
        EXPECT_EQ(found.size(), 1U) << key;
        return found.empty() ? std::string() : found[0];
    };
    EXPECT_NE(one("server.port").find("\"8080\""), std::string::npos);
    EXPECT_NE(one("server.port").find("# --port;"), std::string::npos) << one("server.port");
    EXPECT_NE(one("server.limits.body_mb").find("environment VECTORIZER_SERVER__LIMITS__BODY_MB"), std::string::npos);
    EXPECT_NE(one("server.limits.requests").find("# default;"), std::string::npos);
    EXPECT_NE(one("frontends.graphql.max_items").find("20000"), std::string::npos);
    EXPECT_NE(one("data_dir").find("vectorizer\""), std::string::npos);
    const TemporaryDirectory listed;
    std::ofstream(listed.path() + "/config.yml")
        << "server: {http: {cors_origins: [\"https://a.example\", \"https://b.example\"]}}\n";
    const Ran list = run({program(), "print-config", "--config", listed.path() + "/config.yml"});
    const auto origins = lines_with(list.output, "cors_origins");
    ASSERT_EQ(origins.size(), 1U) << list.output;
    EXPECT_NE(origins[0].find(R"(["https://a.example", "https://b.example"])"), std::string::npos) << origins[0];
    // Whatever it prints as a default may be set: the server knows the key.
    const TemporaryDirectory directory;
    std::vector<std::string> arguments;
    std::istringstream in(ran.output);
    for (std::string line; std::getline(in, line);) {
        const std::string key = line.substr(0, line.find(':'));
        if (line.find("# default") == std::string::npos || key.find(".keys") != std::string::npos || key == "data_dir")
            continue;
        std::string value = line.substr(line.find_first_not_of(' ', key.size() + 1));
        value = value.substr(0, value.find(' '));
        if (value == "\"\"") value = "";
        arguments.insert(arguments.end(), {"--set", key + "=" + value});
    }
    EXPECT_GE(arguments.size(), 70U);
    Server server(directory.path() + "/data", arguments);
    EXPECT_EQ(server.stop().code, 0);
}

// Each source before it is gone: those of the file, of the environment, of a section that others share.
TEST(Configuration, AListOfALaterSourceReplacesTheWholeList) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/config.yml";
    const auto allowed = [&](const std::string& text, const std::vector<std::string>& more) {
        std::ofstream(file) << text;
        std::vector<std::string> arguments = {"--config", file};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Server server(directory.path() + "/data", arguments);
        HttpClient client(server.port());
        std::string origins;
        for (const char* origin : {"https://one.example", "https://two.example"}) {
            const Answer answer = client.request("GET", "/collections", "", {std::string("Origin: ") + origin});
            origins += answer.status == 200 ? origin[8] : '-';
        }
        EXPECT_EQ(server.stop().code, 0);
        return origins;
    };
    const std::string all = "server: {http: {cors_origins: [\"*\"]}}\n";
    EXPECT_EQ(allowed(all, {}), "ot");
    EXPECT_EQ(allowed(all, {"--set", "server.http.cors_origins=https://one.example"}), "o-");
    EXPECT_EQ(allowed(all, {"--set", "server.http.cors_origins.0=https://one.example"}), "o-");
    EXPECT_EQ(allowed(all, {"--set", "server.http.cors_origins=[]"}), "--");
    const std::string both = "server: {http: {cors_origins: [\"https://one.example\", \"https://two.example\"]}}\n";
    EXPECT_EQ(allowed(both, {"--set", "server.http.cors_origins.0=https://two.example"}), "-t");
    const std::string own = "frontends: {graphql: {enabled: false}, rest: {http: {cors_origins: []}}}\n";
    EXPECT_EQ(allowed(all + own, {}), "--");
}

TEST(Configuration, AFileOfKeysIsAListOfThem) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/keys.yml";
    const auto check = [&](const std::string& text) {
        std::ofstream(file) << text;
        return run({program(), "check-config", "--data-dir", directory.path() + "/data", "--set",
                    "server.auth.keys_file=" + file});
    };
    for (const char* none : {"", "[]\n", "{}\n"}) EXPECT_EQ(check(none).exit.code, 0) << none;
    for (const auto& [text, place] : {std::pair{"- 5\n", ":1:3: "},
                                      {"name: a\n", ":1:1: "},
                                      {"a\n", ":1:1: "},
                                      {"- {name: a}\n", ":1:4: "},
                                      {"-\n  name: a\n", ":2:3: "}}) {
        const Ran ran = check(text);
        EXPECT_EQ(ran.exit.code, 2) << ran.output;
        EXPECT_NE(ran.output.find(file + place), std::string::npos) << text << ran.output;
    }
}

TEST(Configuration, AServerOfNoPortMakesNoDirectory) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    for (const auto& [option, value] : {std::pair{"--port", "abc"}, {"--port", "65536"}, {"--set", "server.port=-1"}}) {
        const Ran ran = run({program(), "serve", "--data-dir", data, option, value});
        EXPECT_EQ(ran.exit.code, 2) << value << ran.output;
        EXPECT_NE(ran.output.find("port"), std::string::npos) << ran.output;
        EXPECT_FALSE(std::filesystem::exists(data)) << value;
    }
}

TEST(Configuration, CheckConfigFindsWhatWouldStopTheServer) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/config.yml";
    const auto check = [&](const std::string& text) {
        std::ofstream(file) << text;
        std::vector<std::string> command = {program(), "check-config", "--config", file};
        if (text.find("data_dir") == std::string::npos) command.insert(command.end(), {"--data-dir", data});
        return run(command);
    };
    const Ran good = check("server: {port: 1, limits: {body_mb: 3}}\nfrontends: {graphql: {max_depth: 7}}\n");
    EXPECT_EQ(good.exit.code, 0) << good.output;
    EXPECT_NE(good.output.find(data), std::string::npos) << good.output;
    EXPECT_FALSE(std::filesystem::exists(data));
    const std::pair<const char*, const char*> bad[] = {
        {"logging: {level: info}\n", ":1:11: unknown key 'logging.level'"},
        {"server: {limits: {body_mbb: 3}}\n", "did you mean 'server.limits.body_mb'?"},
        {"server: {http: {body_limit: 3}}\n", "did you mean 'server.limits.body_mb'?"},
        {"api: {rest: {max_request_size_mb: 3}}\n",
         "unknown key 'api.rest.max_request_size_mb'; it is 'server.limits.body_mb' here"},
        {"storage: {wal: {enabled: true}}\n", "unknown key 'storage.wal.enabled'; the write-ahead log is always on"},
        {"server: {mcp_port: 15002}\n", "has no MCP"},
        {"server:\n  limits:\n    body_mb: 0\n", ":3:5: 'limits.body_mb' must be"},
        {"server: {host: 0.0.0.0}\n", "without API keys"},
        {"server: {host: 0.0.0.0}\n", "permissions: [admin]"},
        {"server: {auth: {keys: [{name: ci, hash: \"sha256:zz\", permissions: [read]}]}}\n", "hash"},
        {"server: {auth: {keys: [{name: ci, hash: "
         "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\", permissions: [read], "
         "scopes: [{collection: docs, permissions: []}]}]}}\n",
         "'auth.keys.0.scopes.0.permissions' must be read, write or admin"},
        {"server: {auth: {keys: [{name: ci, hash: "
         "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\", permissions: []}]}}\n",
         "'auth.keys.0.permissions' must be read, write or admin"},
        {"frontends: {graphql: {max_items: none}}\n", "max_items"},
        {"frontends: {graphql: {path: /a//b}}\n", "plain path"},
        {"frontends: {graphql: {path: \"/a\\x7fb\"}}\n", "plain path"},
        {"frontends: {graphql: {path: \"/a%2fb\"}}\n", "plain path"},
        {"port 15002\n", "has keys and values"},
        {"server: {limits: {body_mbb: }}\n", "did you mean 'server.limits.body_mb'?"},
        {"server: {limitz: {}}\n", "unknown key 'server.limitz'"},
        {"server: {limitz: []}\n", "unknown key 'server.limitz'"},
        {"server: {port: 1}\n---\nserver: {host: 0.0.0.0}\n", ":3:1: a second document"},
        {" , a\n", ":1:2: a second document, or what begins none, as a comma"},
        {"log: {file: /nowhere/at/all.log}\n", "cannot write to /nowhere/at"},
        {"log: {file: /etc}\n", "cannot write to /etc: it is a directory"},
        {"data_dir: /dev/null/data\n", "/dev/null"},
        {"data_dir: \"\"\n", "data_dir must not be empty"},
        {"- server\n", "has keys and values"},
        {"server: 5\n", ":1:1: 'server' is a section of keys"},
        {"server: {limits: [1]}\n", "'server.limits' is a section of keys"},
    };
    for (const auto& [text, wanted] : bad) {
        const Ran ran = check(text);
        EXPECT_EQ(ran.exit.code, 2) << text << ran.output;
        EXPECT_NE(ran.output.find(wanted), std::string::npos) << text << ran.output;
    }
    // Seven lines, each nine times the one above.
    std::string aliases = "l0: &l0 [x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 7; ++i) {
        const std::string of = "*l" + std::to_string(i - 1);
        aliases += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + of;
        for (int j = 1; j < 9; ++j) aliases += "," + of;
        aliases += "]\n";
    }
    const Ran many = check(aliases);
    EXPECT_EQ(many.exit.code, 2) << many.output;
    EXPECT_NE(many.output.find("more than 100000 values"), std::string::npos) << many.output;
    const Ran folder = run({program(), "check-config", "--config", directory.path(), "--data-dir", data});
    EXPECT_EQ(folder.exit.code, 2) << folder.output;
    EXPECT_EQ(check("").exit.code, 0);
    EXPECT_EQ(check("log:\nserver:\n  limits: {}\n  port:\nfrontends:\n  rest:\n").exit.code, 0)
        << "what is there, and says nothing, is no mistake";
    const Ran missing = check("frontends: {mine: {library: nowhere.so}}\n");
    EXPECT_EQ(missing.exit.code, 3) << missing.output;
    {
        Server server(data);
        ASSERT_EQ(HttpClient(server.port()).post("/auth/keys", R"({"name":"boss","permissions":["admin"]})").status,
                  200);
        const Ran in_use = check("server: {host: 0.0.0.0}\n");
        EXPECT_EQ(in_use.exit.code, 2) << in_use.output;
        EXPECT_NE(in_use.output.find("were not looked at"), std::string::npos) << in_use.output;
        EXPECT_EQ(server.stop().code, 0);
    }
    const Ran keyed = check("server: {host: 0.0.0.0}\n");
    EXPECT_EQ(keyed.exit.code, 0) << keyed.output;
    const Ran inspected = run({program(), "inspect", data});
    EXPECT_EQ(inspected.exit.code, 3);
    EXPECT_NE(inspected.output.find("it is a directory"), std::string::npos) << inspected.output;
}

TEST(Configuration, KeysOfTheEngineReachIt) {
    const TemporaryDirectory directory;
    const auto threads = [&](const char* workers) {
        Server server(directory.path() + "/" + workers, {"--set", std::string("engine.workers=") + workers});
        const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(server.process().id()) + "/task");
        const auto count = std::distance(begin(tasks), end(tasks));
        EXPECT_EQ(server.stop().code, 0);
        return count;
    };
    EXPECT_EQ(threads("9") - threads("1"), 8);
    Server server(directory.path() + "/full", {"--set", "engine.disk_reserve_mb=1000000"});
    HttpClient client(server.port());
    EXPECT_EQ(client.get("/readyz").body, "degraded");
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    EXPECT_EQ(client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]}]})").status, 507);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Configuration, KeysOfTheEnvironmentLetInWithTheirPermissions) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    Process server({program(), "serve", "--data-dir", directory.path() + "/data", "--port", std::to_string(port)},
                   {"VECTORIZER_API_KEY=the-one-that-may-all", "VECTORIZER_READ_ONLY_API_KEY=the-one-that-reads"},
                   directory.path() + "/log");
    HttpClient client(port);
    EXPECT_TRUE(comes([&] { return client.get("/readyz").status == 200; }));
    const std::string docs = R"({"name":"docs","dimension":2})";
    const std::vector<std::string> reader{"X-API-Key: the-one-that-reads"};
    EXPECT_EQ(client.get("/collections").status, 401) << server.output();
    EXPECT_EQ(client.request("GET", "/collections", "", reader).status, 200);
    EXPECT_EQ(client.request("POST", "/collections", docs, reader).status, 403);
    EXPECT_EQ(client.request("POST", "/collections", docs, {"X-API-Key: the-one-that-may-all"}).status, 200);
    server.send(SIGTERM);
    EXPECT_EQ(server.wait(std::chrono::seconds(30)).value_or(Exit{}).code, 0);
}

TEST(Configuration, TheDataDirectoryIsTheSameForEveryCommand) {
    const TemporaryDirectory directory;
    const std::vector<std::string> home{"HOME=" + directory.path()};
    const std::string file = directory.path() + "/points.ndjson";
    std::ofstream(file) << "{\"vector\":[1,2,3]}\n";
    const Ran imported = run({program(), "import", file, "--collection", "n", "--data-dir=~/data"}, home);
    EXPECT_EQ(imported.exit.code, 0) << imported.output;
    EXPECT_TRUE(std::filesystem::exists(directory.path() + "/data/CURRENT"));
    EXPECT_EQ(run({program(), "check", "~/data"}, home).exit.code, 0);
    EXPECT_EQ(run({program(), "export", directory.path() + "/n.vecdb", "--data-dir=~/data"}, home).exit.code, 0);
    for (const char* command : {"serve", "check-config", "print-config", "import", "export"}) {
        const std::string name = command;
        std::vector<std::string> all = {program(), name, "--data-dir", ""};
        if (name == "import") all.insert(all.end(), {file, "--collection", "n"});
        if (name == "export") all.push_back(directory.path() + "/m.vecdb");
        const Ran ran = run(all, home, std::chrono::seconds(20));
        EXPECT_EQ(ran.exit.code, 2) << name << "\n" << ran.output;
        EXPECT_NE(ran.output.find("--data-dir"), std::string::npos) << ran.output;
    }
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/.local"));
}

TEST(Configuration, HowLongAStopTakesCanBeSetByTheEnvironment) {
    const std::vector<std::string> environment{"VECTORIZER_DRAIN_MS=7", "VECTORIZER_DRAIN_DELAY_MS=8"};
    const Ran ran = run({program(), "print-config"}, environment);
    EXPECT_NE(lines_with(ran.output, "drain_ms:")[0].find("\"7\""), std::string::npos) << ran.output;
    EXPECT_NE(lines_with(ran.output, "drain_delay_ms:")[0].find("\"8\""), std::string::npos) << ran.output;
}

TEST(Configuration, AHangupTellsWhatDiffersFromWhatRuns) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/config.yml";
    std::ofstream(file) << "drain_ms: 9000\n";
    Server server(directory.path() + "/data", {"--config", file});
    const auto warnings_after_hangup = [&](const std::string& text, size_t hangups) {
        std::ofstream(file) << text;
        server.process().send(SIGHUP);
        const auto done = [&] { return lines_with(server.process().output(), "log level and API keys are as").size(); };
        EXPECT_TRUE(comes([&] { return done() >= hangups; }));
        return lines_with(server.process().output(), "drain_ms has changed").size();
    };
    EXPECT_EQ(warnings_after_hangup("drain_ms: 8000\n", 1), 1U);
    EXPECT_EQ(warnings_after_hangup("drain_ms: 8000\n", 2), 2U) << "it still waits for a restart";
    EXPECT_EQ(warnings_after_hangup("drain_ms: 9000\n", 3), 2U) << "it is what runs";
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
