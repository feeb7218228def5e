// A request that comes again under its Idempotency-Key does nothing again and tells nothing but what was done.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

class RestRepeats : public testing::Test {
 protected:
    void SetUp() override {
        server_ = std::make_unique<Server>(directory_.path() + "/data");
        client_ = std::make_unique<HttpClient>(server_->port());
    }

    Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& key = {}) const {
        std::vector<std::string> headers;
        if (!key.empty()) headers.push_back("Idempotency-Key: " + key);
        if (!secret_.empty()) headers.push_back("X-API-Key: " + secret_);
        return client_->request(method, path, body, headers);
    }
    std::string good(const std::string& method, const std::string& path, const std::string& body = {},
                     const std::string& key = {}) const {
        const Answer answer = send(method, path, body, key);
        EXPECT_EQ(answer.status, 200) << method << " " << path << " " << body << "\n" << answer.body;
        EXPECT_EQ(answer.header("Idempotent-Replay"), "") << method << " " << path;
        return answer.body;
    }
    std::string repeated(const std::string& method, const std::string& path, const std::string& body,
                         const std::string& key, int status = 200) const {
        const Answer answer = send(method, path, body, key);
        EXPECT_EQ(answer.status, status) << method << " " << path << " " << body << "\n" << answer.body;
        EXPECT_EQ(answer.header("Idempotent-Replay"), "true") << method << " " << path;
        return answer.body;
    }
    void make(const std::string& name, const std::vector<std::string>& ids = {}) const {
        good("POST", "/collections", R"({"name":")" + name + R"(","dimension":1})");
        for (const std::string& id : ids)
            good("PUT", "/collections/" + name + "/vectors/" + id, R"({"vector":[1],"payload":{"k":1}})");
    }
    void kill() {
        server_->kill();
        SetUp();
    }
    // From now on, as after a disk has failed.
    void refuse_writes() {
        const rlimit none{0, RLIM_INFINITY};
        ASSERT_EQ(::prlimit(server_->process().id(), RLIMIT_FSIZE, &none, nullptr), 0);
        EXPECT_EQ(send("PUT", "/collections/s/vectors/b", R"({"vector":[1]})").status, 503);
    }

    const TemporaryDirectory directory_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<HttpClient> client_;
    std::string secret_;
};

TEST_F(RestRepeats, a_cleanup_drops_what_was_empty_then) {
    make("one");
    make("two");
    EXPECT_EQ(Json(good("DELETE", "/collections/cleanup", {}, "c")).integer("/deleted_count"), 2);
    make("later");
    const Json again(repeated("DELETE", "/collections/cleanup", {}, "c"));
    EXPECT_EQ(again.integer("/deleted_count"), 2);
    EXPECT_EQ(again.integer("/removed"), 2);
    EXPECT_EQ(send("GET", "/collections/later").status, 200);
    kill();
    repeated("DELETE", "/collections/cleanup", {}, "c");
    EXPECT_EQ(Json(good("DELETE", "/collections/cleanup", {}, "d")).integer("/deleted_count"), 1);
    EXPECT_EQ(Json(good("DELETE", "/collections/cleanup", {}, "nothing")).integer("/deleted_count"), 0);
    make("later");
    EXPECT_EQ(Json(repeated("DELETE", "/collections/cleanup", {}, "nothing")).integer("/deleted_count"), 0);
    EXPECT_EQ(send("GET", "/collections/later").status, 200);
}

TEST_F(RestRepeats, an_insert_brings_no_deleted_collection_back) {
    const std::string vectors = R"({"collection":"n","vectors":[{"id":"a","embedding":[1,2]}]})";
    const std::string text = R"({"collection":"n","text":"sea"})";
    const std::string texts = R"({"collection":"n","texts":[{"id":"a","text":"sea"}]})";
    const std::pair<const char*, std::string> inserts[] = {
        {"/insert_vectors", vectors}, {"/insert", text}, {"/insert_texts", texts}};
    for (const auto& [path, body] : inserts) {
        EXPECT_TRUE(Json(good("POST", path, body, path)).truth("/collection_created"));
        good("DELETE", "/collections/n");
        EXPECT_FALSE(Json(repeated("POST", path, body, path)).has("/collection_created"));
        EXPECT_EQ(send("GET", "/collections/n").status, 404) << path;
        EXPECT_TRUE(Json(good("POST", path, body, std::string(path) + "-anew")).truth("/collection_created"));
        good("DELETE", "/collections/n");
    }
}

