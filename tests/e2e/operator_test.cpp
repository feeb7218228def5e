// What an operator sees of the real program: its log, its metrics.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/supervisor.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
    std::vector<std::string> found;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.find(part) != std::string::npos) found.push_back(line);
    }
    return found;
}

// The value of one series of a Prometheus text; -1: it is not there.
double series(const std::string& text, const std::string& name) {
    for (const std::string& line : lines_with(text, name)) {
        if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return -1;
}

TEST(Operator, WithoutATerminalEveryLineOfTheLogIsJson) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "log.access=all"});
    HttpClient client(server.port());
    EXPECT_EQ(client.request("GET", "/collections", "", {"X-Request-Id: mine-1"}).header("X-Request-Id"), "mine-1");
    EXPECT_EQ(client.request("GET", "/collections/none", "", {"X-Request-Id: mine-2"}).status, 404);
    EXPECT_EQ(server.stop().code, 0);
    const std::string log = server.process().output();
    std::istringstream in(log);
    size_t count = 0;
    for (std::string line; std::getline(in, line); ++count) {
        const Json record(line);
        for (const char* key : {"/time", "/level", "/instance", "/event", "/message"})
            EXPECT_FALSE(record.text(key).empty()) << line;
    }
    EXPECT_GE(count, 3U);
    for (const char* event : {"host.ready", "host.stopping", "host.stopped"})
        EXPECT_EQ(lines_with(log, "\"event\":\"" + std::string(event) + "\"").size(), 1U) << log;
    const auto served = lines_with(log, "\"mine-1\"");
    ASSERT_EQ(served.size(), 1U) << log;
    EXPECT_EQ(Json(served[0]).text("/event"), "http.request");
    EXPECT_EQ(Json(served[0]).text("/route"), "/collections");
    const Json record(served[0]);
    EXPECT_EQ(record.integer("/status"), 200);
    for (const char* key : {"/bytes_in", "/bytes_out", "/us_total", "/us_engine", "/us_queue"})
        EXPECT_GE(record.integer(key), 0) << key;
    EXPECT_EQ(Json(served[0]).text("/peer"), "127.0.0.1");
    const auto failed = lines_with(log, "\"mine-2\"");
    ASSERT_EQ(failed.size(), 1U) << log;
    EXPECT_EQ(Json(failed[0]).text("/route"), "/collections/{name}");
    EXPECT_EQ(Json(failed[0]).text("/error_type"), "collection_not_found");
}

TEST(Operator, TheReadyLineTellsThePortThatWasFree) {
    const TemporaryDirectory directory;
    Process server({program(), "serve", "--data-dir", directory.path() + "/data", "--port", "0"}, {},
                   directory.path() + "/log");
    const auto ready_lines = [&] { return lines_with(server.output(), "\"event\":\"host.ready\""); };
    EXPECT_TRUE(comes([&] { return !ready_lines().empty(); }));
    const std::vector<std::string> ready = ready_lines();
    ASSERT_EQ(ready.size(), 1U) << server.output();
    const std::string rest = Json(ready[0]).text("/rest");
    ASSERT_TRUE(rest.starts_with("http://127.0.0.1:")) << rest;
    EXPECT_EQ(Json(ready[0]).text("/graphql"), rest + "/graphql");
    const auto port = static_cast<uint16_t>(std::stoi(rest.substr(rest.rfind(':') + 1)));
    ASSERT_NE(port, 0);
    EXPECT_EQ(HttpClient(port).get("/readyz").status, 200);
    server.send(SIGTERM);
    EXPECT_EQ(server.wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0);
}

