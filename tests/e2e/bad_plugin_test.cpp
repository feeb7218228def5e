// Frontends that break a rule: the checker finds the rule, the host names the frontend, and what was acknowledged
// stays.
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

std::string plugin(const std::string& kind) { return VZ_BUILD_DIRECTORY "/lib/bad_plugins/" + kind + ".so"; }

// Names of the checks that found something; "exit N" as well if it is not 1.
std::set<std::string> rows_that_fail(const std::string& kind, const std::vector<std::string>& only = {}) {
    std::vector<std::string> command = {program(), "plugin", "check", "--json", plugin(kind)};
    for (const std::string& check : only) command.insert(command.end(), {"--check", check});
    const Ran ran = run(command);
    std::set<std::string> rows;
    if (ran.exit.code != 1) rows.insert("exit " + std::to_string(ran.exit.code));
    const Json report(ran.output);
    for (uint64_t i = 0; report.has("/checks/" + std::to_string(i)); ++i) {
        const std::string check = "/checks/" + std::to_string(i);
        EXPECT_EQ(report.truth(check + "/passed"), !report.has(check + "/findings/0")) << ran.output;
        if (!report.truth(check + "/passed")) rows.insert(report.text(check + "/check"));
    }
    return rows;
}

using Rows = std::set<std::string>;

TEST(PluginCheck, FindsTheRuleThatIsBrokenAndNoOther) {
    const std::vector<std::pair<const char*, Rows>> expected = {
        {"none", {"exit 0"}},
        {"asks-in-completion", {"exit 0"}},
        {"asks-services", {"exit 0"}},
        {"later-minor", {"exit 0"}},
        {"unloads-itself", {"exit 0"}},
        {"no-entry", {"exit 2", "load", "exports"}},
        {"newer", {"exit 2", "load", "needs"}},
        {"declines", {"exit 2", "load"}},
        {"wrong-major", {"exit 2", "load"}},
        {"short-descriptor", {"exit 2", "load"}},
        {"null-callback", {"exit 2", "load"}},
        {"extra-export", {"exports"}},
        {"no-domain", {"layout"}},
        {"any-key", {"create"}},
        {"thread-in-create", {"create", "cycle", "second", "hard-stop", "slow-stop"}},
        {"thread-in-load", {"create"}},
        {"fails-to-reload", {"cycle", "hard-stop", "growth", "manners", "misuse"}},
        {"one-only", {"cycle", "second"}},
        {"descriptor", {"cycle", "second", "hard-stop", "slow-stop"}},
        {"held-result", {"cycle", "second", "hard-stop", "slow-stop"}},
        {"thread-after-stop", {"cycle", "second", "hard-stop", "slow-stop"}},
        {"forks", {"cycle", "second", "hard-stop", "slow-stop"}},
        {"closes-others", {"cycle", "hard-stop", "slow-stop"}},
        {"buffers", {"manners"}},
        {"bus-handler", {"manners"}},
        {"waiting-drain", {"cycle", "second", "growth", "manners", "misuse", "poisoned"}},
        {"dies-poisoned", {"poisoned"}},
        {"short-host", {"growth"}},
        {"prints", {"manners"}},
        {"signal-handler", {"manners"}},
        {"chdir", {"manners"}},
        {"environment", {"manners"}},
        {"forbidden-thread", {"misuse"}},
        {"opens-in-completion", {"misuse"}},
        {"closes-in-completion", {"misuse"}},
        {"checks-in-completion", {"misuse"}},
        {"rows-without-size", {"misuse"}},
        {"rows-of-nothing", {"misuse"}},
        {"observes-nothing", {"misuse"}},
        {"logs-a-short-record", {"misuse"}},
        {"write-of-nothing", {"misuse"}},
        {"count-for-nothing", {"misuse"}},
    };
    for (const auto& [kind, rows] : expected) EXPECT_EQ(rows_that_fail(kind), rows) << kind;
}

