// What was acknowledged is on disk: collections made over either frontend, with what is in them, over orderly ends and
// kills.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/known.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

// Sums of the whole matrix, for the line at the end.
Sums sums;

enum class End { kTerminated, kKilledAfterReply, kKilledMidStream };

void answers_as(const Database& wanted, Frontend& frontend, Values& values) {
    const Database found = frontend.read();
    compare(wanted, found, sums);
    EXPECT_TRUE(wanted == found);
    for (const auto& [name, collection] : wanted) {
        EXPECT_TRUE(frontend.persisted(name)) << name;
        const std::vector<float> query = values.point(collection.dimension).vector;
        for (const size_t limit : {size_t{1}, size_t{10}, size_t{1000}}) {
            EXPECT_EQ(wrong_hits(collection, query, limit, frontend.search(name, query, limit)), "")
                << name << " " << limit;
        }
        for (const auto& [id, point] : collection.points) {
            EXPECT_EQ(frontend.point(name, id), std::optional(point)) << name << " " << id;
            break;
        }
    }
}

// Everything through the other frontend, killed after the last reply: nothing comes back.
void goes_on_through(MakeFrontend make, const std::string& data, Database known, Values& values) {
    {
        Server server(data);
        Client client(make(server.port()), known);
        EXPECT_TRUE(client.create("later", 3, Metric::kDot)) << client.refused();
        EXPECT_TRUE(client.upsert("later", points_of(values, 3, "", 0, 9))) << client.refused();
        EXPECT_TRUE(client.upsert("later", points_of(values, 3, "", 3, 2))) << client.refused();
        EXPECT_TRUE(client.remove("later", {"5"})) << client.refused();
        EXPECT_TRUE(client.rename("later", "latest")) << client.refused();
        server.kill();
        known = client.knowledge().sure;
        sums.acknowledged += client.acknowledged();
    }
    {
        Server server(data);
        answers_as(known, *rest_frontend(server.port()), values);
        Client client(make(server.port()), known);
        for (const auto& [name, collection] : known) EXPECT_TRUE(client.drop(name)) << name << client.refused();
        server.kill();
        sums.acknowledged += client.acknowledged();
    }
    Server server(data);
    EXPECT_TRUE(rest_frontend(server.port())->read().empty());
    EXPECT_TRUE(graphql_frontend(server.port())->read().empty());
    const Exit exit = server.stop();
    EXPECT_EQ(exit.code, 0);
}

void plays(MakeFrontend make, MakeFrontend make_other, Content content, End end, uint64_t seed) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    Values values(seed);
    std::vector<Knowledge> clients;
    {
        Server server(data);
        Client first(make(server.port()), {});
        ASSERT_TRUE(fill(first, content, values)) << first.refused();
        sums.acknowledged += first.acknowledged();
        if (end == End::kTerminated) {
            const Exit exit = server.stop();
            EXPECT_EQ(exit.code, 0) << server.process().output();
        } else if (end == End::kKilledAfterReply) {
            server.kill();
        } else {
            constexpr int kClients = 3;
            std::atomic<uint64_t> steps = 0;
            std::vector<std::unique_ptr<Client>> streams;
            std::vector<std::thread> threads;
            std::vector<Values> drawn;
            for (int i = 0; i < kClients; ++i) {
                streams.push_back(
                    std::make_unique<Client>((i % 2 == 0 ? make : make_other)(server.port()), Database{}));
                drawn.emplace_back(seed * 10 + static_cast<uint64_t>(i));
            }
            for (size_t i = 0; i < kClients; ++i) {
                threads.emplace_back(
                    [&, i] { stream(*streams[i], content, drawn[i], "stream-" + std::to_string(i), steps); });
            }
            threads.emplace_back([&] { checkpoints(server.port()); });
            const uint64_t wanted = 10 + values.below(60);
            const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            while (steps.load() < wanted && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
            server.kill();
            for (std::thread& thread : threads) thread.join();
            for (const std::unique_ptr<Client>& client : streams) {
                EXPECT_EQ(client->refused(), "");
                clients.push_back(client->knowledge());
                sums.acknowledged += client->acknowledged();
            }
            EXPECT_GE(steps.load(), wanted);
        }
        clients.push_back(first.knowledge());
    }
    Database known;
    {
        Server server(data);
        const std::unique_ptr<Frontend> rest = rest_frontend(server.port());
        known = explained(clients, rest->read());
        answers_as(known, *rest, values);
        answers_as(known, *graphql_frontend(server.port()), values);
        EXPECT_EQ(server.stop().code, 0);
    }
    goes_on_through(make_other, data, known, values);
    ++sums.cases;
}

using Case = std::tuple<int, Content, End>;

class Persistence : public testing::TestWithParam<Case> {};

