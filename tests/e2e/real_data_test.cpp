// Real descriptors through the real program: imported, searched over REST, and the same after a restart.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rows.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

constexpr size_t kQueries = 1000;
constexpr size_t kBatch = 50;

std::string data_sets() {
    const char* const chosen = std::getenv("VZ_DATASETS");
    return chosen != nullptr ? chosen : VZ_SOURCE_DIRECTORY "/../shared/data";
}

int64_t squared_distance(const Rows<uint8_t>& base, size_t row, const uint8_t* query) {
    int64_t sum = 0;
    for (size_t i = 0; i < base.dimension; ++i) {
        const int64_t difference = int64_t{base.row(row)[i]} - query[i];
        sum += difference * difference;
    }
    return sum;
}

class FashionMnist final {
 public:
    explicit FashionMnist(const std::string& folder)
        : base_(folder + "/base.u8bin"), queries_(folder + "/query.u8bin"), truth_(folder + "/gt100.ibin") {}

    uint32_t rows() const { return base_.count; }
    std::string query(size_t index) const { return queries_.text(index); }

    // The neighbours at each rank are at the true distance of that rank, and their scores say so.
    void expect_exact(size_t index, const std::vector<JsonValue>& hits, size_t limit) const {
        ASSERT_EQ(hits.size(), limit);
        std::set<std::string> seen;
        for (size_t rank = 0; rank < limit; ++rank) {
            const std::string id = text_of(hits[rank], "id");
            ASSERT_TRUE(seen.insert(id).second) << "twice: " << id;
            const int64_t wanted =
                squared_distance(base_, static_cast<size_t>(truth_.row(index)[rank]), queries_.row(index));
            const int64_t found = squared_distance(base_, std::stoul(id), queries_.row(index));
            ASSERT_EQ(found, wanted) << "query " << index << " rank " << rank << " id " << id;
            const double score = 1 / (1 + std::sqrt(static_cast<double>(wanted)));
            ASSERT_NEAR(number_of(hits[rank]["score"]), score, 1e-6 * score) << "query " << index;
        }
    }

 private:
    Rows<uint8_t> base_;
    Rows<uint8_t> queries_;
    Rows<int32_t> truth_;
};

constexpr const char* kOptions = ",\"exact\":true,\"with_vector\":false,\"with_payload\":false";

void searches_one_by_one(uint16_t port, const FashionMnist& data) {
    HttpClient client(port);
    for (size_t query = 0; query < kQueries / 2; ++query) {
        const size_t limit = query % 2 == 0 ? 10 : 100;
        const Answer answer = client.post("/search", "{\"collection\":\"fashion\",\"vector\":" + data.query(query) +
                                                         ",\"limit\":" + std::to_string(limit) + kOptions + "}");
        ASSERT_EQ(answer.status, 200) << answer.body;
        const Json json(answer.body);
        ASSERT_NO_FATAL_FAILURE(data.expect_exact(query, json.list("/results"), limit));
    }
}

void searches_in_batches(uint16_t port, const FashionMnist& data) {
    HttpClient client(port);
    for (size_t first = kQueries / 2; first < kQueries; first += kBatch) {
        std::string body = std::string("{\"collection\":\"fashion\",\"limit\":100") + kOptions + ",\"queries\":[";
        for (size_t query = first; query < first + kBatch; ++query) {
            body += std::string(query == first ? "" : ",") + "{\"vector\":" + data.query(query) + "}";
        }
        const Answer answer = client.post("/batch_search", body + "]}");
        ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
        const Json json(answer.body);
        ASSERT_EQ(json.integer("/succeeded"), static_cast<int64_t>(kBatch));
        for (size_t i = 0; i < kBatch; ++i) {
            const std::vector<JsonValue> hits = json.list("/results/" + std::to_string(i) + "/results");
            ASSERT_NO_FATAL_FAILURE(data.expect_exact(first + i, hits, 100));
        }
    }
}

// Half of the queries alone, half in batches, both at once.
void searches_exactly(uint16_t port, const FashionMnist& data) {
    std::thread batches([&] { searches_in_batches(port, data); });
    searches_one_by_one(port, data);
    batches.join();
}

// Payloads are the lines of payload.jsonl, vectors the rows of the base file.
void has_its_payloads(uint16_t port, const std::string& folder) {
    HttpClient client(port);
    std::ifstream payloads(folder + "/payload.jsonl");
    std::string line;
    for (size_t row = 0; row < 60'000 && std::getline(payloads, line); ++row) {
        if (row % 997 != 0) continue;
        const std::string id = std::to_string(row);
        const Answer answer = client.get("/collections/fashion/vectors/" + id);
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(payload_text(answer.body, id), line) << id;
    }
}

TEST(RealData, FashionMnistIsImportedSearchedExactlyAndThereAfterARestart) {
    const std::string folder = data_sets() + "/fashion-mnist";
    const FashionMnist data(folder);
    const TemporaryDirectory directory;
    const std::string store = directory.path() + "/data";
    const std::vector<std::string> import = {program(),    "import", folder,     "--collection", "fashion",
                                             "--data-dir", store,    "--metric", "euclidean"};
    const auto begin = std::chrono::steady_clock::now();
    const Ran imported = run(import);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    ASSERT_EQ(imported.exit.code, 0) << imported.output;
    std::printf("import rows=%u seconds=%.2f rows_per_second=%.0f\n", data.rows(), seconds, data.rows() / seconds);
    {
        Server server(store);
        HttpClient client(server.port());
        const Json item(client.get("/collections/fashion").body);
        EXPECT_EQ(item.integer("/vector_count"), data.rows());
        EXPECT_EQ(item.integer("/dimension"), 784);
        EXPECT_EQ(item.text("/metric"), "Euclidean");
        searches_exactly(server.port(), data);
        ASSERT_FALSE(testing::Test::HasFailure());
        ASSERT_NO_FATAL_FAILURE(has_its_payloads(server.port(), folder));
        const Ran held = run(import);
        EXPECT_EQ(held.exit.code, 75) << held.output;
        EXPECT_EQ(server.stop().code, 0);
    }
    {
        Server server(store);
        searches_exactly(server.port(), data);
        ASSERT_FALSE(testing::Test::HasFailure());
        ASSERT_NO_FATAL_FAILURE(has_its_payloads(server.port(), folder));
        EXPECT_EQ(server.stop().code, 0);
    }
    // A repeated import goes on where it stopped: here, at the end.
    const Ran again = run(import);
    EXPECT_EQ(again.exit.code, 0) << again.output;
    Server server(store);
    HttpClient client(server.port());
    EXPECT_EQ(Json(client.post("/collections/fashion/count", "{}").body).integer("/count"), data.rows());
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    const auto begin = std::chrono::steady_clock::now();
    if (!std::filesystem::exists(vz::e2e::data_sets() + "/fashion-mnist/base.u8bin")) {
        std::printf("GATE e2e.real_data SKIP reason=no-fashion-mnist (set VZ_DATASETS to the folder that holds it)\n");
        return 0;
    }
    const int failed = RUN_ALL_TESTS();
    std::printf("GATE e2e.real_data %s rows=60000 queries=%zu time=%.1f\n", failed == 0 ? "PASS" : "FAIL",
                2 * vz::e2e::kQueries, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return failed;
}