TEST_F(RestRepeats, a_batch_counts_what_was_done_the_first_time) {
    make("s", {"m", "n"});
    const std::string deletion = R"({"collection":"s","ids":["m","no"]})";
    EXPECT_EQ(Json(good("POST", "/batch_delete", deletion, "d")).integer("/failed"), 1);
    const Json deleted(repeated("POST", "/batch_delete", deletion, "d"));
    EXPECT_EQ(deleted.integer("/deleted"), 1);
    EXPECT_EQ(deleted.integer("/failed"), 1);
    EXPECT_TRUE(deleted.list("/results").empty()) << "which of them is not known any more";

    const std::string update = R"({"collection":"s","updates":[{"id":"n","payload":{}},{"id":"no","payload":{}},{}]})";
    EXPECT_EQ(Json(good("POST", "/batch_update", update, "u")).integer("/updated"), 1);
    const Json updated(repeated("POST", "/batch_update", update, "u"));
    EXPECT_EQ(updated.integer("/updated"), 1);
    EXPECT_EQ(updated.integer("/failed"), 2);
    ASSERT_EQ(updated.list("/results").size(), 1U);
    EXPECT_EQ(updated.integer("/results/0/index"), 2);
    EXPECT_EQ(updated.text("/results/0/status"), "error");

    const std::string whole = R"({"collection":"s","updates":[{"id":"n","payload":{}}]})";
    good("POST", "/batch_update", whole, "w");
    EXPECT_EQ(Json(repeated("POST", "/batch_update", whole, "w")).text("/results/0/status"), "ok");
}

TEST_F(RestRepeats, what_a_filter_selects_later_is_not_told) {
    make("s", {"a", "b"});
    const std::string path = "/collections/s/vectors/";
    const std::string filter = R"("filter":{"must":{"key":"k","match":{"value":1}}})";
    const std::string update = "{" + filter + R"(,"patch":{"l":2}})";
    EXPECT_EQ(Json(good("POST", path + "bulk_update_metadata?results=all", update, "u")).integer("/updated"), 2);
    good("PUT", path + "c", R"({"vector":[1],"payload":{"k":1}})");
    const Json updated(repeated("POST", path + "bulk_update_metadata?results=all", update, "u"));
    EXPECT_EQ(updated.integer("/matched"), 2);
    EXPECT_EQ(updated.integer("/updated"), 2);
    EXPECT_TRUE(updated.list("/results").empty());
    EXPECT_EQ(good("GET", path + "c").find("\"l\":2"), std::string::npos);

    const std::string deletion = "{" + filter + "}";
    EXPECT_EQ(Json(good("POST", path + "delete_by_filter?results=all", deletion, "d")).list("/results").size(), 3U);
    for (const bool is_empty : {true, false}) {
        if (!is_empty) good("PUT", path + "e", R"({"vector":[1],"payload":{"k":1}})");
        const Json deleted(repeated("POST", path + "delete_by_filter?results=all", deletion, "d"));
        EXPECT_EQ(deleted.integer("/matched"), 3);
        EXPECT_EQ(deleted.integer("/deleted"), 3);
        EXPECT_TRUE(deleted.list("/results").empty());
    }
    EXPECT_EQ(send("GET", path + "e").status, 200);
}

