// What the metrics of the real program count.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/output.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

TEST(Metrics, CountRequestsByRouteAndStatus) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    for (int i = 0; i < 5; ++i) client.get("/collections/none");
    client.request("POST", "/search", "x", {"Content-Type: text/plain"});
    client.post("/graphql", "{\"query\":\"{ stats { version } }\"}");
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(
        series(
            text,
            R"(vectorizer_http_requests_total{frontend="rest",route="/collections/{name}",method="GET",status="404"})"),
        5)
        << text;
    EXPECT_EQ(
        series(
            text,
            R"(vectorizer_http_request_seconds_count{frontend="rest",route="/collections/{name}",method="GET",status="404"})"),
        5);
    EXPECT_EQ(
        series(text, R"(vectorizer_http_requests_total{frontend="rest",route="/search",method="POST",status="415"})"),
        1)
        << text;
    EXPECT_EQ(
        series(text,
               R"(vectorizer_http_requests_total{frontend="graphql",route="/graphql",method="POST",status="200"})"),
        1)
        << text;
    EXPECT_GE(series(text, R"(vectorizer_http_connections{frontend="rest,graphql"})"), 1) << text;
    EXPECT_EQ(series(text, R"(vectorizer_http_connections_idle{frontend="rest,graphql"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend=""})"), 1) << "this very request";
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend="rest"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_http_in_flight{frontend="graphql"})"), 0);
    EXPECT_GT(series(text, "vectorizer_http_sent_bytes_total"), 1000);
    client.request("GET", "/collections", "", {"Origin: http://evil.example"});
    EXPECT_EQ(series(client.get("/metrics").body, R"(vectorizer_http_refused_total{reason="origin"})"), 1);
    EXPECT_EQ(server.stop().code, 0);
}

// Every name has its HELP and TYPE once, and every series stands once.
void expect_well_formed(const std::string& text) {
    std::set<std::string> told;
    std::set<std::string> typed;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# HELP ")) continue;
        const bool is_type = line.starts_with("# TYPE ");
        const std::string name = is_type ? line.substr(7, line.find(' ', 7) - 7) : line.substr(0, line.rfind(' '));
        if (is_type) {
            EXPECT_TRUE(typed.insert(name).second) << line;
            EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << line;
            continue;
        }
        EXPECT_TRUE(told.insert(name).second) << line;
        std::string family = name.substr(0, name.find('{'));
        for (const char* part : {"_bucket", "_sum", "_count"}) {
            if (!typed.contains(family) && family.ends_with(part))
                family.resize(family.size() - std::string(part).size());
        }
        EXPECT_TRUE(typed.contains(family)) << line;
    }
}

TEST(Metrics, TellHowLongTheEngineAndTheQueueTook) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "log.access=all"});
    HttpClient client(server.port());
    ASSERT_EQ(client.post("/collections", R"({"name":"docs","dimension":2})").status, 200);
    ASSERT_EQ(
        client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]},{"embedding":[3,4]}]})")
            .status,
        200);
    const std::vector<std::string> mine{"X-Request-Id: timed"};
    ASSERT_EQ(client.request("POST", "/collections/docs/search", R"({"vector":[1,2]})", mine).status, 200);
    ASSERT_EQ(
        client
            .request("POST", "/batch_search", R"({"collection":"docs","queries":[{"vector":[1,2]},{"vector":[1,2]}]})")
            .status,
        200);
    ASSERT_EQ(client
                  .request("POST", "/graphql", R"({"query":"{ vector(collection: \"docs\", id: \"none\") { id } }"})",
                           {"X-Request-Id: asked"})
                  .status,
              200);
    const std::string text = client.get("/metrics").body;
    expect_well_formed(text);
    const auto figure = [&](const std::string& name, const std::string& route) {
        return series(text, "vectorizer_" + name + "{route=\"" + route + "\"}");
    };
    for (const char* route : {"/collections/{name}/search", "/batch_search", "/insert_vectors", "/graphql"}) {
        EXPECT_EQ(figure("http_engine_seconds_count", route), 1) << route;
        EXPECT_GT(figure("http_engine_seconds_sum", route), 0) << route;
        EXPECT_LT(figure("http_engine_seconds_sum", route), 10) << route;
    }
    EXPECT_EQ(figure("http_engine_seconds_count", "/metrics"), -1);
    for (const char* route : {"/batch_search", "/graphql"})
        EXPECT_EQ(figure("http_queue_seconds_count", route), 1) << route;
    EXPECT_EQ(figure("http_queue_seconds_count", "/collections/{name}/search"), -1) << text;
    EXPECT_EQ(server.stop().code, 0);
    for (const char* id : {"\"timed\"", "\"asked\""}) {
        const auto lines = lines_with(server.process().output(), id);
        ASSERT_EQ(lines.size(), 1U) << server.process().output();
        const Json record(lines[0]);
        EXPECT_GT(record.integer("/us_engine"), 0) << lines[0];
        EXPECT_LE(record.integer("/us_engine") + record.integer("/us_queue"), record.integer("/us_total")) << lines[0];
        EXPECT_EQ(record.text("/collection"), "docs") << lines[0];
    }
}

