// The installed package: a project outside the tree finds it, builds a frontend, and the installed program serves it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

// Installed once for all tests of this program.
struct Package {
    TemporaryDirectory directory;
    std::string prefix = directory.path() + "/prefix";

    Package() {
        const Ran ran = run({VZ_CMAKE, "--install", VZ_BUILD_DIRECTORY, "--prefix", prefix});
        EXPECT_EQ(ran.exit.code, 0) << ran.output;
        setenv("VZ_BINARY", (prefix + "/bin/vectorizer").c_str(), 1);
    }
    static const Package& get() {
        static const Package package;
        return package;
    }
};

Ran shell(const std::string& command) { return run({"/bin/sh", "-c", command}); }

// Everything a server says before it closes the connection.
std::string read_all(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string text;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        char bytes[256];
        for (ssize_t got = 0; (got = ::recv(socket, bytes, sizeof bytes, 0)) > 0;)
            text.append(bytes, static_cast<size_t>(got));
    }
    ::close(socket);
    return text;
}

TEST(Package, TheTemplateBuildsOutsideTheTreeAndAnswers) {
    const Package& package = Package::get();
    const TemporaryDirectory directory;
    const std::string source = directory.path() + "/hello";
    std::filesystem::copy(VZ_SOURCE_DIRECTORY "/plugins/template", source);
    const std::string build = source + "/build";
    const Ran configured =
        run({VZ_CMAKE, "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=" + package.prefix,
             "-DCMAKE_INSTALL_PREFIX=" + package.prefix, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Werror"});
    ASSERT_EQ(configured.exit.code, 0) << configured.output;
    const Ran built = run({VZ_CMAKE, "--build", build});
    ASSERT_EQ(built.exit.code, 0) << built.output;
    const Ran installed = run({VZ_CMAKE, "--install", build});
    ASSERT_EQ(installed.exit.code, 0) << installed.output;

    const std::string port = std::to_string(free_port());
    Server server(directory.path() + "/data",
                  {"--config", source + "/config.yml", "--set", "frontends.hello.port=" + port});
    EXPECT_EQ(read_all(static_cast<uint16_t>(std::stoi(port))), "");
    ASSERT_EQ(rest_frontend(server.port())->create("docs", 3, Metric::kCosine), Outcome::kAcknowledged);
    ASSERT_EQ(rest_frontend(server.port())->upsert("docs", {{"a", {{1, 0, 0}, "{}"}}}), Outcome::kAcknowledged);
    EXPECT_EQ(read_all(static_cast<uint16_t>(std::stoi(port))), "docs 1\n");
    EXPECT_EQ(server.stop().code, 0) << server.process().output();
}

TEST(Package, EveryLinkOfItsDocumentsLeadsSomewhere) {
    namespace fs = std::filesystem;
    const fs::path documents = Package::get().prefix + "/share/doc/vectorizer";
    const std::regex link(R"(\]\(([^):#]+)(#[^)]*)?\))");
    size_t links = 0;
    for (const auto& entry : fs::recursive_directory_iterator(documents)) {
        if (entry.path().extension() != ".md") continue;
        std::ifstream file(entry.path());
        const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at, ++links)
            EXPECT_TRUE(fs::exists(entry.path().parent_path() / (*at)[1].str())) << entry.path() << ": " << (*at)[1];
    }
    EXPECT_GE(links, 20U);
    for (const char* file : {"plugins/template/CMakeLists.txt", "plugins/example/line.c", "plugins/resp/README.md"})
        EXPECT_TRUE(fs::exists(documents / file)) << file;
}

TEST(Package, ItsServiceFindsTheProgramUnderAnyPrefix) {
    std::ifstream unit(Package::get().prefix + "/lib/systemd/system/vectorizer.service");
    const std::string text((std::istreambuf_iterator<char>(unit)), std::istreambuf_iterator<char>());
    EXPECT_NE(text.find("\nExecStart=vectorizer serve "), std::string::npos);
    EXPECT_EQ(text.find("/usr/"), std::string::npos) << text;
}

TEST(Package, RefusesAnotherMajor) {
    const Package& package = Package::get();
    const TemporaryDirectory directory;
    for (const auto& [version, code] : {std::pair{"1.0", 0}, {"2.0", 1}, {"1.9", 1}}) {
        std::ofstream(directory.path() + "/CMakeLists.txt")
            << "cmake_minimum_required(VERSION 3.25)\nproject(version LANGUAGES C)\nfind_package(Vectorizer " << version
            << " REQUIRED)\n";
        const Ran ran = run({VZ_CMAKE, "-S", directory.path(), "-B", directory.path() + "/" + version,
                             "-DCMAKE_PREFIX_PATH=" + package.prefix});
        EXPECT_EQ(ran.exit.code, code) << version << "\n" << ran.output;
    }
}

TEST(Package, PkgConfigIsEnoughForC) {
    const Package& package = Package::get();
    const TemporaryDirectory directory;
    std::ofstream(directory.path() + "/version.c")
        << "#include <stdio.h>\n#include <vectorizer/engine.h>\nint main(void) { return printf(\"%u\\n\", "
           "(unsigned)vz_abi_version()) < 0; }\n";
    const std::string configuration = "PKG_CONFIG_PATH=" + package.prefix + "/lib/pkgconfig pkg-config ";
    const Ran built = shell("cd " + directory.path() + " && cc version.c $(" + configuration +
                            "--cflags --libs vectorizer) -o version");
    ASSERT_EQ(built.exit.code, 0) << built.output;
    const Ran ran = shell("LD_LIBRARY_PATH=" + package.prefix + "/lib " + directory.path() + "/version");
    EXPECT_EQ(ran.output, "65536\n");
    const Ran line = shell("cd " + directory.path() +
                           " && cc -std=c11 -shared -fPIC -pthread -fvisibility=hidden -Wl,-z,defs -Wl,-z,nodelete " +
                           "-Wl,--version-script=$(" + configuration +
                           "--variable=frontendmap vectorizer) " VZ_SOURCE_DIRECTORY "/plugins/example/line.c $(" +
                           configuration + "--cflags --libs vectorizer) -o line.so && nm -D --defined-only line.so");
    EXPECT_EQ(line.exit.code, 0) << line.output;
    EXPECT_NE(line.output.find("vz_frontend_entry_v1"), std::string::npos) << line.output;
}

}  // namespace
}  // namespace vz::e2e
