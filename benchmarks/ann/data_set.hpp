// A data set is a folder in the formats of big-ann-benchmarks: base and query (.u8bin, .fbin), truth.ibin or gt100.ibin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vectorizer/types.h"

namespace vz::ann {

struct Matrix {
    uint32_t rows = 0;
    uint32_t dim = 0;
    std::vector<float> values;

    const float* row(size_t i) const { return values.data() + i * dim; }
};

struct DataSet {
    std::string name;
    vz_metric metric = VZ_EUCLIDEAN;
    Matrix base;
    Matrix queries;
    uint32_t truth_k = 0;
    std::vector<float> truth_scores;  // of the ABI, truth_k a query, best first

    // The score that a hit must reach to count, so that duplicates are fair.
    float border(size_t query, uint32_t k) const { return truth_scores[query * truth_k + k - 1]; }
};

// Without a query file, every 60th row of the base becomes a query and leaves the base. Exits with a message on failure.
DataSet load(const std::string& folder, const std::string& metric, uint32_t queries_max);

// Exact scores of the `k` best rows of each query, by brute force.
void compute_truth(DataSet& set, uint32_t k);

bool counts_as_hit(vz_metric metric, float score, float border);

}  // namespace vz::ann
