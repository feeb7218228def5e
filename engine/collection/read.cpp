#include "engine/collection/read.hpp"

#include <algorithm>

#include "engine/collection/candidates.hpp"

namespace vz {
namespace {

struct LessById {
    bool operator()(const RowRef& a, const RowRef& b) const { return a.part->id(a.row) < b.part->id(b.row); }
};

}  // namespace

Result<Page> scan_rows(const ReadView& view, const RowFilter* filter, const std::optional<IdView>& start, uint64_t skip,
                       uint32_t limit, const Interruption& stop) {
    // A heap of the smallest ids seen so far: one pass over the rows, memory for one page.
    const uint64_t wanted = skip + limit + 1;
    std::vector<RowRef> heap;
    for (const auto& part : *view.parts) {
        const uint32_t rows = part->row_count();
        Candidates passing;
        if (filter != nullptr) {
            VZ_ASSIGN(passing, find_candidates(*part, rows, *filter, stop));
        }
        for (uint32_t row = 0; row < rows; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
            if (passing.rows != nullptr && !passing.rows->contains(row)) continue;
            if (!view.shows(*part, row)) continue;
            if (start && part->id(row) < *start) continue;
            const RowRef found{part.get(), row};
            if (heap.size() == wanted) {
                if (!LessById()(found, heap.front())) continue;
                std::pop_heap(heap.begin(), heap.end(), LessById());
                heap.back() = found;
            } else {
                heap.push_back(found);
            }
            std::push_heap(heap.begin(), heap.end(), LessById());
        }
    }
    std::sort_heap(heap.begin(), heap.end(), LessById());
    Page page;
    if (heap.size() == wanted) {
        page.next = id_text(heap.back().part->id(heap.back().row));
        heap.pop_back();
    }
    const uint64_t left_out = std::min<uint64_t>(skip, heap.size());
    page.rows.assign(heap.begin() + static_cast<std::ptrdiff_t>(left_out), heap.end());
    return page;
}

Result<uint64_t> count_rows(const ReadView& view, const RowFilter* filter, const Interruption& stop) {
    uint64_t count = 0;
    for (const auto& part : *view.parts) {
        const uint32_t rows = part->row_count();
        if (filter != nullptr) {
            VZ_ASSIGN(const Candidates passing, find_candidates(*part, rows, *filter, stop));
            passing.rows->for_each([&](uint32_t row) { count += view.shows(*part, row) ? 1 : 0; });
            continue;
        }
        for (uint32_t row = 0; row < rows; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
            if (view.shows(*part, row)) ++count;
        }
    }
    return count;
}

}  // namespace vz
