// Snapshots, expiry and tuning over REST: the shapes, and that they do what they say.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

class RestOperations : public OnServer {
 protected:
    void SetUp() override {
        good("POST", "/collections", R"({"name":"s","dimension":2})");
        good("POST", "/collections/s/vectors",
             R"({"vectors":[{"id":"a","vector":[1,2]},{"id":"b","vector":[2,1],"payload":{"n":1}}]})");
    }
    // The payload of b in a sealed file.
    void rot(const std::string& file) {
        const std::string path = rest_.data() + "/" + file;
        std::ifstream from(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(from), std::istreambuf_iterator<char>()};
        const size_t at = bytes.find(R"({"n":1})");
        ASSERT_NE(at, std::string::npos);
        std::filesystem::permissions(path, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        std::fstream to(path, std::ios::binary | std::ios::in | std::ios::out);
        to.seekp(static_cast<std::streamoff>(at + 5));
        to.put('2');
    }
    int64_t count() { return Json(good("POST", "/collections/s/count", "{}")).integer("/count"); }
};

TEST_F(RestOperations, a_snapshot_brings_everything_back_after_a_kill) {
    const Json made(good("POST", "/collections/s/snapshot"));
    const std::string id = made.text("/id");
    EXPECT_EQ(made.text("/collection"), "s");
    EXPECT_EQ(made.text("/status"), "created");
    EXPECT_GT(made.integer("/size_bytes"), 0);
    rest_.kill();
    good("DELETE", "/collections/s/vectors/a");
    const Json second(good("POST", "/collections/s/snapshot"));
    EXPECT_NE(second.text("/id"), id);
    const Json list(good("GET", "/collections/s/snapshots"));
    EXPECT_EQ(list.integer("/total"), 2);
    EXPECT_EQ(list.text("/snapshots/0/id"), second.text("/id"));
    const Json restored(good("POST", "/collections/s/snapshots/" + id + "/restore"));
    EXPECT_EQ(restored.text("/status"), "restored");
    EXPECT_EQ(restored.text("/snapshot_id"), id);
    const Json report(good("GET", "/collections/s/persistence"));
    for (const char* at : {"/snapshots/0", "/snapshots/1"}) EXPECT_FALSE(report.text(at).empty());
    const Json item(good("GET", "/collections/s"));
    EXPECT_LE(item.text("/created_at"), item.text("/updated_at"));
    rest_.kill();
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(Json(good("GET", "/collections/s/vectors/b")).integer("/payload/n"), 1);
    good("DELETE", "/collections/s");
    EXPECT_EQ(Json(good("GET", "/collections/s/snapshots")).integer("/total"), 2);
    good("POST", "/collections/s/snapshots/" + id + "/restore");
    EXPECT_EQ(count(), 2);
    good("DELETE", "/collections/s/snapshots/" + id);
    const Answer gone = send("POST", "/collections/s/snapshots/" + id + "/restore", "");
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(Json(gone.body).text("/error_type"), "snapshot_not_found");
    EXPECT_EQ(send("GET", "/collections/nope/snapshots", "").status, 404);
}

TEST_F(RestOperations, snapshots_are_found_under_every_name_of_their_collection) {
    const std::string id = Json(good("POST", "/collections/s/snapshot")).text("/id");
    good("PUT", "/aliases/nick", R"({"collection":"s"})");
    EXPECT_EQ(Json(good("GET", "/collections/nick/snapshots")).text("/snapshots/0/id"), id);
    good("DELETE", "/collections/s/vectors/a");
    good("POST", "/collections/nick/snapshots/" + id + "/restore");
    EXPECT_EQ(count(), 2);
    good("POST", "/collections/s/rename", R"({"new_name":"t","retain_alias":false})");
    good("DELETE", "/collections/t/vectors/a");
    rest_.kill();
    EXPECT_EQ(Json(good("GET", "/collections/t/snapshots")).text("/snapshots/0/id"), id);
    good("POST", "/collections/nick/snapshots/" + id + "/restore");
    EXPECT_EQ(Json(good("POST", "/collections/t/count", "{}")).integer("/count"), 2);
    const std::string second = Json(good("POST", "/collections/nick/snapshot")).text("/id");
    EXPECT_EQ(Json(good("GET", "/collections/t/snapshots")).integer("/total"), 2);
    good("DELETE", "/collections/nick/snapshots/" + second);
    good("DELETE", "/collections/t/snapshots/" + id);
    EXPECT_EQ(Json(good("GET", "/collections/nick/snapshots")).integer("/total"), 0);
}

TEST_F(RestOperations, every_write_of_a_payload_keeps_the_expiry_in_step) {
    const auto expiry = [&](const std::string& path) { return Json(good("GET", path)).integer("/expires_at"); };
    const auto expires = [&](const std::string& path) {
        return good("GET", path).find(R"("expires_at":null)") == std::string::npos;
    };
    const std::string patch = "/collections/s/vectors/bulk_update_metadata";
    const std::string all = R"({"filter":{"must":{"has_id":["a","b"]}},"patch":{"__expires_at":)";
    good("POST", patch, all + "99999999999999}}");
    EXPECT_EQ(expiry("/collections/s/vectors/a"), 99'999'999'999'999);
    good("POST", patch, all + R"("no time"}})");
    EXPECT_EQ(expiry("/collections/s/vectors/a"), 99'999'999'999'999);
    good("POST", patch, all + "null}}");
    EXPECT_FALSE(expires("/collections/s/vectors/a"));
    good("POST", patch + "?results=all", all + "88888888888888}}");
    EXPECT_EQ(expiry("/collections/s/vectors/b"), 88'888'888'888'888);
    good("POST", patch + "?results=all", R"({"filter":{"must":{"has_id":["b"]}},"patch":{"__expires_at":null}})");

    good("POST", "/collections", R"({"name":"d","dimension":2,"ttl_secs":1000})");
    good("POST", "/collections/s/vectors/copy", R"({"destination":"d","ids":["a","b","a"]})");
    EXPECT_EQ(expiry("/collections/d/vectors/a"), 88'888'888'888'888);
    EXPECT_LT(expiry("/collections/d/vectors/b"), 88'888'888'888'888);
    good("POST", "/collections/s/vectors", R"({"vectors":[{"id":"c","vector":[1,1]}]})");
    good("POST", "/collections/s/vectors/move", R"({"destination":"d","ids":["c","a"]})");
    EXPECT_EQ(expiry("/collections/d/vectors/a"), 88'888'888'888'888);
    EXPECT_TRUE(expires("/collections/d/vectors/c"));

    const auto graphql = [&](const std::string& document) {
        const std::string answer = good("POST", "/graphql", R"({"query":)" + json_string(document) + "}");
        EXPECT_EQ(answer.find("errors"), std::string::npos) << answer;
    };
    graphql(R"(mutation {
        upsertVector(collection: "s", input: {id: "g", data: [1, 2], payload: {__expires_at: 77777777777777}}) {id}
        upsertVectors(input: {collection: "s", vectors: [{id: "h", data: [1, 2]}, {id: "i", data: [1, 2], payload: {__expires_at: 66666666666666}}]}) {lsn}
        updatePayload(collection: "s", id: "b", payload: {__expires_at: 55555555555555}) {lsn}
    })");
    EXPECT_EQ(expiry("/collections/s/vectors/g"), 77'777'777'777'777);
    EXPECT_FALSE(expires("/collections/s/vectors/h"));
    EXPECT_EQ(expiry("/collections/s/vectors/i"), 66'666'666'666'666);
    EXPECT_EQ(expiry("/collections/s/vectors/b"), 55'555'555'555'555);
    rest_.kill();
    EXPECT_EQ(expiry("/collections/d/vectors/a"), 88'888'888'888'888);
    EXPECT_EQ(expiry("/collections/s/vectors/b"), 55'555'555'555'555);
}

