// Free space of the file system: a reserve that upserts do not touch, and BALLAST, a file that is given up when even
// that is gone, so that deletes and drops work on a full disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "engine/base/limits.hpp"
#include "engine/io/file.hpp"

namespace vz {

// Any thread.
class DiskSpace {
 public:
    // `reserve` 0: a twentieth of the file system within the limits of limits.hpp, on a
    // small one a quarter. `ballast_bytes` 0: the default, on a small disk a sixteenth. `look_every_ms` 0: every
    // question looks.
    DiskSpace(FileSystem& files, std::string directory, uint64_t reserve, uint64_t ballast_bytes,
              int64_t look_every_ms);

    // At open, with the directory locked: looks, and makes the ballast if there is none and room for it.
    Status open();

    // VZ_DISK_FULL while less than the reserve is free, and until half as much again is.
    Status admit_growth();
    // The same for a file of that size. It may fail though growth is admitted.
    Status admit_file(uint64_t bytes);
    bool is_full();
    uint64_t reserve() const { return reserve_.load(std::memory_order_relaxed); }
    // `bytes`, of a small disk its size by the divisor.
    uint64_t at_most(uint64_t bytes, uint64_t divisor) const;
    // Whether a file of that size leaves what the next open needs.
    bool can_reopen_after(uint64_t bytes) const;
    // True if that freed something.
    bool give_up_ballast();

 private:
    uint64_t ballast_bytes() const {
        return fixed_ballast_ != 0 ? fixed_ballast_ : at_most(kBallastBytes, kMadeAheadDivisor);
    }
    std::string ballast_path() const { return directory_ + "/BALLAST"; }
    void look();
    // Where there is room; a failure leaves none.
    void make_ballast(uint64_t free);

    FileSystem& files_;
    const std::string directory_;
    const uint64_t fixed_reserve_;
    const uint64_t fixed_ballast_;
    const int64_t look_every_ms_;
    std::atomic<uint64_t> total_{UINT64_MAX};
    std::atomic<uint64_t> reserve_{0};
    std::atomic<bool> full_{false};
    std::atomic<bool> gave_up_ballast_{false};  // and did not make it anew: what it freed is not for upserts
    std::atomic<int64_t> next_look_ms_{0};
    std::mutex ballast_mutex_;  // guards what follows
    bool has_ballast_ = false;
};

}  // namespace vz
