// Searches of a collection that has just been opened and of which nothing lies in memory; then with less memory than
// its index takes.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/ann/data_set.hpp"

namespace vz::ann {

struct ColdOptions {
    std::string directory;  // for the collection; empty: a temporary one
    uint32_t k = 10;
    uint32_t rounds = 3;
    std::vector<uint32_t> memory = {100, 50, 25};  // percent of the index's bytes
};

// Prints a line for each pass over the queries. Says GATE SKIP where the page cache cannot be dropped, or memory not be
// bounded, and measures nothing there.
void cold(const DataSet& set, const ColdOptions& options);

}  // namespace vz::ann
