#include "engine/index/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/index/expand.hpp"
#include "engine/index/part_timer.hpp"

namespace vz {

namespace {

float score_bytes(const ScoreQuery& query, const uint8_t* row) {
    const Kernels& k = kernels();
    if (query.metric == VZ_EUCLIDEAN) return std::sqrt(k.squared_l2_bytes(query.values, row, query.dim));
    return query.metric == VZ_DOT ? k.dot_bytes(query.values, row, query.dim)
                                  : k.l1_bytes(query.values, row, query.dim);
}

}  // namespace

float exact_score(const GraphView& graph, const ScoreQuery& query, Slot slot) {
    if (graph.shape().layout == Layout::kBytes) {
        const float score = score_bytes(query, codes_of(graph.shape(), graph.block(slot)));
        if (is_plain_score(query.metric, score)) return score;
    }
    const float* row = graph.rows(slot);
    if (row == nullptr) return is_similarity(query.metric) ? -INFINITY : INFINITY;
    return score_row(query, row, graph.header(slot).norm);
}

namespace {

class IsBetter {
 public:
    explicit IsBetter(vz_metric metric, TieOrder ties = {}) : greater_(is_similarity(metric)), ties_(ties) {}
    bool operator()(const SlotHit& a, const SlotHit& b) const {
        if (a.score != b.score) return greater_ ? a.score > b.score : a.score < b.score;
        return ties_.is_first != nullptr ? ties_.is_first(ties_.owner, a.slot, b.slot) : a.slot < b.slot;
    }
    // Whatever the ties say.
    bool is_worse(float score, float than) const { return greater_ ? score < than : score > than; }
    // How many of those tied with the last one come along.
    uint32_t ties_max() const { return ties_.is_first != nullptr ? 0 : kTiesMax; }