TEST(Operator, NamesOfTheEnvironmentThatNothingReadsAreTold) {
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

TEST(Operator, TheAccessLogHoldsProblemsUnlessToldOtherwise) {
    const TemporaryDirectory directory;
    for (const char* access : {"problems", "off"}) {
        Server server(directory.path() + "/" + access,
                      {"--set", std::string("log.access=") + access, "--set", "log.format=text"});
        HttpClient client(server.port());
        client.request("GET", "/collections", "", {"X-Request-Id: fine"});
        client.request("GET", "/collections/none", "", {"X-Request-Id: wrong"});
        EXPECT_EQ(server.stop().code, 0);
        EXPECT_EQ(lines_with(server.process().output(), "fine").size(), 0U);
        EXPECT_EQ(lines_with(server.process().output(), "wrong").size(), access == std::string("off") ? 0U : 1U);
    }
}

TEST(Operator, WritesThatQueueUpAreToldUnderTheNameOfTheirFrontend) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.writes_warning=1"});
    HttpClient client(server.port());
    ASSERT_EQ(client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]}]})").status, 200);
    EXPECT_EQ(server.stop().code, 0);
    const auto told = lines_with(server.process().output(), "http.writes_queue_up");
    ASSERT_EQ(told.size(), 1U) << server.process().output();
    EXPECT_EQ(Json(told[0]).text("/level"), "warn");
    EXPECT_EQ(Json(told[0]).text("/instance"), "rest");
    EXPECT_NE(Json(told[0]).text("/message").find("docs"), std::string::npos);
}

// Signs of life while the server answers; none while it cannot even accept a connection; and again when it can.
TEST(Operator, TheSupervisorHearsFromAServerThatLives) {
    const TemporaryDirectory directory;
    const Supervisor supervisor(directory.path() + "/notify");
    const uint16_t port = free_port();
    Process server({program(), "serve", "--data-dir", directory.path() + "/data", "--port", std::to_string(port)},
                   {"NOTIFY_SOCKET=" + directory.path() + "/notify", "WATCHDOG_USEC=400000"},
                   directory.path() + "/log");
    ASSERT_EQ(supervisor.next(), "READY=1") << server.output();
    HttpClient client(port);
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":3})").status, 200);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(supervisor.next(std::chrono::seconds(5)), "WATCHDOG=1") << server.output();

    rlimit before{};
    ASSERT_EQ(::prlimit(server.id(), RLIMIT_NOFILE, nullptr, &before), 0);
    const rlimit none{3, before.rlim_max};
    ASSERT_EQ(::prlimit(server.id(), RLIMIT_NOFILE, &none, nullptr), 0);
    while (supervisor.next(std::chrono::milliseconds(50)) == "WATCHDOG=1") {  // one may be on its way
    }
    EXPECT_EQ(supervisor.next(std::chrono::milliseconds(1500)), "");
    ASSERT_EQ(::prlimit(server.id(), RLIMIT_NOFILE, &before, nullptr), 0);
    EXPECT_EQ(supervisor.next(std::chrono::seconds(5)), "WATCHDOG=1") << server.output();
    EXPECT_NE(server.output().find("host.no_sign_of_life"), std::string::npos) << server.output();

    server.send(SIGTERM);
    std::string state = supervisor.next();
    while (state == "WATCHDOG=1") state = supervisor.next();
    EXPECT_EQ(state, "STOPPING=1");
    EXPECT_EQ(server.wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0) << server.output();
}

TEST(Operator, AServerThatCouldTakeNoConnectionDoesNotStart) {
    const TemporaryDirectory directory;
    const Ran ran = run({"/bin/sh", "-c",
                         "ulimit -n 20; exec " + std::string(program()) + " serve --data-dir " + directory.path() +
                             "/data --port " + std::to_string(free_port())},
                        {}, std::chrono::seconds(20));
    EXPECT_EQ(ran.exit.code, 1) << ran.output;
    EXPECT_NE(ran.output.find("host.too_few_descriptors"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("ulimit -n"), std::string::npos) << ran.output;
}

TEST(Operator, HealthcheckSaysByItsExitCodeWhetherTheServerIsReady) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    const std::vector<std::string> at{program(), "healthcheck", "--port", std::to_string(server.port()), "--timeout",
                                      "2"};
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> all = at;
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    };
    const Ran ready = with({});
    EXPECT_EQ(ready.exit.code, 0) << ready.output;
    EXPECT_EQ(ready.output, "ready\n");
    EXPECT_EQ(with({"--live"}).output, "ok\n");
    EXPECT_EQ(with({"--host", "0.0.0.0"}).exit.code, 0);
    EXPECT_EQ(run({program(), "healthcheck"}, {"VECTORIZER_PORT=" + std::to_string(server.port())}).exit.code, 0);
    // A stopped process accepts connections, and answers none.
    server.process().send(SIGSTOP);
    const Ran silent = with({});
    EXPECT_EQ(silent.exit.code, 1);
    EXPECT_NE(silent.output.find("no answer in time"), std::string::npos) << silent.output;
    server.process().send(SIGCONT);
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_EQ(with({}).exit.code, 1);
    EXPECT_EQ(with({"--port", "no"}).exit.code, 2);
}

