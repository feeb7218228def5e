#include "engine/collection/sequencer.hpp"

#include <algorithm>

#include "engine/base/expiry.hpp"
#include "engine/base/limits.hpp"
#include "engine/payload/json.hpp"
#include "engine/payload/merge_patch.hpp"

namespace vz {
namespace {

Status point_failure(vz_status code, const char* what, const IdView& id) {
    const std::string text = id_text(id);
    return failure(code, "point '%s' %s", text.c_str(), what).field("ids").reason(VZ_REASON_POINT);
}

Status check_condition(uint32_t condition, const CheckedItem& item, bool exists, Lsn base) {
    if (condition == VZ_IF_ABSENT && exists) return point_failure(VZ_ALREADY_EXISTS, "already exists", item.id);
    if ((condition == VZ_IF_PRESENT || condition == VZ_IF_VERSION) && !exists)
        return point_failure(VZ_NOT_FOUND, "does not exist", item.id);
    // 0: this batch wrote it, under a version that nobody has seen.
    if (condition == VZ_IF_VERSION && (base == 0 || base != item.version)) {
        return point_failure(VZ_CONFLICT, "has another version", item.id)
            .expected(static_cast<int64_t>(item.version))
            .actual(static_cast<int64_t>(base));
    }
    return {};
}

}  // namespace

Status Sequencer::run(const CheckedBatch& batch) {
    if (batch.per_item) commit_.item_errors.resize(batch.items);
    for (const CheckedOperation& operation : batch.operations) {
        if (operation.kind == VZ_CLEAR) {
            staging_.clear();
            record_.operations.push_back({OperationKind::kClear, 0, {}, {}, {}, {}, {}});
            cleared_ = true;
            continue;
        }
        if (operation.filter != nullptr) VZ_TRY(take_filtered(operation, batch.until));
        for (const CheckedItem& item : operation.items) {
            Status done = item.error.ok() ? take(operation, item) : item.error.clone();
            if (!done.ok()) {
                done.set_item(item_);
                if (!batch.per_item) return done;
                ++commit_.answer.error_count;
                commit_.item_errors[item_] = std::move(done);
            }
            ++item_;
        }
    }
    return {};
}

Status Sequencer::take_filtered(const CheckedOperation& operation, const Interruption& until) {
    VZ_ASSIGN(const std::vector<RowRef> rows, staging_.find_all(*operation.filter, until));
    if (rows.size() > kBatchPointsMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a batch has at most %llu points, the filter selects %zu",
                       static_cast<unsigned long long>(kBatchPointsMax), rows.size())
            .field("batch_points_max")
            .reason(VZ_REASON_FILTER)
            .expected(kBatchPointsMax)
            .actual(static_cast<int64_t>(rows.size()));
    }
    if (operation.kind == VZ_UPDATE) {
        // Each row is written anew, its vectors with it.
        uint64_t row_bytes = 0;
        for (const VectorFieldSchema& field : schema_.fields) row_bytes += uint64_t{field.dim} * sizeof(float);
        if (rows.size() * row_bytes > kGrowingTotalBytesMax) {
            return failure(VZ_LIMIT_EXCEEDED, "the filter selects %zu points to write anew: change them in parts",
                           rows.size())
                .field("growing_total_bytes_max")
                .expected(kGrowingTotalBytesMax)
                .actual(static_cast<int64_t>(rows.size() * row_bytes));
        }
    }
    CheckedItem item;
    item.payload = operation.filtered_payload;
    item.expires_ms = operation.filtered_expires_ms;
    for (const RowRef& row : rows) {
        if (row.part->has_expired(row.row, now_ms_)) continue;
        item.id = row.part->id(row.row);
        VZ_TRY(take(operation, item));
    }
    return {};
}

