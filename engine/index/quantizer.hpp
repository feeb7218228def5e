// How a row becomes what a walk reads, and how a query or a row is compared with such rows (README.md, Codes).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/index/layout.hpp"
#include "vectorizer/types.h"

namespace vz {

// Random signs, then Hadamard over the first and over the last 2^floor(log2 dim) coordinates, two rounds: orthogonal.
class Rotation {
 public:
    Rotation(uint32_t dim, uint64_t seed);
    void apply(float* values) const;

 private:
    uint32_t dim_;
    uint32_t block_;
    float scale_;
    std::vector<float> signs_;  // two rounds
};

// Codes and factors of one side of a comparison; owned by a thread.
struct CodedRow {
    CodedQuery query = {};
    std::vector<int8_t> codes;
    std::vector<float> rotated;
    const float* values = nullptr;  // fp32 layout: the row itself, borrowed
    float norm = 0;                 // fp32 layout
    float lift = 0;                 // row against rows, dot metric: the virtual coordinate
    bool is_row = false;
    bool by_dot = false;  // row against rows: by minus their dot product
};

// A value once made; any thread.
class Quantizer {
 public:
    // `mean`: of rows (of unit vectors for cosine); empty unless the layout is SQ8.
    Quantizer(vz_metric metric, const BlockShape& shape, uint64_t seed, std::vector<float> mean);

    // Header and codes of a row; ids stay. `scratch` is this thread's.
    void encode(const float* row, std::byte* block, std::vector<float>& scratch) const;
    // A query against rows. `values` must outlive `out` in fp32 layout.
    void prepare_query(const float* values, CodedRow& out) const;
    // A stored row against rows, by squared L2 (L1 for manhattan), never by the walk's key.
    void prepare_row(const std::byte* block, const float* row, CodedRow& out) const;

    vz_metric metric() const { return metric_; }
    const BlockShape& shape() const { return shape_; }
    const std::vector<float>& mean() const { return mean_; }

    static bool are_bytes(const float* row, uint32_t dim);
    static std::vector<float> mean_of(vz_metric metric, uint32_t dim, std::span<const float* const> rows);

 private:
    void centre(const float* row, std::vector<float>& out) const;

    vz_metric metric_;
    BlockShape shape_;
    Rotation rotation_;
    std::vector<float> mean_;
};

}  // namespace vz
