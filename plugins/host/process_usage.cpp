#include "plugins/host/process_usage.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace vz::host {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double clock_seconds(clockid_t clock) {
    timespec now = {};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Field 22 of /proc/self/stat: in ticks since the machine began. The name of the program, field 2, may hold anything,
// so it is counted from behind it.
double read_start() {
    std::ifstream file("/proc/self/stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), {});
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    constexpr int kFieldsBetween = 19;
    for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
    double ticks = 0;
    if (!(fields >> ticks)) return 0;
    const double since_boot = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return clock_seconds(CLOCK_REALTIME) - clock_seconds(CLOCK_BOOTTIME) + since_boot;
}

uint64_t count_descriptors() {
    std::error_code failed;
    uint64_t count = 0;
    for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end; !failed && each != end;
         each.increment(failed))
        ++count;
    return count == 0 ? 0 : count - 1;  // not the one that reads the list
}

}  // namespace

ProcessUsage process_usage() {
    static const double started_s = read_start();  // two clocks a moment apart would make it wander
    ProcessUsage usage;
    usage.started_s = started_s;
    rusage used = {};
    if (::getrusage(RUSAGE_SELF, &used) == 0) usage.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
    const auto page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    std::ifstream statm("/proc/self/statm");
    statm >> usage.virtual_bytes >> usage.resident_bytes;
    usage.virtual_bytes *= page_bytes;
    usage.resident_bytes *= page_bytes;
    usage.descriptors = count_descriptors();
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        usage.descriptors_max = limit.rlim_cur;
    return usage;
}

}  // namespace vz::host
