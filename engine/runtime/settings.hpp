// What an engine is opened with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/runtime/check.hpp"

namespace vz {

struct EngineSettings {
    uint64_t wal_file_first_bytes = 0;  // 0: the default of limits.hpp; likewise below
    uint64_t wal_file_bytes = 0;
    uint64_t manifest_extend_bytes = 0;
    uint64_t queue_bytes_max = 0;
    uint64_t manifest_bytes_max = 0;  // before clients may add nothing more to what it describes
    // At most a quarter of the disk; beyond half of it every collection is sealed: bounds replay.
    uint64_t wal_bytes_max = 0;
    uint64_t growing_bytes_max = 0;        // of one collection, before it is sealed; memory stays within twice this
    uint64_t growing_total_bytes_max = 0;  // of all together; with half of it in the log every collection is sealed
    uint64_t close_replay_bytes = 0;       // that a close leaves unsealed
    uint64_t disk_reserve = 0;             // bytes that upserts leave free; see disk_space.hpp, likewise below
    uint64_t ballast_bytes = 0;
    uint64_t memory_bytes = 0;  // that the process may use; 0: what the machine and its control groups allow
    // Of graphs of sealed segments in memory of their own; 0: a quarter of memory_bytes.
    uint64_t graph_copy_bytes_max = 0;
    bool must_exist = false;
    bool read_only = false;  // no file is changed, every write is refused; the directory must exist
    enum class Verify : uint8_t { kNever, kAtOpen, kInBackground };
    // Reading sealed files whole: before answering, or all the time at a bounded rate.
    Verify verify = Verify::kNever;
    uint64_t scrub_bytes_per_s = 0;   // 0: the default of limits.hpp
    int64_t settle_after_ms = 0;      // without a write, before a collection is sealed and becomes one segment
    bool background = true;           // false: no thread is started; every step runs in the caller
    uint64_t seed = 0;                // of uuids and salts; 0: from the system
    std::function<int64_t()> now_ms;  // null: the system's clock
    std::function<void(uint32_t level, const char* event, const std::string& message)> log;  // null: silent
    // Given, a damaged directory is opened with what can be read of it, and this is told what is lost. See repair.hpp.
    std::function<void(const CheckFinding&)> accept_loss;
};

// Zeros replaced by the defaults of limits.hpp, or by what the machine allows.
EngineSettings with_defaults(EngineSettings settings);

}  // namespace vz