TEST_F(RestRepeats, how_many_points_there_were_is_not_told_by_those_that_are_there_now) {
    make("s", {"a", "b", "c"});
    const std::string path = "/collections/s/vectors/";
    const auto of = [](const std::string& id) { return R"({"filter":{"must":{"has_id":[")" + id + "\"]}}"; };
    for (const std::string list : {"", "?results=all"}) {
        const std::string update = of("a") + R"(,"patch":{"l":2}})";
        const std::string deletion = of(list.empty() ? "b" : "c") + "}";
        const std::pair<std::string, std::string> requests[] = {{path + "bulk_update_metadata" + list, update},
                                                                {path + "delete_by_filter" + list, deletion}};
        for (const auto& [route, body] : requests) {
            const int64_t there = Json(good("POST", "/collections/s/count", "{}")).integer("/count");
            EXPECT_EQ(Json(good("POST", route, body, route)).integer("/scanned"), there) << route;
            const Json again(repeated("POST", route, body, route));
            EXPECT_FALSE(again.has("/scanned")) << route;
            EXPECT_EQ(again.integer("/matched"), 1) << route;
        }
    }
}

TEST_F(RestRepeats, a_snapshot_is_deleted_once) {
    make("s", {"a"});
    const std::string path = "/collections/s/snapshots/";
    const std::string id = Json(good("POST", "/collections/s/snapshot")).text("/id");
    good("POST", path + id + "/restore", {}, "r");
    good("DELETE", path + id, {}, "d");
    EXPECT_TRUE(Json(repeated("DELETE", path + id, {}, "d")).truth("/success"));
    EXPECT_EQ(Json(repeated("POST", path + id + "/restore", {}, "r")).text("/status"), "restored");
    EXPECT_EQ(send("DELETE", path + id, {}, "other").status, 404);
}

TEST_F(RestRepeats, a_key_is_made_and_revoked_once) {
    const Json boss(good("POST", "/auth/keys", R"({"name":"boss","permissions":["admin"]})"));
    secret_ = boss.text("/api_key");
    const std::string wanted = R"({"name":"reader","permissions":["read"]})";
    const std::string id = Json(good("POST", "/auth/keys", wanted, "k")).text("/id");
    const auto refused_again = [&] {
        const Json again(repeated("POST", "/auth/keys", wanted, "k", 409));
        EXPECT_EQ(again.text("/error_type"), "conflict");
        EXPECT_NE(again.text("/details/reason").find(id), std::string::npos);
    };
    refused_again();
    EXPECT_EQ(Json(good("GET", "/auth/keys")).list("/keys").size(), 2U);
    good("DELETE", "/auth/keys/" + id, {}, "k");  // on another route the Idempotency-Key is another request's
    EXPECT_TRUE(Json(repeated("DELETE", "/auth/keys/" + id, {}, "k")).truth("/success"));
    EXPECT_EQ(send("DELETE", "/auth/keys/" + id, {}, "other").status, 404);
    kill();
    refused_again();
    EXPECT_EQ(Json(good("GET", "/auth/keys")).list("/keys").size(), 1U);
}

TEST_F(RestRepeats, an_admin_key_that_expires_is_no_other_admin) {
    const Json boss(good("POST", "/auth/keys", R"({"name":"boss","permissions":["admin"]})"));
    secret_ = boss.text("/api_key");
    const Json passing(good("POST", "/auth/keys", R"({"name":"guest","permissions":["admin"],"expires_in":3600})"));
    EXPECT_EQ(send("DELETE", "/auth/keys/" + boss.text("/id")).status, 409);
    good("DELETE", "/auth/keys/" + passing.text("/id"));
    EXPECT_EQ(send("GET", "/auth/keys").status, 200);
}

TEST_F(RestRepeats, a_request_under_way_is_no_full_queue) {
    make("s");
    constexpr int kRounds = 20;
    constexpr int kClients = 16;
    std::atomic<int> applied{0};
    for (int round = 0; round < kRounds; ++round) {
        std::vector<std::thread> clients;
        for (int i = 0; i < kClients; ++i) {
            clients.emplace_back([&, round] {
                HttpClient client(server_->port());
                const Answer answer =
                    client.request("POST", "/insert_vectors", R"({"collection":"s","vectors":[{"embedding":[1]}]})",
                                   {"Idempotency-Key: " + std::to_string(round)});
                if (answer.status == 200) {
                    applied += answer.header("Idempotent-Replay").empty() ? 1 : 0;
                    return;
                }
                EXPECT_EQ(answer.status, 409) << answer.body;
                EXPECT_EQ(Json(answer.body).text("/error_type"), "conflict");
                EXPECT_NE(answer.header("Retry-After"), "");
            });
        }
        for (std::thread& client : clients) client.join();
    }
    EXPECT_EQ(applied, kRounds);
    EXPECT_EQ(Json(good("POST", "/collections/s/count", "{}")).integer("/count"), kRounds);
}

