// The Debian package: what lies in it serves, as a service of systemd would be.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/supervisor.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

TEST(Debian, ThePackageServesAsAService) {
    const TemporaryDirectory directory;
    const std::string cpack = std::filesystem::path(VZ_CMAKE).parent_path() / "cpack";
    if (!std::filesystem::exists(cpack) || !std::filesystem::exists("/usr/bin/dpkg-deb")) {
        std::puts("GATE e2e.debian SKIP no cpack or dpkg-deb here");
        GTEST_SKIP();
    }
    const Ran made = run(
        {cpack, "-G", "DEB", "--config", VZ_BUILD_DIRECTORY "/CPackConfig.cmake", "-B", directory.path() + "/made"});
    ASSERT_EQ(made.exit.code, 0) << made.output;
    std::string package;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path() + "/made")) {
        if (entry.path().extension() == ".deb") package = entry.path();
    }
    ASSERT_FALSE(package.empty()) << made.output;
    const std::string root = directory.path() + "/root";
    ASSERT_EQ(run({"/usr/bin/dpkg-deb", "-x", package, root}).exit.code, 0);
    for (const char* file : {"/usr/lib/systemd/system/vectorizer.service", "/usr/share/doc/vectorizer/config.yml",
                             "/usr/include/vectorizer/engine.h"}) {
        EXPECT_TRUE(std::filesystem::exists(root + file)) << file;
    }

    const Supervisor supervisor(directory.path() + "/notify");
    const uint16_t port = free_port();
    Process server({root + "/usr/bin/vectorizer", "serve", "--config", root + "/usr/share/doc/vectorizer/config.yml",
                    "--data-dir", directory.path() + "/data", "--port", std::to_string(port)},
                   {"NOTIFY_SOCKET=" + directory.path() + "/notify"}, directory.path() + "/log");
    ASSERT_EQ(supervisor.next(), "READY=1") << server.output();
    HttpClient client(port);
    EXPECT_EQ(client.get("/readyz").body, "ready");
    EXPECT_EQ(client.post("/graphql", R"({"query":"{ stats { version } }"})").status, 200);
    // Nothing of the build directory is needed.
    std::ifstream maps("/proc/" + std::to_string(server.id()) + "/maps");
    const std::string mapped((std::istreambuf_iterator<char>(maps)), std::istreambuf_iterator<char>());
    EXPECT_NE(mapped.find(root + "/usr/lib/libvectorizer.so.1"), std::string::npos);
    EXPECT_EQ(mapped.find(VZ_BUILD_DIRECTORY), std::string::npos);
    server.send(SIGHUP);
    EXPECT_EQ(supervisor.next(), "RELOADING=1");
    EXPECT_EQ(supervisor.next(), "READY=1");
    server.send(SIGTERM);
    EXPECT_EQ(supervisor.next(), "STOPPING=1");
    EXPECT_EQ(server.wait(std::chrono::seconds(20)).value_or(Exit{}).code, 0) << server.output();
}

}  // namespace
}  // namespace vz::e2e
