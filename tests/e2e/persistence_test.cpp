// What was acknowledged is on disk: collections made over either frontend, with what is in them, over orderly ends and kills.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

constexpr uint64_t kSeed = 20260131;

enum class Content { kNoVectors, kSomeVectors, kSeveral, kSeveralWithDeletesAndRename };
enum class End { kTerminated, kKilledAfterReply, kKilledMidStream };
using MakeFrontend = std::unique_ptr<Frontend> (*)(uint16_t);

// Sums of the whole matrix, for the line at the end.
struct Sums {
    int cases = 0;
    uint64_t acknowledged = 0;
    uint64_t lost = 0;
    uint64_t ghosts = 0;
    uint64_t changed = 0;
    std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};
Sums sums;

class Values final {
public:
    explicit Values(uint64_t seed) : random_(seed) {}

    size_t below(size_t bound) { return random_() % bound; }

    Point point(uint32_t dimension) {
        Point made;
        for (uint32_t i = 0; i < dimension; ++i) made.vector.push_back(static_cast<float>(spread_(random_)));
        // Spaces, escapes and number spellings that any rewriting would change.
        made.payload = "{ \"n\" : " + std::to_string(random_() % 1000) + ".50, \"text\":\"a\\u00e9\\n \\\"b\\\" \xC3\xA9\", \"list\" : [1 , {}, null] }";
        return made;
    }

private:
    std::mt19937_64 random_;
    std::normal_distribution<double> spread_;
};

// What one client knows: what must be there, and the one step that may or may not have happened.
struct Knowledge {
    Database sure;
    std::function<void(Database&)> open;
};

// Makes each step through a frontend and in the model alike. A step without answer ends it.
class Client final {
public:
    Client(std::unique_ptr<Frontend> frontend, Database known) : frontend_(std::move(frontend)) { knowledge_.sure = std::move(known); }

    bool create(const std::string& name, uint32_t dimension, Metric metric) {
        return step(frontend_->create(name, dimension, metric), [=](Database& database) { database[name] = {dimension, metric, {}}; });
    }
    bool drop(const std::string& name) {
        return step(frontend_->drop(name), [=](Database& database) { database.erase(name); });
    }
    bool rename(const std::string& name, const std::string& to) {
        return step(frontend_->rename(name, to), [=](Database& database) {
            database[to] = database[name];
            database.erase(name);
        });
    }
    bool upsert(const std::string& name, const std::vector<NamedPoint>& points) {
        return step(frontend_->upsert(name, points), [=](Database& database) {
            for (const auto& [id, point] : points) database[name].points[id] = point;
        });
    }
    bool remove(const std::string& name, const std::vector<std::string>& ids) {
        return step(frontend_->remove(name, ids), [=](Database& database) {
            for (const std::string& id : ids) database[name].points.erase(id);
        });
    }

    const Knowledge& knowledge() const { return knowledge_; }
    uint64_t acknowledged() const { return acknowledged_; }
    const std::string& refused() const { return refused_; }

private:
    bool step(Outcome outcome, std::function<void(Database&)> effect) {
        if (outcome == Outcome::kAcknowledged) {
            effect(knowledge_.sure);
            ++acknowledged_;
            return true;
        }
        if (outcome == Outcome::kUnknown) knowledge_.open = std::move(effect);
        if (outcome == Outcome::kRefused) refused_ = frontend_->complaint();
        return false;
    }

    std::unique_ptr<Frontend> frontend_;
    Knowledge knowledge_;
    uint64_t acknowledged_ = 0;
    std::string refused_;
};

std::vector<NamedPoint> points_of(Values& values, uint32_t dimension, const std::string& prefix, size_t first, size_t count) {
    std::vector<NamedPoint> points;
    for (size_t i = first; i < first + count; ++i) points.emplace_back(prefix + std::to_string(i), values.point(dimension));
    return points;
}

bool fill(Client& client, Content content, Values& values) {
    if (content == Content::kNoVectors) return client.create("no points", 512, Metric::kCosine);
    bool done = client.create("some", 7, Metric::kEuclidean) && client.upsert("some", points_of(values, 7, "", 0, 40)) &&
                client.upsert("some", points_of(values, 7, "id ", 0, 10));
    if (content == Content::kSomeVectors) return done;
    done = done && client.create("no points", 3, Metric::kManhattan) && client.create("caf\xC3\xA9 \xE2\x98\x95", 33, Metric::kCosine) &&
           client.upsert("caf\xC3\xA9 \xE2\x98\x95", points_of(values, 33, "x-", 0, 25)) && client.create("dot", 16, Metric::kDot) &&
           client.upsert("dot", points_of(values, 16, "0f8fad5b-d9cb-469f-a165-7086772895", 10, 30)) &&
           client.upsert("dot", points_of(values, 16, "0f8fad5b-d9cb-469f-a165-7086772895", 20, 3)) &&
           client.create("near", 2, Metric::kManhattan) && client.upsert("near", points_of(values, 2, "", 100, 20));
    if (content == Content::kSeveral) return done;
    return done && client.remove("some", {"3", "7", "id 4"}) && client.drop("near") && client.create("near", 4, Metric::kDot) &&
           client.upsert("near", points_of(values, 4, "", 100, 5)) && client.rename("dot", "renamed") && client.drop("no points") &&
           client.remove("renamed", {"0f8fad5b-d9cb-469f-a165-708677289511"});
}