TEST(PluginCheck, ReportsWhatEndsItsProcess) {
    for (const char* kind :
         {"failing-create", "crash-in-create", "past-error", "into-host", "no-frontend", "needs-a-later-service"})
        EXPECT_EQ(rows_that_fail(kind, {"create"}), Rows{"create"}) << kind;
    for (const char* kind : {"throws", "crash-in-stop", "release-twice", "exits", "executes", "exits-by-itself",
                             "closes-engine", "quits", "quits-in-stop", "quits-quickly-in-stop", "ends-the-host-thread",
                             "ends-an-engine-thread", "throws-in-a-completion", "hangs-in-a-completion", "null-reload"})
        EXPECT_EQ(rows_that_fail(kind, {"cycle", "misuse"}), (Rows{"cycle", "misuse"})) << kind;
    for (const char* kind : {"asks-at-exit", "reports-at-exit"})
        EXPECT_EQ(rows_that_fail(kind, {"cycle", "misuse"}), Rows{"misuse"}) << kind;
    EXPECT_EQ(rows_that_fail("slow-stop", {"slow-stop"}), Rows{"slow-stop"});
}

TEST(PluginCheck, FindsWhatOnlyTheBusyNotice) {
    for (const char* kind : {"slow-completion", "sleeps-in-completions", "burns-in-completions"})
        EXPECT_EQ(rows_that_fail(kind, {"cycle", "misuse"}), Rows{"misuse"}) << kind;
    EXPECT_EQ(rows_that_fail("write-after-stop", {"cycle", "slow-stop"}), Rows{"slow-stop"});
}

TEST(PluginCheck, BlamesNobodyForAMachineThatIsBusy) {
    std::vector<std::jthread> burning;
    for (unsigned i = 0; i < 4 * std::thread::hardware_concurrency(); ++i) {
        burning.emplace_back([](const std::stop_token& ends) {
            while (!ends.stop_requested()) continue;
        });
    }
    EXPECT_EQ(rows_that_fail("brief-completions", {"misuse"}), Rows{"exit 0"});
}

TEST(PluginCheck, FindsAndEndsTheProcessesOfAPlugin) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // what the checker leaves is adopted here
    for (const char* kind : {"daemonizes", "runs-a-program", "forks", "forks-in-a-completion"}) {
        EXPECT_EQ(rows_that_fail(kind, {"cycle"}), Rows{"cycle"}) << kind;
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << kind << ": a process is left";
    }
}

TEST(PluginCheck, FindsWhatChangesForAllOfTheProcess) {
    for (const char* kind :
         {"signal-flags", "alarm", "thread-locale", "rounding", "limits", "flushes-to-zero-as-it-loads",
          "handles-a-signal-as-it-loads", "traps-arithmetic", "signal-stack", "priority", "schedule", "thread-name",
          "masks-an-engine-thread", "real-time-timer", "terminate-handler"})
        EXPECT_EQ(rows_that_fail(kind, {"manners"}), Rows{"manners"}) << kind;
}

TEST(PluginCheck, ShowsNoTerminalWhatItWouldObey) {
    EXPECT_EQ(rows_that_fail("coloured-id", {"layout"}), Rows{"layout"});
    const Ran ran = run({program(), "plugin", "check", plugin("coloured-id"), "--check", "layout"});
    EXPECT_EQ(ran.output.find('\x1b'), std::string::npos) << ran.output;
}

// Which the dynamic linker does not look at.
TEST(PluginCheck, SaysThatAFileWithoutSectionsCannotBeChecked) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/none.so";
    std::filesystem::copy_file(plugin("none"), file);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    const uint64_t beyond = uint64_t{1} << 40;
    stream.seekp(offsetof(Elf64_Ehdr, e_shoff));
    stream.write(reinterpret_cast<const char*>(&beyond), sizeof beyond);
    stream.close();
    const Ran ran = run({program(), "plugin", "check", "--json", file, "--check", "exports", "--check", "needs"});
    EXPECT_EQ(ran.exit.code, 1) << ran.output;
    const Json report(ran.output);
    EXPECT_TRUE(report.truth("/checks/0/passed")) << ran.output;  // it loads
    for (const char* check : {"/checks/1", "/checks/2"}) EXPECT_FALSE(report.truth(std::string(check) + "/passed"));
}

