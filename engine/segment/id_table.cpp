#include "engine/segment/id_table.hpp"

#include <algorithm>

namespace vz {
namespace {

constexpr uint64_t kFill = 8;  // rows a bucket
constexpr int kSeedsMax = 16;  // a run above the limit is rarer than 1 in 10^9 at this fill

// False: a run became too long.
bool fill(std::span<const IdView> ids, uint64_t seed, std::span<std::byte> buckets) {
    const uint64_t count = buckets.size() / kIdBucketBytes;
    const uint64_t steps = std::min(count, kIdRunMax);
    for (uint32_t row = 0; row < ids.size(); ++row) {
        const uint64_t hash = hash_id(ids[row], seed);
        uint64_t bucket = IdTableView::home(hash, count);
        uint64_t step = 0;
        for (; step < steps; ++step) {
            std::byte* at = buckets.data() + bucket * kIdBucketBytes;
            const uint8_t used = load<uint8_t>(at + 60);
            if (used < kIdBucketRows) {
                store(at + used, static_cast<uint8_t>(hash));
                store(at + 12 + 4 * used, row);
                store(at + 60, static_cast<uint8_t>(used + 1));
                break;
            }
            store(at + 61, uint8_t{1});
            if (++bucket == count) bucket = 0;
        }
        if (step == steps) return false;
    }
    return true;
}

}  // namespace

Result<std::vector<std::byte>> build_id_table(std::span<const IdView> ids, uint64_t seed) {
    uint64_t count = std::max<uint64_t>(1, (ids.size() + kFill - 1) / kFill);
    for (int attempt = 0; attempt < kSeedsMax; ++attempt, ++seed) {
        std::vector<std::byte> section(kIdTableHeadBytes + count * kIdBucketBytes);
        store(section.data(), seed);
        store(section.data() + 8, count);
        if (fill(ids, seed, std::span(section).subspan(kIdTableHeadBytes))) return section;
        if (attempt % 4 == 3) count *= 2;
    }
    return failure(VZ_INTERNAL, "no hash table for %zu ids", ids.size());
}

}  // namespace vz
