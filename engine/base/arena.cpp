#include "engine/base/arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace vz {
namespace {

constexpr uint64_t kHugePage = 2 * 1024 * 1024;
// Below, the unused part of a huge page would weigh more than it saves.
constexpr uint64_t kHugeFrom = 4 * kHugePage;

Result<std::byte*> map(uint64_t bytes) {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return failure(VZ_OUT_OF_MEMORY,
                       "cannot reserve %llu bytes of address space; a limit on it (ulimit -v, "
                       "vm.overcommit_memory) is too low",
                       static_cast<unsigned long long>(bytes));
    return static_cast<std::byte*>(mapped);
}

}  // namespace

Result<Arena> Arena::reserve(uint64_t bytes) {
    if (bytes < kHugeFrom) {
        const uint64_t mapped = std::max<uint64_t>(bytes, 1);
        VZ_ASSIGN(std::byte * start, map(mapped));
        return Arena(start, mapped);
    }
    const uint64_t rounded = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    VZ_ASSIGN(std::byte * start, map(rounded + kHugePage));
    const uint64_t skip = (kHugePage - reinterpret_cast<uintptr_t>(start) % kHugePage) % kHugePage;
    if (skip != 0) munmap(start, skip);
    if (skip != kHugePage) munmap(start + skip + rounded, kHugePage - skip);
    madvise(start + skip, rounded, MADV_HUGEPAGE);
    return Arena(start + skip, rounded);
}

Arena::Arena(Arena&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

Arena::~Arena() {
    if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace vz
