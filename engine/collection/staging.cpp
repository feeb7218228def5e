#include "engine/collection/staging.hpp"

#include "engine/collection/candidates.hpp"

namespace vz {

Staging::~Staging() {
    if (committed_) return;
    for (const RowRef end : ends_) end.part->set_ended(end.row, kAlive);
    for (const uint32_t row : rows_) {
        writable_.growing()->set_version(row, kAlive);
        writable_.growing()->set_ended(row, 0);
    }
}

RowRef Staging::find(const IdView& id) const {
    for (const auto& part : parts_) {
        const uint32_t row = part->find_latest(id);
        if (row != kNoRow) return {part.get(), row};
    }
    return {};
}

Result<std::vector<RowRef>> Staging::find_all(const RowFilter& filter, const Interruption& stop) const {
    std::vector<RowRef> found;
    for (const auto& part : parts_) {
        VZ_ASSIGN(const Candidates passing, find_candidates(*part, part->row_count(), filter, stop));
        // Zeros in place of payloads pass what says must_not: nothing may be deleted for that.
        if (part->failed()) return failure(VZ_CORRUPTION, "a segment file could not be read").field("collection");
        passing.rows->for_each([&](uint32_t row) {
            if (part->version(row) != kAlive && part->ended(row) == kAlive) found.push_back({part.get(), row});
        });
    }
    return found;
}

Lsn Staging::base_version(RowRef row) const {
    const Lsn version = row.part->version(row.row);
    return version == kStaged ? 0 : version;
}

void Staging::upsert(const GrowingSegment::NewRow& row, RowRef old) {
    rows_.reserve(rows_.size() + 1);
    if (old.part != nullptr) erase(old);
    rows_.push_back(writable_.growing()->stage(row));
    ++live_delta_;
}

void Staging::erase(RowRef row) {
    ends_.push_back(row);
    row.part->set_ended(row.row, kStaged);
    --live_delta_;
}

void Staging::clear() {
    for (const auto& part : parts_) {
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            if (part->version(row) != kAlive && part->ended(row) == kAlive) erase({part.get(), row});
        }
    }
}

void Staging::commit(Lsn lsn) {
    for (const RowRef end : ends_) end.part->set_ended(end.row, lsn);
    for (const uint32_t row : rows_) writable_.growing()->set_version(row, lsn);
    committed_ = true;
}

void fill_from(RowRef old, const std::vector<GrowingSegment::Field>& fields, RowImage* image) {
    if (image->row.payload.data() == nullptr) image->row.payload = old.part->payload(old.row);
    if (image->row.expiry == kExpiryUnchanged) image->row.expiry = old.part->expiry(old.row);
    for (size_t i = 0; i < fields.size(); ++i) {
        if (image->vectors[i] == nullptr) image->vectors[i] = old.part->vector(fields[i].id, old.row);
    }
}

}  // namespace vz
