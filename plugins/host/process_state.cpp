#include "plugins/host/process_state.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <clocale>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

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

Manners Manners::now() {
    Manners manners;
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action = {};
        const bool is_known = ::sigaction(number, nullptr, &action) == 0;
        manners.handlers_.push_back(is_known ? reinterpret_cast<const void*>(action.sa_handler) : nullptr);
    }
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (int number = 1; number < NSIG; ++number) manners.mask_ += sigismember(&mask, number) == 1 ? '1' : '0';
    manners.locale_ = std::setlocale(LC_ALL, nullptr);  // NOLINT(concurrency-mt-unsafe): only read, by the main thread
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        manners.environment_ += std::string(*entry) + "\n";
    char directory[PATH_MAX] = {};
    if (::getcwd(directory, sizeof directory) != nullptr) manners.directory_ = directory;
    manners.umask_ = ::umask(0);
    ::umask(manners.umask_);
    return manners;
}

std::vector<std::string> Manners::differences(const Manners& later) const {
    std::vector<std::string> found;
    for (size_t i = 0; i < handlers_.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        if (handlers_[i] != later.handlers_[i])
            found.push_back("it changed the handler of signal " + std::to_string(number));
    }
    if (mask_ != later.mask_) found.emplace_back("it changed the signal mask of the host's thread");
    if (locale_ != later.locale_) found.push_back("it changed the locale to " + later.locale_);
    if (environment_ != later.environment_) found.emplace_back("it changed the environment");
    if (directory_ != later.directory_) found.push_back("it changed the working directory to " + later.directory_);
    if (umask_ != later.umask_) found.emplace_back("it changed the umask");
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