TEST(Metrics, CountWhatGraphqlWasAskedFor) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    const auto ask = [&](const std::string& query) {
        return client.post("/graphql", "{\"query\":\"" + query + "\"}").status;
    };
    EXPECT_EQ(series(client.get("/metrics").body, R"(vectorizer_graphql_operations_total{type="query"})"), 0)
        << "told before the first";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("{ stats { version } }"), 200);
    EXPECT_EQ(ask("mutation { deleteCollection(name: \\\"none\\\") { success } }"), 200);
    EXPECT_EQ(ask("{ stats { version }"), 200);
    EXPECT_EQ(ask("{ nothing }"), 200);
    EXPECT_EQ(ask("{ collection(name: \\\"none\\\") { name } countVectors(collection: \\\"none\\\") }"), 200);
    EXPECT_EQ(client.request("POST", "/graphql", "x", {"Content-Type: text/plain"}).status, 415);
    const std::string text = client.get("/metrics").body;
    expect_well_formed(text);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_operations_total{type="query"})"), 4) << text;
    EXPECT_EQ(series(text, R"(vectorizer_graphql_operations_total{type="mutation"})"), 1);
    EXPECT_EQ(series(text, "vectorizer_graphql_cache_hits_total"), 2);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="GRAPHQL_PARSE_FAILED"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="UNSUPPORTED_MEDIA_TYPE"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_errors_total{code="COLLECTION_NOT_FOUND"})"), 1);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="parse"})"), 5);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="validate"})"), 4);
    EXPECT_EQ(series(text, R"(vectorizer_graphql_seconds_count{phase="execute"})"), 5);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Metrics, TellOfTheProcessAndItsFrontends) {
    const TemporaryDirectory directory;
    const auto now = static_cast<double>(std::time(nullptr));
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(series(text, "vectorizer_ready"), 1) << text;
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="rest"})"), 0);
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="graphql"})"), 0);
    EXPECT_EQ(series(text, "vectorizer_log_dropped_total"), 0);
    EXPECT_NEAR(series(text, "process_start_time_seconds"), now, 60);
    EXPECT_GT(series(text, "process_cpu_seconds_total"), 0);
    EXPECT_GT(series(text, "process_resident_memory_bytes"), 1e6);
    EXPECT_GT(series(text, "process_virtual_memory_bytes"), series(text, "process_resident_memory_bytes"));
    EXPECT_GT(series(text, "process_open_fds"), 10);
    EXPECT_GT(series(text, "process_max_fds"), series(text, "process_open_fds"));
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Metrics, TellOfAServerThatIsAboutToStop) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "drain_delay_ms=60000"});
    HttpClient client(server.port());
    server.process().send(SIGTERM);
    std::string text;
    const auto is_ready = [&] {
        text = client.get("/metrics").body;
        return series(text, "vectorizer_ready");
    };
    EXPECT_TRUE(comes([&] { return is_ready() == 0; })) << text;
    EXPECT_EQ(client.get("/readyz").status, 503);
    EXPECT_EQ(series(text, R"(vectorizer_frontend_state{instance="rest"})"), 0) << "it serves until the drain begins";
    server.process().send(SIGTERM);
    EXPECT_EQ(server.process().wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0);
}

TEST(Metrics, TellOfEachCollection) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    EXPECT_EQ(lines_with(client.get("/metrics").body, "vectorizer_build_info{version=").size(), 1U);
    ASSERT_EQ(client.post("/collections", R"({"name":"a\"\\b","dimension":2})").status, 200);
    ASSERT_EQ(
        client.post("/insert_vectors", R"({"collection":"docs","vectors":[{"embedding":[1,2]},{"embedding":[3,4]}]})")
            .status,
        200);
    const std::string text = client.get("/metrics").body;
    EXPECT_EQ(series(text, R"(vectorizer_collection_points{collection="docs"})"), 2) << text;
    EXPECT_EQ(series(text, R"(vectorizer_collection_points{collection="a\"\\b"})"), 0);
    EXPECT_GT(series(text, R"(vectorizer_collection_bytes{collection="docs"})"), 16);
    EXPECT_GE(series(text, R"(vectorizer_collection_unindexed_rows{collection="docs"})"), 0);
    ASSERT_EQ(client.request("DELETE", "/collections/docs", "").status, 200);
    EXPECT_TRUE(lines_with(client.get("/metrics").body, "\"docs\"").empty());
    std::vector<std::thread> creators;
    for (int first = 0; first < 8; ++first) {
        creators.emplace_back([&, first] {
            HttpClient creator(server.port());
            for (int i = first; i < 1005; i += 8)
                EXPECT_EQ(
                    creator.post("/collections", R"({"dimension":1,"name":"c)" + std::to_string(i) + "\"}").status,
                    200);
        });
    }
    for (std::thread& creator : creators) creator.join();
    ASSERT_EQ(client.post("/insert_vectors", R"({"collection":"c7","vectors":[{"embedding":[1]}]})").status, 200);
    const std::string many = client.get("/metrics").body;
    EXPECT_EQ(lines_with(many, "vectorizer_collection_points{").size(), 1001U)
        << "the largest, and all others together";
    EXPECT_EQ(series(many, R"(vectorizer_collection_points{collection="c7"})"), 1);
    EXPECT_EQ(series(many, R"(vectorizer_collection_points{collection="/others"})"), 0);
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
