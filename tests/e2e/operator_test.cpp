// What an operator sees of the real program: its log, its signs of life.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/output.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/supervisor.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

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

TEST(Operator, ARequestThatTakesTooLongToArriveIsLogged) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.http.receive_timeout_ms=200"});
    HttpClient client(server.port());
    const Answer late = client.request("POST", "/search", "{", {"Content-Length: 10", "X-Request-Id: slow"});
    EXPECT_EQ(late.status, 408);
    EXPECT_EQ(late.header("X-Request-Id"), "slow");
    EXPECT_EQ(Json(late.body).text("/request_id"), "slow");
    EXPECT_EQ(server.stop().code, 0);
    const auto lines = lines_with(server.process().output(), "\"slow\"");
    ASSERT_EQ(lines.size(), 1U) << server.process().output();
    const Json record(lines[0]);
    EXPECT_EQ(record.text("/event"), "http.request");
    EXPECT_EQ(record.text("/route"), "/search");
    EXPECT_EQ(record.integer("/status"), 408);
    EXPECT_EQ(record.integer("/bytes_in"), 1);
    EXPECT_EQ(record.text("/error_type"), "request_timeout");
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

}  // namespace
}  // namespace vz::e2e
