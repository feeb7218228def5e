#include "engine/collection/upkeep.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/collection/compaction.hpp"

namespace vz {
namespace {

// The part that takes what is written; null: the next write makes one.
Part* growing_part(const PartList& parts) {
    return !parts.empty() && parts.front()->growing() != nullptr ? parts.front().get() : nullptr;
}

}  // namespace

uint64_t growing_bytes(const Collection& collection) {
    const auto parts = collection.parts();
    uint64_t bytes = 0;
    for (const auto& part : *parts) bytes += part->growing() != nullptr ? part->memory_bytes() : 0;
    return bytes;
}

bool has_room(const Collection& collection, uint64_t points) {
    const auto parts = collection.parts();
    Part* part = growing_part(*parts);
    uint64_t widest = 0;
    for (const VectorFieldSchema& field : collection.schema()->fields) widest = std::max(widest, scan_bytes(field));
    const uint64_t more = points * widest;
    if (part == nullptr) return more <= std::max(kTailBytesMax, kTailRowsMin * widest);
    return part->growing_graphs()->tail_bytes(part->row_count()) + more <= part->growing_graphs()->tail_bytes_max();
}

bool wants_linking(const Collection& collection) {
    const auto parts = collection.parts();
    Part* part = growing_part(*parts);
    if (part == nullptr) return false;
    const GrowingGraphs& graphs = *part->growing_graphs();
    return graphs.tail_bytes(part->row_count()) > graphs.tail_bytes_max() / 2 ||
           (parts->size() == 1 && graphs.wants_calibration());
}

Status link_tail(Collection& collection, Workers& workers) {
    const auto parts = collection.parts();
    Part* part = growing_part(*parts);
    if (part == nullptr) return {};
    VZ_TRY(part->growing_graphs()->link(part->row_count(), workers));
    const bool has_sealed = parts->size() > 1;
    // What was measured on sealed rows serves the growing ones too.
    if (!has_sealed) part->growing_graphs()->calibrate(workers);
    return {};
}

bool wants_indexes(const Collection& collection) {
    const auto parts = collection.parts();
    const std::shared_ptr<const Schema> schema = collection.schema();
    return std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return part->wants_indexes(*schema); });
}

bool wants_texts(const Collection& collection) {
    const std::shared_ptr<const Schema> schema = collection.schema();
    if (schema->field_indexes.empty()) return false;
    const auto parts = collection.parts();
    const Part* part = growing_part(*parts);
    return part != nullptr && part->wants_indexes(*schema);
}

void refresh_indexes(Collection& collection) {
    const auto parts = collection.parts();
    for (const auto& part : *parts) part->refresh_indexes(*collection.schema());
}

bool has_mapped_graphs(const Collection& collection) {
    const auto parts = collection.parts();
    return std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_mapped_graphs(); });
}

void copy_graphs(Collection& collection, MemoryBudget& budget) {
    const auto parts = collection.parts();
    for (const auto& part : *parts) part->copy_graphs(budget);
}

bool wants_other_graphs(const Collection& collection) {
    const std::shared_ptr<const Schema> schema = collection.schema();
    const auto parts = collection.parts();
    const auto differs = [&](const Part& part) {
        return std::any_of(schema->fields.begin(), schema->fields.end(),
                           [&](const VectorFieldSchema& field) { return !part.graph_is_as_declared(field); });
    };
    return std::any_of(parts->begin(), parts->end(),
                       [&](const auto& part) { return part->row_count() != 0 && differs(*part); });
}

bool wants_compaction(const Collection& collection) {
    return !choose_inputs(*collection.schema(), *collection.parts(), false).empty();
}

bool is_in_pieces(const Collection& collection) {
    return !choose_inputs(*collection.schema(), *collection.parts(), true).empty() ||
           growing_bytes(collection) >= kGraphBytesMin;
}

uint64_t idle_compaction_bytes(const Collection& collection) {
    const auto parts = collection.parts();
    uint64_t bytes = 0;
    for (const auto& part : choose_inputs(*collection.schema(), *parts, true)) bytes += part->mapped_bytes();
    return bytes;
}

bool stays_expiring(Collection& collection) {
    if (collection.has_expiry()) return true;
    collection.activity().expiring.leave();
    // A write in between saw it listed and told nobody.
    return collection.has_expiry() && collection.activity().expiring.enter();
}

}  // namespace vz
