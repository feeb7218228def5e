#include "engine/runtime/disk_space.hpp"

#include <algorithm>
#include <chrono>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// A disk so small that the least reserve would be most of it keeps a quarter.
uint64_t reserve_of(uint64_t total) {
    return std::min(std::clamp(total / 20, kDiskReserveMin, kDiskReserveMax), total / 4);
}

Status full(uint64_t reserve) {
    return failure(VZ_DISK_FULL,
                   "the disk is full: less than the reserve of %llu MiB is free. Deletes and drops go on; free some "
                   "space and try again",
                   static_cast<unsigned long long>(reserve / kMiB));
}

}  // namespace

DiskSpace::DiskSpace(FileSystem& files, std::string directory, uint64_t reserve, uint64_t ballast_bytes,
                     int64_t look_every_ms)
    : files_(files),
      directory_(std::move(directory)),
      fixed_reserve_(reserve),
      fixed_ballast_(ballast_bytes),
      look_every_ms_(look_every_ms) {}

uint64_t DiskSpace::at_most(uint64_t bytes, uint64_t divisor) const {
    return std::min(bytes, total_.load(std::memory_order_relaxed) / divisor);
}

bool DiskSpace::can_reopen_after(uint64_t bytes) const {
    const Result<Space> space = files_.space(directory_);
    return !space.ok() || space->free >= bytes + kReopenBytes;
}

Status DiskSpace::open() {
    const Result<Space> space = files_.space(directory_);
    if (space.ok()) total_.store(space->total, std::memory_order_relaxed);
    {
        const std::scoped_lock lock(ballast_mutex_);
        VZ_ASSIGN(const bool exists, files_.exists(ballast_path()));
        if (exists) {
            VZ_ASSIGN(const std::unique_ptr<File> file, files_.open(ballast_path(), OpenMode::kRead));
            VZ_ASSIGN(const uint64_t size, file->size());
            has_ballast_ = size >= ballast_bytes();
        }
        // A crash left half of one.
        if (exists && !has_ballast_) VZ_TRY(files_.unlink(ballast_path()));
    }
    look();
    return {};
}

Status DiskSpace::admit_growth() { return is_full() ? full(reserve()) : Status(); }

bool DiskSpace::is_full() {
    if (look_every_ms_ == 0) {
        look();
    } else {
        const int64_t now = now_ms();
        int64_t due = next_look_ms_.load(std::memory_order_relaxed);
        if (now >= due && next_look_ms_.compare_exchange_strong(due, now + look_every_ms_)) look();
    }
    return full_.load(std::memory_order_relaxed);
}

Status DiskSpace::admit_file(uint64_t bytes) {
    const Result<Space> space = files_.space(directory_);
    if (!space.ok() || space->free >= bytes + reserve()) return {};
    return full(reserve());
}

void DiskSpace::look() {
    const Result<Space> space = files_.space(directory_);
    if (!space.ok()) return;  // as it was
    const uint64_t reserve = fixed_reserve_ != 0 ? fixed_reserve_ : reserve_of(space->total);
    reserve_.store(reserve, std::memory_order_relaxed);
    const bool was_full = full_.load(std::memory_order_relaxed);
    const uint64_t given_up = gave_up_ballast_.load(std::memory_order_relaxed) ? ballast_bytes() : 0;
    const uint64_t enough = was_full || given_up != 0 ? reserve + reserve / 2 + given_up : reserve;
    const bool is_full = space->free < enough;
    full_.store(is_full, std::memory_order_relaxed);
    if (!is_full) make_ballast(space->free);
}

void DiskSpace::make_ballast(uint64_t free) {
    const std::scoped_lock lock(ballast_mutex_);
    if (has_ballast_ || free < 2 * reserve() + ballast_bytes()) return;
    // Never synced: after a power cut it is there or made anew, and a failed sync of the directory would be one of the
    // logs' too.
    const Status made = [&]() -> Status {
        VZ_ASSIGN(const std::unique_ptr<File> file, files_.create(ballast_path()));
        return file->allocate(ballast_bytes());
    }();
    has_ballast_ = made.ok();
    if (made.ok()) gave_up_ballast_.store(false, std::memory_order_relaxed);
    if (!made.ok()) static_cast<void>(files_.unlink(ballast_path()));
}

bool DiskSpace::give_up_ballast() {
    const std::scoped_lock lock(ballast_mutex_);
    if (!has_ballast_) return false;
    has_ballast_ = false;
    gave_up_ballast_.store(true, std::memory_order_relaxed);
    return files_.unlink(ballast_path()).ok();
}

}  // namespace vz
