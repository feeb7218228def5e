#include "plugins/host/trial_report.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "plugins/host/printable.hpp"

namespace vz::host {

void TrialReport::Unmap::operator()(TrialReport* report) const { ::munmap(report, sizeof(TrialReport)); }

TrialReport::Shared TrialReport::make() {
    void* const memory =
        ::mmap(nullptr, sizeof(TrialReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return Shared(memory == MAP_FAILED ? nullptr : new (memory) TrialReport());
}

void TrialReport::add(std::string finding) {
    finding = printable(std::move(finding)) + '\n';
    const size_t size = size_.load();
    if (finding.size() > kBytesMax - size) return;
    std::memcpy(text_ + size, finding.data(), finding.size());
    size_.store(size + finding.size());
}

std::vector<std::string> TrialReport::findings() const {
    std::vector<std::string> found;
    const std::string_view text(text_, std::min(size_.load(), kBytesMax));
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view finding = text.substr(begin, end - begin);
        if (std::find(found.begin(), found.end(), finding) == found.end()) found.emplace_back(finding);
        begin = end + 1;
    }
    return found;
}

}  // namespace vz::host
