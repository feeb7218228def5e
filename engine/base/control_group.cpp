#include "engine/base/control_group.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

namespace vz {
namespace {

// Calls `visit` with the folder of a group and of each it lies in.
template <class Visit>
void for_each_level(const ControlGroup& group, Visit visit) {
    std::string at = group.path;
    for (;;) {
        visit(group.root + at + "/");
        const size_t slash = at.rfind('/');
        if (slash == std::string::npos) return;
        at.resize(slash);
    }
}

// Microseconds of each period; not a number, or below zero: no bound.
double core_limit_of(std::istream& quota, std::istream& period) {
    double allowed = 0;
    double of = 0;
    if (quota >> allowed && period >> of && allowed > 0 && of > 0) return allowed / of;
    return std::numeric_limits<double>::infinity();
}

}  // namespace

std::optional<ControlGroup> find_control_group(std::istream& groups, const std::string& controller,
                                               const std::string& mounts) {
    std::optional<ControlGroup> found;
    // "number:controllers:path". Version 2 names no controllers; where both are mounted, a controller belongs to the
    // one that names it.
    for (std::string line; std::getline(groups, line);) {
        const size_t first = line.find(':');
        const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos || second + 1 >= line.size() || line[second + 1] != '/') continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        if (controllers.find("," + controller + ",") != std::string::npos)
            return ControlGroup{mounts + "/" + controller, path, false};
        if (controllers == ",,") found = ControlGroup{mounts, path, true};
    }
    return found;
}

uint64_t ControlGroup::memory_limit() const {
    uint64_t least = UINT64_MAX;
    for_each_level(*this, [&](const std::string& folder) {
        uint64_t bytes = 0;
        std::ifstream file(folder + memory_file());  // "max" where there is none
        if (file >> bytes) least = std::min(least, bytes);
    });
    return least;
}

double ControlGroup::core_limit() const {
    double least = std::numeric_limits<double>::infinity();
    for_each_level(*this, [&](const std::string& folder) {
        if (is_unified) {
            std::ifstream both(folder + "cpu.max");  // quota, or "max", and period
            least = std::min(least, core_limit_of(both, both));
        } else {
            std::ifstream quota(folder + "cpu.cfs_quota_us");
            std::ifstream period(folder + "cpu.cfs_period_us");
            least = std::min(least, core_limit_of(quota, period));
        }
    });
    return least;
}

uint32_t usable_cores() {
    const uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
    std::ifstream groups("/proc/self/cgroup");
    const std::optional<ControlGroup> group = find_control_group(groups, "cpu");
    if (!group) return cores;
    return static_cast<uint32_t>(std::clamp(std::ceil(group->core_limit()), 1.0, static_cast<double>(cores)));
}

}  // namespace vz
