#include "engine/collection/component_counts.hpp"

#include <cstring>

#include "engine/collection/part.hpp"

namespace vz {
namespace {

bool counts_components(const VectorFieldSchema& field) { return (field.flags & VZ_FIELD_COUNT_NONZERO) != 0; }

void add_row(const float* values, bool is_new, std::vector<uint32_t>* counts) {
    const uint32_t one = is_new ? 1U : ~0U;
    for (size_t i = 0; i < counts->size(); ++i) (*counts)[i] += values[i] != 0.0F ? one : 0U;
}

}  // namespace

std::unique_ptr<ComponentCounts> ComponentCounts::of(const SealedSegment& segment, const VectorFieldSchema& field) {
    auto counts = std::make_unique<ComponentCounts>(field);
    const auto bytes = segment.derived(SectionKind::kComponentCounts, field.id);
    if (bytes.size() != field.dim * sizeof(uint32_t)) return counts;
    if (!segment.verify_derived(SectionKind::kComponentCounts, field.id).ok()) return counts;
    std::memcpy(counts->counts_.data(), bytes.data(), bytes.size());
    counts->is_counted_.assign(segment.row_count(), true);
    return counts;
}

Status ComponentCounts::add_shown(const ReadView& view, const Part& part, const Interruption& stop,
                                  std::span<uint64_t> counts) {
    const std::scoped_lock lock(mutex_);
    const uint32_t rows = part.row_count();
    const bool is_whole =
        part.sealed() != nullptr && part.ended_rows() == 0 && !part.has_expiry() && is_counted_.size() == rows;
    is_counted_.resize(rows, false);
    for (uint32_t row = 0; row < rows && !is_whole; ++row) {
        if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
        const bool is_shown = view.shows(part, row);
        if (is_shown == is_counted_[row]) continue;
        const float* const values = part.vector(field_id_, row);
        if (values != nullptr) add_row(values, is_shown, &counts_);
        is_counted_[row] = is_shown;
    }
    for (size_t i = 0; i < counts_.size(); ++i) counts[i] += counts_[i];
    return {};
}

Status count_components(const ReadView& view, const VectorFieldSchema& field, const Interruption& stop,
                        std::span<uint64_t> counts) {
    std::fill(counts.begin(), counts.end(), 0);
    for (const auto& part : *view.parts) VZ_TRY(part->component_counts(field).add_shown(view, *part, stop, counts));
    return {};
}

BuiltCounts::BuiltCounts(const Schema& schema, const SegmentRows& rows) {
    for (const SegmentRows::Field& column : rows.fields) {
        const VectorFieldSchema* const field = schema.field_by_id(column.field_id);
        if (field == nullptr || !counts_components(*field)) continue;
        Section& section = sections_.emplace_back();
        section.field_id = field->id;
        section.counts.resize(field->dim);
        for (const float* values : column.rows) {
            if (values != nullptr) add_row(values, true, &section.counts);
        }
    }
}

void BuiltCounts::add_to(std::vector<SegmentRows::Derived>* derived) const {
    for (const Section& section : sections_) {
        derived->push_back({SectionKind::kComponentCounts, section.field_id, std::as_bytes(std::span(section.counts))});
    }
}

}  // namespace vz
