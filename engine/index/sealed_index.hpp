// The graph of a sealed segment: blocks in a mapped file, a few things beside them (format.md).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/index/calibration.hpp"
#include "engine/index/graph.hpp"
#include "engine/index/growing_index.hpp"
#include "engine/index/index_options.hpp"

namespace vz {

// All that a reader needs beside blocks and rows. A value.
struct IndexMeta {
    BlockShape shape;
    vz_metric metric = 0;
    uint32_t slots = 0;          // of the segment
    uint32_t indexed_slots = 0;  // those below are linked; the others are to be scanned
    uint64_t seed = 0;
    float lift_norm = 0;
    std::vector<float> mean;
    std::vector<Slot> entries;
    Curve curve;

    friend bool operator==(const IndexMeta&, const IndexMeta&) = default;
};

std::vector<std::byte> encode_index_meta(const IndexMeta& meta);
// Only after the checksum around the bytes passed. VZ_CORRUPTION; VZ_UNSUPPORTED names a newer version or layout.
Result<IndexMeta> decode_index_meta(std::span<const std::byte> bytes);

// Of a graph that nobody writes any more.
IndexMeta index_meta_of(const GrowingIndex& index, Curve curve);

// A view: borrows the blocks and the rows. Immutable, any thread. Sizes are checked at once, ids as walks read them.
class SealedIndex {
 public:
    // VZ_CORRUPTION: the sizes do not fit each other. Touches the blocks of the entries.
    static Result<std::unique_ptr<SealedIndex>> open(IndexMeta meta, std::span<const std::byte> blocks, RowSource rows);

    const GraphView* view() const { return &view_; }
    // The first slot with a link that leads nowhere; kNoSlot: there is none. Walks leave such links out.
    Slot find_bad_link() const;
    const IndexMeta& meta() const { return meta_; }

 private:
    SealedIndex(IndexMeta meta, std::span<const std::byte> blocks, RowSource rows);

    IndexMeta meta_;
    Quantizer quantizer_;
    EntrySet entries_;
    GraphView view_;
};

}  // namespace vz