Status Sequencer::take(const CheckedOperation& operation, const CheckedItem& item) {
    const RowRef old = staging_.find(item.id);
    // An expired point that nobody removed yet is not there for the client, though it is for the log.
    const bool exists = old.part != nullptr && !old.part->has_expired(old.row, now_ms_);
    const Lsn base = old.part != nullptr ? staging_.base_version(old) : 0;
    VZ_TRY(check_condition(operation.condition, item, exists, base));
    if (operation.kind == VZ_UPDATE && !exists) return point_failure(VZ_NOT_FOUND, "does not exist", item.id);
    if (operation.kind == VZ_DELETE) {
        if (!exists) return {};
        open(OperationKind::kDelete, operation.filter != nullptr ? kDeletedByFilter : kDeletedByClient)
            .ids.push_back(item.id);
        current_->base_versions.push_back(base);
        staging_.erase(old);
    } else {
        VZ_TRY(upsert(operation, item, old, exists, base));
    }
    ++record_.items;
    return {};
}

int64_t Sequencer::expiry(const CheckedItem& item, RowRef patched) const {
    if (item.expires_ms) return named_expiry(*item.expires_ms);
    const bool is_patch = patched.part != nullptr;
    if (is_patch && (schema_.ttl_ms == 0 || is_named(patched.part->expiry(patched.row)))) return kExpiryUnchanged;
    return schema_.ttl_ms == 0 ? 0 : expiry_of_ttl(now_ms_ + schema_.ttl_ms);
}

Status Sequencer::upsert(const CheckedOperation& operation, const CheckedItem& item, RowRef old, bool exists,
                         Lsn base) {
    std::string_view payload = item.payload;
    if (operation.patches_payloads && payload.data() != nullptr) {
        std::string& merged = merged_.emplace_back();
        merge_patch(old.part->payload(old.row), payload, &merged);
        VZ_TRY(validate_payload(merged));
        payload = merged;
    }
    const bool is_patch = operation.kind == VZ_UPDATE;
    BatchOperation& to = open(is_patch ? OperationKind::kPatch : OperationKind::kUpsert);
    to.ids.push_back(item.id);
    to.payloads.push_back(payload);
    if (is_patch) to.base_versions.push_back(base);
    RowImage image;
    image.vectors.resize(fields_.size());
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
        const float* vector = item.vectors.empty() ? nullptr : item.vectors[i];
        to.vectors[i].rows.push_back(vector);
        image.vectors[i] = vector;
    }
    image.row.id = item.id;
    image.row.payload = payload;
    image.row.expiry = expiry(item, is_patch ? old : RowRef());
    to.expires.push_back(image.row.expiry);
    if (is_patch) fill_from(old, fields_, &image);
    image.row.vectors = image.vectors.data();
    staging_.upsert(image.row, old);
    if (!exists) ++record_.created;
    return {};
}

BatchOperation& Sequencer::open(OperationKind kind, uint8_t reason) {
    if (current_ != nullptr && record_.operations.back().kind == kind && current_->reason == reason) return *current_;
    current_ = &record_.operations.emplace_back();
    current_->kind = kind;
    current_->reason = reason;
    if (kind == OperationKind::kDelete) return *current_;
    for (const VectorFieldSchema& field : schema_.fields) current_->vectors.push_back({field.id, field.dim, {}});
    return *current_;
}

void drop_absent_columns(Batch& record) {
    for (BatchOperation& operation : record.operations) {
        std::erase_if(operation.vectors, [](const BatchVectors& vectors) {
            return std::all_of(vectors.rows.begin(), vectors.rows.end(),
                               [](const float* row) { return row == nullptr; });
        });
        const bool no_payload = std::all_of(operation.payloads.begin(), operation.payloads.end(),
                                            [](std::string_view payload) { return payload.data() == nullptr; });
        if (no_payload) operation.payloads.clear();
        const int64_t usual = operation.kind == OperationKind::kPatch ? kExpiryUnchanged : 0;
        if (std::all_of(operation.expires.begin(), operation.expires.end(), [&](int64_t at) { return at == usual; }))
            operation.expires.clear();
    }
}

}  // namespace vz
