// What calibration searches for: rows of the graph and mixtures of them, each with its true nearest rows.
#pragma once

#include <span>
#include <vector>

#include "engine/index/graph.hpp"
#include "engine/index/walk.hpp"

namespace vz {

struct Sampled {
    Slot slot = kNoSlot;             // of the row that is the query; kNoSlot: it is none
    const float* values = nullptr;
    CodedRow coded;
    Pool nearest;
    std::vector<float> scores;  // exact ones, in the order of codes
    std::vector<float> best;    // scores, best first
};

// At most a tenth of the rows, of equal ones the first: where half are equal, the others are who takes effort. Drawn by what the rows are, not by where they lie: a graph that was folded is measured with the rows it was measured
// with before, as far as they are still there, and takes the effort it took before.
std::vector<Slot> sample_rows(const GraphView& graph, uint32_t linked, uint64_t seed, uint32_t rows_max);

// What makes queries of rows that are none: sums of three, with these factors.
struct Mixture {
    float of[3];
};
inline constexpr Mixture kBetween = {0.5F, 0.5F, 0};
inline constexpr Mixture kBeyond = {1, 1, -1};

// At most `count`: those that are finite.
class FarQueries {
 public:
    FarQueries(const GraphView& graph, std::span<const Slot> rows, uint32_t count, const Mixture& mixture);

    uint32_t count() const { return static_cast<uint32_t>(values_.size() / dim_); }
    const float* operator[](uint32_t i) const { return values_.data() + size_t{i} * dim_; }

 private:
    uint32_t dim_;
    std::vector<float> values_;
};

// The `k` best scores of each against all other rows below `linked`.
void find_truths(const GraphView& graph, uint32_t linked, uint32_t k, std::span<Sampled> sampled);
// How many of the `k` best are among `scores`.
float share_found(vz_metric metric, const Sampled& truth, uint32_t k, std::span<const float> scores);
// Of far_key() to each; infinite where none has a nearest row.
float key_at(double quantile, std::span<const Sampled> sampled, vz_metric metric);

}  // namespace vz
