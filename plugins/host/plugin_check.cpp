#include "plugins/host/plugin_check.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "plugins/host/blame.hpp"
#include "plugins/host/exit_code.hpp"
#include "plugins/host/json_text.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/plugin_trial.hpp"
#include "plugins/host/process_state.hpp"
#include "plugins/host/scratch_directory.hpp"

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTrialLimit(40);
constexpr std::chrono::milliseconds kTrialPoll(2);

struct Outcome {
    const Trial* trial;
    std::vector<std::string> findings;
};

[[noreturn]] void be_child(const Trial& trial, const TrialInput& input) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    adopt_descendants();
    const int output = ::open(input.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::close(output);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // What it logs is no output.
    static_cast<void>(Log::open(input.directory + ".log", VZ_LOG_DEBUG, LogFormat::kText));
    Blame::watch_signals();
    trial.run(input);
    std::fflush(nullptr);
    input.report->end();
    ::_exit(0);  // the plugin's threads may be anything but joined
}

// Null: it did not end in time.
std::optional<int> wait_for_end(pid_t child) {
    const auto deadline = Clock::now() + kTrialLimit;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (Clock::now() > deadline) return std::nullopt;
        std::this_thread::sleep_for(kTrialPoll);
    }
    return status;
}

// What the plugin has started, also as the leader of a session of its own. What does not end, as it runs for another
// user, is left.
void end_children() {
    const auto deadline = Clock::now() + kTrialLimit;
    for (std::set<std::string> left; !(left = children_of_process()).empty() && Clock::now() < deadline;) {
        for (const std::string& child : left) {
            const pid_t process = std::stoi(child);
            ::kill(process, SIGKILL);
            if (::waitpid(process, nullptr, WNOHANG) == 0) std::this_thread::sleep_for(kTrialPoll);
        }
    }
}

// The line of Blame, else the last words.
std::string last_words(const std::string& output) {
    std::ifstream file(output);
    std::string last;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) last = line;
    }
    return last;
}

// How a trial's process ended; empty: in order.
std::string bad_end(std::optional<int> status, const TrialReport& report, const std::string& output) {
    const std::string where = report.function() == nullptr ? "" : std::string(" in ") + report.function();
    if (!status) return "it hangs" + where + ": the check does not end within 40 s";
    if (WIFSIGNALED(*status)) {
        const std::string words = last_words(output);
        return words.find(" crashed") != std::string::npos
                   ? "it crashes: " + words
                   : "it crashes" + where + " (SIG" + ::sigabbrev_np(WTERMSIG(*status)) + ")";
    }
    if (report.has_ended()) return "";
    return "it ends the process" + where + ", with exit status " + std::to_string(WEXITSTATUS(*status));
}

Outcome run_trial(const Trial& trial, TrialInput input) {
    Outcome outcome{&trial, {}};
    const ScratchDirectory scratch;
    const TrialReport::Shared report = TrialReport::make();
    if (scratch.path().empty() || !report) {
        outcome.findings.emplace_back("the checker has no temporary directory or no memory");
        return outcome;
    }
    input.directory = scratch.path() + "/data";
    input.output = scratch.path() + "/output";
    input.report = report.get();
    adopt_descendants();
    const pid_t child = ::fork();
    if (child == 0) be_child(trial, input);
    if (child < 0) {
        outcome.findings.emplace_back("the checker cannot make a process");
        return outcome;
    }
    ::setpgid(child, child);
    const std::optional<int> status = wait_for_end(child);
    ::kill(-child, SIGKILL);
    if (!status) ::waitpid(child, nullptr, 0);
    end_children();
    outcome.findings = report->findings();
    if (const std::string end = bad_end(status, *report, input.output); !end.empty()) outcome.findings.push_back(end);
    return outcome;
}

void print_json(const std::string& file, const std::vector<Outcome>& outcomes, int code) {
    std::string out = "{\"file\":" + json_text(file) + ",\"exit\":" + std::to_string(code) + ",\"checks\":[";
    for (const Outcome& outcome : outcomes) {
        if (&outcome != outcomes.data()) out += ",";
        out += "{\"check\":" + json_text(outcome.trial->name) +
               ",\"passed\":" + (outcome.findings.empty() ? "true" : "false") + ",\"findings\":[";
        for (const std::string& finding : outcome.findings)
            out += (&finding == outcome.findings.data() ? "" : ",") + json_text(finding);
        out += "]}";
    }
    std::printf("%s]}\n", out.c_str());
}

void print_line(const Outcome& outcome) {
    if (outcome.findings.empty()) std::printf("ok    %-10s %s\n", outcome.trial->name, outcome.trial->promise);
    for (const std::string& finding : outcome.findings)
        std::printf("FAIL  %-10s %s\n", outcome.trial->name, finding.c_str());
    std::fflush(stdout);
}

}  // namespace

int plugin_check(const PluginCheckOptions& options) {
    TrialInput input;
    std::error_code error;
    input.file = std::filesystem::absolute(options.file, error).lexically_normal().string();
    for (const std::string& setting : options.settings) {
        const size_t equals = setting.find('=');
        if (equals == 0 || equals == std::string::npos) {
            std::fprintf(stderr, "vectorizer: --set takes key=value, not '%s'\n", setting.c_str());
            return kExitUsage;
        }
        input.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    const auto is_trial = [](const std::string& name) {
        return std::any_of(all_trials().begin(), all_trials().end(),
                           [&](const Trial& trial) { return name == trial.name; });
    };
    for (const std::string& name : options.only) {
        if (is_trial(name)) continue;
        std::fprintf(stderr, "vectorizer: there is no check '%s'\n", name.c_str());
        return kExitUsage;
    }
    std::vector<Outcome> outcomes;
    size_t findings = 0;
    bool is_loaded = true;
    for (const Trial& trial : all_trials()) {
        const bool is_first = &trial == &all_trials().front();
        if (!is_loaded && !trial.reads_file_only) continue;
        if (!is_first && !options.only.empty() &&
            std::find(options.only.begin(), options.only.end(), trial.name) == options.only.end())
            continue;
        outcomes.push_back(run_trial(trial, input));
        findings += outcomes.back().findings.size();
        if (!options.json) print_line(outcomes.back());
        if (is_first) is_loaded = outcomes.back().findings.empty();
    }
    const int code = !is_loaded ? 2 : findings != 0 ? 1 : 0;
    if (options.json) {
        print_json(input.file, outcomes, code);
    } else {
        std::printf("%s: %zu checks, %zu findings\n", input.file.c_str(), outcomes.size(), findings);
    }
    return code;
}

}  // namespace vz::host
