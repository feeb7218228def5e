#include "engine/collection/compaction.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

constexpr size_t kSmallPartsMax = 4;     // beside the largest
constexpr uint32_t kDeadRowsMin = 1000;  // fewer do not slow a search: they wait until the collection is idle

uint32_t live_rows(const Part& part) { return part.row_count() - part.ended_rows(); }
bool is_a_fifth_dead(const Part& part) {
    return part.ended_rows() >= kDeadRowsMin && uint64_t{part.ended_rows()} * 5 >= part.row_count();
}
// Dead rows that are worth a rewrite when there is nothing else to do.
bool has_dead(const Part& part) {
    return uint64_t{part.ended_rows()} * 100 >= part.row_count() && part.ended_rows() != 0;
}

// Sealed parts that may still be rewritten, most live rows first.
PartList candidates(const Schema& schema, const PartList& parts) {
    PartList sealed;
    for (const auto& part : parts) {
        if (part->sealed() == nullptr) continue;
        const bool is_full = live_rows(*part) >= kSegmentRowsMax;
        if (!is_full || is_a_fifth_dead(*part) || unindexed_rows(schema, *part) != 0) sealed.push_back(part);
    }
    std::stable_sort(sealed.begin(), sealed.end(),
                     [](const auto& a, const auto& b) { return live_rows(*a) > live_rows(*b); });
    return sealed;
}

// The first ones whose live rows fit one segment.
PartList fitting(PartList parts) {
    uint64_t rows = 0;
    const auto end = std::find_if(parts.begin(), parts.end(),
                                  [&](const auto& part) { return (rows += live_rows(*part)) > kSegmentRowsMax; });
    parts.erase(std::max(end, parts.begin() + (parts.empty() ? 0 : 1)), parts.end());
    return parts;
}

uint64_t live_rows_from(const Part& part, uint32_t begin) {
    if (begin == 0) return live_rows(part);
    uint64_t live = 0;
    for (uint32_t row = begin; row < part.row_count(); ++row) live += part.ended(row) == kAlive ? 1 : 0;
    return live;
}

}  // namespace

uint64_t unindexed_rows(const Schema& schema, const Part& part) {
    uint64_t most = 0;
    for (const VectorFieldSchema& field : schema.fields) {
        const uint32_t linked = part.graph_is_as_declared(field) ? part.graph(field.id).linked : 0;
        const uint64_t rows = part.row_count();
        const uint64_t missing = rows > linked ? rows - linked : 0;
        const uint64_t may_wait =
            part.growing() != nullptr ? std::max(kTailBytesMax, kTailRowsMin * scan_bytes(field)) : 0;
        if (field.index != VZ_INDEX_GRAPH || missing * scan_bytes(field) <= may_wait ||
            rows * scan_bytes(field) < kGraphBytesMin)
            continue;
        if (linked == 0 && part.sealed() != nullptr &&
            part.sealed()->vector_count(field.id) * scan_bytes(field) < kGraphBytesMin)
            continue;
        most = std::max(most, live_rows_from(part, linked));
    }
    return most;
}

PartList choose_inputs(const Schema& schema, const PartList& parts, bool is_idle) {
    PartList sealed = candidates(schema, parts);
    if (sealed.empty()) return {};
    uint64_t small_rows = 0;
    for (size_t i = 1; i < sealed.size(); ++i) small_rows += live_rows(*sealed[i]);
    const bool largest_pays = is_a_fifth_dead(*sealed[0]) || small_rows * 2 >= live_rows(*sealed[0]);
    if (sealed.size() > 1 && (is_idle || largest_pays)) return fitting(std::move(sealed));
    if (sealed.size() > 1 + kSmallPartsMax) return {sealed[sealed.size() - 2], sealed[sealed.size() - 1]};
    for (const auto& part : sealed) {
        if (is_a_fifth_dead(*part) || (is_idle && has_dead(*part)) || unindexed_rows(schema, *part) != 0) return {part};
    }
    return {};
}

}  // namespace vz