TEST(PluginCheck, KnowsItsOptions) {
    EXPECT_EQ(run({program(), "plugin", "check", plugin("none"), "--check", "all"}).exit.code, 2);
    EXPECT_EQ(run({program(), "plugin", "check", plugin("none"), "--set", "port"}).exit.code, 2);
    EXPECT_EQ(run({program(), "plugin", "check"}).exit.code, 2);
    EXPECT_EQ(run({program(), "plugin", "check", plugin("there-is-none")}).exit.code, 2);
    EXPECT_EQ(run({program(), "plugin", "check", VZ_SOURCE_DIRECTORY "/README.md"}).exit.code, 2);
    const Ran folder = run({program(), "plugin", "check", VZ_SOURCE_DIRECTORY});
    EXPECT_EQ(folder.exit.code, 2) << folder.output;
    EXPECT_EQ(folder.output.find("crash"), std::string::npos) << folder.output;
    // A key that a server would refuse to start with.
    const Ran misspelt = run({program(), "plugin", "check", plugin("none"), "--check", "create", "--set", "prot=0"});
    EXPECT_EQ(misspelt.exit.code, 1) << misspelt.output;
    EXPECT_NE(misspelt.output.find("unknown key 'frontends.none.prot'"), std::string::npos) << misspelt.output;
}

// A server with REST and one bad plugin, whose data is looked at afterwards.
struct Host {
    TemporaryDirectory directory;
    std::string data = directory.path() + "/data";

    std::vector<std::string> arguments(const std::string& kind) const {
        return {"--set", "frontends.culprit.library=" + plugin(kind)};
    }
    // For plugins that are found before the server is ready.
    Ran start(const std::string& kind) const {
        std::vector<std::string> command = {program(), "serve",  "--data-dir",
                                            data,      "--port", std::to_string(free_port())};
        for (const std::string& argument : arguments(kind)) command.push_back(argument);
        return run(command);
    }
};

void fill(uint16_t port) {
    const auto rest = rest_frontend(port);
    ASSERT_EQ(rest->create("docs", 2, Metric::kCosine), Outcome::kAcknowledged);
    ASSERT_EQ(rest->upsert("docs", {{"a", {{1, 0}, "{}"}}, {"b", {{0, 1}, "{\"n\":2}"}}}), Outcome::kAcknowledged);
}

void expect_whole(const std::string& data) {
    EXPECT_EQ(run({program(), "check", data}).exit.code, 0);
    Server server(data);
    Database database = rest_frontend(server.port())->read();
    ASSERT_TRUE(database.contains("docs"));
    EXPECT_EQ(database["docs"].points.size(), 2U);
    EXPECT_EQ(database["docs"].points["b"], (Point{{0, 1}, "{\"n\":2}"}));
    EXPECT_EQ(server.stop().code, 0);
}

bool is_named(const std::string& output) { return output.find("frontend 'culprit'") != std::string::npos; }

TEST(Host, RefusesToStartAndNamesTheFrontend) {
    for (const char* kind :
         {"no-entry", "newer", "declines", "wrong-major", "short-descriptor", "null-callback", "failing-create",
          "past-error", "into-host", "no-frontend", "throws-number", "exits", "quits", "closes-engine"}) {
        const Host host;
        const Ran ran = host.start(kind);
        EXPECT_EQ(ran.exit.code, 3) << kind << "\n" << ran.output;
        EXPECT_TRUE(is_named(ran.output)) << kind << "\n" << ran.output;
    }
    for (const auto& [kind, signal] : {std::pair{"crash-in-create", SIGABRT},
                                       {"ends-the-host-thread", SIGABRT},
                                       {"ends-an-engine-thread", SIGABRT},
                                       {"throws-in-a-completion", SIGABRT},
                                       {"overflows", SIGSEGV},
                                       {"thread-overflows", SIGSEGV},
                                       {"bus-error", SIGBUS}}) {
        const Host host;
        const Ran crashed = host.start(kind);
        EXPECT_EQ(crashed.exit.signal, signal) << kind << "\n" << crashed.output;
        EXPECT_TRUE(is_named(crashed.output)) << kind << "\n" << crashed.output;
    }
}

TEST(Host, LogsWhichAbiAFrontendWasBuiltFor) {
    const Host host;
    Server server(host.data, host.arguments("later-minor"));
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_NE(server.process().output().find(R"("event":"frontend.loaded","message":"frontend 'culprit': )"),
              std::string::npos)
        << server.process().output();
    EXPECT_NE(server.process().output().find("built for ABI 1.7"), std::string::npos) << server.process().output();
}

