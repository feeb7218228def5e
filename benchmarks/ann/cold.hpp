// Searches of a collection that has just been opened and of which nothing lies in memory.
#pragma once

#include <string>

#include "benchmarks/ann/data_set.hpp"

namespace vz::ann {

struct ColdOptions {
    std::string directory;  // for the collection; empty: a temporary one
    uint32_t k = 10;
    uint32_t rounds = 3;
};

// Prints a line for each pass over the queries. Says GATE SKIP and measures nothing where the page cache cannot be
// dropped.
void cold(const DataSet& set, const ColdOptions& options);

}  // namespace vz::ann
