// API keys before the Redis frontend: those of the configuration and those made over REST.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/resp_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

constexpr const char* kUnknown = "(error) NOAUTH Authentication required.";
constexpr const char* kWrong = "(error) WRONGPASS invalid user or API key";

struct NewKey {
    std::string key;
    std::string hash;
};

NewKey make_key() {
    const Ran ran = run({program(), "new-key", "--name", "any"});
    const size_t key = ran.output.find("vz_");
    const size_t hash = ran.output.find("sha256:");
    EXPECT_NE(hash, std::string::npos) << ran.output;
    return {ran.output.substr(key, 67), ran.output.substr(hash, 71)};
}

std::vector<std::string> add(const std::string& key, const std::string& element) {
    return {"VADD", key, "VALUES", "2", "1", "0", element};
}

bool is_refused(const std::string& reply) { return reply.rfind("(error) NOPERM ", 0) == 0; }

std::vector<std::string> with_resp(uint16_t port) {
    return {"--set", "frontends.resp.library=resp.so", "--set", "frontends.resp.port=" + std::to_string(port)};
}

class RespAccess : public testing::Test {
 protected:
    void write_keys(bool with_reader = true) const {
        std::ofstream file(keys_file);
        const auto entry = [&](const char* name, const NewKey& key, const char* rest) {
            file << "- {name: " << name << ", hash: \"" << key.hash << "\", " << rest << "}\n";
        };
        entry("boss", admin, "permissions: [admin]");
        if (with_reader) entry("reader", reader, "permissions: [read]");
        entry("docs", docs,
              "permissions: [write], scopes: [{collection: \"docs*\"}, {collection: news, permissions: [read]}]");
    }

    void SetUp() override {
        write_keys();
        std::vector<std::string> arguments = with_resp(port);
        arguments.insert(arguments.end(), {"--set", "server.auth.keys_file=" + keys_file});
        server = std::make_unique<Server>(directory.path() + "/data", arguments);
        RespClient client(port);
        ASSERT_EQ(client.ask({"AUTH", admin.key}), "OK");
        for (const char* name : {"docs-1", "news", "secret"}) ASSERT_EQ(client.ask(add(name, "a")), "1");
    }

    const TemporaryDirectory directory;
    const std::string keys_file = directory.path() + "/keys.yml";
    const uint16_t port = free_port();
    const NewKey admin = make_key();
    const NewKey reader = make_key();
    const NewKey docs = make_key();
    std::unique_ptr<Server> server;
};

TEST_F(RespAccess, NobodyIsAnsweredWithoutAKey) {
    RespClient client(port);
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"PING"},
                                                                                         {"INFO"},
                                                                                         {"KEYS", "*"},
                                                                                         {"SCAN", "0"},
                                                                                         {"DBSIZE"},
                                                                                         {"VCARD", "docs-1"},
                                                                                         {"VSIM", "docs-1", "ELE", "a"},
                                                                                         add("docs-1", "b"),
                                                                                         {"DEL", "docs-1"},
                                                                                         {"VRANDMEMBER", "docs-1"},
                                                                                         {"CLIENT", "ID"},
                                                                                         {"COMMAND"},
                                                                                         {"CONFIG", "GET", "*"},
                                                                                         {"SELECT", "0"},
                                                                                         {"ECHO", "x"}})
        EXPECT_EQ(client.ask(command), kUnknown) << command[0];
    EXPECT_EQ(client.ask({"HELLO", "3"}).rfind("(error) NOAUTH ", 0), 0U);
    client.send("vcard docs-1\r\n");
    EXPECT_EQ(client.reply(), kUnknown);
    // In one pipeline: what comes after the key is answered.
    client.send(resp_request({"VCARD", "docs-1"}) + resp_request({"AUTH", reader.key}) +
                resp_request({"VCARD", "docs-1"}));
    EXPECT_EQ(client.reply(), kUnknown);
    EXPECT_EQ(client.reply(), "OK");
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(RespClient(port).ask({"VCARD", "docs-1"}), kUnknown) << "a key lets in its own connection";
    RespClient leaving(port);
    EXPECT_EQ(leaving.ask({"QUIT"}), "OK");
    RespClient large(port);
    large.send("*2\r\n$4\r\nECHO\r\n$1000000\r\n" + std::string(100'000, 'x'));
    EXPECT_TRUE(is_resp_error(large.reply())) << "nobody unknown makes the server hold much";
    EXPECT_EQ(large.reply(), "closed");
    EXPECT_EQ(server->stop().code, 0);
}

TEST_F(RespAccess, WhoShowsNoKeyInTimeIsShownOut) {
    server->stop();
    std::vector<std::string> arguments = with_resp(port);
    arguments.insert(arguments.end(),
                     {"--set", "server.auth.keys_file=" + keys_file, "--set", "frontends.resp.login_timeout_ms=500"});
    server = std::make_unique<Server>(directory.path() + "/data", arguments);
    RespClient known(port);
    EXPECT_EQ(known.ask({"AUTH", reader.key}), "OK");
    RespClient unknown(port);
    EXPECT_EQ(unknown.ask({"PING"}), kUnknown);
    EXPECT_EQ(unknown.reply(), "closed");
    EXPECT_EQ(known.ask({"PING"}), "PONG");
}

TEST_F(RespAccess, AKeyComesAloneOrWithItsName) {
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"AUTH", reader.key}, {"AUTH", "reader", reader.key}, {"AUTH", "default", reader.key}})
        EXPECT_EQ(RespClient(port).ask(command), "OK") << command[1];
    RespClient client(port);
    EXPECT_EQ(
        client.ask({"HELLO", "3", "AUTH", "reader", reader.key, "SETNAME", "app"}).rfind("[server vectorizer ", 0), 0U);
    EXPECT_EQ(client.ask({"VISMEMBER", "docs-1", "a"}), "true");
    EXPECT_NE(client.ask({"CLIENT", "INFO"}).find(" name=app db=0 user=reader "), std::string::npos);
    EXPECT_EQ(client.ask({"AUTH", "wrong"}), kWrong);
    EXPECT_EQ(client.ask({"VISMEMBER", "docs-1", "a"}), "true") << "who is somebody stays it";
    EXPECT_EQ(server->stop().code, 0);
}

