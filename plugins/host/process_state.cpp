#include "plugins/host/process_state.hpp"

#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cfenv>
#include <climits>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

extern char** environ;

namespace vz::host {
namespace {

std::vector<std::string> names_in(const char* directory) {
    std::vector<std::string> names;
    DIR* opened = ::opendir(directory);
    if (opened == nullptr) return names;
    const std::string own = std::to_string(::dirfd(opened));
    while (const dirent* entry = ::readdir(opened)) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
        if (entry->d_name[0] != '.' && entry->d_name != own) names.emplace_back(entry->d_name);
    }
    ::closedir(opened);
    return names;
}

std::string text_of(const sigset_t& signals) {
    std::string text;
    for (int number = 1; number < NSIG; ++number) text += sigismember(&signals, number) == 1 ? '1' : '0';
    return text;
}

std::string text_of(const struct sigaction& action) {
    return std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)) + " " + std::to_string(action.sa_flags) +
           " " + text_of(action.sa_mask);
}

}  // namespace

std::set<std::string> threads_of_process() {
    const std::vector<std::string> names = names_in("/proc/self/task");
    return {names.begin(), names.end()};
}

std::set<std::string> descriptors_of_process() {
    std::set<std::string> found;
    for (const std::string& name : names_in("/proc/self/fd")) {
        char target[PATH_MAX];
        const ssize_t size = ::readlink(("/proc/self/fd/" + name).c_str(), target, sizeof target);
        if (size > 0) found.insert(name + " " + std::string(target, static_cast<size_t>(size)));
    }
    return found;
}

std::set<std::string> children_of_process() {
    std::set<std::string> found;
    for (const std::string& thread : threads_of_process()) {
        std::ifstream children("/proc/self/task/" + thread + "/children");
        for (std::string child; children >> child;) found.insert(child);
    }
    return found;
}

bool has_had_children() {
    rusage used = {};
    return ::getrusage(RUSAGE_CHILDREN, &used) == 0 && used.ru_maxrss != 0;
}

void adopt_descendants() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

Manners Manners::now() {
    Manners manners;
    const auto note = [&](std::string name, std::string state) {
        manners.traits_.push_back({std::move(name), std::move(state)});
    };
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action = {};
        ::sigaction(number, nullptr, &action);
        note("the handling of signal " + std::to_string(number), text_of(action));
    }
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    note("the signal mask of the host's thread", text_of(mask));
    note("the locale", std::setlocale(LC_ALL, nullptr));  // NOLINT(concurrency-mt-unsafe): read, by the main thread
    note("the locale of the host's thread", std::to_string(reinterpret_cast<uintptr_t>(::uselocale(nullptr))));
    note("how the host's thread rounds", std::to_string(std::fegetround()));
    for (const int clock : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
        itimerval timer = {};
        ::getitimer(clock, &timer);
        note("the timers", timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0 ? "none" : "one that runs");
    }
    for (int resource = 0; resource < RLIMIT_NLIMITS; ++resource) {
        rlimit limit = {};
        ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
        note("a limit of setrlimit", std::to_string(limit.rlim_cur) + " of " + std::to_string(limit.rlim_max));
    }
    std::string environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        environment += std::string(*entry) + "\n";
    note("the environment", environment);
    char directory[PATH_MAX] = {};
    note("the working directory", ::getcwd(directory, sizeof directory) != nullptr ? directory : "");
    const mode_t creation_mask = ::umask(0);
    ::umask(creation_mask);
    note("the umask", std::to_string(creation_mask));
    return manners;
}

std::vector<std::string> Manners::differences(const Manners& later) const {
    std::vector<std::string> found;
    for (size_t i = 0; i < traits_.size(); ++i) {
        if (traits_[i].state != later.traits_[i].state) found.push_back("it changed " + traits_[i].name);
    }
    return found;
}

std::vector<uint16_t> listening_ports() {
    const std::set<std::string> descriptors = descriptors_of_process();
    std::vector<uint16_t> ports;
    std::ifstream table("/proc/self/net/tcp");
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        if (state != "0A" || local.size() < 5) continue;
        for (const std::string& descriptor : descriptors) {
            if (!descriptor.ends_with(" socket:[" + inode + "]")) continue;
            ports.push_back(static_cast<uint16_t>(std::strtoul(local.c_str() + local.find(':') + 1, nullptr, 16)));
            break;
        }
    }
    return ports;
}

}  // namespace vz::host
