// A data set is a folder: base and perhaps query, truth.ibin or gt100.ibin in the formats of formats.hpp, and perhaps a
// file `metric` with its name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/ann/formats.hpp"
#include "vectorizer/types.h"

namespace vz::ann {

struct DataSet {
    std::string name;
    vz_metric metric = VZ_EUCLIDEAN;
    Matrix base;
    Matrix queries;
    bool held_out = false;            // the queries were rows of the base
    Table<uint32_t> truth;            // the nearest rows of each query, nearest first
    std::vector<float> truth_scores;  // theirs, of the ABI

    // The score that a hit must reach to count, so that duplicates are fair.
    float border(size_t query, uint32_t k) const { return truth_scores[query * truth.columns + k - 1]; }
};

// Without a query file, every 60th row of the base becomes a query and leaves the base. An empty `metric`: what the
// folder says. Exits with a message on failure.
DataSet load_vectors(const std::string& folder, const std::string& metric, uint32_t queries_max);

// The same with truth, from the folder or computed.
DataSet load(const std::string& folder, const std::string& metric, uint32_t queries_max);

// The `k` best rows of each query, by brute force: twice as many by float32, ordered in double.
void compute_truth(DataSet& set, uint32_t k);

bool counts_as_hit(vz_metric metric, float score, float border);

}  // namespace vz::ann
