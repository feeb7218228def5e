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

size_t resident_kib(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6));
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
    const size_t kib = resident_kib(server.process().id());
    one_by_one(kConnections);
    EXPECT_LE(open_descriptors(server.process().id()), descriptors + 2);
    EXPECT_LE(resident_kib(server.process().id()), kib + 4096);
    EXPECT_EQ(server.stop().code, 0);
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
