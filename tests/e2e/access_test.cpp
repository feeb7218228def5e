// API keys of the real program, for both frontends.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

// What `vectorizer new-key` prints: the key, and the entry that lets it in.
struct NewKey {
    std::string key;
    std::string hash;
};

NewKey make_key(const std::string& permission) {
    const Ran ran = run({program(), "new-key", "--name", permission, "--permission", permission});
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    const size_t key = ran.output.find("vz_");
    const size_t hash = ran.output.find("sha256:");
    if (key == std::string::npos || hash == std::string::npos) return {};
    return {ran.output.substr(key, 67), ran.output.substr(hash, 71)};
}

std::string entry(const std::string& name, const NewKey& key, const std::string& rest) {
    return "- {name: " + name + ", hash: \"" + key.hash + "\", " + rest + "}\n";
}

std::vector<std::string> with(const std::string& key) { return {"X-API-Key: " + key}; }

std::string graphql(const std::string& text) { return "{\"query\":" + json_string(text) + "}"; }

class Access : public testing::Test {
 protected:
    void write_keys() const {
        std::ofstream(keys_file) << entry("boss", admin, "permissions: [admin]")
                                 << entry("reader", reader, "permissions: [read]")
                                 << entry("docs", docs,
                                          "permissions: [read, write], scopes: [{collection: \"docs*\"}]");
    }
    Answer as(const NewKey& key, const std::string& method, const std::string& path,
              const std::string& body = "") const {
        return HttpClient(server->port()).request(method, path, body, with(key.key));
    }

    // Waits until the log has it.
    bool is_told(const std::string& what) const {
        return comes([&] { return server->process().output().find(what) != std::string::npos; });
    }

    void SetUp() override {
        write_keys();
        server = std::make_unique<Server>(directory.path() + "/data",
                                          std::vector<std::string>{"--set", "server.auth.keys_file=" + keys_file});
        for (const char* name : {"docs-1", "secret"}) {
            const std::string body = std::string("{\"name\":\"") + name + "\",\"dimension\":2,\"metric\":\"dot\"}";
            ASSERT_EQ(as(admin, "POST", "/collections", body).status, 200);
        }
    }

    const TemporaryDirectory directory;
    const std::string keys_file = directory.path() + "/keys.yml";
    const NewKey admin = make_key("admin");
    const NewKey reader = make_key("read");
    const NewKey docs = make_key("write");
    std::unique_ptr<Server> server;
};

TEST_F(Access, BothFrontendsAskForAKey) {
    HttpClient client(server->port());
    for (const char* path : {"/collections", "/stats", "/metrics", "/", "/collections/docs-1"})
        EXPECT_EQ(client.get(path).status, 401) << path;
    EXPECT_EQ(client.post("/graphql", graphql("{ stats { version } }")).status, 401);
    const std::string by_get = "/graphql?query=%7Bstats%7Bversion%7D%7D";
    for (const std::vector<std::string>& headers : {std::vector<std::string>(), with("vz_unknown")}) {
        const Answer refused = client.request("GET", by_get, "", headers);
        EXPECT_EQ(refused.status, 401);
        EXPECT_EQ(refused.header("www-authenticate"), "Bearer");
        EXPECT_EQ(Json(refused.body).text("/message"),
                  Json(client.request("POST", "/graphql", graphql("{ __typename }"), headers).body).text("/message"));
    }
    EXPECT_EQ(client.request("GET", by_get, "", with(reader.key)).status, 200);
    for (const char* path : {"/health", "/healthz", "/livez", "/readyz"})
        EXPECT_EQ(client.get(path).status, 200) << path;
    EXPECT_EQ(as(reader, "GET", "/collections").status, 200);
    EXPECT_EQ(as(reader, "POST", "/graphql", graphql("{ stats { version } }")).status, 200);
}

