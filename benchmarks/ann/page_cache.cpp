#include "benchmarks/ann/page_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "benchmarks/ann/formats.hpp"

namespace vz::ann {
namespace {

// `visit(descriptor, bytes)` of each file that is not empty.
template <class Visit>
void for_each_file(const std::string& folder, const Visit& visit) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file() || entry.file_size() == 0) continue;
        const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) quit("cannot open " + entry.path().string());
        visit(file, static_cast<size_t>(entry.file_size()));
        close(file);
    }
}

}  // namespace

uint64_t cached_bytes(const std::string& folder) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    uint64_t cached = 0;
    for_each_file(folder, [&](int file, size_t bytes) {
        void* map = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
        if (map == MAP_FAILED) quit("cannot map a file of " + folder);
        std::vector<unsigned char> pages((bytes + page - 1) / page);
        if (mincore(map, bytes, pages.data()) != 0)
            quit("the system does not tell what of " + folder + " is in memory");
        munmap(map, bytes);
        cached += static_cast<uint64_t>(
            std::count_if(pages.begin(), pages.end(), [](unsigned char state) { return (state & 1) != 0; }));
    });
    return cached * page;
}

void drop_page_cache(const std::string& folder) {
    for_each_file(folder, [&](int file, size_t /*bytes*/) {
        fdatasync(file);  // pages that wait to be written are not let go
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    });
}

}  // namespace vz::ann
