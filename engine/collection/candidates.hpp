// Which rows of a part pass a filter, and about how many: what the planner chooses by.
#pragma once

#include <memory>

#include "engine/collection/interruption.hpp"
#include "engine/collection/row_filter.hpp"

namespace vz {

// How the rows of a part became known.
enum class FilterSource : uint8_t {
    kRowByRow,  // they did not: rows are asked as a walk meets them
    kCache,     // an earlier request's
    kIndex,     // field indexes alone
    kPayloads,  // payloads were read, of every row or of what indexes left
};

struct Candidates {
    std::shared_ptr<const PassingRows> rows;
    FilterSource source = FilterSource::kRowByRow;
    const std::string* wanted_index =
        nullptr;  // a path whose index would have spared reading payloads; borrowed of the filter
};

// VZ_DEADLINE_EXCEEDED and VZ_CANCELLED of all three: as `stop` says.

// The passing rows below `rows`, all of them. Reads payloads where no index and no earlier request knows.
Result<Candidates> find_candidates(const Part& part, uint32_t rows, const RowFilter& filter, const Interruption& stop);
// The same where it takes reading of few payloads at most; rows is null otherwise, and wanted_index says why.
Result<Candidates> known_candidates(const Part& part, uint32_t rows, const RowFilter& filter, const Interruption& stop);

// The share of the rows below `rows` that pass, from a sample: evenly spaced, the same each time. `passing`: some of
// those that did, spread evenly.
Result<double> estimate_selectivity(const Part& part, uint32_t rows, const RowFilter& filter, uint32_t passing_max,
                                    const Interruption& stop, std::vector<uint32_t>* passing);

}  // namespace vz
