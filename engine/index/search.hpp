// Answers of one part: a walk by codes, then exact scores of the best (README.md, A walk).
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "engine/index/curve.hpp"
#include "engine/index/score.hpp"
#include "engine/index/walk.hpp"

namespace vz {

struct SlotHit {
    float score;  // of score.hpp
    Slot slot;
};

struct SearchScratch {
    WalkScratch walk;
    std::vector<SlotHit> hits;
    std::vector<SlotHit> candidates;
    // Of the last search_part().
    enum class End : uint8_t {
        kSettled,
        kUnsettled,  // so few of the rows near the query pass that nearer ones than the hits may not have been met
        kTooFar,     // the recall takes more than effort_max: no hits
    };
    End end = End::kSettled;
};

// A walk for more than one in so many rows meets most of them, one by one: a scan is faster.
inline constexpr uint32_t kRowsPerWalkedMin = 8;

// The rank whose key tells how far a query lies from the rows (Curve::near_key).
inline constexpr uint32_t kFarRank = 10;
// The key there, or at another rank, of rows in order; infinite where there are none.
float far_key(const Pool& nearest, const CodedRow& query, vz_metric metric, uint32_t rank = kFarRank);

// The effort of another walk, for a query whose rows lie at `key`, over graphs of so many slots; 0: it would go hardly
// further than the one of `effort`.
uint32_t effort_of_another_walk(const Curve& far, float recall, uint32_t k, uint32_t effort, float key, uint64_t slots);

// Which of two rows of the same score is answered first.
struct TieOrder {
    bool (*is_first)(const void* owner, Slot left, Slot right) = nullptr;  // null: the lower slot
    const void* owner = nullptr;
};

struct PartWork {
    bool is_timed = true;  // set before: whether clocks are read
    uint32_t effort = 0;   // of the last walk
    uint64_t walk_ns = 0;  // of search_together() alone
    uint64_t reranked = 0;
    uint64_t rerank_ns = 0;
};

struct PartQuery {
    const GraphView* graph = nullptr;
    uint32_t k = 10;
    uint32_t effort = 0;  // at least 1; k or more is sensible
    // Given: what lies far from the rows is walked for once more, with the effort that `recall` takes there; under
    // `seeds`, from rows near the query that need not pass.
    const Curve* far = nullptr;
    float recall = 0;
    uint32_t far_rank = kFarRank;      // 1 or more; less where `far` was measured on a graph of so many more rows
    uint32_t effort_max = UINT32_MAX;  // of that second walk
    uint32_t rerank = 0;               // rows to score exactly, at least k; 0: rerank_least(k)
    Slot exclude = kNoSlot;            // a row that is as if it were not there
    SlotFilter filter;                 // rows that may be answered: visible, passing
    std::span<const Slot> seeds;       // some of these: given, the walk is over such rows only (expand.hpp)
    PartWork* work = nullptr;          // null: not wanted; else it is added to
    TieOrder ties = {};
};

// Of the `effort` nearest rows that a walk under a filter has met, so many have to pass: the answers and some of those
// that are expected behind them.
uint32_t passing_least(uint32_t k, double effort, double share);

// Best first, ties in the order given: exactly the first k, however many are tied. Without an order, ties in that of
// slots, and those tied with the k-th come along, kTiesMax at most. The hits lie in scratch.hits until its next use.
// Counters add up in scratch.walk.counters. scratch.end: see there; unsettled, a walk under `seeds` has no hits; a
// filter whose share is not known is taken for one that has nothing to do with where the query lies.
inline constexpr uint32_t kTiesMax = 64;
std::span<const SlotHit> search_part(const PartQuery& part, const ScoreQuery& query, SearchScratch& scratch);

// The second half of that: the best k of the first `count` that a walk found.
std::span<const SlotHit> score_nearest(const PartQuery& part, const Pool& found, uint32_t count,
                                       const ScoreQuery& query, SearchScratch& scratch);

// All of `begin` to `end` that pass, scored exactly: tails, parts without a graph, exact requests. Order, ties and
// lifetime as above.
struct ExactScan {
    RowSource rows;
    // Of slot 0, the others `stride` floats apart, where every slot has a row: reads faster than `rows`. Null: not so.
    const float* packed = nullptr;
    size_t stride = 0;
    Slot begin = 0;
    Slot end = 0;
    uint32_t k = 10;
    SlotFilter filter;
    TieOrder ties = {};
    std::optional<float> limit;  // rows with a worse score are not wanted
};
std::span<const SlotHit> scan_exact(const ExactScan& scan, const ScoreQuery& query, SearchScratch& scratch);

// The slots given (below the linked ones, none absent, in ascending order, all to be answered), by codes, the best
// exactly: for filters that few rows pass. part.effort is not used; part.rerank is 4 k at least. In fp32 layout every
// slot is scored exactly.
std::span<const SlotHit> scan_codes(const PartQuery& part, std::span<const Slot> slots, const ScoreQuery& query,
                                    SearchScratch& scratch);

// Exact score of one slot: from the block where that is lossless, else from the full row. Absent rows have the worst
// score.
float exact_score(const GraphView& graph, const ScoreQuery& query, Slot slot);

}  // namespace vz
