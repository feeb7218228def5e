// Jobs over the rows of a collection: one at a time, whoever asks, and whatever becomes of the name.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {
namespace {

class RestJobs : public OnOneServer<RestJobs> {
 protected:
    void TearDown() override {
        for (const char* name : {"s", "t", "renamed"}) send("DELETE", std::string("/collections/") + name);
    }

    // A collection "t" of so many rows, none of them sealed.
    static void make_growing(int count) {
        std::string text = R"({"collection":"t","vectors":[)";
        uint32_t seed = 1;
        for (int i = 0; i < count; ++i) {
            text += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(i)) + R"(,"embedding":[)";
            for (int j = 0; j < 64; ++j) {
                seed = seed * 1664525 + 1013904223;
                text += (j == 0 ? "" : ",") + std::to_string(seed >> 24);
            }
            text += "]}";
        }
        good("POST", "/collections", R"({"name":"t","dimension":64})");
        EXPECT_EQ(Json(good("POST", "/insert_vectors?results=errors", text + "]}")).integer("/inserted"), count);
    }
};

// Twenty thousand points with some text, sealed.
TEST_F(RestJobs, deadlines_and_jobs_under_way_are_told) {
    std::string text = R"({"collection":"t","vectors":[)";
    uint32_t seed = 1;
    for (int i = 0; i < 20'000; ++i) {
        text += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(i)) + R"(,"embedding":[)";
        for (int j = 0; j < 32; ++j) {
            seed = seed * 1664525 + 1013904223;
            text += (j == 0 ? "" : ",") + std::to_string(seed >> 20);
        }
        text += R"(],"payload":{"text":")" + std::string(200, 'x') + "\"}}";
    }
    good("POST", "/collections", R"({"name":"t","dimension":32})");
    EXPECT_EQ(Json(good("POST", "/insert_vectors?results=errors", text + "]}")).integer("/inserted"), 20'000);
    good("POST", "/collections/t/force-save");

    std::string filter = R"({"filter":{"should":[)";
    for (int i = 0; i < 300; ++i)
        filter += (i == 0 ? "" : ",") + (R"({"key":"text","match":{"text":"no)" + std::to_string(i)) + "\"}}";
    const Json late(refused(504, "POST", "/collections/t/count?timeout_ms=7", filter + "]}}"));
    EXPECT_EQ(late.text("/error_type"), "deadline_exceeded");
    EXPECT_EQ(late.integer("/details/timeout_ms"), 7);

    EXPECT_EQ(Json(good("POST", "/collections/t/reindex?wait=false", R"({"m":24})")).text("/state"), "running");
    const Json taken(refused(409, "POST", "/collections/t/reindex?wait=false", R"({"m":20})"));
    EXPECT_EQ(taken.text("/error_type"), "conflict");
    EXPECT_FALSE(taken.text("/details/reason").empty());
    good("POST", "/collections/t/reencode?wait=false", R"({"target_encoding":"fp32"})");
    refused(409, "POST", "/collections/t/reencode?wait=false", R"({"target_encoding":"sq8"})");
    good("POST", "/collections", R"({"name":"s","dimension":3})");
    good("POST", "/collections/s/reindex?wait=false", R"({"m":20})");  // another collection's are its own
}

// Rows that grow have a graph, too, once they are many.
TEST_F(RestJobs, a_job_over_rows_that_grow_is_under_way_as_well) {
    make_growing(30'000);
    EXPECT_EQ(
        Json(good("POST", "/collections/t/reindex?wait=false", R"({"m":24,"ef_construction":400})")).text("/state"),
        "running");
    refused(409, "POST", "/collections/t/reindex?wait=false", R"({"m":20})");
    good("DELETE", "/collections/t");
    good("POST", "/collections", R"({"name":"t","dimension":64})");
    good("POST", "/collections/t/reindex?wait=false", R"({"m":20})");
}

// Each that waits takes time of the threads that all share: beyond four they are told that the job runs, if it does
// yet.
TEST_F(RestJobs, few_may_wait_for_jobs) {
    make_growing(3'000);
    good("POST", "/collections/t/force-save");
    std::atomic<int> told{0};
    std::vector<std::thread> waiting;
    for (int i = 0; i < 6; ++i) {
        waiting.emplace_back([&] {
            // One job, whose requests are all the same; one after the other, that is.
            HttpClient client(rest_->port());
            Answer answer;
            do {
                answer = client.request("POST", "/collections/t/reindex?wait=true&timeout_ms=600000",
                                        R"({"m":48,"ef_construction":400})", {"Idempotency-Key: one"});
                if (answer.status == 409) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            } while (answer.status == 409);
            EXPECT_EQ(answer.status, 200) << answer.body;
            if (answer.body.find("\"running\"") != std::string::npos) ++told;
        });
    }
    for (std::thread& thread : waiting) thread.join();
    EXPECT_LE(told.load(), 2);
}

TEST_F(RestJobs, of_jobs_asked_for_at_once_one_runs) {
    make_growing(30'000);
    std::atomic<int> begun{0};
    std::vector<std::thread> askers;
    for (int i = 0; i < 6; ++i) {
        askers.emplace_back([&, i] {
            HttpClient client(rest_->port());
            const std::string body = R"({"m":)" + std::to_string(20 + i) + R"(,"ef_construction":400})";
            const Answer answer = client.request("POST", "/collections/t/reindex?wait=false", body, {});
            if (answer.status == 200) ++begun;
            EXPECT_TRUE(answer.status == 200 || Json(answer.body).text("/error_type") == "conflict") << answer.body;
        });
    }
    for (std::thread& asker : askers) asker.join();
    EXPECT_EQ(begun.load(), 1);
}

TEST_F(RestJobs, a_job_is_that_of_its_collection_whatever_that_is_called) {
    make_growing(30'000);
    const std::string slowly = R"({"m":24,"ef_construction":400})";
    good("POST", "/collections/t/reindex?wait=false", slowly);
    good("POST", "/collections/t/rename", R"({"new_name":"renamed","retain_alias":false})");
    refused(409, "POST", "/collections/renamed/reindex?wait=false", R"({"m":20})");
    make_growing(10'000);
    good("POST", "/collections/t/reindex?wait=false", slowly);
}

}  // namespace
}  // namespace vz::e2e
