// Archives of the reference system, whole and damaged, through the program.
#include <gtest/gtest.h>
#include <zip.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

namespace fs = std::filesystem;

// As that system writes it: every key it has, in its order.
std::string vector_of(const std::string& id, const std::string& numbers, const std::string& payload, bool normalized) {
    return R"({"id":)" + json_string(id) + R"(,"data":[)" + numbers + R"(],"sparse":null,"payload_json":)" +
           (payload.empty() ? "null" : json_string(payload)) + R"(,"normalized":)" + (normalized ? "true" : "false") +
           "}";
}
std::string store_of(const std::string& name, const std::string& metric, int dimension, const std::string& vectors) {
    return R"({"version":1,"collections":[{"name":)" + json_string(name) + R"(,"config":{"dimension":)" +
           std::to_string(dimension) + R"(,"metric":")" + metric +
           R"(","hnsw_config":{"m":16,"ef_construction":200,"ef_search":100,"seed":null},"quantization":{"SQ":{"bits":8}},"compression":{"enabled":true,"threshold_bytes":1024,"algorithm":"Lz4"}},"vectors":[)" +
           vectors + R"(],"hnsw_dump_basename":null}]})";
}

using Entries = std::map<std::string, std::string>;

class Migration : public testing::Test {
 protected:
    void make(const Entries& entries) {
        fs::remove(file_);
        int code = 0;
        zip_t* archive = zip_open(file_.c_str(), ZIP_CREATE | ZIP_EXCL, &code);
        ASSERT_NE(archive, nullptr);
        for (const auto& [name, content] : entries) {
            zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
            ASSERT_GE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8), 0);
        }
        ASSERT_EQ(zip_close(archive), 0);
    }
    Ran import(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments = {program(), "import", file_, "--data-dir", data_};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }
    // Refused, with nothing left of it: neither collections nor files beside the database.
    void expect_refused(const char* what) {
        const Ran ran = import();
        EXPECT_EQ(ran.exit.code, 65) << what << "\n" << ran.output;
        EXPECT_FALSE(fs::exists(data_)) << what;
        for (const auto& entry : fs::directory_iterator(directory_.path())) EXPECT_EQ(entry.path(), file_) << what;
    }

    TemporaryDirectory directory_;
    const std::string data_ = directory_.path() + "/data";
    const std::string file_ = directory_.path() + "/reference.vecdb";
};

Entries good_entries() {
    std::string vectors;
    for (int i = 0; i < 1500; ++i) {
        vectors += (i == 0 ? "" : ",") +
                   vector_of("doc-" + std::to_string(i), std::to_string(i) + ".5,-1e-3," + std::to_string(i % 7),
                             i % 2 == 0 ? R"({"n":)" + std::to_string(i) + R"(,"f":1.50})" : "", true);
    }
    return {{"docs_vector_store.bin", store_of("docs", "Cosine", 3, vectors)},
            {"docs_metadata.json", "{}"},
            {"flat_vector_store.bin",
             store_of("flat", "Euclidean", 2,
                      vector_of("p", "3,4", "", true) + "," + vector_of("p", "5,6", R"({"again":true})", false))},
            {"../../outside_vector_store.bin", store_of("outside", "DotProduct", 1, "")}};
}

TEST_F(Migration, keeps_ids_vectors_payloads_and_says_what_was_lost_before) {
    make(good_entries());
    const Ran ran = import();
    ASSERT_EQ(ran.exit.code, 0) << ran.output;
    for (const char* said :
         {"docs: 1500 vectors in the file, 1500 points here", "flat: 2 vectors in the file, 1 points here",
          "1 ids came again", "the metric is not cosine", "8 bits"}) {
        EXPECT_NE(ran.output.find(said), std::string::npos) << said << "\n" << ran.output;
    }
    EXPECT_FALSE(fs::exists(directory_.path() + "/../../outside_vector_store.bin"));
    Server server(data_);
    HttpClient client(server.port());
    const std::string point = client.request("GET", "/collections/docs/vectors/doc-8", "").body;
    EXPECT_NE(point.find(R"("payload":{"n":8,"f":1.50})"), std::string::npos) << point;
    EXPECT_EQ(floats_of(Json(point).at("/vector")), (std::vector<float>{8.5F, -1e-3F, 1.0F}));
    EXPECT_EQ(Json(client.request("GET", "/collections/docs", "").body).integer("/vector_count"), 1500);
    EXPECT_EQ(Json(client.request("GET", "/collections/flat", "").body).text("/metric"), "Euclidean");
    EXPECT_EQ(floats_of(Json(client.request("GET", "/collections/flat/vectors/p", "").body).at("/vector")),
              (std::vector<float>{5, 6}));
    EXPECT_EQ(Json(client.request("GET", "/collections/outside", "").body).text("/metric"), "DotProduct");
}