TEST_P(Persistence, WhatWasAcknowledgedIsOnDisk) {
    const auto [way, content, end] = GetParam();
    const uint64_t seed =
        kSeed + static_cast<uint64_t>(way * 100 + static_cast<int>(content) * 10 + static_cast<int>(end));
    SCOPED_TRACE("seed " + std::to_string(seed));
    const MakeFrontend make = way == 0 ? rest_frontend : graphql_frontend;
    const MakeFrontend other = way == 0 ? graphql_frontend : rest_frontend;
    plays(make, other, content, end, seed);
}

// Operations on whole collections: each is told done, the program is killed, and what was done is there.
struct Operation {
    const char* name;
    std::vector<std::pair<const char*, const char*>>
        before;  // path and body of what it needs, all POST or PUT of aliases
    const char* method;
    const char* path;
    const char* body;                    // null: none
    const char* read;                    // a path whose answer
    std::vector<const char*> shows;      // has each of these
    std::vector<const char*> no_longer;  // and none of these
};

std::ostream& operator<<(std::ostream& out, const Operation& operation) { return out << operation.name; }

constexpr const char* kPoints = R"({"vectors":[{"id":"a","vector":[1,2]},{"id":"b","vector":[3,4]}]})";

const Operation kOperations[] = {
    {"RenameWithAlias",
     {{"/collections/blue/vectors", kPoints}},
     "POST",
     "/collections/blue/rename",
     R"({"new_name":"red"})",
     "/collections/blue",
     {R"("name":"red")", R"("vector_count":2)"},
     {}},
    {"AliasSwitch",
     {{"/collections/green/vectors", kPoints}, {"/aliases/live", R"({"collection":"blue"})"}},
     "PUT",
     "/aliases/live",
     R"({"collection":"green"})",
     "/collections/live",
     {R"("name":"green")", R"("vector_count":2)"},
     {}},
    {"AliasDropped",
     {{"/aliases/live", R"({"collection":"blue"})"}},
     "DELETE",
     "/aliases/live",
     nullptr,
     "/aliases",
     {},
     {"live"}},
    {"ForceSave",
     {{"/collections/blue/vectors", kPoints}},
     "POST",
     "/collections/blue/force-save",
     nullptr,
     "/collections/blue/persistence",
     {R"("persisted":true)", R"("points":2)", R"("points_in_wal_only":0)"},
     {}},
    {"ForceSaveOfEmpty",
     {},
     "POST",
     "/collections/blue/force-save",
     nullptr,
     "/collections/blue/persistence",
     {R"("persisted":true)", R"("points":0)"},
     {}},
    {"Snapshot",
     {{"/collections/blue/vectors", kPoints}},
     "POST",
     "/collections/blue/snapshot",
     nullptr,
     "/collections/blue/snapshots",
     {R"("total":1)"},
     {}},
    {"Ttl",
     {},
     "POST",
     "/collections/blue/ttl",
     R"({"ttl_secs":3600})",
     "/collections/blue?view=full",
     {R"("ttl_secs":3600)"},
     {}},
};

class Operations : public testing::TestWithParam<Operation> {};

TEST_P(Operations, AreThereAfterAKillRightBehindTheReply) {
    const Operation& operation = GetParam();
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server server(data);
        HttpClient http(server.port());
        const auto done = [&](const char* method, const char* path, const char* body) {
            const Answer answer = http.request(method, path, body == nullptr ? "" : body);
            EXPECT_EQ(answer.status, 200) << method << " " << path << ": " << answer.body;
            ++sums.acknowledged;
        };
        for (const char* name : {"blue", "green"}) {
            const std::string body = std::string(R"({"name":")") + name + R"(","dimension":2,"metric":"euclidean"})";
            done("POST", "/collections", body.c_str());
        }
        for (const auto& [path, body] : operation.before)
            done(std::string_view(path).starts_with("/aliases") ? "PUT" : "POST", path, body);
        done(operation.method, operation.path, operation.body);
        server.kill();
    }
    Server server(data);
    const Answer answer = HttpClient(server.port()).get(operation.read);
    EXPECT_EQ(answer.status, 200) << answer.body;
    for (const char* text : operation.shows) {
        const bool is_there = answer.body.find(text) != std::string::npos;
        sums.lost += is_there ? 0 : 1;
        EXPECT_TRUE(is_there) << text << " in " << answer.body;
    }
    for (const char* text : operation.no_longer) {
        const bool is_back = answer.body.find(text) != std::string::npos;
        sums.ghosts += is_back ? 1 : 0;
        EXPECT_FALSE(is_back) << text << " in " << answer.body;
    }
    ++sums.cases;
    EXPECT_EQ(server.stop().code, 0);
}

