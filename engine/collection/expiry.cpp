// Points whose time has come are deleted by an ordinary record, so that a replay deletes the same.
#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/collection/collection.hpp"
#include "engine/collection/expired_points.hpp"
#include "engine/collection/staging.hpp"

namespace vz {

bool Collection::has_expiry() const {
    const auto parts = std::atomic_load(&parts_);
    return std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_expiry(); });
}

Status Collection::begin_expiry(uint32_t points_max, WriteCommit& commit, bool* in_flight) {
    *in_flight = false;
    VZ_TRY(health());
    const int64_t now = now_ms_();
    if (now < next_expiry_ms_) return {};
    // Found without the lock; looked at again under it, for a point may have been written anew.
    std::vector<RowRef> found;
    ExpiredRows all;
    const ReadView view = pin();
    for (const auto& part : *view.parts) {
        if (!part->has_expiry()) continue;
        const uint32_t rows = part->row_count();
        bool may_expire = false;
        for (uint32_t row = 0; row < rows; ++row) {
            const int64_t at = part->expires_ms(row);
            may_expire = may_expire || at != 0;
            if (at == 0 || !part->is_visible(row, view.visible)) continue;
            if (at > now) {
                all.next_ms = std::min(all.next_ms, at);
                continue;
            }
            ++all.count;
            if (found.size() < points_max) found.push_back({part.get(), row});
        }
        if (!may_expire && part->sealed() != nullptr && !part->failed()) part->note_nothing_expires();
    }
    VZ_TRY(check_readable(*view.parts));
    // Points that are written from now on are seen by the look after the next one at the latest.
    next_expiry_ms_ = found.size() == points_max ? 0 : std::min(all.next_ms, now + kExpiryLookMs);
    expired_.note(view, all);
    if (found.empty()) return {};

    const std::scoped_lock lock(sequencing_);
    if (log_.has_failed() || dropped_) return {};
    const std::shared_ptr<const Schema> schema = this->schema();
    Part& writable = writable_part(*schema);
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    Batch record;
    BatchOperation& expired = record.operations.emplace_back();
    expired.kind = OperationKind::kDelete;
    expired.reason = kDeletedByExpiry;
    for (const RowRef& row : found) {
        // Compaction may have moved it: what counts is the point.
        const RowRef latest = staging.find(row.part->id(row.row));
        if (latest.part == nullptr || !latest.part->has_expired(latest.row, now)) continue;
        expired.ids.push_back(latest.part->id(latest.row));
        expired.base_versions.push_back(staging.base_version(latest));
        staging.erase(latest);
        ++record.items;
    }
    VZ_TRY(vz::check_readable(*parts));
    if (expired.ids.empty()) return {};
    commit.expired_ = record.items;
    VZ_TRY(append(record, staging, commit));
    *in_flight = true;
    commit.set_staged();
    return {};
}

uint64_t Collection::live_points() const {
    if (!has_expiry()) return points();
    return expired_.left([this] { return pin(); }, [this] { return points(); });
}

}  // namespace vz