TEST_F(Migration, is_all_or_nothing) {
    Entries entries = good_entries();
    make({{"docs_vector_store.bin", store_of("docs", "Cosine", 3, vector_of("a", "1,2,3", "", false))}});
    ASSERT_EQ(import().exit.code, 0);
    make(entries);
    EXPECT_NE(import().exit.code, 0);  // one of the names is taken
    Server server(data_);
    HttpClient client(server.port());
    EXPECT_EQ(Json(client.request("GET", "/collections", "").body).integer("/total_collections"), 1);
    EXPECT_EQ(Json(client.request("GET", "/collections/docs", "").body).integer("/vector_count"), 1);
}

TEST_F(Migration, refuses_what_is_damaged) {
    const auto with = [](const std::string& store) {
        return Entries{{"a_vector_store.bin", good_entries().at("flat_vector_store.bin")},
                       {"b_vector_store.bin", store}};
    };
    const std::string good = store_of("b", "Cosine", 2, vector_of("x", "1,2", "", false));
    make(with(good.substr(0, good.size() / 2)));
    expect_refused("cut JSON");
    make(with(store_of("b", "Cosine", 2, vector_of("x", "1,2", "", false) + "," + vector_of("y", "1,2,3", "", false))));
    expect_refused("another dimension");
    make(with(store_of("b", "Hamming", 2, "")));
    expect_refused("unknown metric");
    make(with(store_of("b", "Cosine", 2, vector_of("x", "1,2", R"({"a":)", false))));
    expect_refused("payload that is no JSON");
    make(with(store_of("b", "Cosine", 2, vector_of("x", "1,1e999", "", false))));
    expect_refused("a number beyond float");
    make(with(store_of("", "Cosine", 2, vector_of("", "1,2", "", false))));
    expect_refused("an empty id");
    make(with(R"({"version":1})"));
    expect_refused("no collections");
    make(with(R"({"version":1,"collections":[{"name":"b","vectors":[{"data":[1]}]}]})"));
    expect_refused("no id");
    make({{"readme.txt", "nothing"}});
    expect_refused("no store");
    make(with(store_of("flat", "Cosine", 2, "")));
    expect_refused("one name twice");
}

TEST_F(Migration, refuses_a_file_with_any_byte_of_its_contents_changed) {
    make({{"docs_vector_store.bin",
           store_of("docs", "Cosine", 3, vector_of("a", "1,2,3", R"({"t":"some text"})", false))}});
    std::ifstream from(file_, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(from), std::istreambuf_iterator<char>()};
    int refused = 0;
    for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 40) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        std::ofstream(file_, std::ios::binary) << bytes;
        fs::remove_all(data_);
        const Ran ran = import({"--collection", "taken"});
        if (ran.exit.code != 0) {
            ++refused;
            EXPECT_FALSE(fs::exists(data_ + "/CURRENT")) << at;
            continue;
        }
        // Bytes that say nothing of the contents (times, attributes) may change; what is imported is what was there.
        Server server(data_);
        HttpClient client(server.port());
        EXPECT_EQ(Json(client.request("GET", "/collections/taken/vectors/a", "").body).text("/payload/t"), "some text")
            << at;
    }
    EXPECT_GE(refused, 20);
    std::ofstream(file_, std::ios::binary) << whole.substr(0, whole.size() / 2);
    fs::remove_all(data_);
    fs::remove(data_ + ".log");
    expect_refused("a file cut in half");
}

}  // namespace
}  // namespace vz::e2e
