// Id to row without a rebuild: a hash table of cache-line buckets that is read where it lies in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/id.hpp"
#include "engine/base/status.hpp"

namespace vz {

inline constexpr uint64_t kIdTableHeadBytes = 64;
inline constexpr uint64_t kIdBucketBytes = 64;
inline constexpr uint32_t kIdBucketRows = 12;  // filled to 8 on average
inline constexpr uint64_t kIdRunMax = 64;      // buckets that a lookup walks at most

// The section's bytes. `ids` are distinct; `seed` is where the search for a seed begins.
Result<std::vector<std::byte>> build_id_table(std::span<const IdView> ids, uint64_t seed);

// Borrows the section. Any bytes are safe to search.
class IdTableView {
 public:
    IdTableView() = default;
    // The section has a head and at least one bucket.
    explicit IdTableView(std::span<const std::byte> section)
        : buckets_(section.data() + kIdTableHeadBytes),
          count_((section.size() - kIdTableHeadBytes) / kIdBucketBytes),
          seed_(load<uint64_t>(section.data())) {}

    // `is_row(uint32_t)`: whether the row, any number, is the one looked for.
    template <class IsRow>
    uint32_t find(const IdView& id, IsRow&& is_row) const {
        const uint64_t hash = hash_id(id, seed_);
        const auto tag = static_cast<uint8_t>(hash);
        uint64_t bucket = home(hash, count_);
        const uint64_t steps = count_ < kIdRunMax ? count_ : kIdRunMax;
        for (uint64_t step = 0; step < steps; ++step) {
            const std::byte* at = buckets_ + bucket * kIdBucketBytes;
            uint32_t matches = 0;
            for (uint32_t i = 0; i < kIdBucketRows; ++i)
                matches |= static_cast<uint32_t>(load<uint8_t>(at + i) == tag) << i;
            const uint32_t used = load<uint8_t>(at + 60);
            matches &= (1u << (used < kIdBucketRows ? used : kIdBucketRows)) - 1;
            for (; matches != 0; matches &= matches - 1) {
                const auto row = load<uint32_t>(at + 12 + 4 * static_cast<uint32_t>(std::countr_zero(matches)));
                if (is_row(row)) return row;
            }
            if (load<uint8_t>(at + 61) == 0) return kNoRow;
            if (++bucket == count_) bucket = 0;
        }
        return kNoRow;
    }

    // The upper bits of the hash choose the bucket, without bias.
    static uint64_t home(uint64_t hash, uint64_t buckets) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<uint64_t>(static_cast<Wide>(hash) * buckets >> 64);
    }

 private:
    const std::byte* buckets_ = nullptr;
    uint64_t count_ = 0;
    uint64_t seed_ = 0;
};

}  // namespace vz