TEST_F(Access, AReaderWritesNothing) {
    EXPECT_EQ(as(reader, "DELETE", "/collections/secret").status, 403);
    EXPECT_EQ(
        as(reader, "POST", "/insert_vectors", R"({"collection":"secret","vectors":[{"id":"1","embedding":[1,2]}]})")
            .status,
        403);
    const Answer refused =
        as(reader, "POST", "/graphql", graphql("mutation { deleteCollection(name: \"secret\") { success } }"));
    EXPECT_EQ(Json(refused.body).text("/errors/0/extensions/code"), "AUTHORIZATION_ERROR") << refused.body;
    EXPECT_EQ(Json(refused.body).text("/errors/0/extensions/details/required"), "write");
    EXPECT_EQ(as(admin, "GET", "/collections/secret").status, 200);
}

TEST_F(Access, ALimitedKeySeesItsOwnAliasesOnly) {
    for (const char* alias : {"docs-now", "hidden"})
        ASSERT_EQ(as(admin, "PUT", std::string("/aliases/") + alias, R"({"collection":"docs-1"})").status, 200);
    EXPECT_EQ(Json(as(admin, "GET", "/aliases").body).integer("/total"), 2);
    const std::string of_one = graphql("{ collection(name: \"docs-1\") { aliases } }");
    const std::string of_all = graphql("{ collections { aliases } }");
    EXPECT_NE(as(admin, "POST", "/graphql", of_one).body.find("hidden"), std::string::npos);
    EXPECT_EQ(Json(as(docs, "GET", "/aliases").body).integer("/total"), 1);
    for (const auto& [path, body] :
         {std::pair{std::string("/aliases"), std::string()},
          std::pair{std::string("/collections?view=full"), std::string()},
          std::pair{std::string("/collections/docs-1?view=full"), std::string()},
          std::pair{std::string("/graphql"), of_one}, std::pair{std::string("/graphql"), of_all}}) {
        const Answer seen = as(docs, body.empty() ? "GET" : "POST", path, body);
        EXPECT_EQ(seen.status, 200) << path;
        EXPECT_NE(seen.body.find("docs-now"), std::string::npos) << path << seen.body;
        EXPECT_EQ(seen.body.find("hidden"), std::string::npos) << path << seen.body;
    }
}

TEST_F(Access, ALimitedKeySeesItsOwnCollectionsOnly) {
    const Json list(as(docs, "GET", "/collections").body);
    ASSERT_EQ(list.integer("/total_collections"), 1);
    EXPECT_EQ(list.text("/collections/0/name"), "docs-1");
    const Json answer(as(docs, "POST", "/graphql", graphql("{ collections { name } }")).body);
    ASSERT_EQ(answer.list("/data/collections").size(), 1U);
    EXPECT_EQ(as(docs, "GET", "/collections/secret").status, 403);
    EXPECT_EQ(as(docs, "POST", "/search", R"({"collection":"secret","vector":[1,2]})").status, 403);
    EXPECT_EQ(as(docs, "GET", "/stats").status, 403);
    const Answer stats = as(docs, "POST", "/graphql", graphql("{ stats { totalVectors } }"));
    EXPECT_EQ(Json(stats.body).text("/errors/0/extensions/code"), "AUTHORIZATION_ERROR") << stats.body;
    EXPECT_EQ(Json(stats.body).text("/errors/0/extensions/details/required"), "read");
    // Neither by another name.
    EXPECT_EQ(as(docs, "PUT", "/aliases/docs-alias", R"({"collection":"secret"})").status, 403);
    EXPECT_EQ(as(docs, "POST", "/collections/docs-1/rename", R"({"new_name":"mine"})").status, 403);
    EXPECT_EQ(as(docs, "POST", "/graphql",
                 graphql("mutation { renameCollection(name: \"docs-1\", newName: \"mine\") { name } }"))
                  .body.find("\"mine\""),
              std::string::npos);
    EXPECT_EQ(as(docs, "POST", "/insert_vectors", R"({"collection":"docs-1","vectors":[{"id":"1","embedding":[1,2]}]})")
                  .status,
              200);
    EXPECT_EQ(
        as(docs, "POST", "/insert_vectors", R"({"collection":"made-up","vectors":[{"id":"1","embedding":[1,2]}]})")
            .status,
        403);
}

