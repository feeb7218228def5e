// API keys of the real program, for both frontends.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

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

std::vector<std::string> with(const std::string& key) {
    return {"X-API-Key: " + key};
}

std::string graphql(const std::string& text) {
    return "{\"query\":" + json_string(text) + "}";
}

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
    EXPECT_EQ(client.get("/graphql?query=%7Bstats%7Bversion%7D%7D").status, 401);
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
    EXPECT_EQ(as(admin, "GET", "/collections/secret").status, 200);
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

TEST_F(Access, AHangupRereadsTheKeys) {
    HttpClient client(server->port());
    EXPECT_EQ(client.request("GET", "/collections", "", with(reader.key)).status, 200);
    std::ofstream(keys_file) << entry("boss", admin, "permissions: [admin]");
    server->process().send(SIGHUP);
    const auto becomes = [&](int wanted) {
        for (int i = 0; i < 500; ++i) {
            if (client.request("GET", "/collections", "", with(reader.key)).status == wanted) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    };
    EXPECT_TRUE(becomes(401));
    // A mistake changes nothing.
    std::ofstream(keys_file) << "- {name: boss}\n";
    server->process().send(SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_EQ(as(admin, "GET", "/collections").status, 200);
    write_keys();
    server->process().send(SIGHUP);
    EXPECT_TRUE(becomes(200));
    EXPECT_EQ(server->stop().code, 0);
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
    for (int i = 0; i < 500 && client.get("/readyz").status != 200; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
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

}  // namespace
}  // namespace vz::e2e

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