TEST(Operator, PrintConfigNamesEveryKeyWithItsOrigin) {
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
TEST(Operator, AListOfALaterSourceReplacesTheWholeList) {
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

TEST(Operator, AFileOfKeysIsAListOfThem) {
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

TEST(Operator, AServerOfNoPortMakesNoDirectory) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    for (const auto& [option, value] : {std::pair{"--port", "abc"}, {"--port", "65536"}, {"--set", "server.port=-1"}}) {
        const Ran ran = run({program(), "serve", "--data-dir", data, option, value});
        EXPECT_EQ(ran.exit.code, 2) << value << ran.output;
        EXPECT_NE(ran.output.find("port"), std::string::npos) << ran.output;
        EXPECT_FALSE(std::filesystem::exists(data)) << value;
    }
}

TEST(Operator, CheckConfigFindsWhatWouldStopTheServer) {
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

TEST(Operator, KeysOfTheEngineReachIt) {
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

TEST(Operator, VerifySaysWhenDamageIsFound) {
    namespace fs = std::filesystem;
    const TemporaryDirectory directory;
    const std::string whole = directory.path() + "/whole";
    {
        Server server(whole);
        HttpClient client(server.port());
        std::string vectors;
        for (int i = 0; i < 1000; ++i) vectors += std::string(i == 0 ? "" : ",") + R"({"embedding":[1,2,3,4]})";
        ASSERT_EQ(client.post("/insert_vectors", R"({"collection":"docs","vectors":[)" + vectors + "]}").status, 200);
        ASSERT_EQ(client.post("/collections/docs/force-save?wait=true", "").status, 200);
        ASSERT_FALSE(fs::is_empty(whole + "/seg"));
        EXPECT_EQ(server.stop().code, 0);
    }
    for (const auto& segment : fs::directory_iterator(whole + "/seg")) {
        fs::permissions(segment, fs::perms::owner_write, fs::perm_options::add);
        std::fstream file(segment.path(), std::ios::in | std::ios::out | std::ios::binary);
        const auto middle = static_cast<std::streamoff>(segment.file_size() / 2);
        file.seekg(middle);
        const int byte = file.get();
        file.seekp(middle);
        file.put(static_cast<char>(~byte));
    }
    const auto server_that = [&](const std::string& verify) {
        fs::copy(whole, directory.path() + "/" + verify, fs::copy_options::recursive);
        return std::make_unique<Server>(directory.path() + "/" + verify,
                                        std::vector<std::string>{"--set", "engine.verify=" + verify});
    };
    const auto background = server_that("background");
    const auto is_told = [&] { return !lines_with(background->process().output(), "scrub.damage").empty(); };
    EXPECT_TRUE(comes(is_told)) << background->process().output();
    const auto open = server_that("open");
    EXPECT_FALSE(lines_with(open->process().output(), "collection.quarantined").empty()) << "before it is ready";
    const auto never = server_that("never");
    for (const auto* server : {&background, &open, &never}) EXPECT_EQ((*server)->stop().code, 0);
    EXPECT_TRUE(lines_with(never->process().output(), "damage").empty()) << never->process().output();
}

TEST(Operator, KeysOfTheEnvironmentLetInWithTheirPermissions) {
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

TEST(Operator, AnArchiveIsAsOfItsSnapshot) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string archive = directory.path() + "/";
    std::string snapshot;
    {
        Server server(data);
        HttpClient client(server.port());
        const std::string points =
            R"({"collection":"docs","vectors":[{"id":"a","embedding":[1,2]},{"id":"b","embedding":[2,1]}]})";
        ASSERT_EQ(client.post("/insert_vectors", points).status, 200);
        snapshot = Json(client.post("/collections/docs/snapshot", "").body).text("/id");
        ASSERT_EQ(client.post("/delete", R"({"collection":"docs","id":"a"})").status, 200);
        EXPECT_EQ(server.stop().code, 0);
    }
    const auto points_of = [&](const std::string& name, const std::vector<std::string>& as_of) {
        std::vector<std::string> command = {program(), "export", archive + name, "--data-dir", data};
        command.insert(command.end(), as_of.begin(), as_of.end());
        const Ran exported = run(command);
        EXPECT_EQ(exported.exit.code, 0) << exported.output;
        const Ran imported = run({program(), "import", archive + name, "--data-dir", archive + name + ".data"});
        EXPECT_EQ(imported.exit.code, 0) << imported.output;
        Server server(archive + name + ".data");
        const int64_t points = Json(HttpClient(server.port()).get("/collections/docs").body).integer("/vector_count");
        EXPECT_EQ(server.stop().code, 0);
        return points;
    };
    EXPECT_EQ(points_of("now.vecdb", {}), 1);
    EXPECT_EQ(points_of("then.vecdb", {"--snapshot", snapshot}), 2) << snapshot;
    const Ran none = run({program(), "export", archive + "none.vecdb", "--data-dir", data, "--snapshot", "none"});
    EXPECT_EQ(none.exit.code, 66) << none.output;
    EXPECT_EQ(run({program(), "check", data, "--deep"}).exit.code, 0);
}

TEST(Operator, TheDataDirectoryIsTheSameForEveryCommand) {
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

TEST(Operator, HowLongAStopTakesCanBeSetByTheEnvironment) {
    const std::vector<std::string> environment{"VECTORIZER_DRAIN_MS=7", "VECTORIZER_DRAIN_DELAY_MS=8"};
    const Ran ran = run({program(), "print-config"}, environment);
    EXPECT_NE(lines_with(ran.output, "drain_ms:")[0].find("\"7\""), std::string::npos) << ran.output;
    EXPECT_NE(lines_with(ran.output, "drain_delay_ms:")[0].find("\"8\""), std::string::npos) << ran.output;
}

TEST(Operator, AHangupTellsWhatDiffersFromWhatRuns) {
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

TEST(Operator, SlowSearchesAreRemembered) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "log.slow_ms=60000"});
    HttpClient client(server.port());
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    const std::string search = R"({"collection":"docs","vector":[1,0],"limit":7})";
    ASSERT_EQ(client.post("/search", search).status, 200);
    const Json quiet(client.get("/slow_queries").body);
    EXPECT_EQ(quiet.integer("/total"), 0);
    EXPECT_EQ(quiet.integer("/config/threshold_ms"), 60000);
    const Answer settings = client.post("/slow_queries/config", R"({"threshold_ms":0,"capacity":2})");
    EXPECT_EQ(settings.body, R"({"threshold_ms":0,"capacity":2})");
    client.request("POST", "/search", search, {"X-Request-Id: one"});
    client.request("POST", "/search", search, {"X-Request-Id: two"});
    client.request("POST", "/collections/docs/search", R"({"vector":[1,0],"limit":3})", {"X-Request-Id: three"});
    client.get("/collections");
    const Json slow(client.get("/slow_queries").body);
    EXPECT_EQ(slow.integer("/total"), 2);
    EXPECT_EQ(slow.text("/entries/0/request_id"), "three");
    EXPECT_EQ(slow.text("/entries/0/route"), "/collections/{name}/search");
    EXPECT_EQ(slow.integer("/entries/0/k"), 3);
    EXPECT_EQ(slow.text("/entries/0/plan"), "exact");
    EXPECT_EQ(slow.integer("/entries/0/effort"), 0);
    EXPECT_EQ(slow.text("/entries/1/request_id"), "two");
    EXPECT_EQ(slow.text("/entries/1/collection"), "docs");
    const auto ask = [&](const std::string& root) {
        EXPECT_EQ(client.post("/graphql", "{\"query\":" + json_string("{ " + root + " { id } }") + "}").status, 200);
    };
    ask(R"(search(input: {collection: "docs", vector: [1, 0], limit: 5}))");
    ask(R"(vector(collection: "docs", id: "none"))");
    const Json both(client.get("/slow_queries").body);
    EXPECT_EQ(both.text("/entries/0/route"), "/graphql");
    EXPECT_EQ(both.text("/entries/0/collection"), "docs");
    EXPECT_EQ(both.integer("/entries/0/k"), 5);
    EXPECT_EQ(both.text("/entries/0/plan"), "exact");
    EXPECT_EQ(both.text("/entries/1/request_id"), "three");
    EXPECT_EQ(client.post("/slow_queries/config", R"({"capacity":0})").status, 400);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Operator, WhatIsSlowIsSetForEachServer) {
    const TemporaryDirectory directory;
    const std::string port = std::to_string(free_port());
    Server server(directory.path() + "/data",
                  {"--set", "log.slow_ms=60000", "--set", "frontends.second.library=vectorizer-rest.so", "--set",
                   "frontends.second.port=" + port, "--set", "frontends.second.log.slow_ms=50000"});
    HttpClient first(server.port());
    HttpClient second(static_cast<uint16_t>(std::stoi(port)));
    const auto threshold_ms = [](HttpClient& client) {
        return Json(client.get("/slow_queries").body).integer("/config/threshold_ms");
    };
    EXPECT_EQ(threshold_ms(first), 60000);
    EXPECT_EQ(threshold_ms(second), 50000);
    EXPECT_EQ(second.post("/slow_queries/config", R"({"threshold_ms":0})").status, 200);
    EXPECT_EQ(threshold_ms(first), 60000);
    EXPECT_EQ(threshold_ms(second), 0);
    ASSERT_EQ(first.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    for (const auto& [client, id] : {std::pair{&first, "one"}, {&second, "two"}})
        client->request("POST", "/search", R"({"collection":"docs","vector":[1,0]})",
                        {std::string("X-Request-Id: ") + id});
    for (HttpClient* client : {&first, &second}) {
        const Json slow(client->get("/slow_queries").body);
        EXPECT_EQ(slow.integer("/total"), 1);
        EXPECT_EQ(slow.text("/entries/0/request_id"), "two");
    }
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Operator, MetricsCountRequestsByRouteAndStatus) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    for (int i = 0; i < 5; ++i) client.get("/collections/none");
    client.request("POST", "/search", "x", {"Content-Type: text/plain"});
    client.post("/graphql", "{\"query\":\"{ stats { version } }\"}");
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(
        series(
            text,
            R"(vectorizer_http_requests_total{frontend="rest",route="/collections/{name}",method="GET",status="404"})"),
        5)
        << text;
    EXPECT_EQ(
        series(
            text,
            R"(vectorizer_http_request_seconds_count{frontend="rest",route="/collections/{name}",method="GET",status="404"})"),
        5);
    EXPECT_EQ(
        series(text, R"(vectorizer_http_requests_total{frontend="rest",route="/search",method="POST",status="415"})"),
        1)
        << text;
    EXPECT_EQ(
        series(text,
               R"(vectorizer_http_requests_total{frontend="graphql",route="/graphql",method="POST",status="200"})"),
        1)
        << text;
    EXPECT_GE(series(text, R"(vectorizer_http_connections{frontend="rest,graphql"})"), 1) << text;
    EXPECT_EQ(series(text, R"(vectorizer_http_connections_idle{frontend="rest,graphql"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend=""})"), 1) << "this very request";
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend="rest"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend="graphql"})"), 0);
    EXPECT_GT(series(text, "vectorizer_http_sent_bytes_total"), 1000);
    client.request("GET", "/collections", "", {"Origin: http://evil.example"});
    EXPECT_EQ(series(client.get("/metrics").body, R"(vectorizer_http_refused_total{reason="origin"})"), 1);
    EXPECT_EQ(server.stop().code, 0);
}

// Every name has its HELP and TYPE once, and every series stands once.
void expect_well_formed(const std::string& text) {
    std::set<std::string> told;
    std::set<std::string> typed;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# HELP ")) continue;
        const bool is_type = line.starts_with("# TYPE ");
        const std::string name = is_type ? line.substr(7, line.find(' ', 7) - 7) : line.substr(0, line.rfind(' '));
        if (is_type) {
            EXPECT_TRUE(typed.insert(name).second) << line;
            EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << line;
            continue;
        }
        EXPECT_TRUE(told.insert(name).second) << line;
        std::string family = name.substr(0, name.find('{'));
        for (const char* part : {"_bucket", "_sum", "_count"}) {
            if (!typed.contains(family) && family.ends_with(part))
                family.resize(family.size() - std::string(part).size());
        }
        EXPECT_TRUE(typed.contains(family)) << line;
    }
}

