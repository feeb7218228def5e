#include "tests/e2e/support/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
    std::vector<std::string> merged = added;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string name(*entry, std::strcspn(*entry, "=") + 1);
        bool replaced = false;
        for (const std::string& text : added) replaced = replaced || text.rfind(name, 0) == 0;
        if (!replaced) merged.emplace_back(*entry);
    }
    return merged;
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 std::string output)
    : output_(std::move(output)) {
    std::vector<std::string> argument_texts = arguments;
    std::vector<std::string> environment_texts = merged_environment(environment);
    const std::vector<char*> argument_pointers = pointers_to(argument_texts);
    const std::vector<char*> environment_pointers = pointers_to(environment_texts);
    const int file = open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) {
        std::perror(output_.c_str());
        std::exit(1);
    }
    id_ = fork();
    if (id_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(file, STDOUT_FILENO);
        dup2(file, STDERR_FILENO);
        execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
        _exit(127);
    }
    close(file);
}

Process::~Process() {
    if (ended_) return;
    send(SIGKILL);
    wait(std::chrono::seconds(30));
}

void Process::send(int signal) const {
    if (!ended_) kill(id_, signal);
}

std::optional<Exit> Process::wait(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!ended_) {
        int status = 0;
        if (waitpid(id_, &status, WNOHANG) == id_) {
            ended_ = WIFSIGNALED(status) ? Exit{-1, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
        } else if (std::chrono::steady_clock::now() >= deadline) {
            break;
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    return ended_;
}

std::string Process::output() const {
    std::ifstream file(output_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Ran run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
        std::chrono::milliseconds patience) {
    const TemporaryDirectory directory;
    Process process(arguments, environment, directory.path() + "/output");
    std::optional<Exit> exit = process.wait(patience);
    if (!exit) {
        process.send(SIGKILL);
        exit = process.wait(std::chrono::seconds(30));
    }
    return {exit.value_or(Exit{}), process.output()};
}

}  // namespace vz::e2e
