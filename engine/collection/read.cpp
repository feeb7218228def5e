#include "engine/collection/read.hpp"

#include <time.h>

#include <algorithm>

#include "engine/index/score.hpp"

namespace vz {
namespace {

constexpr uint32_t kRowsBetweenChecks = 4096;

struct LessById {
    bool operator()(const RowRef& a, const RowRef& b) const { return a.part->id(a.row) < b.part->id(b.row); }
};

}  // namespace

Status Interruption::check() const {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) return failure(VZ_CANCELLED, "the operation was cancelled");
    if (deadline_ns == 0) return {};
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec * 1'000'000'000LL + now.tv_nsec < deadline_ns) return {};
    return failure(VZ_DEADLINE_EXCEEDED, "the deadline passed");
}

Result<Page> scan_rows(const ReadView& view, const std::optional<IdView>& start, uint64_t skip, uint32_t limit, const Interruption& stop) {
    // A heap of the smallest ids seen so far: one pass over the rows, memory for one page.
    const uint64_t wanted = skip + limit + 1;
    std::vector<RowRef> heap;
    for (const auto& part : *view.parts) {
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
            if (!part->is_visible(row, view.visible)) continue;
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

Result<uint64_t> count_rows(const ReadView& view, const Interruption& stop) {
    uint64_t count = 0;
    for (const auto& part : *view.parts) {
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
            if (part->is_visible(row, view.visible)) ++count;
        }
    }
    return count;
}

Result<std::vector<Hit>> search_exact(const ReadView& view, const ExactQuery& query, const Interruption& stop, ExactCounters* counters) {
    const ScoreQuery score_query = make_score_query(query.metric, query.values, query.dim);
    const bool greater_is_better = is_similarity(query.metric);
    const auto better = [greater_is_better](const Hit& a, const Hit& b) {
        if (a.score != b.score) return greater_is_better ? a.score > b.score : a.score < b.score;
        return a.row.part->id(a.row.row) < b.row.part->id(b.row.row);
    };
    std::vector<Hit> heap;  // the worst of the best on top
    for (const auto& part : *view.parts) {
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
            if (!part->is_visible(row, view.visible)) continue;
            ++counters->visited;
            const float* vector = part->vector(query.field_id, row);
            if (vector == nullptr) continue;
            ++counters->scored;
            const Hit hit{{part.get(), row}, score_row(score_query, vector)};
            if (query.score_limit) {
                const bool passes = greater_is_better ? hit.score >= *query.score_limit : hit.score <= *query.score_limit;
                if (!passes) continue;
            }
            if (heap.size() == query.k) {
                if (!better(hit, heap.front())) continue;
                std::pop_heap(heap.begin(), heap.end(), better);
                heap.back() = hit;
            } else {
                heap.push_back(hit);
            }
            std::push_heap(heap.begin(), heap.end(), better);
        }
    }
    std::sort_heap(heap.begin(), heap.end(), better);
    return heap;
}

}  // namespace vz