// Aliases that somebody with more rights has set.
TEST_F(Access, AnAliasInsideTheScopeReachesNothingOutside) {
    ASSERT_EQ(as(admin, "PUT", "/aliases/docs-out", R"({"collection":"secret"})").status, 200);
    ASSERT_EQ(as(admin, "PUT", "/aliases/docs-in", R"({"collection":"docs-1"})").status, 200);
    const std::string point = R"(,"vectors":[{"id":"1","embedding":[1,2]}]})";
    EXPECT_EQ(as(docs, "POST", "/insert_vectors", R"({"collection":"docs-in")" + point).status, 200);
    EXPECT_EQ(as(docs, "POST", "/insert_vectors", R"({"collection":"docs-out")" + point).status, 403);
    EXPECT_EQ(as(docs, "POST", "/search", R"({"collection":"docs-in","vector":[1,2]})").status, 200);
    EXPECT_EQ(as(docs, "POST", "/search", R"({"collection":"docs-out","vector":[1,2]})").status, 403);
    EXPECT_EQ(as(docs, "GET", "/collections/docs-out").status, 403);
    EXPECT_EQ(as(docs, "GET", "/collections/docs-out/vectors").status, 403);
    EXPECT_EQ(as(docs, "DELETE", "/aliases/docs-out").status, 403);
    EXPECT_EQ(as(docs, "PUT", "/aliases/docs-out", R"({"collection":"docs-1"})").status, 403);
    for (const char* text : {"{ collection(name: \"docs-out\") { vectorCount } }",
                             "mutation { deleteVector(collection: \"docs-out\", id: \"1\") { success } }"}) {
        const Answer refused = as(docs, "POST", "/graphql", graphql(text));
        EXPECT_EQ(Json(refused.body).text("/errors/0/extensions/code"), "AUTHORIZATION_ERROR") << refused.body;
    }
    EXPECT_EQ(Json(as(docs, "POST", "/graphql", graphql("{ collection(name: \"docs-in\") { vectorCount } }")).body)
                  .integer("/data/collection/vectorCount"),
              1);
    EXPECT_EQ(as(admin, "GET", "/collections/docs-out").status, 200);
    EXPECT_EQ(as(docs, "DELETE", "/aliases/docs-in").status, 200);
}

TEST_F(Access, AHangupRereadsTheKeys) {
    HttpClient client(server->port());
    EXPECT_EQ(client.request("GET", "/collections", "", with(reader.key)).status, 200);
    std::ofstream(keys_file) << entry("boss", admin, "permissions: [admin]");
    server->process().send(SIGHUP);
    const auto becomes = [&](int wanted) {
        return comes([&] { return client.request("GET", "/collections", "", with(reader.key)).status == wanted; });
    };
    EXPECT_TRUE(becomes(401));
    // A mistake changes nothing.
    std::ofstream(keys_file) << "- {name: boss}\n";
    server->process().send(SIGHUP);
    EXPECT_TRUE(is_told("everything stays as it was")) << server->process().output();
    EXPECT_EQ(as(admin, "GET", "/collections").status, 200);
    write_keys();
    server->process().send(SIGHUP);
    EXPECT_TRUE(becomes(200));
    EXPECT_EQ(server->stop().code, 0);
}

// REST has taken the new keys when the frontend behind it refuses them.
TEST_F(Access, AReloadThatOneFrontendRefusesLeavesAllKeysAsTheyWere) {
    EXPECT_EQ(server->stop().code, 0);
    server = std::make_unique<Server>(
        directory.path() + "/data",
        std::vector<std::string>{"--set", "server.auth.keys_file=" + keys_file, "--set",
                                 "frontends.bad.library=" VZ_BUILD_DIRECTORY "/lib/bad_plugins/fails-to-reload.so"});
    ASSERT_EQ(as(reader, "GET", "/collections").status, 200);
    std::ofstream(keys_file) << entry("boss", admin, "permissions: [admin]");
    server->process().send(SIGHUP);
    ASSERT_TRUE(is_told("everything stays as it was")) << server->process().output();
    EXPECT_EQ(as(reader, "GET", "/collections").status, 200);
    EXPECT_EQ(as(reader, "POST", "/graphql", graphql("{ stats { version } }")).status, 200);
    EXPECT_EQ(server->stop().code, 0);
}

