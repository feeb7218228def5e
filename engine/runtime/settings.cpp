#include "engine/runtime/settings.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>

#include "engine/base/limits.hpp"
#include "engine/base/memory_budget.hpp"

namespace vz {
namespace {

int64_t system_now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

uint64_t system_seed() {
    uint64_t seed = 0;
    // The kernel's generator answers 8 bytes whole, or not at all before the system has booted.
    if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) seed = static_cast<uint64_t>(system_now_ms());
    return seed;
}

}  // namespace

EngineSettings with_defaults(EngineSettings settings) {
    if (settings.wal_file_first_bytes == 0) settings.wal_file_first_bytes = kWalFileFirstBytes;
    if (settings.wal_file_bytes == 0) settings.wal_file_bytes = kWalFileBytes;
    if (settings.manifest_extend_bytes == 0) settings.manifest_extend_bytes = kManifestExtendBytes;
    if (settings.manifest_bytes_max == 0) settings.manifest_bytes_max = kManifestBytesMax;
    if (settings.queue_bytes_max == 0) settings.queue_bytes_max = kCommitQueueBytesMax;
    if (settings.wal_bytes_max == 0) settings.wal_bytes_max = kWalBytesMax;
    if (settings.memory_bytes == 0) settings.memory_bytes = memory_limit();
    if (settings.growing_total_bytes_max == 0)
        settings.growing_total_bytes_max = std::min(kGrowingTotalBytesMax, settings.memory_bytes / kGrowingDivisor);
    if (settings.growing_bytes_max == 0)
        settings.growing_bytes_max = std::min(kGrowingBytesMax, settings.growing_total_bytes_max);
    if (settings.graph_copy_bytes_max == 0) settings.graph_copy_bytes_max = settings.memory_bytes / kGraphCopyDivisor;
    if (settings.close_replay_bytes == 0) settings.close_replay_bytes = kCloseReplayBytes;
    if (settings.seed == 0) settings.seed = system_seed();
    if (settings.scrub_bytes_per_s == 0) settings.scrub_bytes_per_s = kScrubBytesPerSecond;
    if (settings.settle_after_ms == 0) settings.settle_after_ms = kSettleAfterMs;
    if (!settings.now_ms) settings.now_ms = system_now_ms;
    return settings;
}

}  // namespace vz