TEST_F(RestRepeats, a_point_that_is_gone_is_not_shown) {
    make("s");
    const std::string path = "/collections/s/vectors/a";
    good("PUT", path, R"({"vector":[1]})", "p");
    EXPECT_EQ(Json(repeated("PUT", path, R"({"vector":[1]})", "p")).text("/id"), "a");
    good("DELETE", path);
    EXPECT_EQ(Json(repeated("PUT", path, R"({"vector":[1]})", "p")).text("/id"), "a");
    EXPECT_EQ(send("GET", path).status, 404);
}

TEST_F(RestRepeats, writes_are_answered_as_they_were_whatever_became_of_the_collection) {
    make("s", {"a"});
    make("o");
    good("POST", "/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25"})");
    struct Write {
        const char* method;
        const char* path;
        const char* body;
    };
    const Write writes[] = {
        {"POST", "/insert_vectors", R"({"collection":"s","vectors":[{"id":"b","vector":[1]},{"vector":[1,2]}]})"},
        {"PUT", "/qdrant/collections/s/points", R"({"points":[{"id":"c","vector":[1]}]})"},
        {"PUT", "/collections/s/vectors/d", R"({"vector":[1]})"},
        {"POST", "/update", R"({"collection":"s","id":"a","payload":{"x":1}})"},
        {"POST", "/batch_update", R"({"collection":"s","updates":[{"id":"a","payload":{"x":2}}]})"},
        {"PATCH", "/collections/s/vectors/a/expiry", R"({"expires_at":null})"},
        {"POST", "/collections/s/vectors/bulk_update_metadata",
         R"({"filter":{"must":{"has_id":["a","b"]}},"patch":{"y":1}})"},
        {"POST", "/collections/s/vectors/bulk_update_metadata?results=all",
         R"({"filter":{"must":{"has_id":["a","b"]}},"patch":{"y":2}})"},
        {"POST", "/collections/s/vectors/copy", R"({"destination":"o","ids":["a","b"]})"},
        {"POST", "/collections/s/vectors/move", R"({"destination":"o","ids":["b","no"]})"},
        {"POST", "/collections/s/vectors/delete_by_filter", R"({"filter":{"must":{"has_id":["c"]}}})"},
        {"POST", "/delete", R"({"collection":"s","id":"d"})"},
        {"POST", "/batch_delete", R"({"collection":"s","ids":["a","no"]})"},
        {"POST", "/collections/s/ttl", R"({"ttl_secs":5000})"},
        {"POST", "/insert", R"({"collection":"t","id":"x","text":"sea"})"},
        {"POST", "/insert_texts", R"({"collection":"t","texts":[{"id":"y","text":"sea"},{"text":"lake"}]})"},
    };
    std::vector<std::string> firsts;
    for (const Write& write : writes)
        firsts.push_back(good(write.method, write.path, write.body, "w" + std::to_string(firsts.size())));
    const auto repeat_all = [&] {
        for (size_t i = 0; i < firsts.size(); ++i) {
            const Json first(firsts[i]);
            const std::string body =
                repeated(writes[i].method, writes[i].path, writes[i].body, "w" + std::to_string(i));
            const Json again(body);
            for (const char* counter : {"/inserted", "/updated", "/deleted", "/copied", "/moved", "/matched", "/failed",
                                        "/vectors_created", "/ttl_secs"}) {
                if (!first.has(counter)) continue;
                EXPECT_EQ(again.integer(counter), first.integer(counter)) << writes[i].path << body;
            }
        }
    };
    repeat_all();
    good("DELETE", "/collections/s");
    good("DELETE", "/collections/t");
    repeat_all();
    kill();
    repeat_all();
    EXPECT_EQ(send("GET", "/collections/s").status, 404);
    EXPECT_EQ(send("GET", "/collections/t").status, 404);
    // Of other vectors, and none for texts.
    good("POST", "/collections", R"({"name":"s","dimension":3})");
    good("POST", "/collections", R"({"name":"t","dimension":3})");
    good("POST", "/collections/t/vectors", R"({"vectors":[{"vector":[1,2,3]}]})");
    repeat_all();
    EXPECT_EQ(Json(good("POST", "/collections/s/count", "{}")).integer("/count"), 0);
    EXPECT_EQ(Json(good("POST", "/collections/t/count", "{}")).integer("/count"), 1);
    for (const Write& write : writes) EXPECT_NE(send(write.method, write.path, write.body, "new").status, 500);
}