TEST_F(RestOperations, an_integer_that_is_no_time_is_refused_wherever_it_says_when_a_point_expires) {
    for (const std::string time : {"0", "-1", "9223372036854775808", "123456789012345678901234567890"}) {
        const std::string payload = R"({"k":1,"__expires_at":)" + time + "}";
        const auto refused = [&](const std::string& method, const std::string& path, const std::string& body,
                                 const std::string& field) {
            const Answer answer = send(method, path, body);
            EXPECT_EQ(answer.status, 400) << path << " " << body << answer.body;
            EXPECT_EQ(Json(answer.body).text("/error_type"), "validation_error") << answer.body;
            EXPECT_EQ(Json(answer.body).text("/details/field"), field) << answer.body;
        };
        refused("PUT", "/collections/s/vectors/a", R"({"payload":)" + payload + "}", "payload.__expires_at");
        refused("POST", "/update", R"({"collection":"s","id":"a","metadata":)" + payload + "}",
                "metadata.__expires_at");
        refused("POST", "/insert_vectors?atomic=true",
                R"({"collection":"s","vectors":[{"vector":[1,1],"payload":)" + payload + "}]}",
                "vectors[0].payload.__expires_at");
        refused("POST", "/collections/s/vectors/bulk_update_metadata",
                R"({"filter":{"must":{"has_id":["a"]}},"patch":)" + payload + "}", "patch.__expires_at");
        const Json inserted(good("POST", "/insert_vectors",
                                 R"({"collection":"s","vectors":[{"vector":[1,1],"payload":)" + payload + "}]}"));
        EXPECT_EQ(inserted.text("/results/0/error_type"), "validation_error");
        const Json over_graphql(good("POST", "/graphql",
                                     R"({"query":"mutation { upsertVector(collection: \"s\", )"
                                     R"(input: {id: \"a\", data: [1, 2], payload: {__expires_at: )" +
                                         time + R"(}}) {id} }"})"));
        EXPECT_EQ(over_graphql.text("/errors/0/extensions/code"), "VALIDATION_ERROR") << time;
    }
    for (const char* other : {"1.5", R"("0")", "null", "[0]", "1e30"})
        good("PUT", "/collections/s/vectors/a", std::string(R"({"payload":{"__expires_at":)") + other + "}}");
}

// Also while nothing can be deleted, for the disk refuses.
TEST_F(RestOperations, figures_tell_live_points) {
    const auto shown = [&] { return Json(good("GET", "/collections/s")).integer("/vector_count"); };
    const auto expect_shown = [&](int64_t points) {
        EXPECT_EQ(shown(), points);
        EXPECT_EQ(Json(good("GET", "/collections")).integer("/collections/0/vector_count"), points);
        EXPECT_EQ(Json(good("GET", "/stats")).integer("/total_vectors"), points);
        EXPECT_EQ(Json(good("POST", "/graphql", R"({"query":"{collection(name: \"s\") {vectorCount}}"})"))
                      .integer("/data/collection/vectorCount"),
                  points);
        EXPECT_NE(good("GET", "/metrics").find("\nvectorizer_points " + std::to_string(points)), std::string::npos);
    };
    expect_shown(2);
    good("POST", "/collections/s/vectors",
         R"({"vectors":[{"id":"k","vector":[1,1],"payload":{"__expires_at":1}},{"id":"l","vector":[1,1]}]})");
    EXPECT_EQ(shown(), 3) << "k expired before it can have been deleted";
    good("POST", "/collections/s/ttl", R"({"ttl_secs":3})");
    good("POST", "/collections/s/vectors", R"({"vectors":[{"id":"t","vector":[1,1]},{"id":"u","vector":[1,1]}]})");
    EXPECT_EQ(shown(), 5);
    const rlimit none{0, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(rest_.process().id(), RLIMIT_FSIZE, &none, nullptr), 0);
    EXPECT_EQ(send("PUT", "/collections/s/vectors/v", R"({"vector":[1,1]})").status, 503);
    EXPECT_TRUE(comes([&] { return shown() == 3; })) << "t and u have expired, and stay";
    expect_shown(3);
    EXPECT_EQ(count(), 3);
}

TEST_F(RestOperations, points_expire_by_their_own_time_and_by_the_collection) {
    const auto in_ms = [](int64_t ms) {
        return std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count() +
            ms);
    };
    const std::string far = in_ms(60'000);
    EXPECT_EQ(
        Json(good("PATCH", "/collections/s/vectors/b/expiry", R"({"expires_at":)" + far + "}")).integer("/expires_at"),
        std::stoll(far));
    const Json point(good("GET", "/collections/s/vectors/b"));
    EXPECT_EQ(point.integer("/expires_at"), std::stoll(far));
    EXPECT_EQ(point.integer("/payload/__expires_at"), std::stoll(far));
    good("PATCH", "/collections/s/vectors/b/expiry", R"({"expires_at":null})");
    EXPECT_EQ(good("GET", "/collections/s/vectors/b").find("__expires_at"), std::string::npos);
    // Expired as it is written: the point is shown as it was sent.
    const Json past(good("PUT", "/collections/s/vectors/past", R"({"vector":[1,2],"payload":{"__expires_at":1}})"));
    EXPECT_EQ(past.text("/id"), "past");
    EXPECT_EQ(floats_of(past.at("/data")), (std::vector<float>{1, 2}));
    EXPECT_EQ(past.integer("/metadata/__expires_at"), 1);
    EXPECT_EQ(past.integer("/dimension"), 2);
    EXPECT_EQ(past.integer("/expires_at"), 1);
    EXPECT_GT(past.integer("/version"), 0);
    const Json half(good("PUT", "/collections/s/vectors/a", R"({"payload":{"__expires_at":1}})"));
    EXPECT_TRUE(half.at("/vector").is_null());
    EXPECT_EQ(half.integer("/payload/__expires_at"), 1);
    good("PUT", "/collections/s/vectors/a", R"({"vector":[1,1]})");
    good("PATCH", "/collections/s/vectors/a/expiry", R"({"expires_at":1})");
    EXPECT_EQ(send("GET", "/collections/s/vectors/a").status, 404);
    EXPECT_EQ(send("PATCH", "/collections/s/vectors/a/expiry", R"({"expires_at":null})").status, 404);
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(send("PATCH", "/collections/s/vectors/b/expiry", "{}").status, 400);

    good("POST", "/collections/s/vectors",
         R"({"vectors":[{"id":"k","vector":[1,1],"payload":{"__expires_at":1}},{"id":"l","vector":[1,1]}]})");
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(Json(good("POST", "/collections/s/ttl", R"({"ttl_secs":1})")).integer("/ttl_secs"), 1);
    EXPECT_EQ(Json(good("GET", "/collections/s?view=full")).integer("/ttl_secs"), 1);
    good("POST", "/collections/s/vectors", R"({"vectors":[{"id":"t","vector":[1,1]}]})");
    EXPECT_EQ(count(), 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    EXPECT_EQ(count(), 2);
    rest_.kill();
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(send("GET", "/collections/s/vectors/t").status, 404);
}

TEST_F(RestOperations, what_came_too_late_was_not_done) {
    for (int i = 0; i < 100; ++i) {
        const std::string path = "/collections/s/vectors/p" + std::to_string(i);
        const int status = send("PUT", path + "?timeout_ms=1", R"({"vector":[1,2]})").status;
        EXPECT_TRUE(status == 200 || status == 504) << status;
        EXPECT_EQ(send("GET", path).status, status == 200 ? 200 : 404) << i;
    }
}

TEST_F(RestOperations, an_update_keeps_the_time_that_somebody_named) {
    constexpr int64_t kFar = 4'102'444'800'000;
    good("POST", "/collections", R"({"name":"d","dimension":2,"ttl_secs":1000})");
    const std::string far = R"({"__expires_at":4102444800000})";
    for (const std::string id : {"a", "b", "c", "e", "g"})
        good("POST", "/collections/d/vectors",
             R"({"vectors":[{"id":")" + id + R"(","vector":[1,2],"payload":)" + far + "}]}");
    good("PUT", "/collections/d/vectors/f", R"({"vector":[1,2]})");
    good("PATCH", "/collections/d/vectors/f/expiry", R"({"expires_at":null})");
    good("POST", "/update", R"({"collection":"d","id":"a","vector":[2,2]})");
    good("PUT", "/collections/d/vectors/b", R"({"vector":[2,2]})");
    good("POST", "/batch_update", R"({"collection":"d","updates":[{"id":"c","vector":[2,2]}]})");
    good("POST", "/collections/d/vectors/bulk_update_metadata",
         R"({"filter":{"must":{"has_id":["e","f"]}},"patch":{"z":1}})");
    good("POST", "/graphql",
         R"({"query":"mutation { updatePayload(collection: \"d\", id: \"g\", payload: {z: 1}) {success} }"})");
    for (const std::string id : {"a", "b", "c", "e", "g"})
        EXPECT_EQ(Json(good("GET", "/collections/d/vectors/" + id)).integer("/expires_at"), kFar) << id;
    EXPECT_NE(good("GET", "/collections/d/vectors/f").find(R"("expires_at":null)"), std::string::npos);
}

TEST_F(RestOperations, an_alias_moves_in_one_step) {
    good("POST", "/collections", R"({"name":"t","dimension":2})");
    EXPECT_EQ(Json(good("PUT", "/aliases/now", R"({"collection":"s"})")).text("/collection"), "s");
    EXPECT_EQ(Json(good("POST", "/collections/now/count", "{}")).integer("/count"), 2);
    good("PUT", "/aliases/now", R"({"collection":"t"})");
    rest_.kill();
    EXPECT_EQ(Json(good("POST", "/collections/now/count", "{}")).integer("/count"), 0);
    const Json list(good("GET", "/aliases"));
    EXPECT_EQ(list.integer("/total"), 1);
    EXPECT_EQ(list.text("/aliases/0/alias"), "now");
    EXPECT_EQ(list.text("/aliases/0/collection"), "t");
    EXPECT_EQ(send("PUT", "/aliases/s", R"({"collection":"t"})").status, 409);
    EXPECT_EQ(send("PUT", "/aliases/x", R"({"collection":"nope"})").status, 404);
    EXPECT_EQ(send("PUT", "/aliases/x", "{}").status, 400);
    good("DELETE", "/aliases/now");
    EXPECT_EQ(send("DELETE", "/aliases/now", "").status, 404);
    EXPECT_EQ(send("POST", "/collections/now/count", "{}").status, 404);
}

TEST_F(RestOperations, a_rename_under_an_alias_tells_what_it_did) {
    good("PUT", "/aliases/nick", R"({"collection":"s"})");
    const Json renamed(good("POST", "/collections/nick/rename", R"({"new_name":"made"})"));
    EXPECT_EQ(renamed.text("/old_name"), "s");
    EXPECT_EQ(renamed.text("/alias_retained"), "s");
    const Json onto_alias(good("POST", "/collections/nick/rename", R"({"new_name":"nick"})"));
    EXPECT_EQ(onto_alias.text("/old_name"), "made");
    EXPECT_EQ(onto_alias.text("/alias_retained"), "made");
    EXPECT_EQ(Json(good("GET", "/aliases")).integer("/total"), 2);
    const Json plain(good("POST", "/collections/s/rename", R"({"new_name":"s","retain_alias":false})"));
    EXPECT_EQ(plain.text("/old_name"), "nick");
    EXPECT_TRUE(plain.at("/alias_retained").is_null());
    EXPECT_EQ(Json(good("GET", "/aliases")).text("/aliases/0/alias"), "made");
}

TEST_F(RestOperations, explain_tells_what_a_search_did) {
    const Json told(good("POST", "/collections/s/explain",
                         R"({"vector":[1,0],"k":1,"filter":{"must":{"key":"n","match":{"value":1}}}})"));
    EXPECT_EQ(told.integer("/k"), 1);
    EXPECT_EQ(told.text("/results/0/id"), "b");
    EXPECT_EQ(told.integer("/results/0/payload/n"), 1);
    EXPECT_EQ(told.integer("/trace/scored"), 1);
    EXPECT_EQ(told.integer("/trace/segments"), 1);
    EXPECT_EQ(told.text("/trace/plan"), "exact");
    EXPECT_EQ(told.text("/explain/parts/0/segment"), "growing");
    EXPECT_GE(told.integer("/explain/us/queue"), 0);
    EXPECT_EQ(send("POST", "/collections/s/explain", R"({"vector":[1]})").status, 400);
    EXPECT_EQ(send("POST", "/collections/s/explain", "{}").status, 400);
}

TEST_F(RestOperations, indexing_progress_counts_collections) {
    const Json told(good("GET", "/indexing/progress"));
    EXPECT_EQ(told.text("/overall_status"), "completed");
    EXPECT_EQ(told.integer("/total_collections"), 1);
    EXPECT_EQ(told.integer("/completed_collections"), 1);
    EXPECT_EQ(told.text("/collections/0/name"), "s");
    EXPECT_EQ(told.integer("/collections/0/processed_documents"), 2);
}

TEST_F(RestOperations, the_search_effort_can_be_tuned) {
    good("PUT", "/collections/s", R"({"hnsw_config":{"ef_search":77}})");
    rest_.kill();
    EXPECT_EQ(Json(good("GET", "/collections/s?view=full")).integer("/hnsw_config/ef_search"), 77);
    const Answer bad = send("PUT", "/collections/s", R"({"hnsw_config":{"ef_search":0}})");
    EXPECT_EQ(bad.status, 400);
}

// Searches go on while graphs are built anew; what is declared is what is built, also after a kill.
TEST_F(RestOperations, graphs_are_built_anew) {
    good("POST", "/collections", R"({"name":"g","dimension":64})");
    std::string body;
    for (int batch = 0; batch < 6; ++batch) {
        std::string vectors;
        for (int i = 0; i < 1000; ++i) {
            const int id = batch * 1000 + i;
            vectors += (i == 0 ? "" : ",") + std::string(R"({"id":)") + std::to_string(id) + R"(,"vector":[)";
            for (int d = 0; d < 64; ++d)
                vectors +=
                    (d == 0 ? "" : ",") +
                    std::to_string(
                        static_cast<int>(
                            (static_cast<uint32_t>(id + 1) * 2654435761U * static_cast<uint32_t>(d + 1) >> 9) % 201) -
                        100);
            vectors += "]}";
        }
        good("POST", "/collections/g/vectors?results=errors", R"({"vectors":[)" + vectors + "]}");
    }
    good("POST", "/collections/g/force-save");
    const auto hits = [&] {
        std::string ids;
        const Json found(good(
            "POST", "/collections/g/search", R"({"vector":[)" + [] {
                std::string numbers = "1";
                for (int d = 1; d < 64; ++d) numbers += "," + std::to_string(d % 9 - 4);
                return numbers;
            }() + R"(],"limit":5,"with_vector":false})"));
        for (const JsonValue hit : found.list("/results")) ids += text_of(hit, "id") + " ";
        return ids;
    };
    const std::string before = hits();
    const Json done(
        good("POST", "/collections/g/reindex?wait=true", R"({"m":24,"ef_construction":64,"ef_search":300})"));
    EXPECT_EQ(done.text("/state"), "completed");
    EXPECT_EQ(done.integer("/params/m"), 24);
    EXPECT_EQ(done.integer("/params/ef_construction"), 64);
    EXPECT_EQ(done.integer("/params/ef_search"), 300);
    EXPECT_EQ(number_of(done.at("/progress")), 1.0);
    EXPECT_EQ(hits(), before);
    rest_.kill();
    EXPECT_EQ(Json(good("GET", "/collections/g?view=full")).integer("/hnsw_config/m"), 24);
    EXPECT_EQ(Json(good("POST", "/collections/g/reencode?wait=true", R"({"target_encoding":"fp32"})")).text("/state"),
              "completed");
    EXPECT_EQ(Json(good("GET", "/collections/g")).text("/quantization/type"), "None");
    EXPECT_EQ(hits(), before);
    const Json again(good("POST", "/collections/g/reencode", R"({"target_encoding":"sq8"})"));
    EXPECT_EQ(again.text("/target_encoding"), "sq8");
    EXPECT_FALSE(again.text("/job_id").empty());
    EXPECT_EQ(hits(), before);
    good("POST", "/collections/g/reindex?wait=true");
    EXPECT_EQ(Json(good("GET", "/indexing/progress")).text("/overall_status"), "completed");
    EXPECT_EQ(hits(), before);
}

// The background reads every sealed file after the start: what it finds is told, and costs that collection alone.
TEST_F(RestOperations, damage_on_disk_is_found_while_serving) {
    good("POST", "/collections", R"({"name":"well","dimension":1})");
    good("POST", "/collections/well/vectors", R"({"vectors":[{"id":"w","vector":[1]}]})");
    good("POST", "/collections/s/force-save");
    const auto state = [&](const std::string& name) {
        return Json(good("GET", "/collections/" + name + "/persistence")).text("/state");
    };
    const auto file = Json(good("GET", "/collections/s/persistence")).text("/segments/0/file");
    rest_.stop();
    rest_.start();
    const auto is_verified = [&] {
        return Json(good("GET", "/collections/s/persistence")).at("/segments/0/verified_at").is_string();
    };
    EXPECT_TRUE(comes(is_verified));
    rest_.stop();
    rot(file);
    rest_.start();
    EXPECT_TRUE(comes([&] { return state("s") == "quarantined"; }));
    const Answer refused = send("GET", "/collections/s/vectors/b", "");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(Json(refused.body).text("/details/reason"), "collection_quarantined");
    EXPECT_EQ(state("well"), "ready");
    good("GET", "/collections/well/vectors/w");
    good("DELETE", "/collections/s");
}

TEST_F(RestOperations, a_damaged_snapshot_replaces_nothing) {
    const std::string id = Json(good("POST", "/collections/s/snapshot")).text("/id");
    rot(Json(good("GET", "/collections/s/persistence")).text("/segments/0/file"));
    good("POST", "/collections/s/vectors", R"({"vectors":[{"id":"b","vector":[5,5],"payload":{"n":7}}]})");
    const Answer refused = send("POST", "/collections/s/snapshots/" + id + "/restore", "");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(Json(refused.body).text("/details/reason"), "snapshot_damaged");
    EXPECT_EQ(Json(good("GET", "/collections/s/vectors/b")).integer("/payload/n"), 7);
}

// No answer says that a point is not there because its file is not.
TEST_F(RestOperations, what_cannot_be_read_is_not_told_as_missing) {
    good("POST", "/collections", R"({"name":"well","dimension":1})");
    const std::string point = R"({"vectors":[{"id":"b","vector":[1,1]}]})";
    for (const auto& [method, path, body] : std::vector<std::array<std::string, 3>>{
             {"GET", "/vectors/b", ""},
             {"PUT", "/vectors/b", R"({"vector":[1,1]})"},
             {"DELETE", "/vectors/b", ""},
             {"POST", "/vectors", point},
             {"POST", "/search", R"({"vector":[1,1],"limit":1})"},
         }) {
        good("POST", "/collections/s/force-save");
        const auto file = Json(good("GET", "/collections/s/persistence")).text("/segments/0/file");
        const std::string sealed = rest_.data() + "/" + file;
        std::filesystem::permissions(sealed, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        std::filesystem::resize_file(sealed, 4096);
        for (int i = 0; i < 2; ++i) {
            const Answer refused = send(method, "/collections/s" + path, body);
            EXPECT_EQ(refused.status, 503) << method << path << refused.body;
            EXPECT_EQ(Json(refused.body).text("/details/reason"), "collection_quarantined") << method << path;
        }
        const Json report(good("GET", "/collections/s/persistence"));
        EXPECT_EQ(report.text("/state"), "quarantined");
        EXPECT_NE(report.text("/problems/0").find(file), std::string::npos);
        good("POST", "/collections/well/count", "{}");
        good("DELETE", "/collections/s");
        good("POST", "/collections", R"({"name":"s","dimension":2})");
        good("POST", "/collections/s/vectors", R"({"vectors":[{"id":"b","vector":[2,1]}]})");
    }
}

}  // namespace
}  // namespace vz::e2e