TEST(Host, SaysByItsStatusWhyASilentFrontendFailed) {
    const Ran ran = Host().start("silent-create");
    EXPECT_EQ(ran.exit.code, 3);
    EXPECT_NE(ran.output.find("create failed with VZ_BUSY"), std::string::npos) << ran.output;
}

TEST(Host, ShowsNoTerminalWhatItWouldObey) {
    const Ran ran = Host().start("coloured-reason");
    EXPECT_EQ(ran.exit.code, 3);
    EXPECT_NE(ran.output.find("red vectorizer: a line of its own"), std::string::npos) << ran.output;
    EXPECT_EQ(ran.output.find('\x1b'), std::string::npos) << ran.output;
}

TEST(Host, WritesEachKeyOfARecordOnce) {
    const Host host;
    Server server(host.data, host.arguments("says-it-twice"));
    EXPECT_EQ(server.stop().code, 0);
    const std::string record = R"("instance":"culprit","event":"bad.event","message":"twice","k":1})";
    EXPECT_NE(server.process().output().find(record), std::string::npos) << server.process().output();
}

TEST(Host, GoesOnWithoutAnOptionalFrontendThatFails) {
    for (const char* kind : {"there-is-none", "failing-create", "failing-start"}) {
        const Host host;
        EXPECT_EQ(host.start(kind).exit.code, 3) << kind;
        std::vector<std::string> arguments = host.arguments(kind);
        arguments.insert(arguments.end(), {"--set", "frontends.culprit.optional=true"});
        Server server(host.data, arguments);  // ready, although it has called itself broken
        EXPECT_TRUE(is_named(server.process().output())) << kind << "\n" << server.process().output();
        EXPECT_EQ(server.stop().code, 0) << kind;
    }
}

TEST(Host, EndsACreateThatHangs) {
    const Host host;
    const Ran ran = host.start("slow-create");
    EXPECT_EQ(ran.exit.code, 3) << ran.output;
    EXPECT_TRUE(is_named(ran.output)) << ran.output;
}

TEST(Host, NamesAFrontendThatCrashesAndKeepsWhatWasAcknowledged) {
    const Host host;
    {
        Server server(host.data, host.arguments("crash"));
        fill(server.port());
        const auto exit = server.process().wait(std::chrono::seconds(20));
        ASSERT_TRUE(exit);
        EXPECT_EQ(exit->signal, SIGSEGV);
        EXPECT_TRUE(is_named(server.process().output())) << server.process().output();
    }
    expect_whole(host.data);
}

TEST(Host, NamesAFrontendThatFailsWhileStopping) {
    for (const auto& [kind, signal] : {std::pair{"throws", SIGABRT},
                                       {"crash-in-stop", SIGABRT},
                                       {"slow-stop", 0},
                                       {"quits-in-stop", 0},
                                       {"quits-quickly-in-stop", 0},
                                       {"hangs-in-a-completion", 0},
                                       {"hangs-in-drain", 0},
                                       {"hangs-in-idle", 0}}) {
        const Host host;
        {
            std::vector<std::string> arguments = host.arguments(kind);
            arguments.insert(arguments.end(), {"--set", "drain_ms=1000"});
            Server server(host.data, arguments);
            fill(server.port());
            const Exit exit = server.stop();
            EXPECT_EQ(exit.signal, signal) << kind;
            EXPECT_EQ(exit.code, signal == 0 ? 3 : -1) << kind;
            EXPECT_TRUE(is_named(server.process().output())) << kind << "\n" << server.process().output();
        }
        expect_whole(host.data);
    }
}

TEST(Host, KeepsAFrontendWhoseOperationsOutlastIt) {
    const Host host;
    {
        Server server(host.data, host.arguments("operation-after-stop"));
        fill(server.port());
        const Exit exit = server.stop();
        EXPECT_EQ(exit.signal, 0) << server.process().output();
        EXPECT_EQ(exit.code, 0) << server.process().output();
        EXPECT_NE(server.process().output().find("host.operations_left"), std::string::npos)
            << server.process().output();
    }
    expect_whole(host.data);
}