// Steps until the server is gone. Collections that this client alone changes are named after it.
void stream(Client& client, Content content, Values& values, const std::string& own, std::atomic<uint64_t>& steps) {
    if (!client.create(own, 5, Metric::kEuclidean)) return;
    for (size_t round = 0;; ++round) {
        const std::string name = own + "-" + std::to_string(round);
        bool done = true;
        if (content == Content::kNoVectors) {
            done = client.create(name, static_cast<uint32_t>(1 + round), Metric::kDot) && (round % 3 != 1 || client.rename(name, name + " renamed")) &&
                   (round % 3 != 2 || client.drop(name));
        } else {
            done = client.upsert(own, points_of(values, 5, own, values.below(200), 1 + values.below(5)));
            const std::map<std::string, Point>& points = client.knowledge().sure.at(own).points;
            if (done && round % 4 == 3 && !points.empty()) {
                auto victim = points.begin();
                std::advance(victim, static_cast<std::ptrdiff_t>(values.below(points.size())));
                done = client.remove(own, {victim->first});
            }
        }
        if (!done) return;
        steps.fetch_add(1);
    }
}

// Checkpoints run beside the writes until the server is gone: a kill meets them at any step.
void checkpoints(uint16_t port) {
    HttpClient client(port);
    for (size_t round = 0;; ++round) {
        const std::string name = round % 4 == 3 ? "some" : "stream-" + std::to_string(round % 4);
        const Answer answer = client.post("/collections/" + name + "/force-save", "{}");
        if (answer.status == 0) return;
        EXPECT_TRUE(answer.status == 200 || answer.status == 404) << answer.body;
    }
}

// Counts what differs between what must be there and what is.
void compare(const Database& wanted, const Database& found, Sums& differences) {
    for (const auto& [name, collection] : wanted) {
        const auto there = found.find(name);
        if (there == found.end()) {
            differences.lost += 1 + collection.points.size();
            continue;
        }
        if (there->second.dimension != collection.dimension || there->second.metric != collection.metric) ++differences.changed;
        for (const auto& [id, point] : collection.points) {
            const auto stored = there->second.points.find(id);
            if (stored == there->second.points.end()) ++differences.lost;
            else if (!(stored->second == point)) ++differences.changed;
        }
        for (const auto& [id, point] : there->second.points) differences.ghosts += collection.points.count(id) == 0 ? 1U : 0U;
    }
    for (const auto& [name, collection] : found) differences.ghosts += wanted.count(name) == 0 ? 1U : 0U;
}

// What must be there, given what is: each client's open step is taken if that explains more.
Database explained(const std::vector<Knowledge>& clients, const Database& found) {
    Database best;
    uint64_t best_differences = UINT64_MAX;
    for (size_t choice = 0; choice < size_t{1} << clients.size(); ++choice) {
        Database wanted;
        bool possible = true;
        for (size_t i = 0; i < clients.size(); ++i) {
            Database own = clients[i].sure;
            if ((choice >> i & 1U) != 0) {
                possible = possible && clients[i].open != nullptr;
                if (clients[i].open) clients[i].open(own);
            }
            wanted.insert(own.begin(), own.end());
        }
        if (!possible) continue;
        Sums differences;
        compare(wanted, found, differences);
        const uint64_t count = differences.lost + differences.ghosts + differences.changed;
        if (count < best_differences) {
            best_differences = count;
            best = std::move(wanted);
        }
    }
    return best;
}

void answers_as(const Database& wanted, Frontend& frontend, Values& values) {
    const Database found = frontend.read();
    compare(wanted, found, sums);
    EXPECT_TRUE(wanted == found);
    for (const auto& [name, collection] : wanted) {
        EXPECT_TRUE(frontend.persisted(name)) << name;
        const std::vector<float> query = values.point(collection.dimension).vector;
        for (const size_t limit : {size_t{1}, size_t{10}, size_t{1000}}) {
            EXPECT_EQ(wrong_hits(collection, query, limit, frontend.search(name, query, limit)), "") << name << " " << limit;
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
                streams.push_back(std::make_unique<Client>((i % 2 == 0 ? make : make_other)(server.port()), Database{}));
                drawn.emplace_back(seed * 10 + static_cast<uint64_t>(i));
            }
            for (size_t i = 0; i < kClients; ++i) {
                threads.emplace_back([&, i] { stream(*streams[i], content, drawn[i], "stream-" + std::to_string(i), steps); });
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
    const uint64_t seed = kSeed + static_cast<uint64_t>(way * 100 + static_cast<int>(content) * 10 + static_cast<int>(end));
    SCOPED_TRACE("seed " + std::to_string(seed));
    const MakeFrontend make = way == 0 ? rest_frontend : graphql_frontend;
    const MakeFrontend other = way == 0 ? graphql_frontend : rest_frontend;
    plays(make, other, content, end, seed);
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
    return std::string(way == 0 ? "Rest" : "Graphql") + kContents[static_cast<int>(content)] + kEnds[static_cast<int>(end)];
}

INSTANTIATE_TEST_SUITE_P(Matrix, Persistence,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(Content::kNoVectors, Content::kSomeVectors, Content::kSeveral,
                                                          Content::kSeveralWithDeletesAndRename),
                                          testing::Values(End::kTerminated, End::kKilledAfterReply, End::kKilledMidStream)),
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