TEST_F(RespAccess, WrongKeysAreSlowAndEndTheConnection) {
    RespClient client(port);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.ask({"AUTH", "wrong"}), kWrong);
    EXPECT_EQ(client.ask({"AUTH", "boss", reader.key}), kWrong) << "another's name";
    EXPECT_EQ(client.ask({"HELLO", "3", "AUTH", "default", reader.hash}), kWrong) << "a hash is no key";
    EXPECT_EQ(client.reply(), "closed");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(600));
    RespClient patient(port);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(patient.ask({"AUTH", ""}), kWrong);
        EXPECT_EQ(patient.ask({"AUTH", "x"}), kWrong);
        EXPECT_EQ(patient.ask({"AUTH", reader.key}), "OK") << "a right one forgives";
    }
    EXPECT_EQ(server->stop().code, 0);
}

TEST_F(RespAccess, AReaderWritesNothing) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"AUTH", reader.key}), "OK");
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{add("docs-1", "b"),
                                               add("made", "a"),
                                               {"VREM", "docs-1", "a"},
                                               {"VSETATTR", "docs-1", "a", "{}"},
                                               {"DEL", "docs-1"},
                                               {"UNLINK", "secret"}})
        EXPECT_TRUE(is_refused(client.ask(command))) << command[0];
    EXPECT_EQ(client.ask({"KEYS", "*"}), "[docs-1 news secret]");
    EXPECT_EQ(client.ask({"VSIM", "secret", "ELE", "a"}), "[a]");
    EXPECT_NE(client.ask({"INFO"}).find("points=3"), std::string::npos);
    EXPECT_EQ(server->stop().code, 0);
}