INSTANTIATE_TEST_SUITE_P(Matrix, Operations, testing::ValuesIn(kOperations),
                         [](const testing::TestParamInfo<Operation>& each) { return std::string(each.param.name); });

size_t segment_files(const std::string& data) {
    const std::filesystem::directory_iterator files(data + "/seg");
    return static_cast<size_t>(std::count_if(
        begin(files), end(files), [](const auto& file) { return file.path().filename().string().starts_with("S-"); }));
}

// More than a close leaves to the log: they are sealed, behind each other in one file.
TEST(SmallCollections, ShareAFileAndAreServedFromIt) {
    constexpr size_t kCollections = 150;
    constexpr uint32_t kDimension = 768;
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    Values values(kSeed);
    Database known;
    const auto goes_on = [&](MakeFrontend make, const std::function<void(Client&)>& steps, bool orderly) {
        Server server(data);
        answers_as(known, *make(server.port()), values);
        Client client(make(server.port()), known);
        steps(client);
        EXPECT_EQ(client.refused(), "");
        known = client.knowledge().sure;
        sums.acknowledged += client.acknowledged();
        if (orderly) {
            EXPECT_EQ(server.stop().code, 0);
        } else {
            server.kill();
        }
    };
    const auto name = [](size_t i) { return "small-" + std::to_string(i); };
    goes_on(
        rest_frontend,
        [&](Client& client) {
            for (size_t i = 0; i < kCollections; ++i) {
                client.create(name(i), kDimension, Metric::kCosine);
                client.upsert(name(i), points_of(values, kDimension, "", 0, 10));
            }
        },
        true);
    EXPECT_EQ(segment_files(data), 1U);
    goes_on(
        graphql_frontend,
        [&](Client& client) {
            for (size_t i = 0; i < kCollections; i += 5) {
                client.remove(name(i), {"3", "4"});
                client.upsert(name(i), points_of(values, kDimension, "", 9, 4));
                client.drop(name(i + 1));
                client.rename(name(i + 2), name(i + 1));
            }
        },
        false);
    goes_on(
        rest_frontend, [](Client&) {}, true);
    goes_on(
        graphql_frontend, [](Client&) {}, false);
    ++sums.cases;
}

// One damaged file: its collection says so, with what it held, every other one serves, and the file is kept when the
// collection is dropped.
TEST(DamagedCollection, IsNamedAndTheOthersServe) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server server(data);
        HttpClient http(server.port());
        for (const char* name : {"sick", "well"}) {
            const std::string at = std::string("/collections/") + name;
            EXPECT_EQ(http.post("/collections",
                                std::string(R"({"name":")") + name + R"(","dimension":2,"metric":"euclidean"})")
                          .status,
                      200);
            EXPECT_EQ(http.post(at + "/vectors", kPoints).status, 200);
            if (name == std::string("sick")) {
                EXPECT_EQ(http.post(at + "/force-save", "").status, 200);
            }
        }
        EXPECT_EQ(server.stop().code, 0);
    }
    const std::filesystem::path damaged = std::filesystem::directory_iterator(data + "/seg")->path();
    std::filesystem::permissions(damaged, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) - 1);
    Server server(data);
    HttpClient http(server.port());
    const std::string shown = http.get("/collections/sick").body;
    EXPECT_NE(shown.find(R"("status":"quarantined")"), std::string::npos) << shown;
    EXPECT_NE(shown.find(R"("vector_count":2)"), std::string::npos) << shown;
    const std::string report = http.get("/collections/sick/persistence").body;
    EXPECT_NE(report.find(R"("state":"quarantined","persisted":false)"), std::string::npos) << report;
    EXPECT_NE(report.find(R"("problems":["seg/S-)"), std::string::npos) << report;
    EXPECT_EQ(http.post("/collections/sick/search", R"({"vector":[1,2]})").status, 503);
    EXPECT_EQ(http.post("/collections/well/search", R"({"vector":[1,2]})").status, 200);
    const std::string copy = directory.path() + "/copy";
    std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
    for (const std::vector<std::string>& command :
         {std::vector{program(), std::string("check"), copy},
          std::vector{program(), std::string("repair"), copy, std::string("--accept-loss")}}) {
        const std::string told = run(command).output;
        EXPECT_NE(told.find("collection 'sick'"), std::string::npos) << told;
    }
    EXPECT_EQ(http.request("DELETE", "/collections/sick", "").status, 200);
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_FALSE(std::filesystem::exists(damaged));
    EXPECT_TRUE(std::filesystem::exists(data + "/quarantine/" + damaged.filename().string()));
    ++sums.cases;
}

