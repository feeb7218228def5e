// How much of a request goes into one record of the log.
#pragma once

#include <cstdint>

#include "vectorizer/types.h"

namespace vz::rest {

// A record may have 32 MiB and 65,536 points; what else it holds is the engine's affair, so this stays well below.
class RecordRoom final {
 public:
    explicit RecordRoom(uint64_t points_max) : points_max_(points_max) {}

    // Whether this point, too, has room. The first always has.
    bool take(const vz_str& id, const vz_str& payload, uint64_t dimension) {
        bytes_ += kFrameBytes + id.size + payload.size + dimension * sizeof(float);
        return ++points_ == 1 || (bytes_ <= kBytesMax && points_ <= points_max_);
    }

 private:
    static constexpr uint64_t kBytesMax = 20u << 20;
    static constexpr uint64_t kFrameBytes = 96;  // of a point

    const uint64_t points_max_;
    uint64_t bytes_ = 0;
    uint64_t points_ = 0;
};

}  // namespace vz::rest