TEST(AccessKeys, MadeOverTheApiAreDurableAndRevocable) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    std::string boss;
    std::string writer;
    std::string writer_id;
    {
        Server server(data);
        HttpClient client(server.port());
        EXPECT_EQ(client.post("/auth/keys", R"({"name":"reader","permissions":["read"]})").status, 400)
            << "the first must have admin";
        const Answer first = client.post("/auth/keys", R"({"name":"boss","permissions":["read","admin"]})");
        ASSERT_EQ(first.status, 200) << first.body;
        boss = Json(first.body).text("/api_key");
        EXPECT_NE(first.body.find(R"("permissions":["read","admin"])"), std::string::npos) << first.body;
        EXPECT_EQ(client.get("/collections").status, 401) << "from the first key on, keys are required";
        EXPECT_EQ(client.request("POST", "/collections", R"({"name":"docs-1","dimension":2})", with(boss)).status, 200);
        const Answer second = client.request(
            "POST", "/auth/keys",
            R"({"name":"writer","permissions":["write"],"scopes":[{"collection":"docs*"}],"expires_in":3600})",
            with(boss));
        ASSERT_EQ(second.status, 200) << second.body;
        writer = Json(second.body).text("/api_key");
        writer_id = Json(second.body).text("/id");
        EXPECT_EQ(Json(second.body).integer("/expires_at"), Json(second.body).integer("/created_at") + 3600);
        EXPECT_EQ(client.request("POST", "/auth/keys", R"({"name":"x","permissions":["read"]})", with(writer)).status,
                  403);
        for (const std::string& scope : {std::string("a/b"), std::string("a\\u0001"), std::string("a\\u0085*"),
                                         std::string(256, 'n'), std::string("empty")}) {
            const std::string body =
                R"({"name":"x","permissions":["read"],"scopes":[{"collection":"docs"},{"collection":")" + scope +
                R"("}]})";
            const Answer refused = client.request("POST", "/auth/keys", body, with(boss));
            EXPECT_EQ(refused.status, 400) << scope;
            EXPECT_EQ(Json(refused.body).text("/details/field"), "scopes[1].collection") << refused.body;
        }
        for (const char* permissions : {R"(["write"])", "[]"}) {
            const std::string body =
                R"({"name":"x","permissions":["read"],"scopes":[{"collection":"docs","permissions":)" +
                std::string(permissions) + "}]}";
            const Answer refused = client.request("POST", "/auth/keys", body, with(boss));
            EXPECT_EQ(refused.status, 400) << permissions;
            EXPECT_EQ(Json(refused.body).text("/details/field"), "scopes[0].permissions") << refused.body;
        }
        server.kill();
    }
    // GraphQL alone keeps the same door shut.
    {
        Server server(data, {"--set", "frontends.rest.enabled=false"});
        HttpClient client(server.port());
        EXPECT_EQ(client.post("/graphql", graphql("{ collections { name } }")).status, 401);
        EXPECT_EQ(client.request("POST", "/graphql", graphql("{ collections { name } }"), with(writer)).status, 200);
        server.kill();
    }
    {
        Server server(data);
        HttpClient client(server.port());
        EXPECT_EQ(client.get("/collections").status, 401);
        EXPECT_EQ(client.request("GET", "/collections/docs-1", "", with(writer)).status, 200);
        EXPECT_EQ(client.request("GET", "/collections/other", "", with(writer)).status, 403);
        const Answer listed = client.request("GET", "/auth/keys", "", with(boss));
        EXPECT_EQ(Json(listed.body).list("/keys").size(), 2U) << listed.body;
        for (const char* named :
             {R"("permissions":["read","admin"],"scopes":[])",
              R"("permissions":["write"],"scopes":[{"collection":"docs*","permissions":["write"]}])"}) {
            EXPECT_NE(listed.body.find(named), std::string::npos) << listed.body;
        }
        for (const std::string& key : {boss, writer}) EXPECT_EQ(listed.body.find(key), std::string::npos);
        EXPECT_EQ(listed.body.find("sha256"), std::string::npos);
        EXPECT_EQ(client.request("DELETE", "/auth/keys/none", "", with(boss)).status, 404);
        EXPECT_EQ(client.request("DELETE", "/auth/keys/" + writer_id, "", with(boss)).status, 200);
        EXPECT_EQ(client.request("GET", "/collections/docs-1", "", with(writer)).status, 401);
        const std::string boss_id = Json(client.request("GET", "/auth/keys", "", with(boss)).body).text("/keys/0/id");
        EXPECT_EQ(client.request("DELETE", "/auth/keys/" + boss_id, "", with(boss)).status, 409) << "the last admin";
        server.kill();
    }
    Server server(data);
    EXPECT_EQ(HttpClient(server.port()).request("GET", "/collections/docs-1", "", with(writer)).status, 401)
        << "what was revoked stays revoked";
    // No file of the database holds a key in the clear.
    const Ran grep = run({"/bin/grep", "-rlF", boss, data});
    EXPECT_EQ(grep.exit.code, 1) << grep.output;
    EXPECT_EQ(server.stop().code, 0);
}