TEST_F(RestRepeats, a_rename_is_told_by_the_names_that_it_had) {
    make("one");
    const std::string to_two = R"({"new_name":"two"})";
    good("POST", "/collections/one/rename", to_two, "r");
    good("POST", "/collections/two/rename", R"({"new_name":"three","retain_alias":false})");
    const Json again(repeated("POST", "/collections/one/rename", to_two, "r"));
    EXPECT_EQ(again.text("/old_name"), "one");
    EXPECT_EQ(again.text("/new_name"), "two");
    EXPECT_EQ(again.text("/alias_retained"), "one");
}

TEST_F(RestRepeats, a_change_of_a_collection_that_is_gone_is_not_taken_for_none) {
    make("s");
    const std::pair<std::string, std::string> changes[] = {{"PUT /collections/s", R"({"description":"d"})"},
                                                           {"POST /collections/s/reindex", R"({"ef_search":40})"}};
    const auto method = [](const std::string& route) { return route.substr(0, route.find(' ')); };
    const auto path = [](const std::string& route) { return route.substr(route.find(' ') + 1); };
    for (const auto& [route, body] : changes) good(method(route), path(route), body, route.substr(0, 3));
    good("POST", "/collections/s/rename", R"({"new_name":"r","retain_alias":false})");
    for (const auto& [route, body] : changes) {
        const Json told(repeated(method(route), path(route), body, route.substr(0, 3), 409));
        EXPECT_EQ(told.text("/error_type"), "conflict");
        EXPECT_EQ(send(method(route), path(route), body, "other").status, 404);
    }
}

TEST_F(RestRepeats, a_change_is_not_judged_by_a_later_collection) {
    make("s");
    const std::string change = R"({"description":"d","metric":"cosine","dimension":1})";
    good("PUT", "/collections/s", change, "k");
    good("DELETE", "/collections/s");
    good("POST", "/collections", R"({"name":"s","dimension":2,"metric":"euclidean"})");
    const Json told(repeated("PUT", "/collections/s", change, "k"));
    EXPECT_EQ(told.integer("/dimension"), 2);
    EXPECT_FALSE(told.has("/description"));
    EXPECT_EQ(send("PUT", "/collections/s", change, "other").status, 400);
}

TEST_F(RestRepeats, a_transfer_whose_first_outcome_cannot_be_asked_for_is_refused) {
    make("s", {"a"});
    make("o");
    const std::pair<std::string, std::string> transfers[] = {
        {"/collections/s/vectors/copy", R"({"destination":"o","ids":["a","no"]})"},
        {"/collections/s/vectors/move", R"({"destination":"o","ids":["a"]})"}};
    for (const auto& [path, body] : transfers) good("POST", path, body, path);
    refuse_writes();
    for (const auto& [path, body] : transfers) {
        const Answer again = send("POST", path, body, path);
        EXPECT_EQ(again.status, 503) << again.body;
    }
    kill();
    for (const auto& [path, body] : transfers) repeated("POST", path, body, path);
}

