// The collection of a data set in a data directory, through the C ABI at default settings. Any failure ends the program
// with a message.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/ann/data_set.hpp"
#include "vectorizer/engine.h"

namespace vz::ann {

class Collection {
 public:
    // Opens the directory; the set outlives it.
    Collection(const std::string& directory, const DataSet& set, uint32_t k);
    // Closes it in order.
    ~Collection();
    Collection(const Collection&) = delete;
    Collection& operator=(const Collection&) = delete;

    void create();
    // Ids `ids[0]` to `ids[count - 1]` become the rows named.
    void write(const uint32_t* ids, const uint32_t* rows, uint32_t count);
    // Until one sealed segment holds every live row and no other.
    void settle(double seconds_max);

    // Of all searches from here on; 0: the default.
    void ask_for(float recall) { recall_ = recall; }
    // Scores, best first.
    std::vector<float> search(const float* query, bool exact);
    // What the search of one query took: effort, and rows whose scores were computed.
    vz_profile explain(const float* query);
    // Wall seconds of one request that holds `count` queries.
    double search_batch(const float* queries, uint32_t count);
    vz_collection_stats stats();

 private:
    vz_search_request request_of(const float* queries, uint32_t count) const;

    const DataSet& set_;
    uint32_t k_;
    float recall_ = 0;
    vz_engine* engine_ = nullptr;
};

}  // namespace vz::ann
