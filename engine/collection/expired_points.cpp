#include "engine/collection/expired_points.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

uint64_t rows_to_look_at(const ReadView& view) {
    uint64_t rows = 0;
    for (const auto& part : *view.parts) rows += part->has_expiry() ? part->row_count() : 0;
    return rows;
}

ExpiredRows find_expired(const ReadView& view) {
    ExpiredRows found;
    for (const auto& part : *view.parts) {
        if (!part->has_expiry()) continue;
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            const int64_t at = part->expires_ms(row);
            if (at == 0) continue;
            if (at > view.now_ms) {
                found.next_ms = std::min(found.next_ms, at);
            } else if (part->is_visible(row, view.visible)) {
                ++found.count;
            }
        }
    }
    return found;
}

}  // namespace

void ExpiredPoints::note(const ReadView& view, const ExpiredRows& found) {
    const std::scoped_lock lock(mutex_);
    known_ = found;
    visible_ = view.visible;
    looked_ms_ = view.now_ms;
}

bool ExpiredPoints::wants_look(const ReadView& view) {
    if (view.now_ms == 0 || is_looking_) return false;
    const int64_t age_ms = view.now_ms - looked_ms_;
    const bool was_looked = looked_ms_ != 0;
    if (was_looked && age_ms >= 0 && view.visible == visible_ && view.now_ms < known_.next_ms) return false;
    if (rows_to_look_at(view) <= kExpiredCountedAtOnce) return true;
    // The first look is the sweep's, which waits for the disk where it has to.
    if (!was_looked) looked_ms_ = view.now_ms;
    return was_looked && (age_ms < 0 || age_ms >= 2 * kExpiryLookMs);
}

void ExpiredPoints::look(const ReadView& view, std::unique_lock<std::mutex>& lock) {
    is_looking_ = true;
    const uint64_t removed = removed_;
    lock.unlock();
    const ExpiredRows found = find_expired(view);
    lock.lock();
    is_looking_ = false;
    known_ = found;
    known_.count = less(found.count, removed_ - removed);
    visible_ = view.visible;
    looked_ms_ = view.now_ms;
}

}  // namespace vz