TEST_F(RestRepeats, what_another_request_of_the_key_copied_is_not_moved) {
    make("s", {"a", "b"});
    make("o");
    const std::string move = "/collections/s/vectors/move";
    // On another route the key is another request's.
    good("PUT", "/collections/s/vectors/c", R"({"vector":[1]})", "k");
    EXPECT_EQ(Json(good("POST", move, R"({"destination":"o","ids":["a"]})", "k")).integer("/moved"), 1);
    good("GET", "/collections/o/vectors/a");
    // On the same one bodies are not compared: nothing is done, and nothing lost.
    const Json second(repeated("POST", move, R"({"destination":"o","ids":["b"]})", "k"));
    EXPECT_EQ(second.integer("/moved"), 0);
    EXPECT_EQ(second.text("/results/0/status"), "dst_insert_failed");
    good("GET", "/collections/s/vectors/b");
}

TEST_F(RestRepeats, a_snapshot_that_was_deleted_is_not_made_again) {
    make("s", {"a"});
    const std::string id = Json(good("POST", "/collections/s/snapshot", {}, "k")).text("/id");
    EXPECT_EQ(Json(repeated("POST", "/collections/s/snapshot", {}, "k")).text("/id"), id);
    good("DELETE", "/collections/s/snapshots/" + id);
    for (int i = 0; i < 2; ++i, kill()) {
        EXPECT_EQ(Json(repeated("POST", "/collections/s/snapshot", {}, "k", 409)).text("/error_type"), "conflict");
        EXPECT_EQ(Json(good("GET", "/collections/s/snapshots")).integer("/total"), 0);
    }
}

TEST_F(RestRepeats, a_snapshot_under_way_is_not_made_again) {
    make("s");
    constexpr int kRounds = 10;
    constexpr int kClients = 8;
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    for (int round = 0; round < kRounds; ++round) {
        good("PUT", "/collections/s/vectors/" + std::to_string(round), R"({"vector":[1]})");
        std::vector<std::thread> clients;
        for (int i = 0; i < kClients; ++i) {
            clients.emplace_back([&, round] {
                HttpClient client(server_->port());
                const Answer answer = client.request("POST", "/collections/s/snapshot", {},
                                                     {"Idempotency-Key: " + std::to_string(round)});
                if (answer.status == 200) {
                    made += answer.header("Idempotent-Replay").empty() ? 1 : 0;
                    return;
                }
                ++refused;
                EXPECT_EQ(answer.status, 409) << answer.body;
                EXPECT_EQ(Json(answer.body).text("/error_type"), "conflict");
                EXPECT_NE(answer.header("Retry-After"), "");
            });
        }
        for (std::thread& client : clients) client.join();
        repeated("POST", "/collections/s/snapshot", {}, std::to_string(round));
    }
    EXPECT_EQ(made, kRounds);
    EXPECT_GT(refused, 0);
    EXPECT_EQ(Json(good("GET", "/collections/s/snapshots")).integer("/total"), kRounds);
}

TEST_F(RestRepeats, a_snapshot_is_told_though_nothing_more_can_be_written) {
    make("s", {"a"});
    const std::string id = Json(good("POST", "/collections/s/snapshot", {}, "k")).text("/id");
    refuse_writes();
    EXPECT_EQ(Json(repeated("POST", "/collections/s/snapshot", {}, "k")).text("/id"), id);
}

TEST_F(RestRepeats, atomic_is_said_once_or_alike) {
    make("s");
    const auto status = [&](const std::string& path, const std::string& body) {
        const Answer answer = send("POST", path, body);
        if (answer.status == 400) {
            EXPECT_EQ(Json(answer.body).text("/details/field"), "config.atomic") << answer.body;
        }
        return answer.status;
    };
    const std::string vectors = R"({"collection":"s","vectors":[{"id":"a","embedding":[1]}],"config":)";
    const std::string texts = R"({"collection":"t","texts":[{"id":"a","text":"sea"}],"config":)";
    for (const auto& [path, body] : {std::pair{"/insert_vectors", vectors}, std::pair{"/insert_texts", texts}}) {
        const std::string route = path;
        EXPECT_EQ(status(route + "?atomic=false", body + R"({"atomic":true}})"), 400);
        EXPECT_EQ(status(route + "?atomic=true", body + R"({"atomic":false}})"), 400);
        EXPECT_EQ(status(route + "?atomic=true", body + R"({"atomic":true}})"), 200);
        EXPECT_EQ(status(route + "?atomic=false", body + R"({"atomic":null}})"), 200);
        EXPECT_EQ(status(route + "?atomic=false", body + "null}"), 200);
        EXPECT_EQ(status(route, body + R"({"atomic":true}})"), 200);
    }
}

