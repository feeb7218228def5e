#include "engine/collection/sealing.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

// Rows of a part that some graph of it covers.
uint32_t linked_rows(const Schema& schema, const Part& part) {
    uint32_t linked = 0;
    for (const VectorFieldSchema& field : schema.fields) linked = std::max(linked, part.graph(field.id).linked);
    return linked;
}

}  // namespace

PartList Frozen::inputs() const {
    PartList all = growing;
    all.insert(all.end(), taken_along.begin(), taken_along.end());
    return all;
}

void Frozen::take_along(uint64_t bytes_max) {
    PartList sealed;
    for (const auto& part : *parts) {
        if (part->sealed() != nullptr) sealed.push_back(part);
    }
    std::stable_sort(sealed.begin(), sealed.end(),
                     [](const auto& a, const auto& b) { return a->mapped_bytes() < b->mapped_bytes(); });
    uint64_t bytes = 0;
    for (const auto& part : sealed) {
        bytes += part->mapped_bytes();
        if (bytes > bytes_max) return;
        taken_along.push_back(part);
    }
}

LiveRows::LiveRows(const Schema& schema, const PartList& parts, Lsn through) {
    const auto largest = std::max_element(parts.begin(), parts.end(), [&](const auto& a, const auto& b) {
        return linked_rows(schema, *a) < linked_rows(schema, *b);
    });
    if (largest != parts.end()) take(**largest, through);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (*part != *largest) take(**part, through);
    }
    if (!any_expiry_) expiries_.clear();
    for (const VectorFieldSchema& field : schema.fields) {
        std::vector<const float*>& column = vectors_.emplace_back();
        column.reserve(sources_.size());
        for (const RowRef& source : sources_) column.push_back(source.part->vector(field.id, source.row));
    }
    for (size_t i = 0; i < vectors_.size(); ++i) fields_.push_back({schema.fields[i].id, vectors_[i]});
}

void LiveRows::take(Part& part, Lsn through) {
    const uint32_t rows = part.row_count();
    for (uint32_t row = 0; row < rows; ++row) {
        if (!part.is_visible(row, through)) continue;
        sources_.push_back({&part, row});
        ids_.push_back(part.id(row));
        versions_.push_back(part.version(row));
        expiries_.push_back(part.expiry(row));
        any_expiry_ = any_expiry_ || part.expiry(row) != 0;
        const std::string_view payload = part.payload(row);
        payloads_.push_back(payload == "{}" ? std::string_view() : payload);
    }
}

SegmentRows LiveRows::rows() const { return {ids_, versions_, expiries_, payloads_, fields_, {}}; }

// ---- graphs ----

namespace {

// New slot by old slot of the part that the first rows come from.
std::vector<Slot> new_slots(const LiveRows& live, const Part& part, uint32_t linked) {
    std::vector<Slot> slots(linked, kNoSlot);
    const auto& sources = live.sources();
    for (Slot slot = 0; slot < sources.size() && sources[slot].part == &part; ++slot) {
        if (sources[slot].row < linked) slots[sources[slot].row] = slot;
    }
    return slots;
}

}  // namespace

Result<BuiltGraphs> BuiltGraphs::build(const Schema& schema, const LiveRows& live, GraphsWanted wanted,
                                       Workers& workers) {
    BuiltGraphs built;
    const auto rows = static_cast<uint32_t>(live.sources().size());
    if (rows == 0) return built;
    const Part& first = *live.sources()[0].part;
    for (size_t i = 0; i < schema.fields.size(); ++i) {
        const VectorFieldSchema& field = schema.fields[i];
        const auto vectors = live.vectors(i);
        const auto present = static_cast<uint64_t>(
            std::count_if(vectors.begin(), vectors.end(), [](const float* row) { return row != nullptr; }));
        const uint64_t bytes = present * scan_bytes(field);
        if (field.index != VZ_INDEX_GRAPH || bytes < kJoinedGraphBytesMin) continue;
        const FieldGraph old = first.graph_is_as_declared(field) ? first.graph(field.id) : FieldGraph();
        const std::vector<Slot> slots = new_slots(live, first, old.view == nullptr ? 0 : old.linked);
        uint32_t end = rows;
        if (wanted == GraphsWanted::kAsTheyAre) {
            end = static_cast<uint32_t>(
                std::count_if(slots.begin(), slots.end(), [](Slot slot) { return slot != kNoSlot; }));
            if (end == 0) continue;
        }
        const RowSource source = {
            [](const void* owner, Slot slot) { return static_cast<const float* const*>(owner)[slot]; }, vectors.data()};
        Field& own = built.fields_.emplace_back();
        own.id = field.id;
        VZ_ASSIGN(own.index, GrowingIndex::fold(index_options(field), source, end, {old.view, slots}, workers));
        const auto measure = [&] { return calibrate(*own.index->view(), end, field.id, Calibration::kWhole, workers); };
        // A small graph is walked beside larger ones alone, by what was measured on these.
        Curve curve = bytes < kGraphBytesMin ? Curve() : measure();
        if (curve.share < kShareWanted) {
            VZ_ASSIGN(const bool has_dropped, own.index->drop_codes());
            if (has_dropped) curve = measure();
        }
        IndexMeta meta = index_meta_of(*own.index, std::move(curve));
        meta.slots = rows;
        own.meta = encode_index_meta(meta);
    }
    return built;
}

std::vector<SegmentRows::Derived> BuiltGraphs::derived() const {
    std::vector<SegmentRows::Derived> sections;
    for (const Field& field : fields_) {
        sections.push_back({SectionKind::kGraphMeta, field.id, field.meta});
        sections.push_back({SectionKind::kGraph, field.id, field.index->blocks()});
    }
    return sections;
}

Bitmap ended_rows(const Part& part, Lsn through) {
    Bitmap ended;
    const uint32_t rows = part.row_count();
    for (uint32_t row = 0; row < rows; ++row) {
        if (part.ended(row) <= through) ended.add(row);
    }
    return ended;
}

}  // namespace vz