TEST(AccessStart, AKeyThatNobodyGotIsNoSuccess) {
    for (const std::string& command : {std::string("new-key"), std::string("hash-key")}) {
        const Ran ran = run({"/bin/sh", "-c", "echo abc | \"$0\" " + command + " > /dev/full", program()});
        EXPECT_EQ(ran.exit.code, 1) << command << ran.output;
        EXPECT_NE(ran.output.find("cannot be written"), std::string::npos) << ran.output;
    }
}

TEST(AccessStart, BeyondLoopbackNeedsAKey) {
    const TemporaryDirectory directory;
    const std::string port = std::to_string(free_port());
    const Ran refused =
        run({program(), "serve", "--data-dir", directory.path() + "/a", "--port", port, "--host", "0.0.0.0"}, {},
            std::chrono::seconds(20));
    EXPECT_EQ(refused.exit.code, 2) << refused.output;
    const NewKey key = make_key("admin");
    Process server({program(), "serve", "--data-dir", directory.path() + "/b", "--port", port, "--host", "0.0.0.0"},
                   {"VECTORIZER_API_KEY=" + key.key}, directory.path() + "/log");
    HttpClient client(static_cast<uint16_t>(std::stoi(port)));
    EXPECT_TRUE(comes([&] { return client.get("/readyz").status == 200; }));
    EXPECT_EQ(client.get("/collections").status, 401) << server.output();
    EXPECT_EQ(client.request("GET", "/collections", "", with(key.key)).status, 200);
    // The key is in no place that others may read.
    std::ifstream environment("/proc/" + std::to_string(server.id()) + "/environ");
    const std::string all((std::istreambuf_iterator<char>(environment)), std::istreambuf_iterator<char>());
    EXPECT_NE(all.find("VECTORIZER_API_KEY="), std::string::npos);
    EXPECT_EQ(all.find(key.key), std::string::npos);
    EXPECT_EQ(server.output().find(key.key), std::string::npos);
    server.send(SIGTERM);
    EXPECT_EQ(server.wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0);
}

TEST(Introspection, TurnedOffHidesTheSchemaInAllItsForms) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "frontends.graphql.introspection=false"});
    HttpClient client(server.port());
    const auto code = [](const Answer& answer) {
        return std::string(Json(answer.body).text("/errors/0/extensions/code"));
    };
    const Answer asked = client.post("/graphql", graphql("{ __schema { queryType { name } } }"));
    EXPECT_EQ(code(asked), "GRAPHQL_VALIDATION_FAILED") << asked.body;
    const Answer text = client.get("/graphql/schema");
    EXPECT_EQ(text.status, 400);
    EXPECT_EQ(code(text), "GRAPHQL_VALIDATION_FAILED") << text.body;
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
