#include "engine/collection/sealing.hpp"

#include <algorithm>

namespace vz {

LiveRows::LiveRows(const Frozen& frozen) {
    for (auto part = frozen.growing.rbegin(); part != frozen.growing.rend(); ++part) take(**part, frozen.through);
    if (!any_expiry_) expires_ms_.clear();
    for (const VectorFieldSchema& field : frozen.schema->fields) {
        std::vector<const float*>& column = vectors_.emplace_back();
        for (const RowRef& source : sources_) column.push_back(source.part->vector(field.id, source.row));
    }
    for (size_t i = 0; i < vectors_.size(); ++i) fields_.push_back({frozen.schema->fields[i].id, vectors_[i]});
}

void LiveRows::take(Part& part, Lsn through) {
    const uint32_t rows = part.row_count();
    for (uint32_t row = 0; row < rows; ++row) {
        if (!part.is_visible(row, through)) continue;
        sources_.push_back({&part, row});
        ids_.push_back(part.id(row));
        versions_.push_back(part.version(row));
        expires_ms_.push_back(part.expires_ms(row));
        any_expiry_ = any_expiry_ || part.expires_ms(row) != 0;
        const std::string_view payload = part.growing()->payload(row);
        payloads_.push_back(payload == "{}" ? std::string_view() : payload);
    }
}

SegmentRows LiveRows::rows() const { return {ids_, versions_, expires_ms_, payloads_, fields_, {}}; }

Bitmap ended_rows(const Part& part, Lsn through) {
    Bitmap ended;
    const uint32_t rows = part.row_count();
    for (uint32_t row = 0; row < rows; ++row) {
        if (part.ended(row) <= through) ended.add(row);
    }
    return ended;
}

}  // namespace vz