 private:
    bool greater_;
    TieOrder ties_;
};

// Sorts the hits and cuts them behind the k-th and its ties.
void finish(std::vector<SlotHit>& hits, uint32_t k, const IsBetter& better) {
    const size_t room = std::min<size_t>(hits.size(), size_t{k} + better.ties_max());
    if (hits.size() > 4 * room)
        std::nth_element(hits.begin(), hits.begin() + static_cast<ptrdiff_t>(room), hits.end(), better);
    if (hits.size() > 4 * room) hits.resize(room);
    std::sort(hits.begin(), hits.end(), better);
    size_t kept = std::min<size_t>(k, hits.size());
    while (kept > 0 && kept < room && hits[kept].score == hits[kept - 1].score) ++kept;
    hits.resize(kept);
}

}  // namespace

namespace {

// A query that lies far from the rows shows it by what a walk for an ordinary one finds; it is walked for again.
SearchScratch::End walk_as_far_as_wanted(const PartQuery& part, WalkLimits& limits, WalkScratch& scratch) {
    const GraphView& graph = *part.graph;
    const auto go = [&] {
        begin_walk(graph, scratch, limits, part.filter);
        go_on(graph, scratch, part.filter);
    };
    go();
    if (part.far != nullptr) {
        const float key = far_key(scratch.pool, scratch.coded, graph.quantizer->metric(), part.far_rank);
        const uint32_t effort = effort_of_another_walk(*part.far, part.recall, part.k, limits.effort, key, graph.slots);
        if (effort > part.effort_max) return SearchScratch::End::kTooFar;
        if (effort != 0) {
            limits.effort = effort;
            go();
        }
    }
    const uint32_t least = passing_least(part.k, part.effort, part.filter.share == 0 ? 1 : part.filter.share);
    const bool is_settled =
        part.filter.passes == nullptr || are_passing(scratch.pool, limits.effort, least, part.filter);
    end_walk(graph, scratch, limits, part.filter);
    return is_settled ? SearchScratch::End::kSettled : SearchScratch::End::kUnsettled;
}

// Of a walk over all rows that shows where a query lies, and how many of its rows one over passing rows goes on from.
constexpr uint32_t kNearRows = 8;
// Among so many of its nearest rows there are several that pass, and at least so many of those expected; else the
// filter has to do with where the query lies.
constexpr double kNearPassing = 8;
constexpr uint32_t kNearEffortMax = 256;
constexpr double kNearPassingLeast = 0.25;

// Where few pass near the query, no way over passing rows may lead to those nearest to it. Else the walk goes on from
// where one over all rows comes to, too: the long edges of a graph join its earliest rows, which may fail.
SearchScratch::End walk_passing_to_near(const PartQuery& part, const WalkLimits& limits, WalkScratch& scratch) {
    const GraphView& graph = *part.graph;
    const bool is_share_known = part.filter.share != 0;
    if (!is_share_known && part.far == nullptr) {
        walk_passing(graph, scratch, limits, part.filter, part.seeds);
        return SearchScratch::End::kSettled;
    }
    const double share = std::max(part.filter.share, kNearPassing / kNearEffortMax);
    // As far as a walk without a filter: a shorter one may not come to where the query lies.
    const uint32_t near_effort =
        std::max(limits.effort, std::min(static_cast<uint32_t>(kNearPassing / share), kNearEffortMax));
    const auto least = static_cast<uint32_t>(std::ceil(near_effort * share * kNearPassingLeast));
    begin_walk(graph, scratch, {near_effort, 0, limits.exclude}, {});
    // Half as far most queries show already what lies around them.
    const uint32_t soon = is_share_known ? std::max(limits.effort, near_effort / 2) : near_effort;
    scratch.pool.narrow(soon, -INFINITY);
    go_on(graph, scratch, {});
    if (is_share_known && !are_passing(scratch.pool, soon, least, part.filter)) {
        if (!are_passing(scratch.pool, soon, 1, part.filter)) return SearchScratch::End::kUnsettled;
        scratch.pool.narrow(near_effort, -INFINITY);
        go_on(graph, scratch, {});
        if (!are_passing(scratch.pool, near_effort, least, part.filter)) return SearchScratch::End::kUnsettled;
    }
    std::array<Slot, kNearRows> near;
    const uint32_t count = std::min(scratch.pool.size(), kNearRows);
    for (uint32_t i = 0; i < count; ++i) near[i] = scratch.pool.slot(i);
    walk_passing(graph, scratch, limits, part.filter, part.seeds);
    walk_passing_on(graph, scratch, part.filter, std::span(near).first(count));
    return SearchScratch::End::kSettled;
}

}  // namespace

float far_key(const Pool& nearest, const CodedRow& query, vz_metric metric, uint32_t rank) {
    if (nearest.size() == 0) return INFINITY;
    const float key = nearest.key(std::min(nearest.size(), rank) - 1);
    return metric == VZ_DOT ? key / query.norm : key;
}

uint32_t effort_of_another_walk(const Curve& far, float recall, uint32_t k, uint32_t effort, float key,
                                uint64_t slots) {
    constexpr double kWorthIt = 1.25;  // times as far
    const auto further =
        static_cast<uint32_t>(std::min<uint64_t>(far_effort(far, recall, k, effort, key), slots / kRowsPerWalkedMin));
    return further < kWorthIt * effort ? 0 : further;
}

uint32_t passing_least(uint32_t k, double effort, double share) {
    constexpr double kOfThoseBehind = 0.4;
    const double expected = effort * share;
    return static_cast<uint32_t>(expected <= k ? expected / 2 : k + (expected - k) * kOfThoseBehind);
}

std::span<const SlotHit> search_part(const PartQuery& part, const ScoreQuery& query, SearchScratch& scratch) {
    const GraphView& graph = *part.graph;
    auto& hits = scratch.hits;
    hits.clear();
    scratch.end = SearchScratch::End::kSettled;
    if (graph.entries->slots.empty() || part.k == 0) return hits;
    const uint32_t wanted = part.rerank != 0 ? std::max(part.rerank, part.k) : rerank_least(part.k);
    graph.quantizer->prepare_query(query.values, scratch.walk.coded);
    WalkLimits limits = {std::max(1U, part.effort), wanted, part.exclude};
    const bool is_expanding = !part.seeds.empty() && part.filter.passes != nullptr;
    scratch.end = is_expanding ? walk_passing_to_near(part, limits, scratch.walk)
                               : walk_as_far_as_wanted(part, limits, scratch.walk);
    if (scratch.end == SearchScratch::End::kTooFar) return hits;
    if (is_expanding && scratch.end == SearchScratch::End::kUnsettled) return hits;
    if (part.work != nullptr) part.work->effort = limits.effort;
    const Pool& found = part.filter.passes != nullptr && !is_expanding ? scratch.walk.answers : scratch.walk.pool;
    const uint32_t count = std::min(found.size(), wanted);
    return score_nearest(part, found, count, query, scratch);
}

std::span<const SlotHit> score_nearest(const PartQuery& part, const Pool& found, uint32_t count,
                                       const ScoreQuery& query, SearchScratch& scratch) {
    const GraphView& graph = *part.graph;
    auto& hits = scratch.hits;
    hits.clear();
    if (part.work != nullptr) part.work->reranked += count;
    const PartTimer timer(part.work, &PartWork::rerank_ns);
    const bool is_cold = graph.shape().layout == Layout::kSq8;
    for (uint32_t i = 0; i < count && is_cold; ++i) {
        const auto* row = reinterpret_cast<const char*>(graph.rows(found.slot(i)));
        for (size_t byte = 0; byte < std::min<size_t>(query.dim * sizeof(float), 512); byte += 64)
            __builtin_prefetch(row + byte);
    }
    for (uint32_t i = 0; i < count; ++i) hits.push_back({exact_score(graph, query, found.slot(i)), found.slot(i)});
    finish(hits, part.k, IsBetter(query.metric, part.ties));
    return hits;
}

std::span<const SlotHit> scan_exact(const ExactScan& scan, const ScoreQuery& query, SearchScratch& scratch) {
    auto& hits = scratch.hits;
    hits.clear();
    if (scan.k == 0) return hits;
    const IsBetter better(query.metric, scan.ties);
    // Room for twice what can be answered: cut back each time it is full.
    const size_t room = 2 * (size_t{scan.k} + kTiesMax);
    // That can still be answered.
    float worst = scan.limit.value_or(is_similarity(query.metric) ? -INFINITY : INFINITY);
    constexpr uint32_t kAtOnce = 64;
    Slot slots[kAtOnce];
    const float* rows[kAtOnce];
    float scores[kAtOnce];
    for (Slot slot = scan.begin; slot < scan.end;) {
        uint32_t count = 0;
        for (; slot < scan.end && count < kAtOnce; ++slot) {
            if (scan.filter.passes != nullptr && !scan.filter(slot)) continue;
            slots[count] = slot;
            rows[count] = scan.packed != nullptr ? scan.packed + scan.stride * slot : scan.rows(slot);
            count += rows[count] != nullptr ? 1 : 0;
        }
        scratch.walk.counters.scored += count;
        score_rows(query, rows, count, scores);
        for (uint32_t i = 0; i < count; ++i) {
            if (better.is_worse(scores[i], worst)) continue;
            hits.push_back({scores[i], slots[i]});
            if (hits.size() < room) continue;
            const auto middle = hits.begin() + static_cast<ptrdiff_t>(room / 2);
            std::nth_element(hits.begin(), middle, hits.end(), better);
            worst = middle->score;
            hits.erase(middle, hits.end());
        }
    }
    finish(hits, scan.k, better);
    return hits;
}

std::span<const SlotHit> scan_codes(const PartQuery& part, std::span<const Slot> slots, const ScoreQuery& query,
                                    SearchScratch& scratch) {
    const GraphView& graph = *part.graph;
    auto& hits = scratch.hits;
    hits.clear();
    if (part.k == 0) return hits;
    const bool is_exact = graph.shape().layout == Layout::kFp32;
    const size_t wanted = is_exact ? slots.size() : std::max<size_t>(part.rerank, 4 * size_t{part.k});
    auto& nearest = scratch.candidates;
    nearest.clear();
    scratch.walk.counters.scored += slots.size();
    const bool is_first_score = slots.size() <= wanted;
    if (is_first_score) {
        for (const Slot slot : slots) nearest.push_back({0, slot});
    } else {
        graph.quantizer->prepare_query(query.values, scratch.walk.coded);
        constexpr size_t kAtOnce = 256;
        float keys[kAtOnce];
        for (size_t i = 0; i < slots.size(); i += kAtOnce) {
            const auto some = static_cast<uint32_t>(std::min(kAtOnce, slots.size() - i));
            score_slots(graph, scratch.walk.coded, slots.data() + i, some, keys);
            for (uint32_t j = 0; j < some; ++j) nearest.push_back({keys[j], slots[i + j]});
        }
        std::nth_element(nearest.begin(), nearest.begin() + static_cast<ptrdiff_t>(wanted), nearest.end(),
                         [](const SlotHit& a, const SlotHit& b) {
                             return a.score != b.score ? a.score < b.score : a.slot < b.slot;
                         });
        nearest.resize(wanted);
    }
    if (part.work != nullptr && !is_first_score) part.work->reranked += nearest.size();
    const PartTimer timer(part.work, &PartWork::rerank_ns);
    for (const SlotHit& candidate : nearest)
        hits.push_back({exact_score(graph, query, candidate.slot), candidate.slot});
    finish(hits, part.k, IsBetter(query.metric, part.ties));
    return hits;
}

}  // namespace vz
