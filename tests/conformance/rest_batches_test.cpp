// Of a batch, what is stored is what its items said, whichever of them are left out.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {
namespace {

using Vector = std::vector<float>;

class RestBatches : public OnServer {
 protected:
    void SetUp() override { good("POST", "/collections", R"({"name":"c","dimension":4,"metric":"euclidean"})"); }

    Vector stored(const std::string& id) {
        return floats_of(Json(good("GET", "/collections/c/vectors/" + id)).at("/vector"));
    }
    // The points a, c and d of each test, of which b was left out.
    void expect_stored(float a, float c, float d) {
        EXPECT_EQ(stored("a"), Vector(4, a));
        EXPECT_EQ(stored("c"), Vector(4, c));
        EXPECT_EQ(stored("d"), Vector(4, d));
        EXPECT_EQ(Json(good("POST", "/collections/c/count", "{}")).integer("/count"), 3);
    }
};

// A binary import of four rows of four equal numbers.
std::string rows(const std::vector<std::string>& ids, const std::vector<std::string>& payloads = {}) {
    std::string body = "VZPOINT1";
    const auto put = [&](auto number) { body.append(reinterpret_cast<const char*>(&number), sizeof number); };
    uint64_t id_bytes = 0;
    for (const std::string& id : ids) id_bytes += sizeof(uint16_t) + id.size();
    put(uint32_t{4});
    put(payloads.empty() ? uint32_t{1} : uint32_t{3});
    put(uint64_t{ids.size()});
    put(id_bytes);
    body.resize(64);
    for (size_t row = 0; row < ids.size(); ++row) {
        for (int i = 0; i < 4; ++i) put(static_cast<float>(row + 1));
    }
    for (const std::string& id : ids) {
        put(static_cast<uint16_t>(id.size()));
        body += id;
    }
    for (const std::string& payload : payloads) {
        put(static_cast<uint32_t>(payload.size()));
        body += payload;
    }
    return body;
}

TEST_F(RestBatches, an_insert_leaves_out_a_vector_of_another_length) {
    const Json answer(good("POST", "/insert_vectors", R"({"collection":"c","vectors":[
        {"id":"a","embedding":[1,1,1,1]},{"id":"b","embedding":[2,2,2]},
        {"id":"c","embedding":[3,3,3,3]},{"id":"d","embedding":[4,4,4,4]}]})"));
    EXPECT_EQ(answer.integer("/inserted"), 3);
    EXPECT_EQ(answer.text("/results/1/status"), "error");
    expect_stored(1, 3, 4);
}

TEST_F(RestBatches, an_update_leaves_out_a_vector_of_another_length) {
    good("POST", "/insert_vectors", R"({"collection":"c","vectors":[{"id":"a","embedding":[0,0,0,0]},
        {"id":"c","embedding":[0,0,0,0]},{"id":"d","embedding":[0,0,0,0]}]})");
    const Json answer(good("POST", "/batch_update", R"({"collection":"c","updates":[
        {"id":"a","vector":[1,1,1,1]},{"id":"c","vector":[2,2,2]},
        {"id":"c","vector":[3,3,3,3]},{"id":"d","vector":[4,4,4,4]}]})"));
    EXPECT_EQ(answer.integer("/updated"), 3);
    expect_stored(1, 3, 4);
}

TEST_F(RestBatches, an_import_of_lines_leaves_out_a_vector_of_another_length) {
    const Json answer(good("POST", "/collections/c/import",
                           "{\"id\":\"a\",\"vector\":[1,1,1,1]}\n{\"id\":\"b\",\"vector\":[2,2,2]}\n"
                           "{\"id\":\"c\",\"vector\":[3,3,3,3]}\n{\"id\":\"d\",\"vector\":[4,4,4,4]}\n",
                           {"Content-Type: application/x-ndjson"}));
    EXPECT_EQ(answer.integer("/inserted"), 3);
    EXPECT_EQ(answer.integer("/errors/0/index"), 1);
    expect_stored(1, 3, 4);
}

TEST_F(RestBatches, an_import_of_rows_leaves_out_an_id_that_is_refused) {
    const Json answer(
        good("POST", "/collections/c/import", rows({"a", "", "c", "d"}), {"Content-Type: application/octet-stream"}));
    EXPECT_EQ(answer.integer("/inserted"), 3);
    EXPECT_EQ(answer.integer("/errors/0/index"), 1);
    expect_stored(1, 3, 4);
}

TEST_F(RestBatches, an_import_of_rows_leaves_out_an_expiry_that_is_refused) {
    const Json answer(good("POST", "/collections/c/import",
                           rows({"a", "b", "c", "d"}, {"{}", R"({"__expires_at":-1})", "{}", "{}"}),
                           {"Content-Type: application/octet-stream"}));
    EXPECT_EQ(answer.integer("/inserted"), 3);
    EXPECT_EQ(answer.integer("/errors/0/index"), 1);
    expect_stored(1, 3, 4);
}

}  // namespace
}  // namespace vz::e2e
