// Clients that know what they were told: each step goes through a frontend and into a model alike, and after a kill the
// model says what a server has to show.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"

namespace vz::e2e {

inline constexpr uint64_t kSeed = 20260131;

enum class Content { kNoVectors, kSomeVectors, kSeveral, kSeveralWithDeletesAndRename };
using MakeFrontend = std::unique_ptr<Frontend> (*)(uint16_t);

// What was done, and what differed from what had to be there.
struct Sums {
    int cases = 0;
    uint64_t acknowledged = 0;
    uint64_t lost = 0;
    uint64_t ghosts = 0;
    uint64_t changed = 0;
    std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};

class Values final {
 public:
    explicit Values(uint64_t seed) : random_(seed) {}

    size_t below(size_t bound) { return random_() % bound; }

    Point point(uint32_t dimension) {
        Point made;
        for (uint32_t i = 0; i < dimension; ++i) made.vector.push_back(static_cast<float>(spread_(random_)));
        // Spaces, escapes and number spellings that any rewriting would change.
        made.payload = "{ \"n\" : " + std::to_string(random_() % 1000) +
                       ".50, \"text\":\"a\\u00e9\\n \\\"b\\\" \xC3\xA9\", \"list\" : [1 , {}, null] }";
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
    Client(std::unique_ptr<Frontend> frontend, Database known) : frontend_(std::move(frontend)) {
        knowledge_.sure = std::move(known);
    }

    bool create(const std::string& name, uint32_t dimension, Metric metric) {
        return step(frontend_->create(name, dimension, metric), [=](Database& database) {
            database[name] = {dimension, metric, {}};
        });
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

inline std::vector<NamedPoint> points_of(Values& values, uint32_t dimension, const std::string& prefix, size_t first,
                                         size_t count) {
    std::vector<NamedPoint> points;
    for (size_t i = first; i < first + count; ++i)
        points.emplace_back(prefix + std::to_string(i), values.point(dimension));
    return points;
}

inline bool fill(Client& client, Content content, Values& values) {
    if (content == Content::kNoVectors) return client.create("no points", 512, Metric::kCosine);
    bool done = client.create("some", 7, Metric::kEuclidean) &&
                client.upsert("some", points_of(values, 7, "", 0, 40)) &&
                client.upsert("some", points_of(values, 7, "id ", 0, 10));
    if (content == Content::kSomeVectors) return done;
    done = done && client.create("no points", 3, Metric::kManhattan) &&
           client.create("caf\xC3\xA9 \xE2\x98\x95", 33, Metric::kCosine) &&
           client.upsert("caf\xC3\xA9 \xE2\x98\x95", points_of(values, 33, "x-", 0, 25)) &&
           client.create("dot", 16, Metric::kDot) &&
           client.upsert("dot", points_of(values, 16, "0f8fad5b-d9cb-469f-a165-7086772895", 10, 30)) &&
           client.upsert("dot", points_of(values, 16, "0f8fad5b-d9cb-469f-a165-7086772895", 20, 3)) &&
           client.create("near", 2, Metric::kManhattan) && client.upsert("near", points_of(values, 2, "", 100, 20));
    if (content == Content::kSeveral) return done;
    return done && client.remove("some", {"3", "7", "id 4"}) && client.drop("near") &&
           client.create("near", 4, Metric::kDot) && client.upsert("near", points_of(values, 4, "", 100, 5)) &&
           client.rename("dot", "renamed") && client.drop("no points") &&
           client.remove("renamed", {"0f8fad5b-d9cb-469f-a165-708677289511"});
}

// Steps until the server is gone. Collections that this client alone changes are named after it.
inline void stream(Client& client, Content content, Values& values, const std::string& own,
                   std::atomic<uint64_t>& steps) {
    if (!client.create(own, 5, Metric::kEuclidean)) return;
    for (size_t round = 0;; ++round) {
        const std::string name = own + "-" + std::to_string(round);
        bool done = true;
        if (content == Content::kNoVectors) {
            done = client.create(name, static_cast<uint32_t>(1 + round), Metric::kDot) &&
                   (round % 3 != 1 || client.rename(name, name + " renamed")) && (round % 3 != 2 || client.drop(name));
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
inline void checkpoints(uint16_t port) {
    HttpClient client(port);
    for (size_t round = 0;; ++round) {
        const std::string name = round % 4 == 3 ? "some" : "stream-" + std::to_string(round % 4);
        const Answer answer = client.post("/collections/" + name + "/force-save", "{}");
        if (answer.status == 0) return;
        EXPECT_TRUE(answer.status == 200 || answer.status == 404) << answer.body;
    }
}

// Counts what differs between what must be there and what is.
inline void compare(const Database& wanted, const Database& found, Sums& differences) {
    for (const auto& [name, collection] : wanted) {
        const auto there = found.find(name);
        if (there == found.end()) {
            differences.lost += 1 + collection.points.size();
            continue;
        }
        if (there->second.dimension != collection.dimension || there->second.metric != collection.metric)
            ++differences.changed;
        for (const auto& [id, point] : collection.points) {
            const auto stored = there->second.points.find(id);
            if (stored == there->second.points.end())
                ++differences.lost;
            else if (!(stored->second == point))
                ++differences.changed;
        }
        for (const auto& [id, point] : there->second.points)
            differences.ghosts += collection.points.count(id) == 0 ? 1U : 0U;
    }
    for (const auto& [name, collection] : found) differences.ghosts += wanted.count(name) == 0 ? 1U : 0U;
}

// What must be there, given what is: each client's open step is taken if that explains more.
inline Database explained(const std::vector<Knowledge>& clients, const Database& found) {
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

}  // namespace vz::e2e
