#include "benchmarks/ann/memory_limit.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "engine/base/control_group.hpp"

namespace vz::ann {
namespace {

bool write_to(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

}  // namespace

MemoryLimit::MemoryLimit(uint64_t bytes) {
    std::ifstream groups("/proc/self/cgroup");
    const std::optional<ControlGroup> parent = find_control_group(groups, "memory");
    if (!parent) {
        refusal_ = "this process is in no control group for memory";
        return;
    }
    const std::string group = parent->folder() + "/vectorizer-" + std::to_string(::getpid());
    if (::mkdir(group.c_str(), 0755) != 0) {
        refusal_ = "cannot make " + group + ": " + std::strerror(errno);
        return;
    }
    if (!write_to(group + "/" + parent->memory_file(), std::to_string(bytes)) ||
        !write_to(group + "/cgroup.procs", std::to_string(::getpid()))) {
        refusal_ = "cannot bound memory in " + group;
        ::rmdir(group.c_str());
        return;
    }
    parent_ = parent->folder();
    group_ = group;
}

MemoryLimit::~MemoryLimit() {
    if (group_.empty()) return;
    write_to(parent_ + "/cgroup.procs", std::to_string(::getpid()));
    ::rmdir(group_.c_str());
}

}  // namespace vz::ann