TEST_F(RespAccess, ALimitedKeySeesItsOwnCollectionsOnly) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"AUTH", "docs", docs.key}), "OK");
    EXPECT_EQ(client.ask(add("docs-1", "b")), "1");
    EXPECT_EQ(client.ask(add("docs-2", "a")), "1");
    EXPECT_EQ(client.ask({"VCARD", "news"}), "1");
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{add("news", "b"),
                                                                                         add("secret", "b"),
                                                                                         add("made", "a"),
                                                                                         {"VCARD", "secret"},
                                                                                         {"VSIM", "secret", "ELE", "a"},
                                                                                         {"EXISTS", "docs-1", "secret"},
                                                                                         {"TYPE", "secret"},
                                                                                         {"DEL", "docs-2", "secret"},
                                                                                         {"VRANDMEMBER", "secret"},
                                                                                         {"VINFO", "secret"}})
        EXPECT_TRUE(is_refused(client.ask(command))) << command[0] << " " << command[1];
    EXPECT_EQ(client.ask({"KEYS", "*"}), "[docs-1 docs-2 news]");
    EXPECT_EQ(client.ask({"SCAN", "0"}), "[0 [docs-1 news docs-2]]");
    EXPECT_EQ(client.ask({"DBSIZE"}), "3");
    const std::string info = client.ask({"INFO"});
    EXPECT_NE(info.find("loading:0"), std::string::npos);
    EXPECT_EQ(info.find("points="), std::string::npos) << "how much there is of others is not for it";
    // In a pipeline: what is allowed is done, what is not stands in its place.
    client.send(resp_request(add("docs-1", "c")) + resp_request(add("secret", "c")) + resp_request(add("docs-1", "d")));
    EXPECT_EQ(client.reply(), "1");
    EXPECT_TRUE(is_refused(client.reply()));
    EXPECT_EQ(client.reply(), "1");
    // Neither by another name.
    HttpClient http(server->port());
    const std::vector<std::string> as_admin = {"X-API-Key: " + admin.key};
    ASSERT_EQ(http.request("PUT", "/aliases/docs-out", R"({"collection":"secret"})", as_admin).status, 200);
    ASSERT_EQ(http.request("PUT", "/aliases/docs-in", R"({"collection":"docs-1"})", as_admin).status, 200);
    EXPECT_TRUE(is_refused(client.ask({"VCARD", "docs-out"})));
    EXPECT_TRUE(is_refused(client.ask(add("docs-out", "z"))));
    EXPECT_EQ(client.ask({"VCARD", "docs-in"}), "4");
    EXPECT_EQ(client.ask({"DEL", "docs-2"}), "1");
    EXPECT_EQ(server->stop().code, 0);
}

TEST_F(RespAccess, AHangupRereadsTheKeys) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"AUTH", reader.key}), "OK");
    write_keys(false);
    server->process().send(SIGHUP);
    EXPECT_TRUE(comes([&] { return client.ask({"PING"}) == kUnknown; })) << "who is there goes, too";
    std::ofstream(keys_file) << "- {name: boss}\n";
    server->process().send(SIGHUP);
    EXPECT_TRUE(comes([&] {
        return server->process().output().find("everything stays as it was") != std::string::npos;
    })) << server->process().output();
    EXPECT_EQ(RespClient(port).ask({"AUTH", admin.key}), "OK") << "a mistake changes nothing";
    write_keys();
    server->process().send(SIGHUP);
    EXPECT_TRUE(comes([&] { return RespClient(port).ask({"AUTH", reader.key}) == "OK"; }));
    EXPECT_EQ(server->stop().code, 0);
}

TEST(RespAccessKeys, MadeOverRestCountHere) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    std::string boss;
    std::string writer;
    {
        Server server(directory.path() + "/data", with_resp(port));
        HttpClient http(server.port());
        RespClient early(port);
        EXPECT_EQ(early.ask(add("docs", "a")), "1") << "without keys, this machine needs none";
        const Answer first = http.post("/auth/keys", R"({"name":"boss","permissions":["admin"]})");
        ASSERT_EQ(first.status, 200) << first.body;
        boss = Json(first.body).text("/api_key");
        EXPECT_TRUE(comes([&] {
            return early.ask({"VCARD", "docs"}) == kUnknown;
        })) << "from the first key on, keys are required";
        const std::vector<std::string> as_boss = {"X-API-Key: " + boss};
        const Answer second =
            http.request("POST", "/auth/keys",
                         R"({"name":"writer","permissions":["write"],"scopes":[{"collection":"docs"}]})", as_boss);
        ASSERT_EQ(second.status, 200) << second.body;
        writer = Json(second.body).text("/api_key");
        RespClient client(port);
        EXPECT_EQ(client.ask({"AUTH", "writer", writer}), "OK") << "at once";
        EXPECT_EQ(client.ask(add("docs", "b")), "1");
        EXPECT_TRUE(is_refused(client.ask(add("other", "b"))));
        const Answer brief =
            http.request("POST", "/auth/keys", R"({"name":"brief","permissions":["read"],"expires_in":2})", as_boss);
        RespClient guest(port);
        EXPECT_EQ(guest.ask({"AUTH", Json(brief.body).text("/api_key")}), "OK");
        EXPECT_TRUE(comes([&] { return guest.ask({"PING"}) == kUnknown; })) << "it has expired";
        EXPECT_EQ(http.request("DELETE", "/auth/keys/" + Json(second.body).text("/id"), "", as_boss).status, 200);
        EXPECT_EQ(RespClient(port).ask({"AUTH", writer}), kWrong) << "revoked, at once for who comes";
        EXPECT_TRUE(comes([&] { return client.ask({"PING"}) == kUnknown; })) << "and soon for who is there";
        EXPECT_EQ(server.stop().code, 0);
    }
    // Where REST is off, it keeps the same door shut.
    std::vector<std::string> arguments = with_resp(port);
    arguments.insert(arguments.end(), {"--set", "frontends.rest.enabled=false"});
    Server server(directory.path() + "/data", arguments, Server::Until::kReady);
    EXPECT_EQ(RespClient(port).ask({"VCARD", "docs"}), kUnknown);
    RespClient client(port);
    EXPECT_EQ(client.ask({"AUTH", boss}), "OK");
    EXPECT_EQ(client.ask({"VCARD", "docs"}), "2");
    EXPECT_EQ(server.stop().code, 0);
}

