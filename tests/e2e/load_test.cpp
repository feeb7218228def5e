// Many clients at once, many connections one after the other, many collections.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

size_t open_descriptors(pid_t process) {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(process) + "/fd");
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

size_t kib_of(pid_t process, const std::string& field) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1));
    }
    return 0;
}

template <typename Body>
void in_threads(size_t count, Body body) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
}

Point point_of(size_t client, size_t round) {
    return {{static_cast<float>(client), static_cast<float>(round), 1}, "{\"client\":" + std::to_string(client) + "}"};
}

TEST(Load, SixtyFourClientsOfBothFrontendsMeetNoError) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    ASSERT_EQ(rest_frontend(server.port())->create("shared", 3, Metric::kEuclidean), Outcome::kAcknowledged);
    std::mutex mutex;
    std::vector<std::string> errors;
    in_threads(64, [&](size_t client) {
        const std::unique_ptr<Frontend> frontend = client % 2 == 0 ? rest_frontend(server.port()) : graphql_frontend(server.port());
        std::string error;
        try {
            for (size_t round = 0; round < 12 && error.empty(); ++round) {
                const std::string id = std::to_string(client) + "-" + std::to_string(round);
                const Point point = point_of(client, round);
                if (frontend->upsert("shared", {{id, point}, {id + "-gone", point}}) != Outcome::kAcknowledged) error = frontend->complaint();
                if (frontend->point("shared", id) != std::optional(point)) error += " a write is not read back: " + id;
                if (frontend->remove("shared", {id + "-gone"}) != Outcome::kAcknowledged) error += frontend->complaint();
                const std::vector<Hit> hits = frontend->search("shared", point.vector, 1);
                if (hits.size() != 1 || hits[0].score < 0.9999) error += " not its own nearest: " + id;
            }
        } catch (const std::exception& exception) {
            error += exception.what();
        }
        const std::lock_guard lock(mutex);
        if (!error.empty()) errors.push_back(error);
    });
    EXPECT_TRUE(errors.empty()) << errors.size() << " clients, the first: " << errors.front();
    const Database found = graphql_frontend(server.port())->read();
    EXPECT_EQ(found.at("shared").points.size(), 64U * 12U);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Load, ConnectionsLeaveNothingBehind) {
    constexpr size_t kConnections = 2000;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    ASSERT_EQ(rest_frontend(server.port())->create("points", 3, Metric::kDot), Outcome::kAcknowledged);
    const auto one_by_one = [&](size_t count) {
        in_threads(4, [&](size_t) {
            for (size_t i = 0; i < count / 4; ++i) {
                EXPECT_EQ(HttpClient(server.port()).get("/collections/points").status, 200);
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    };
    one_by_one(400);
    const size_t descriptors = open_descriptors(server.process().id());
    const size_t kib = kib_of(server.process().id(), "VmRSS");
    one_by_one(kConnections);
    EXPECT_LE(open_descriptors(server.process().id()), descriptors + 2);
    EXPECT_LE(kib_of(server.process().id(), "VmRSS"), kib + 4096);
    EXPECT_EQ(server.stop().code, 0);
}

// Many bulk requests at once, each many times smaller than the body limit and together many times larger than the budget: the memory of the
// server stays within the budget, requests that find no room are told to come back, and all that is accepted is there.
TEST(Load, BulkRequestsShareOneBudgetOfMemory) {
    constexpr size_t kBudgetMib = 48;
    constexpr size_t kClients = 24;
    constexpr size_t kRounds = 3;
    constexpr size_t kPoints = 1000;
    constexpr size_t kDimension = 1024;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=" + std::to_string(kBudgetMib)});
    ASSERT_EQ(HttpClient(server.port()).post("/collections", R"({"name":"bulk","dimension":1024})").status, 200);
    // About 6 MB as JSON, 4 MB as floats. All but one point are of another length, so that what is stored does not count.
    std::string numbers(2 * (kDimension - 1), '0');
    for (size_t i = 1; i < numbers.size(); i += 2) numbers[i] = ',';
    numbers.pop_back();
    const std::string padded = numbers + std::string(3 * kDimension, ' ');
    const auto body_of = [&](const std::string& id, bool lines) {
        std::string body = lines ? "" : "{\"vectors\":[";
        for (size_t i = 0; i < kPoints; ++i) {
            body += (lines || i == 0 ? "" : ",") + (R"({"id":")" + id + "-" + std::to_string(i)) + R"(","vector":[)" + padded + (i == 0 ? ",1" : "") + "]}" + (lines ? "\n" : "");
        }
        return lines ? body : body + "]}";
    };
    std::mutex mutex;
    size_t accepted = 0;
    size_t refused = 0;
    size_t cut = 0;  // the server closed while the body was on its way; the answer may be lost with it
    std::vector<std::string> wrong;
    const size_t before = kib_of(server.process().id(), "VmRSS");
    in_threads(kClients, [&](size_t client) {
        HttpClient http(server.port());
        for (size_t round = 0; round < kRounds; ++round) {
            const std::string id = std::to_string(client) + "-" + std::to_string(round);
            const bool lines = client % 2 == 0;
            const std::string path = lines ? "/collections/bulk/import" : "/collections/bulk/vectors?results=errors";
            const std::string body = body_of(id, lines);
            for (size_t tries = 0;; ++tries) {
                const Answer answer = http.request("POST", path, body, {std::string("Content-Type: ") + (lines ? "application/x-ndjson" : "application/json")});
                const bool is_overloaded = answer.status == 503 || answer.status == 429;
                {
                    const std::lock_guard lock(mutex);
                    if (answer.status == 200) {
                        ++accepted;
                        if (Json(answer.body).integer("/inserted") != 1) wrong.push_back(answer.body.substr(0, 300));
                    } else if (is_overloaded) {
                        ++refused;
                        if (answer.header("Retry-After").empty()) wrong.push_back(answer.headers);
                        if (Json(answer.body).text("/details/reason") != "overloaded") wrong.push_back(answer.body);
                    } else if (answer.status == 0) {
                        ++cut;
                    } else {
                        wrong.push_back(answer.body);
                    }
                }
                if ((!is_overloaded && answer.status != 0) || tries == 1000) break;
                std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * client));
            }
        }
    });
    const size_t peak = kib_of(server.process().id(), "VmHWM");
    EXPECT_TRUE(wrong.empty()) << wrong.size() << ", the first: " << wrong.front();
    EXPECT_EQ(accepted, kClients * kRounds);  // each in the end: room is given back
    EXPECT_GE(refused, 1U);
    // Beside the budget: what a worker keeps to read JSON with, five times the largest body each, and the log.
    const size_t growth_mib = (peak - before) / 1024;
    EXPECT_LE(growth_mib, kBudgetMib + 64);
    EXPECT_EQ(Json(HttpClient(server.port()).post("/collections/bulk/count", "{}").body).integer("/count"), static_cast<int64_t>(kClients * kRounds));
    const std::string metrics = HttpClient(server.port()).get("/metrics").body;
    EXPECT_NE(metrics.find("vectorizer_http_body_bytes 0"), std::string::npos);
    EXPECT_EQ(server.stop().code, 0);
    std::printf("figure bulk.memory budget_mib=%zu growth_mib=%zu asked_mib=%zu accepted=%zu refused=%zu cut=%zu\n", kBudgetMib, growth_mib,
                kClients * kRounds * kPoints * padded.size() >> 20, accepted, refused, cut);
}

TEST(Load, AThousandEmptyCollectionsAreThereAfterAKill) {
    constexpr size_t kCollections = 1000;
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server server(data);
        in_threads(8, [&](size_t client) {
            const std::unique_ptr<Frontend> rest = rest_frontend(server.port());
            for (size_t i = client; i < kCollections; i += 8) {
                EXPECT_EQ(rest->create("collection-" + std::to_string(i), 1 + static_cast<uint32_t>(i), Metric::kCosine),
                          Outcome::kAcknowledged)
                    << rest->complaint();
            }
        });
        server.kill();
    }
    Server server(data);
    const Json list(HttpClient(server.port()).get("/collections").body);
    EXPECT_EQ(list.list("/collections").size(), kCollections);
    for (const JsonValue item : list.list("/collections")) {
        const int64_t number = std::stol(text_of(item, "name").substr(11));
        EXPECT_EQ(integer_of(item, "dimension"), number + 1);
    }
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    const int failed = RUN_ALL_TESTS();
    std::printf("GATE e2e.load %s cases=%d\n", failed == 0 ? "PASS" : "FAIL",
                testing::UnitTest::GetInstance()->successful_test_count());
    return failed;
}