// What was written to a file without a name is gone with the process: no write is acknowledged into one.
TEST(RemovedLog, IsToldAndTakesNoWrites) {
    for (const char* removed : {"wal", "MANIFEST", "CURRENT"}) {
        SCOPED_TRACE(removed);
        const TemporaryDirectory directory;
        const std::string data = directory.path() + "/data";
        Server server(data);
        HttpClient http(server.port());
        EXPECT_EQ(http.post("/collections", R"({"name":"docs","dimension":2,"metric":"euclidean"})").status, 200);
        EXPECT_EQ(http.post("/collections/docs/vectors", kPoints).status, 200);
        EXPECT_TRUE(Json(http.get("/collections/docs/persistence").body).truth("/persisted"));
        std::vector<std::filesystem::path> paths;
        for (const auto& each : std::filesystem::recursive_directory_iterator(data)) {
            if (each.is_regular_file() && each.path().string().find(removed, data.size()) != std::string::npos)
                paths.push_back(each.path());
        }
        EXPECT_FALSE(paths.empty());
        for (const std::filesystem::path& path : paths) std::filesystem::remove(path);
        const std::string report = http.get("/collections/docs/persistence").body;
        EXPECT_FALSE(Json(report).truth("/persisted")) << report;
        EXPECT_EQ(report.find(data), std::string::npos) << report;
        if (removed == std::string("wal")) {
            EXPECT_EQ(http.post("/collections/docs/vectors", kPoints).status, 503);
            EXPECT_EQ(http.post("/collections/docs/vectors", kPoints).status, 503);
        }
        if (removed == std::string("MANIFEST")) {
            EXPECT_EQ(http.post("/collections", R"({"name":"more","dimension":2,"metric":"dot"})").status, 503);
        }
        server.kill();
    }
    ++sums.cases;
}

// Whoever watches the store is watched: a write that is gone, one that came back and one that changed are each seen.
TEST(Watcher, SeesWhatIsLostComesBackOrChanges) {
    Values values(kSeed);
    Database wanted;
    wanted["a"] = {3, Metric::kDot, {}};
    for (const NamedPoint& point : points_of(values, 3, "", 0, 10)) wanted["a"].points.insert(point);
    Sums none;
    compare(wanted, wanted, none);
    EXPECT_EQ(none.lost + none.ghosts + none.changed, 0U);
    Database found = wanted;
    found["a"].points.erase("3");
    found["a"].points["10"] = values.point(3);
    found["a"].points["4"].vector[2] += 1;
    found["a"].points["5"].payload += " ";
    found["dropped"] = {2, Metric::kCosine, {}};
    Sums met;
    compare(wanted, found, met);
    EXPECT_EQ(met.lost, 1U);
    EXPECT_EQ(met.ghosts, 2U);
    EXPECT_EQ(met.changed, 2U);
    Sums whole;
    compare(wanted, {}, whole);
    EXPECT_EQ(whole.lost, 11U);
    const std::vector<float> query = {1, 2, 3};
    const std::vector<Hit> hit = {{"0", 0, wanted["a"].points["0"]}};
    EXPECT_NE(wrong_hits(wanted["a"], query, 10, hit), "");
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
    static constexpr const char* kContents[] = {"NoVectors", "SomeVectors", "Several", "SeveralWithDeletesAndRename"};
    static constexpr const char* kEnds[] = {"Terminated", "KilledAfterReply", "KilledMidStream"};
    const auto [way, content, end] = info.param;
    return std::string(way == 0 ? "Rest" : "Graphql") + kContents[static_cast<int>(content)] +
           kEnds[static_cast<int>(end)];
}

INSTANTIATE_TEST_SUITE_P(Matrix, Persistence,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(Content::kNoVectors, Content::kSomeVectors, Content::kSeveral,
                                                          Content::kSeveralWithDeletesAndRename),
                                          testing::Values(End::kTerminated, End::kKilledAfterReply,
                                                          End::kKilledMidStream)),
                         name_of);

// The line of the gate, after all cases of this process.
class Line final : public testing::EmptyTestEventListener {
    void OnTestProgramEnd(const testing::UnitTest& tests) override {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - sums.begin).count();
        const bool passed = tests.Passed() && sums.lost + sums.ghosts + sums.changed == 0 && sums.cases > 0;
        std::printf("GATE kill.matrix %s cases=%d acked=%llu lost=%llu ghosts=%llu changed=%llu seed=%llu time=%.1f\n",
                    passed ? "PASS" : "FAIL", sums.cases, static_cast<unsigned long long>(sums.acknowledged),
                    static_cast<unsigned long long>(sums.lost), static_cast<unsigned long long>(sums.ghosts),
                    static_cast<unsigned long long>(sums.changed), static_cast<unsigned long long>(kSeed), seconds);
    }
};

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    testing::UnitTest::GetInstance()->listeners().Append(new vz::e2e::Line);
    return RUN_ALL_TESTS();
}
