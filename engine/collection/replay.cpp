// A record of the log meets the collection again, as it met it when it was written.
#include <algorithm>

#include "engine/base/plant.hpp"
#include "engine/collection/collection.hpp"
#include "engine/collection/sequencer.hpp"

namespace vz {
namespace {

// What an item of the operation writes. False: it has vectors of another dimension.
bool read_image(const BatchOperation& operation, size_t item, const std::vector<GrowingSegment::Field>& fields,
                RowImage* image) {
    image->vectors.resize(fields.size());
    for (const BatchVectors& vectors : operation.vectors) {
        const auto is_its_field = [&](const GrowingSegment::Field& field) { return field.id == vectors.field_id; };
        if (VZ_PLANT(removed_field_drops_point) && std::none_of(fields.begin(), fields.end(), is_its_field))
            return false;
        for (size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].id != vectors.field_id) continue;
            if (fields[i].dim != vectors.dim) return false;
            image->vectors[i] = vectors.rows[item];
        }
    }
    image->row.id = operation.ids[item];
    if (!operation.payloads.empty()) image->row.payload = operation.payloads[item];
    const bool is_patch = operation.kind == OperationKind::kPatch;
    image->row.expiry = !operation.expires.empty() ? operation.expires[item] : is_patch ? kExpiryUnchanged : 0;
    if (VZ_PLANT(expiry_forgotten_at_replay)) image->row.expiry = 0;
    return true;
}

}  // namespace

void Collection::note_skipped(uint64_t bytes, Lsn lsn) {
    if (lsn <= through_lsn()) return;
    unsealed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (lsn > last_lsn()) note_unsealed(lsn);
}

Status Collection::replay(const Batch& batch, uint64_t bytes, Lsn lsn, const LossSink& lost) {
    if (!VZ_PLANT(request_id_forgotten)) requests_.remember(batch.request_id, lsn, batch.items, batch.created);
    if (lsn <= through_lsn()) return {};
    Status applied = apply(batch, lsn, lost);
    if (check_readable(*parts()).ok()) {
        unsealed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
        return applied;
    }
    // One that is set aside keeps its records in the log.
    note_skipped(bytes, lsn);
    return {};
}

Status Collection::apply(const Batch& batch, Lsn lsn, const LossSink& lost) {
    const std::shared_ptr<const Schema> schema = this->schema();
    Part& writable = writable_part(*schema);
    const auto& fields = writable.growing()->fields();
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    const auto misfit = [&](const char* what) {
        Status status = failure(VZ_CORRUPTION, "record %llu of collection '%s' %s",
                                static_cast<unsigned long long>(lsn), name().c_str(), what);
        if (!lost) return status;
        lost(status.error().message);
        return Status();
    };
    for (const BatchOperation& operation : batch.operations) {
        if (operation.kind == OperationKind::kClear) staging.clear();
        for (size_t i = 0; i < operation.ids.size(); ++i) {
            if (VZ_PLANT(batch_applied_in_part) && i != 0) break;
            const RowRef old = staging.find(operation.ids[i]);
            const bool has_base = !operation.base_versions.empty();
            // Where something was lost, what a record deletes or writes anew need not be there any more.
            if (!lost && has_base && (old.part == nullptr || staging.base_version(old) != operation.base_versions[i])) {
                return misfit("does not meet the version it was made for");
            }
            if (operation.kind == OperationKind::kDelete) {
                if (old.part != nullptr) staging.erase(old);
                continue;
            }
            RowImage image;
            if (!read_image(operation, i, fields, &image)) {
                VZ_TRY(misfit("has vectors of another dimension"));
                continue;
            }
            const bool is_patch = operation.kind == OperationKind::kPatch;
            if (is_patch && old.part == nullptr) {
                VZ_TRY(misfit("patches a point that does not exist"));
                continue;
            }
            if (is_patch) fill_from(old, fields, &image);
            image.row.vectors = image.vectors.data();
            staging.upsert(image.row, old);
        }
    }
    VZ_TRY(vz::check_readable(*parts));
    staging.commit(lsn);
    sequenced_live_ += staging.live_delta();
    note_unsealed(lsn);
    if (!batch.operations.empty()) updated_ms_.store(batch.written_ms, std::memory_order_relaxed);
    make_visible(lsn, staging.live_delta());
    return {};
}

}  // namespace vz
