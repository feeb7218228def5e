// What calibration searches for: rows of the graph, and queries unlike them, each with its true nearest rows.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/index/graph.hpp"
#include "engine/index/walk.hpp"

namespace vz {

struct Sampled {
    Slot slot = kNoSlot;  // of the row that is the query; kNoSlot: it is none
    const float* values = nullptr;
    CodedRow coded;
    Pool nearest;
    std::vector<float> scores;  // exact ones, in the order of codes
    std::vector<float> best;    // scores, best first
};

// At most a tenth of the rows, of equal ones the first: where half are equal, the others are who takes effort. Drawn by
// what the rows are, not by where they lie: a graph that was folded or built anew is measured with the rows it was
// measured with before, as far as they are still there, and takes the effort it took before. Of rows of more than 1 GiB
// the codes have to do, which a graph that is built anew changes.
std::vector<Slot> sample_rows(const GraphView& graph, uint32_t linked, uint64_t seed, uint32_t rows_max);

// The rows of these slots, as the metric compares them: of unit length under cosine.
std::vector<std::vector<float>> compared_rows(const GraphView& graph, std::span<const Slot> slots);

// What makes queries of rows that are none.
enum class FarKind : uint8_t {
    kBetween,   // midpoints of two
    kBeyond,    // a + b - c
    kOpposite,  // -a
    kAnywhere,  // each value drawn by the mean and the deviation of the rows' values there
};

// At most `count`: those that are finite. `rows`: one at least, of one dimension.
class FarQueries {
 public:
    FarQueries(std::span<const std::vector<float>> rows, uint32_t count, FarKind kind);

    uint32_t count() const { return static_cast<uint32_t>(values_.size() / dim_); }
    const float* operator[](uint32_t i) const { return values_.data() + size_t{i} * dim_; }

 private:
    // Sums of three rows with these factors.
    void mix(std::span<const std::vector<float>> rows, uint32_t count, const std::array<float, 3>& factors);
    void draw(std::span<const std::vector<float>> rows, uint32_t count);

    uint32_t dim_;
    std::vector<float> values_;
};

// The `k` best scores of each against all other rows below `linked`, but for those of `left_out` (ascending).
void find_truths(const GraphView& graph, uint32_t linked, uint32_t k, std::span<const Slot> left_out,
                 std::span<Sampled> sampled);
// Of sampled rows with their truth: what is near to many of them, as a row in the middle of all others is, and what
// lies beside it; in ascending order; under a distance only. Whether a walk finds these says nothing about whether it
// finds others.
std::vector<Slot> near_to_many(const GraphView& graph, uint32_t linked, std::span<const Sampled> sampled);
// How many of the `k` best are among `scores`.
float share_found(vz_metric metric, const Sampled& truth, uint32_t k, std::span<const float> scores);
// Of far_key() to each; infinite where none has a nearest row.
float key_at(double quantile, std::span<const Sampled> sampled, vz_metric metric);

}  // namespace vz