TEST(Operator, MetricsTellHowLongTheEngineAndTheQueueTook) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "log.access=all"});
    HttpClient client(server.port());
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    ASSERT_EQ(
        client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]},{"embedding":[3,4]}]})")
            .status,
        200);
    const std::vector<std::string> mine{"X-Request-Id: timed"};
    ASSERT_EQ(client.request("POST", "/collections/docs/search", R"({"vector":[1,2]})", mine).status, 200);
    ASSERT_EQ(
        client
            .request("POST", "/batch_search", R"({"collection":"docs","queries":[{"vector":[1,2]},{"vector":[1,2]}]})")
            .status,
        200);
    ASSERT_EQ(client
                  .request("POST", "/graphql", R"({"query":"{ vector(collection: \"docs\", id: \"none\") { id } }"})",
                           {"X-Request-Id: asked"})
                  .status,
              200);
    const std::string text = client.get("/metrics").body;
    expect_well_formed(text);
    const auto figure = [&](const std::string& name, const std::string& route) {
        return series(text, "vectorizer_" + name + "{route=\"" + route + "\"}");
    };
    for (const char* route : {"/collections/{name}/search", "/batch_search", "/insert_vectors", "/graphql"}) {
        EXPECT_EQ(figure("http_engine_seconds_count", route), 1) << route;
        EXPECT_GT(figure("http_engine_seconds_sum", route), 0) << route;
        EXPECT_LT(figure("http_engine_seconds_sum", route), 10) << route;
    }
    EXPECT_EQ(figure("http_engine_seconds_count", "/metrics"), -1);
    for (const char* route : {"/batch_search", "/graphql"})
        EXPECT_EQ(figure("http_queue_seconds_count", route), 1) << route;
    EXPECT_EQ(figure("http_queue_seconds_count", "/collections/{name}/search"), -1) << text;
    EXPECT_EQ(server.stop().code, 0);
    for (const char* id : {"\"timed\"", "\"asked\""}) {
        const auto lines = lines_with(server.process().output(), id);
        ASSERT_EQ(lines.size(), 1U) << server.process().output();
        const Json record(lines[0]);
        EXPECT_GT(record.integer("/us_engine"), 0) << lines[0];
        EXPECT_LE(record.integer("/us_engine") + record.integer("/us_queue"), record.integer("/us_total")) << lines[0];
        EXPECT_EQ(record.text("/collection"), "docs") << lines[0];
    }
}

