// Which sections of segment files the system reads ahead of what is touched. Of what fits in memory that is right: a
// page that is wanted brings its neighbours along. Of what does not, each page that a search touches anywhere brings 31
// that nobody wants, in the place of 32 that were.
#pragma once

#include <span>
#include <vector>

#include "engine/base/memory_budget.hpp"
#include "engine/segment/sealed_segment.hpp"

namespace vz {

// Any thread. Shares may outlive it.
class ReadAhead {
 public:
    explicit ReadAhead(uint64_t memory_bytes);

    // What the sections of a segment take while it is open.
    struct Admission {
        std::vector<MemoryBudget::Share> shares;
        bool has_all = true;
    };
    // Sections of vectors and graphs for which nothing is left are read page by page from here on.
    Admission admit(const SealedSegment& segment);

 private:
    MemoryBudget graphs_;
    MemoryBudget vectors_;
};

}  // namespace vz
