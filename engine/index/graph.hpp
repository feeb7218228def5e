// A graph as a walk sees it, and the keys by which rows are compared on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/index/quantizer.hpp"

namespace vz {

// Full-precision rows by slot; null where a row has none. A reader may fault in pages: touch few.
struct RowSource {
    const float* (*at)(const void* owner, Slot slot) = nullptr;
    const void* owner = nullptr;
    const float* operator()(Slot slot) const { return at(owner, slot); }
};

// Where walks begin: sampled rows, their headers and codes packed to be scored in one pass.
struct EntrySet {
    std::vector<Slot> slots;
    std::vector<std::byte> blocks;  // header and codes of each; empty in fp32 layout
};

// Borrows all it points at. Blocks may be growing: ids are read with relaxed loads.
struct GraphView {
    const Quantizer* quantizer = nullptr;
    const std::byte* blocks = nullptr;
    const EntrySet* entries = nullptr;
    RowSource rows;
    uint32_t slots = 0;   // ids at or above are damage
    float lift_norm = 0;  // dot: rows as long, or longer, have no virtual coordinate

    const BlockShape& shape() const { return quantizer->shape(); }
    const std::byte* block(Slot slot) const { return blocks + size_t{shape().stride} * slot; }
    const BlockHeader& header(Slot slot) const { return header_of(shape(), block(slot)); }
    bool is_absent(Slot slot) const { return (header(slot).flags & kAbsentRow) != 0; }
};

// The virtual coordinate of a row under the dot metric (README.md, Codes).
inline float lift_of(const GraphView& graph, float norm) {
    // May leave float32.
    const auto square = [](float value) { return static_cast<double>(value) * static_cast<double>(value); };
    return static_cast<float>(std::sqrt(std::max(0.0, square(graph.lift_norm) - square(norm))));
}

// Smaller is nearer. Queries by the walk's key; rows by distance between rows.
void score_slots(const GraphView& graph, const CodedRow& from, const Slot* slots, uint32_t count, float* keys);
void score_entries(const GraphView& graph, const CodedRow& from, float* keys);

void prepare_slot(const GraphView& graph, Slot slot, CodedRow& out);

}  // namespace vz
