// A request's filter, asked about rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/collection/interruption.hpp"
#include "engine/collection/part.hpp"
#include "engine/payload/filter.hpp"

namespace vz {

// Made once a request, then read by any thread.
class RowFilter {
 public:
    RowFilter(Filter filter, std::string_view text) : filter_(std::move(filter)), text_(text) {}

    // Null where every row passes: no filter was given (null data), or one that says nothing.
    static Result<std::unique_ptr<const RowFilter>> read(std::string_view json) {
        if (json.data() == nullptr) return std::unique_ptr<const RowFilter>();
        VZ_ASSIGN(Filter filter, Filter::parse(json));
        if (filter.passes_all()) return std::unique_ptr<const RowFilter>();
        return std::unique_ptr<const RowFilter>(std::make_unique<RowFilter>(std::move(filter), json));
    }

    const Filter& filter() const { return filter_; }
    // As it was given: the same text finds what an earlier request found.
    const std::string& text() const { return text_; }

 private:
    Filter filter_;
    std::string text_;
};

// Asks a filter about rows until the request should stop: then no further row passes. One thread.
class RowAsker {
 public:
    RowAsker(const RowFilter& filter, const Interruption& stop) : filter_(filter), stop_(stop) {}

    // Whether id and payload pass; not whether the row is visible.
    bool passes(const Part& part, uint32_t row) {
        if (!stopped_.ok()) return false;
        const std::string_view payload = part.payload(row);
        work_ += kWorkOfRow + payload.size() * (1 + filter_.filter().conditions());
        if (work_ >= kWorkOfRow * kRowsBetweenChecks) look();
        return stopped_.ok() && filter_.filter().matches(part.id(row), payload);
    }
    // Looks again. Only if it is fine, the answers were.
    Status finish() {
        if (work_ != 0) look();
        return stopped_.clone();
    }
    const RowFilter& filter() const { return filter_; }

 private:
    // Bytes that a row costs beside its payload, in which keys are found once and each condition may read all values.
    static constexpr uint64_t kWorkOfRow = 1024;

    void look() {
        work_ = 0;
        if (stopped_.ok()) stopped_ = stop_.check();
    }

    const RowFilter& filter_;
    const Interruption& stop_;
    uint64_t work_ = 0;  // since the last look
    Status stopped_;
};

}  // namespace vz
