#include "plugins/host/process_state.hpp"

#include <dirent.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <climits>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <new>
#include <sstream>
#include <string_view>
#include <thread>
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

std::string link_of(const std::string& name) {
    char target[PATH_MAX];
    const ssize_t size = ::readlink(name.c_str(), target, sizeof target);
    return {target, static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

// The rest of the first line that begins so.
std::string line_of(const std::string& file, std::string_view beginning) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(beginning)) return line.substr(beginning.size());
    }
    return "";
}

// The signals that a thread of this process blocks; empty: it is gone.
std::string blocked_by(const std::string& thread) {
    return line_of("/proc/self/task/" + thread + "/status", "SigBlk:");
}

// As one that waits for work; one that has just begun runs, or would.
bool is_asleep(const std::string& thread) {
    return line_of("/proc/self/task/" + thread + "/status", "State:").starts_with("\tS");
}

// One that has just begun, or makes another, blocks them all for a moment. False: it does not, or is gone.
bool stays_different(const std::string& thread, const std::string& mask) {
    for (int tries = 0; tries < 20; ++tries) {
        const std::string now = blocked_by(thread);
        if (now.empty() || now == mask) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

int count_lines(const std::string& file, std::string_view beginning) {
    std::ifstream lines(file);
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line.starts_with(beginning) ? 1 : 0;
    return count;
}

// How the calling thread calculates, without what it has calculated so far.
std::string arithmetic() {
    constexpr uint32_t kHappened = 0x3f;
    return std::to_string(std::fegetround()) + " " + std::to_string(__builtin_ia32_stmxcsr() & ~kHappened) + " " +
           std::to_string(::fegetexcept());
}

std::string schedule() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::string text = std::to_string(::sched_getscheduler(0));
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return text;
    for (int i = 0; i < CPU_SETSIZE; ++i) text += CPU_ISSET(i, &set) ? '1' : '0';
    return text;
}

std::string identity() {
    uid_t user[3] = {};
    gid_t group[3] = {};
    ::getresuid(&user[0], &user[1], &user[2]);
    ::getresgid(&group[0], &group[1], &group[2]);
    std::string text;
    for (int i = 0; i < 3; ++i) text += std::to_string(user[i]) + " " + std::to_string(group[i]) + " ";
    return text + line_of("/proc/thread-self/status", "CapEff:");
}

// Of prctl, those that are one for all the process.
std::string process_options() {
    int death_signal = 0;
    ::prctl(PR_GET_PDEATHSIG, &death_signal);
    int adopts = 0;
    ::prctl(PR_GET_CHILD_SUBREAPER, &adopts);
    std::string text = std::to_string(death_signal) + " " + std::to_string(adopts);
    for (const int option : {PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_GET_TIMERSLACK})
        text += " " + std::to_string(::prctl(option, 0, 0, 0, 0));
    return text;
}

std::string signal_stack() {
    stack_t stack = {};
    ::sigaltstack(nullptr, &stack);
    return std::to_string(reinterpret_cast<uintptr_t>(stack.ss_sp)) + " " + std::to_string(stack.ss_flags);
}

// What C++ calls when nothing else is left.
std::string last_resorts() {
    return std::to_string(reinterpret_cast<uintptr_t>(std::get_terminate())) + " " +
           std::to_string(reinterpret_cast<uintptr_t>(std::get_new_handler()));
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
        const std::string target = link_of("/proc/self/fd/" + name);
        if (!target.empty()) found.insert(name + " " + target);
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
    note("how the host's thread calculates", arithmetic());
    note("the stack for signals of the host's thread", signal_stack());
    note("the name of the host's thread", line_of("/proc/thread-self/comm", ""));
    note("the priority of the host's thread", std::to_string(::getpriority(PRIO_PROCESS, 0)));
    note("when and where the host's thread runs", schedule());
    note("the user, or what it may do", identity());
    note("an option of prctl", process_options());
    note("the root folder", link_of("/proc/self/root"));
    note("the terminate or the new handler", last_resorts());
    note("the POSIX timers", std::to_string(count_lines("/proc/self/timers", "ID:")));
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
    const std::string own = std::to_string(::gettid());
    const std::string blocked = blocked_by(own);
    for (const std::string& thread : threads_of_process()) {
        const bool is_other =
            is_asleep(thread) && blocked_by(thread) != blocked;  // by itself, as the log's: not waited for
        if (thread != own && !is_other && !stays_different(thread, blocked)) manners.masked_[thread] = blocked;
    }
    return manners;
}

std::vector<std::string> Manners::differences(const Manners& later) const {
    std::vector<std::string> found;
    for (size_t i = 0; i < traits_.size(); ++i) {
        if (traits_[i].state != later.traits_[i].state) found.push_back("it changed " + traits_[i].name);
    }
    const bool is_masked = std::any_of(masked_.begin(), masked_.end(),
                                       [](const auto& each) { return stays_different(each.first, each.second); });
    if (is_masked) found.emplace_back("it changed the signal mask of a thread that is not its own");
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
