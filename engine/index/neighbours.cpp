#include "engine/index/neighbours.hpp"

#include <algorithm>
#include <cmath>

namespace vz {
namespace {

// Alpha as it applies to the distances of this graph.
float factor(const IndexOptions& options) {
    return options.metric == VZ_MANHATTAN ? options.alpha : options.alpha * options.alpha;
}

// Those that are not farther than `worst`, sorted in among the others.
void add_candidates(const GraphView& graph, const CodedRow& from, const std::vector<Slot>& slots, float worst,
                    std::vector<float>& keys, std::vector<Candidate>& candidates) {
    const auto count = static_cast<uint32_t>(slots.size());
    if (keys.size() < count) keys.resize(count);
    score_slots(graph, from, slots.data(), count, keys.data());
    const auto before = static_cast<ptrdiff_t>(candidates.size());
    for (uint32_t i = 0; i < count; ++i) {
        if (keys[i] <= worst) candidates.push_back({keys[i], slots[i]});
    }
    std::sort(candidates.begin() + before, candidates.end());
    std::inplace_merge(candidates.begin(), candidates.begin() + before, candidates.end());
}

void find_candidates(const GraphView& graph, const WalkLimits& limits, const std::vector<Slot>& mates,
                     WalkScratch& scratch, std::vector<Candidate>& candidates) {
    walk(graph, scratch, limits);
    candidates.clear();
    const Pool& pool = scratch.pool;
    for (uint32_t i = 0; i < pool.size(); ++i) candidates.push_back({pool.key(i), pool.slot(i)});
    // Mates that the walk would have kept, had they been linked before: rows that come in order, like with like, have
    // no other neighbours.
    add_candidates(graph, scratch.coded, mates, pool.worst(), scratch.keys, candidates);
}

// Under the dot metric half of the edges lead to the rows of the largest dot product, which are the answers of queries
// like this row; the others to the nearest rows, so that all can be reached. Each kind alone fails on some data: rows
// of very unequal norms, or nearly equal ones. After ip-NSW (Morozov and Babenko, NeurIPS 2018), and Chen et al. (arXiv
// 2504.14861), who join both kinds.
void choose_neighbours(const GraphView& graph, const IndexOptions& options, Slot slot, LinkScratch& scratch) {
    scratch.prune.kept.clear();
    if (options.metric == VZ_DOT) prune_by_dot(graph, scratch.by_dot, options.degree / 2U, scratch.prune);
    prune(graph, slot, scratch.candidates, options.degree, factor(options), scratch.prune);
}

// The row added, last of `neighbours`, takes the place of the farthest that it leads to, and of others if that saves
// much: the rows added next then find room.
void replace(const std::vector<float>& keys, const float* between, float alpha, uint32_t farthest,
             std::vector<Slot>& neighbours) {
    const auto old = static_cast<uint32_t>(neighbours.size() - 1);
    uint32_t may_go = old / 4;  // a row in the middle of all is on the way to each
    uint32_t kept = 0;
    for (uint32_t i = 0; i < old; ++i) {
        const bool is_behind = may_go > 0 && keys[i] >= keys[old] && alpha * between[i] <= keys[i];
        may_go -= is_behind ? 1 : 0;
        if (i != farthest && !is_behind) neighbours[kept++] = neighbours[i];
    }
    neighbours[kept++] = neighbours[old];
    neighbours.resize(kept);
}

// False: the list must be chosen anew.
bool drop_spare(const GraphView& graph, Slot target, float alpha, std::vector<Slot>& neighbours, LinkScratch& scratch) {
    auto& candidates = scratch.candidates;
    candidates.clear();
    for (size_t i = 0; i < neighbours.size(); ++i) candidates.push_back({scratch.walk.keys[i], neighbours[i]});
    std::sort(candidates.begin(), candidates.end());
    const auto spare = find_spare(graph, target, candidates, alpha, scratch.prune);
    if (!spare) return false;
    candidates.erase(candidates.begin() + static_cast<ptrdiff_t>(*spare));
    neighbours.clear();
    for (const Candidate& candidate : candidates) neighbours.push_back(candidate.slot);
    return true;
}

// One row too many at the end of a list that was chosen before: it goes if another leads to it, or takes the place of
// those that it leads to; if neither or both, the list does without one. Choosing anew, which compares all with all,
// comes to the same but for few edges. False: it must be chosen anew.
bool exchange(const GraphView& graph, const IndexOptions& options, Slot target, std::vector<Slot>& neighbours,
              LinkScratch& scratch) {
    const float alpha = factor(options);
    const auto old = static_cast<uint32_t>(neighbours.size() - 1);
    const Slot added = neighbours[old];
    auto& keys = scratch.walk.keys;
    if (keys.size() < 2 * size_t{old} + 1) keys.resize(2 * size_t{old} + 1);
    float* between = keys.data() + old + 1;  // the one added, and those of the list
    CodedRow& coded = scratch.prune.coded;
    prepare_slot(graph, target, coded);
    score_slots(graph, coded, neighbours.data(), old + 1, keys.data());
    prepare_slot(graph, added, coded);
    score_slots(graph, coded, neighbours.data(), old, between);
    const float to_added = keys[old];
    if (to_added <= twin_distance(graph, target)) return false;
    bool is_spare = false;
    uint32_t farthest = old;  // of those that the one added leads to
    for (uint32_t i = 0; i < old; ++i) {
        if (keys[i] < to_added) {
            if (alpha * between[i] <= to_added) {
                neighbours.pop_back();
                return true;
            }
            is_spare = is_spare || between[i] <= to_added;
        } else if (between[i] <= keys[i] && (farthest == old || keys[i] > keys[farthest])) {
            farthest = i;
        }
    }
    const bool leads = farthest != old;
    if (leads == is_spare) return drop_spare(graph, target, alpha, neighbours, scratch);
    if (leads) {
        replace(keys, between, alpha, farthest, neighbours);
    } else {
        neighbours.pop_back();
    }
    return true;
}

}  // namespace

void find_neighbours(const GraphView& graph, const IndexOptions& options, Slot slot, const std::vector<Slot>& mates,
                     LinkScratch& scratch) {
    const bool by_dot = options.metric == VZ_DOT;
    const uint32_t effort = options.build_effort;
    // The last of so many are found on the way to those before them; not so where the nearest lead to few.
    const WalkLimits limits = by_dot ? WalkLimits{effort / 2} : WalkLimits{effort - effort / 4, effort};
    prepare_slot(graph, slot, scratch.walk.coded);
    find_candidates(graph, limits, mates, scratch.walk, scratch.candidates);
    if (by_dot) {
        scratch.walk.coded.by_dot = true;
        find_candidates(graph, limits, mates, scratch.walk, scratch.by_dot);
    }
    choose_neighbours(graph, options, slot, scratch);
}

void choose_among(const GraphView& graph, const IndexOptions& options, Slot slot, const std::vector<Slot>& slots,
                  LinkScratch& scratch) {
    CodedRow& coded = scratch.prune.coded;
    prepare_slot(graph, slot, coded);
    scratch.candidates.clear();
    add_candidates(graph, coded, slots, INFINITY, scratch.walk.keys, scratch.candidates);
    if (options.metric == VZ_DOT) {
        coded.by_dot = true;
        scratch.by_dot.clear();
        add_candidates(graph, coded, slots, INFINITY, scratch.walk.keys, scratch.by_dot);
    }
    choose_neighbours(graph, options, slot, scratch);
}

void take_in(const GraphView& graph, const IndexOptions& options, Slot slot, Slot added, std::vector<Slot>& neighbours,
             LinkScratch& scratch) {
    neighbours.push_back(added);
    if (neighbours.size() <= options.degree) return;
    if (options.metric != VZ_DOT && exchange(graph, options, slot, neighbours, scratch)) return;
    choose_among(graph, options, slot, neighbours, scratch);
    neighbours = scratch.prune.kept;
}

}  // namespace vz