TEST(Operator, TheAccessLogTellsHowASearchWasDone) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "log.access=all"});
    HttpClient client(server.port());
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    const auto ask = [&](const std::string& id, const std::string& path, const std::string& body) {
        EXPECT_EQ(client.request("POST", path, body, {"X-Request-Id: " + id}).status, 200) << id;
    };
    ask("written", "/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]},{"embedding":[3,4]}]})");
    ask("alone", "/search", R"({"collection":"docs","vector":[1,2]})");
    ask("several", "/batch_search", R"({"collection":"docs","queries":[{"vector":[1,2]},{"vector":[2,1]}]})");
    ask("asked", "/graphql", R"({"query":"{ search(input: {collection: \"docs\", vector: [1, 2]}) { id } }"})");
    EXPECT_EQ(server.stop().code, 0);
    const std::string log = server.process().output();
    for (const char* id : {"\"alone\"", "\"several\"", "\"asked\""}) {
        const auto lines = lines_with(log, id);
        ASSERT_EQ(lines.size(), 1U) << log;
        const Json record(lines[0]);
        EXPECT_EQ(record.text("/plan"), "exact") << lines[0];
        EXPECT_EQ(record.integer("/effort"), 0) << lines[0];
    }
    const auto written = lines_with(log, "\"written\"");
    ASSERT_EQ(written.size(), 1U) << log;
    EXPECT_FALSE(Json(written[0]).has("/plan")) << written[0];
}

TEST(Operator, MetricsCountWhatGraphqlWasAskedFor) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    const auto ask = [&](const std::string& query) {
        return client.post("/graphql", "{\"query\":\"" + query + "\"}").status;
    };
    EXPECT_EQ(series(client.get("/metrics").body, R"(vectorizer_graphql_operations_total{type="query"})"), 0)
        << "told before the first";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("{ stats { version } }"), 200);
    EXPECT_EQ(ask("mutation { deleteCollection(name: \\\"none\\\") { success } }"), 200);
    EXPECT_EQ(ask("{ stats { version }"), 200);
    EXPECT_EQ(ask("{ nothing }"), 200);
    EXPECT_EQ(ask("{ collection(name: \\\"none\\\") { name } countVectors(collection: \\\"none\\\") }"), 200);
    EXPECT_EQ(client.request("POST", "/graphql", "x", {"Content-Type: text/plain"}).status, 415);
    const std::string text = client.get("/metrics").body;
    expect_well_formed(text);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_operations_total{type="query"})"), 4) << text;
    EXPECT_EQ(series(text, R"(vectorizer_graphql_operations_total{type="mutation"})"), 1);
    EXPECT_EQ(series(text, "vectorizer_graphql_cache_hits_total"), 2);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="GRAPHQL_PARSE_FAILED"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="UNSUPPORTED_MEDIA_TYPE"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="COLLECTION_NOT_FOUND"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="parse"})"), 5);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="validate"})"), 4);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="execute"})"), 5);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Operator, MetricsTellOfTheProcessAndItsFrontends) {
    const TemporaryDirectory directory;
    const auto now = static_cast<double>(std::time(nullptr));
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(series(text, "vectorizer_ready"), 1) << text;
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="rest"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="graphql"})"), 0);
    EXPECT_EQ(series(text, "vectorizer_log_dropped_total"), 0);
    EXPECT_NEAR(series(text, "process_start_time_seconds"), now, 60);
    EXPECT_GT(series(text, "process_cpu_seconds_total"), 0);
    EXPECT_GT(series(text, "process_resident_memory_bytes"), 1e6);
    EXPECT_GT(series(text, "process_virtual_memory_bytes"), series(text, "process_resident_memory_bytes"));
    EXPECT_GT(series(text, "process_open_fds"), 10);
    EXPECT_GT(series(text, "process_max_fds"), series(text, "process_open_fds"));
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Operator, MetricsTellOfAServerThatIsAboutToStop) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "drain_delay_ms=60000"});
    HttpClient client(server.port());
    server.process().send(SIGTERM);
    std::string text;
    const auto is_ready = [&] {
        text = client.get("/metrics").body;
        return series(text, "vectorizer_ready");
    };
    EXPECT_TRUE(comes([&] { return is_ready() == 0; })) << text;
    EXPECT_EQ(client.get("/readyz").status, 503);
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="rest"})"), 0) << "it serves until the drain begins";
    server.process().send(SIGTERM);
    EXPECT_EQ(server.process().wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0);
}

