// A request's filter, asked about rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/collection/part.hpp"
#include "engine/payload/filter.hpp"

namespace vz {

// Made once a request, then read by any thread.
class RowFilter {
 public:
    RowFilter(Filter filter, std::string_view text) : filter_(std::move(filter)), text_(text) {}

    // Null where every row passes: no filter was given (null data), or one without conditions.
    static Result<std::unique_ptr<const RowFilter>> read(std::string_view json) {
        if (json.data() == nullptr) return std::unique_ptr<const RowFilter>();
        VZ_ASSIGN(Filter filter, Filter::parse(json));
        if (filter.is_empty()) return std::unique_ptr<const RowFilter>();
        return std::unique_ptr<const RowFilter>(std::make_unique<RowFilter>(std::move(filter), json));
    }

    // Whether id and payload pass; not whether the row is visible.
    bool passes(const Part& part, uint32_t row) const { return filter_.matches(part.id(row), part.payload(row)); }
    const Filter& filter() const { return filter_; }
    // As it was given: the same text finds what an earlier request found.
    const std::string& text() const { return text_; }

 private:
    Filter filter_;
    std::string text_;
};

}  // namespace vz