// Uses are the process's: those of this port, of REST and of GraphQL on a port of its own.
TEST(RespAccessKeys, UsesOfAKeyCountWhereverItIsUsed) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    const uint16_t graphql_port = free_port();
    const NewKey key = make_key();
    std::vector<std::string> arguments = with_resp(port);
    arguments.insert(arguments.end(), {"--set", "frontends.graphql.port=" + std::to_string(graphql_port), "--set",
                                       "server.auth.keys.0.name=ci", "--set", "server.auth.keys.0.hash=" + key.hash,
                                       "--set", "server.auth.keys.0.permissions.0=admin"});
    Server server(directory.path() + "/data", arguments);
    const std::vector<std::string> as_admin = {"X-API-Key: " + key.key};
    HttpClient http(server.port());
    const auto uses = [&] { return Json(http.request("GET", "/auth/keys", "", as_admin).body); };
    EXPECT_EQ(uses().integer("/keys/0/usage_count"), 1) << "this one";
    RespClient client(port);
    EXPECT_EQ(client.ask({"PING"}), kUnknown) << "nobody's use";
    EXPECT_EQ(client.ask({"AUTH", key.key}), "OK");
    EXPECT_EQ(uses().integer("/keys/0/usage_count"), 3);
    std::string commands;
    for (int i = 0; i < 7; ++i) commands += resp_request({"VCARD", "docs"});
    client.send(commands);
    for (int i = 0; i < 7; ++i) client.reply();
    EXPECT_EQ(uses().integer("/keys/0/usage_count"), 11);
    const Answer typed = HttpClient(graphql_port).request("POST", "/graphql", R"({"query":"{__typename}"})", as_admin);
    EXPECT_EQ(typed.status, 200) << typed.body;
    EXPECT_EQ(uses().integer("/keys/0/usage_count"), 13);
    const int64_t before_s = std::time(nullptr);
    EXPECT_EQ(client.ask({"PING"}), "PONG");
    const Json last = uses();
    EXPECT_GE(last.integer("/keys/0/last_used"), before_s);
    EXPECT_EQ(last.integer("/keys/0/usage_count"), 15);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(RespAccessStart, BeyondLoopbackNeedsAKey) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    std::vector<std::string> command = {
        program(), "serve", "--data-dir", directory.path() + "/a", "--port", std::to_string(free_port())};
    for (const std::string& argument : with_resp(port)) command.push_back(argument);
    command.insert(command.end(), {"--set", "frontends.resp.host=0.0.0.0"});
    const Ran refused = run(command, {}, std::chrono::seconds(20));
    EXPECT_EQ(refused.exit.code, 2) << refused.output;
    EXPECT_NE(refused.output.find("'host' beyond loopback needs an API key"), std::string::npos) << refused.output;
    const NewKey key = make_key();
    std::vector<std::string> arguments = with_resp(port);
    arguments.insert(arguments.end(),
                     {"--set", "frontends.resp.host=0.0.0.0", "--set", "server.auth.keys.0.name=ci", "--set",
                      "server.auth.keys.0.hash=" + key.hash, "--set", "server.auth.keys.0.permissions.0=read"});
    Server server(directory.path() + "/b", arguments);
    RespClient client(port);
    EXPECT_EQ(client.ask({"PING"}), kUnknown);
    EXPECT_EQ(client.ask({"AUTH", key.key}), "OK");
    EXPECT_EQ(client.ask({"PING"}), "PONG");
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