TEST(Host, LeavesNothingForAFrontendToDoAtExit) {
    for (const char* kind : {"asks-at-exit", "reports-at-exit"}) {
        const Host host;
        Server server(host.data, host.arguments(kind));
        const Exit exit = server.stop();
        EXPECT_EQ(exit.code, 0) << kind << "\n" << server.process().output();
        const Ran checked = run(
            {program(), "check-config", "--data-dir", host.data, "--set", "frontends.culprit.library=" + plugin(kind)});
        EXPECT_EQ(checked.exit.code, 0) << kind << "\n" << checked.output;
    }
}

TEST(Host, NamesAFrontendThatReleasesTwice) {
    const Host host;
    const Ran ran = host.start("release-twice");
    EXPECT_EQ(ran.exit.signal, SIGABRT) << ran.output;
    EXPECT_TRUE(is_named(ran.output)) << ran.output;
}

TEST(Host, NamesAFrontendThatHoldsResultsAndKeepsTheEngineOpen) {
    const Host host;
    {
        Server server(host.data, host.arguments("held-result"));
        fill(server.port());
        const auto times_told = [&] {
            const std::string output = server.process().output();
            const std::string record = R"("instance":"culprit","event":"results.held")";
            int times = 0;
            for (size_t at = output.find(record); at != std::string::npos; at = output.find(record, at + 1)) ++times;
            return times;
        };
        EXPECT_TRUE(comes([&] { return times_told() != 0; }, std::chrono::minutes(1)));
        EXPECT_EQ(times_told(), 1) << server.process().output();  // after ten seconds
        EXPECT_EQ(server.stop().code, 3);
        EXPECT_EQ(times_told(), 2) << server.process().output();
    }
    expect_whole(host.data);
}

TEST(Host, AcknowledgesNothingThatAFrontendKeepsFromTheDisk) {
    for (const char* kind : {"closes-logs", "replaces-logs"}) {
        const Host host;
        {
            Server server(host.data, host.arguments(kind));
            const auto rest = rest_frontend(server.port());
            EXPECT_NE(rest->create("docs", 2, Metric::kCosine), Outcome::kAcknowledged) << kind;
            EXPECT_NE(rest->create("more", 2, Metric::kCosine), Outcome::kAcknowledged) << kind;
            server.stop();
        }
        EXPECT_EQ(run({program(), "check", host.data}).exit.code, 0) << kind;
        Server server(host.data);
        EXPECT_EQ(rest_frontend(server.port())->create("docs", 2, Metric::kCosine), Outcome::kAcknowledged) << kind;
        EXPECT_EQ(server.stop().code, 0);
    }
    const Host host;
    host.start("closes-all");
    EXPECT_EQ(run({program(), "check", host.data}).exit.code, 0);
}

TEST(Host, KeepsTheDataFromAForkOfItself) {
    const Host host;
    {
        Server server(host.data, host.arguments("forks-in-a-completion"));
        fill(server.port());
        EXPECT_EQ(server.stop().code, 0) << server.process().output();
    }
    EXPECT_EQ(run({program(), "check", host.data}).exit.code, 0);
    Server server(host.data);
    EXPECT_EQ(rest_frontend(server.port())->read()["docs"].points.size(), 2U);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Host, RefusesAReloadThatIsNone) {
    const Host host;
    {
        Server server(host.data, host.arguments("null-reload"));
        fill(server.port());
        server.process().send(SIGHUP);
        EXPECT_TRUE(comes([&] {
            const std::string output = server.process().output();
            return is_named(output) && output.find("everything stays as it was") != std::string::npos;
        })) << server.process().output();
        EXPECT_EQ(server.stop().code, 0);
    }
    expect_whole(host.data);
}

TEST(Host, LivesThroughARealTimeSignal) {
    const Host host;
    {
        Server server(host.data, host.arguments("real-time-timer"));
        EXPECT_TRUE(comes([&] {
            return server.process().output().find("SIGRTMIN+3: a frontend") != std::string::npos;
        })) << server.process().output();
        fill(server.port());
        EXPECT_EQ(server.stop().code, 0);
    }
    expect_whole(host.data);
}

