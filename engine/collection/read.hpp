// Reading a pinned view row by row: scan and count. No locks, no allocation per row beyond the answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/collection/interruption.hpp"
#include "engine/collection/part.hpp"
#include "engine/collection/row_filter.hpp"

namespace vz {

struct Page {
    std::vector<RowRef> rows;         // in id order
    std::optional<std::string> next;  // text of the first id of the next page
};

// Rows that pass the filter (null: all), from `start` on (absent: from the first), after leaving out `skip`.
Result<Page> scan_rows(const ReadView& view, const RowFilter* filter, const std::optional<IdView>& start, uint64_t skip,
                       uint32_t limit, const Interruption& stop);

Result<uint64_t> count_rows(const ReadView& view, const RowFilter* filter, const Interruption& stop);

}  // namespace vz
