// Whether codes keep the order of the rows well enough for a short rerank (README.md, Codes).
#pragma once

#include "engine/index/graph.hpp"

namespace vz {

// Share of the exact ten nearest, within a sample of the rows below `end`, that codes put among the first fifteen. 1 if
// there are too few.
double share_found_by_codes(const Quantizer& quantizer, const RowSource& rows, Slot end);

}  // namespace vz