TEST(Host, LivesThroughASignalThatNobodyHandles) {
    const Host host;
    {
        Server server(host.data, host.arguments("alarm"));
        const auto is_told = [&](const char* signal) {
            const std::string output = server.process().output();
            return output.find("host.stray_signal") != std::string::npos && output.find(signal) != std::string::npos;
        };
        const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!is_told("SIGALRM") && std::chrono::steady_clock::now() < patience)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_TRUE(is_told("SIGALRM")) << server.process().output();
        ::kill(server.process().id(), SIGUSR1);
        fill(server.port());
        EXPECT_EQ(server.stop().code, 0);
        EXPECT_TRUE(is_told("SIGUSR1")) << server.process().output();
    }
    expect_whole(host.data);
}

TEST(Host, LogsABrokenRuleUnderItsName) {
    for (const auto& [kind, event] : {std::pair{"forbidden-thread", "abi.misuse"},
                                      {"opens-in-completion", "abi.misuse"},
                                      {"closes-in-completion", "abi.misuse"},
                                      {"checks-in-completion", "abi.misuse"},
                                      {"rows-without-size", "abi.misuse"},
                                      {"rows-of-nothing", "abi.misuse"},
                                      {"observes-nothing", "abi.misuse"},
                                      {"logs-a-short-record", "abi.misuse"},
                                      {"helped-misuses", "abi.misuse"},
                                      {"helped-naps", "completion.slow"},
                                      {"write-of-nothing", "abi.misuse"},
                                      {"count-for-nothing", "abi.misuse"},
                                      {"slow-completion", "completion.slow"}}) {
        const Host host;
        {
            Server server(host.data, host.arguments(kind));
            fill(server.port());
            EXPECT_EQ(server.stop().code, 0) << kind;
            const std::string record = R"("instance":"culprit","event":")" + std::string(event) + "\"";
            EXPECT_NE(server.process().output().find(record), std::string::npos) << kind << server.process().output();
        }
        expect_whole(host.data);
    }
}

TEST(Host, NamesAFrontendWhoseLibraryHoldsAResultForIt) {
    const Host host;
    {
        Server server(host.data, host.arguments("helped-holds"));
        fill(server.port());
        EXPECT_EQ(server.stop().code, 3);
        EXPECT_NE(server.process().output().find(R"("instance":"culprit","event":"results.held")"), std::string::npos)
            << server.process().output();
    }
    expect_whole(host.data);
}

// What is told of two frontends of one library, of which beta misbehaves.
std::string told_of_twins(const std::string& kind) {
    const TemporaryDirectory directory;
    std::vector<std::string> command = {
        program(), "serve", "--data-dir", directory.path() + "/data", "--port", std::to_string(free_port())};
    for (const char* twin : {"alpha", "beta"})
        command.insert(command.end(), {"--set", "frontends." + std::string(twin) + ".library=" + plugin(kind)});
    Process server(command, {}, directory.path() + "/output");
    EXPECT_TRUE(comes(
        [&] {
            return server.wait(std::chrono::milliseconds(1)) || server.output().find("host.ready") != std::string::npos;
        },
        std::chrono::minutes(1)));
    server.send(SIGTERM);
    EXPECT_TRUE(server.wait(std::chrono::minutes(1)));
    return server.output();
}

// Where the host has called it, that one; else all that run the library, as nothing says which of them it was.
TEST(Host, NamesTheInstanceOfALibraryThatRunsTwiceAndNeverAnother) {
    for (const auto& [kind, words] : {std::pair{"twin-crashes-in-start", "frontend 'beta' crashed in start"},
                                      {"twin-crashes-in-stop", "frontend 'beta' crashed in stop"},
                                      {"twin-crashes", "frontend 'alpha' or 'beta' crashed"},
                                      {"twin-misuses-in-start", R"("instance":"beta","event":"abi.misuse")"},
                                      {"twin-misuses", R"("instance":"alpha or beta","event":"abi.misuse")"},
                                      {"twin-holds", R"("instance":"alpha or beta","event":"results.held")"}}) {
        const std::string output = told_of_twins(kind);
        EXPECT_NE(output.find(words), std::string::npos) << kind << "\n" << output;
    }
}

}  // namespace
}  // namespace vz::e2e
