// plugins/README.md, followed literally: its shell blocks run one after another, and print what it shows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

struct Blocks {
    std::string commands;            // of ```sh
    std::vector<std::string> shown;  // lines of ```text
};

Blocks read_blocks() {
    std::ifstream readme(VZ_SOURCE_DIRECTORY "/plugins/README.md");
    Blocks blocks;
    std::string kind;
    for (std::string line; std::getline(readme, line);) {
        if (line.rfind("```", 0) == 0) {
            kind = kind.empty() ? line.substr(3) : "";
        } else if (kind == "sh") {
            blocks.commands += line + "\n";
        } else if (kind == "text") {
            blocks.shown.push_back(line);
        }
    }
    return blocks;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

TEST(PluginReadme, ItsCommandsWorkAsTheyStand) {
    Blocks blocks = read_blocks();
    ASSERT_EQ(blocks.shown.size(), 2U);
    ASSERT_NE(blocks.commands.find("cmake --install build/release --prefix sdk"), std::string::npos);
    replace_all(blocks.commands, "15002", std::to_string(free_port()));
    replace_all(blocks.commands, "15060", std::to_string(free_port()));

    // The root of the repository, as far as the commands see it.
    const TemporaryDirectory root;
    std::filesystem::create_directory(root.path() + "/build");
    std::filesystem::create_symlink(VZ_BUILD_DIRECTORY, root.path() + "/build/release");
    std::filesystem::create_symlink(VZ_SOURCE_DIRECTORY "/plugins", root.path() + "/plugins");
    std::ofstream(root.path() + "/commands.sh")
        << "set -eum\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\ncd " << root.path() << "\n"
        << blocks.commands;
    const Ran ran = run({"/bin/bash", root.path() + "/commands.sh"}, {"no_proxy=*"});
    ASSERT_EQ(ran.exit.code, 0) << ran.output;
    size_t at = 0;
    for (const std::string& line : blocks.shown) {
        at = ran.output.find("\n" + line + "\n", at);
        ASSERT_NE(at, std::string::npos) << line << "\n" << ran.output;
    }
}

}  // namespace
}  // namespace vz::e2e
