// The curl lines of the README, in order, as a newcomer would paste them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

// Commands of fenced blocks that begin with `curl`; a line that ends in a backslash or inside a quote goes on.
std::vector<std::string> curl_commands() {
    std::ifstream readme(VZ_SOURCE_DIRECTORY "/README.md");
    std::vector<std::string> commands;
    bool fenced = false;
    bool continued = false;
    for (std::string line; std::getline(readme, line);) {
        if (line.rfind("```", 0) == 0) {
            fenced = !fenced;
            continued = false;
        } else if (fenced && continued) {
            commands.back() += "\n" + line;
        } else if (fenced && line.rfind("curl ", 0) == 0) {
            commands.push_back(line);
        } else {
            continue;
        }
        if (!commands.empty() && fenced) {
            const std::string& command = commands.back();
            continued = command.ends_with('\\') || std::count(command.begin(), command.end(), '\'') % 2 == 1;
        }
    }
    return commands;
}

TEST(Readme, ItsCurlLinesWorkInOrder) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    const std::vector<std::string> commands = curl_commands();
    ASSERT_EQ(commands.size(), 5U);
    for (std::string command : commands) {
        const size_t port = command.find("15002");
        ASSERT_NE(port, std::string::npos) << command;
        command.replace(port, 5, std::to_string(server.port()));
        command.insert(5, "-sS --noproxy '*' ");
        const Ran ran = run({"/bin/sh", "-c", command});
        EXPECT_EQ(ran.exit.code, 0) << command << "\n" << ran.output;
        ASSERT_FALSE(ran.output.empty()) << command;
        const Json answer(ran.output);
        EXPECT_FALSE(answer.has("/error_type") || answer.has("/errors")) << command << "\n" << ran.output;
    }
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