// A server whose log goes into a pipe that is read, or not, by the test.
struct PipedLog {
    const TemporaryDirectory directory;
    const int reader = open_pipe(directory.path() + "/log-pipe");
    Server server{directory.path() + "/data", {"--set", "log.file=" + directory.path() + "/log-pipe"}};

    PipedLog() = default;
    PipedLog(const PipedLog&) = delete;
    PipedLog& operator=(const PipedLog&) = delete;
    ~PipedLog() { ::close(reader); }

    static int open_pipe(const std::string& path) {
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        const int opened = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        EXPECT_GE(opened, 0);
        return opened;
    }
};

TEST(Operator, ALogThatNobodyReadsStopsNobody) {
    PipedLog log_pipe;
    Server& server = log_pipe.server;
    HttpClient client(server.port(), std::chrono::seconds(10));
    // More than the pipe and the queue of the log take.
    for (int i = 0; i < 4000; ++i) ASSERT_EQ(client.get("/collections/none").status, 404) << i;
    EXPECT_GT(series(client.get("/metrics").body, "vectorizer_log_dropped_total"), 100);
    std::atomic<bool> ends = false;
    std::string log;
    std::thread reading([&] {
        std::vector<char> bytes(1 << 20);
        for (bool was_last = false; !was_last;) {
            was_last = ends;
            for (ssize_t got = 0; (got = ::read(log_pipe.reader, bytes.data(), bytes.size())) > 0;)
                log.append(bytes.data(), static_cast<size_t>(got));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    EXPECT_EQ(client.request("GET", "/collections/none", "", {"X-Request-Id: the-newest"}).status, 404);
    EXPECT_EQ(server.stop().code, 0);
    ends = true;
    reading.join();
    EXPECT_NE(log.find("the-newest"), std::string::npos) << "the oldest make room, not the newest";
}

TEST(Operator, ALogThatNobodyReadsHoldsNoStopUp) {
    PipedLog log_pipe;
    Server& server = log_pipe.server;
    HttpClient client(server.port(), std::chrono::seconds(10));
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.get("/collections/none").status, 404) << i;
    server.process().send(SIGTERM);
    EXPECT_EQ(server.process().wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0);
}

TEST(Operator, MetricsTellOfEachCollection) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    EXPECT_EQ(lines_with(client.get("/metrics").body, "vectorizer_build_info{version=").size(), 1U);
    ASSERT_EQ(client.post("/collections", R"({"name":"a\"\\b","dimension":2})").status, 200);
    ASSERT_EQ(
        client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]},{"embedding":[3,4]}]})")
            .status,
        200);
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(series(text, R"(vectorizer_collection_points{collection="docs"})"), 2) << text;
    EXPECT_EQ(series(text, R"(vectorizer_collection_points{collection="a\"\\b"})"), 0);
    EXPECT_GT(series(text, R"(vectorizer_collection_bytes{collection="docs"})"), 16);
    EXPECT_GE(series(text, R"(vectorizer_collection_unindexed_rows{collection="docs"})"), 0);
    ASSERT_EQ(client.request("DELETE", "/collections/docs", "").status, 200);
    EXPECT_TRUE(lines_with(client.get("/metrics").body, "\"docs\"").empty());
    std::vector<std::thread> creators;
    for (int first = 0; first < 8; ++first) {
        creators.emplace_back([&, first] {
            HttpClient creator(server.port());
            for (int i = first; i < 1005; i += 8)
                EXPECT_EQ(
                    creator.post("/collections", R"({"dimension":1,"name":"c)" + std::to_string(i) + "\"}").status,
                    200);
        });
    }
    for (std::thread& creator : creators) creator.join();
    ASSERT_EQ(client.post("/insert_vectors", R"({"collection":"c7","vectors":[{"embedding":[1]}]})").status, 200);
    const std::string many = client.get("/metrics").body;
    EXPECT_EQ(lines_with(many, "vectorizer_collection_points{").size(), 1001U)
        << "the largest, and all others together";
    EXPECT_EQ(series(many, R"(vectorizer_collection_points{collection="c7"})"), 1);
    EXPECT_EQ(series(many, R"(vectorizer_collection_points{collection="/others"})"), 0);
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
