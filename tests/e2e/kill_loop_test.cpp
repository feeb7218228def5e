// Kills without end: one database, four clients of either frontend, checkpoints beside them, SIGKILL at any moment.
// [--kills N]
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/e2e/support/known.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

int kills_wanted = 25;

// One database, killed again and again under four clients of either frontend; each start has to show what was
// acknowledged before.
TEST(KillLoop, NothingAcknowledgedIsEverLost) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    Values values(kSeed + 9);
    std::vector<Knowledge> clients(1);
    uint64_t acknowledged = 0;
    Sums loop;
    for (int kill = 0; kill <= kills_wanted && !HasFailure(); ++kill) {
        SCOPED_TRACE("kill " + std::to_string(kill));
        Server server(data);
        const Database found = rest_frontend(server.port())->read();
        Database known = explained(clients, found);
        compare(known, found, loop);
        EXPECT_TRUE(known == found);
        if (kill == kills_wanted) break;
        Client sweeper(rest_frontend(server.port()), known);
        for (const auto& [name, collection] : known) {
            if (kill % 8 != 7) continue;
            EXPECT_TRUE(sweeper.drop(name)) << sweeper.refused();
        }
        constexpr size_t kClients = 4;
        std::atomic<uint64_t> steps = 0;
        std::vector<std::unique_ptr<Client>> streams;
        std::vector<Values> drawn;
        for (size_t i = 0; i < kClients; ++i) {
            streams.push_back(std::make_unique<Client>(
                i % 2 == 0 ? rest_frontend(server.port()) : graphql_frontend(server.port()), Database{}));
            drawn.emplace_back(kSeed + static_cast<uint64_t>(kill) * kClients + i);
        }
        std::vector<std::thread> threads;
        for (size_t i = 0; i < kClients; ++i) {
            const Content content = i == 3 ? Content::kNoVectors : Content::kSeveral;
            const std::string own = "k" + std::to_string(kill) + "-" + std::to_string(i);
            threads.emplace_back([&, i, content, own] { stream(*streams[i], content, drawn[i], own, steps); });
        }
        threads.emplace_back([&] { checkpoints(server.port()); });
        const uint64_t wanted = 4 + values.below(40);
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (steps.load() < wanted && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
        server.kill();
        for (std::thread& thread : threads) thread.join();
        clients.assign(1, sweeper.knowledge());
        for (const std::unique_ptr<Client>& client : streams) {
            EXPECT_EQ(client->refused(), "");
            clients.push_back(client->knowledge());
            acknowledged += client->acknowledged();
        }
    }
    std::printf("GATE e2e.kill_loop %s kills=%d acknowledged=%llu lost=%llu ghosts=%llu changed=%llu\n",
                HasFailure() ? "FAIL" : "PASS", kills_wanted, static_cast<unsigned long long>(acknowledged),
                static_cast<unsigned long long>(loop.lost), static_cast<unsigned long long>(loop.ghosts),
                static_cast<unsigned long long>(loop.changed));
}

}  // namespace
}  // namespace vz::e2e

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    if (count == 3 && std::string(arguments[1]) == "--kills") vz::e2e::kills_wanted = std::atoi(arguments[2]);
    return RUN_ALL_TESTS();
}