TEST_F(RestRepeats, a_creation_over_graphql_is_answered_though_the_collection_is_gone) {
    const std::string create =
        R"({"query":"mutation { createCollection(input: {name: \"g\", dimension: 3, metric: EUCLIDEAN, description: \"d\"}) { name vectorCount description createdAt config { dimension metric } } }"})";
    good("POST", "/graphql", create, "k");
    good("DELETE", "/collections/g");
    const std::string again = repeated("POST", "/graphql", create, "k");
    const Json told(again);
    ASSERT_FALSE(told.has("/errors")) << again;
    EXPECT_EQ(told.text("/data/createCollection/name"), "g");
    EXPECT_EQ(told.integer("/data/createCollection/vectorCount"), 0);
    EXPECT_EQ(told.text("/data/createCollection/description"), "d");
    EXPECT_EQ(told.integer("/data/createCollection/config/dimension"), 3);
    EXPECT_EQ(told.text("/data/createCollection/config/metric"), "EUCLIDEAN");
    EXPECT_EQ(send("GET", "/collections/g").status, 404);
}

TEST_F(RestRepeats, mutations_are_answered_as_they_were_whatever_became_of_the_collection) {
    make("s", {"a", "b"});
    good("POST", "/collections", R"({"name":"t","dimension":16,"embedding_provider":"bm25"})");
    const auto request = [](const std::string& mutation) { return R"({"query":"mutation { )" + mutation + R"( }"})"; };
    const std::string mutations[] = {
        R"(upsertVector(collection: \"s\", input: {id: \"c\", data: [1]}) {id})",
        R"(upsertVectors(input: {collection: \"s\", vectors: [{id: \"d\", data: [1]}]}) {affectedCount})",
        R"(updatePayload(collection: \"s\", id: \"a\", payload: {k: 2}) {success})",
        R"(deleteVector(collection: \"s\", id: \"b\") {success})",
        R"(deleteVectors(input: {collection: \"s\", ids: [\"c\", \"no\"]}) {affectedCount})",
        R"(upsertTexts(input: {collection: \"t\", texts: [{id: \"x\", text: \"sea\"}]}) {affectedCount})",
    };
    std::vector<std::string> firsts;
    for (const std::string& mutation : mutations) {
        firsts.push_back(good("POST", "/graphql", request(mutation), "m" + std::to_string(firsts.size())));
        EXPECT_EQ(firsts.back().find("errors"), std::string::npos) << firsts.back();
    }
    const std::string update = request(R"(updateCollection(name: \"s\", input: {description: \"d\"}) {name})");
    good("POST", "/graphql", update, "u");
    const std::string rename = request(R"(renameCollection(name: \"s\", newName: \"r\") {name})");
    good("POST", "/graphql", rename, "r");
    good("DELETE", "/collections/r");
    good("DELETE", "/collections/t");
    for (int i = 0; i < 2; ++i, kill()) {
        for (size_t each = 0; each < firsts.size(); ++each)
            EXPECT_EQ(repeated("POST", "/graphql", request(mutations[each]), "m" + std::to_string(each)), firsts[each]);
        for (const auto& [body, key] : {std::pair{update, "u"}, std::pair{rename, "r"}})
            EXPECT_EQ(Json(repeated("POST", "/graphql", body, key)).text("/errors/0/extensions/code"), "CONFLICT");
        EXPECT_EQ(Json(good("POST", "/graphql", update, "other")).text("/errors/0/extensions/code"),
                  "COLLECTION_NOT_FOUND");
    }
}

}  // namespace
}  // namespace vz::e2e
