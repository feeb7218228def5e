#include "engine/index/prune.hpp"

#include <span>

namespace vz {
namespace {

constexpr uint32_t kTwinsMax = 4;   // edges to equal rows, so that duplicates cannot seal each other off
constexpr float kRounding = 1e-6F;  // of a distance by codes, beside the squared norm
constexpr float kRoundingOfCosine = 5e-7F;
// Rows at right angles are twice as far from each other as from their middle; a little more lets those be kept.
constexpr float kFactorWhereFew = 2.25F;
constexpr uint32_t kKeptLeast = 8;
constexpr uint32_t kKeptWanted = 16;  // no more: full lists are pruned again with each row that is added
constexpr uint32_t kLookedAt = 4;     // behind the farthest spare one, for those with a shortcut that saves much
constexpr uint32_t kAtOnce = 8;       // kept neighbours compared before the verdict is looked at

// The first kept neighbour, from place `first` on, that is nearer to scratch.coded than `distance`, so that the way
// leads through it: where the group it was compared in begins, and the distance to the nearest of that group. The end
// of kept: none.
struct Shortcut {
    size_t at;
    float distance;
};

Shortcut find_shortcut(const GraphView& graph, float distance, size_t first, const PruneScratch& scratch) {
    const size_t count = scratch.kept.size();
    float distances[kAtOnce];
    for (size_t at = first; at < count; at += kAtOnce) {
        const auto some = static_cast<uint32_t>(std::min<size_t>(kAtOnce, count - at));
        score_slots(graph, scratch.coded, scratch.kept.data() + at, some, distances);
        const float nearest = *std::min_element(distances, distances + some);
        if (nearest <= distance) return {at, nearest};
    }
    return {count, INFINITY};
}

uint64_t lot(Slot slot, Slot other) {
    uint64_t hash = (uint64_t{slot} << 32 | other) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
    return hash * 0xbf58476d1ce4e5b9ULL;
}

// Adds some of the twins, the first candidates. Were they the lowest slots, many equal rows would all lead to the same
// few.
void keep_twins(Slot slot, std::span<const Candidate> twins, uint32_t degree, std::vector<Slot>& kept) {
    const size_t before = kept.size();
    const auto is_lower = [slot](Slot a, Slot b) { return lot(slot, a) < lot(slot, b); };
    for (const Candidate& twin : twins) {
        if (std::find(kept.begin(), kept.end(), twin.slot) != kept.end()) continue;
        if (kept.size() < std::min<size_t>(before + kTwinsMax, degree)) {
            kept.push_back(twin.slot);
            continue;
        }
        const auto last = std::max_element(kept.begin() + static_cast<ptrdiff_t>(before), kept.end(), is_lower);
        if (last != kept.end() && is_lower(twin.slot, *last)) *last = twin.slot;
    }
}

}  // namespace

float twin_distance(const GraphView& graph, Slot slot) {
    const bool is_fp32 = graph.shape().layout == Layout::kFp32;
    if (is_fp32) return graph.quantizer->metric() == VZ_COSINE ? kRoundingOfCosine : 0.0F;
    return graph.shape().layout == Layout::kSq8 ? kRounding * graph.header(slot).norm2 : 0.0F;
}

void prune(const GraphView& graph, Slot slot, const std::vector<Candidate>& candidates, uint32_t degree, float factor,
           PruneScratch& scratch) {
    auto& kept = scratch.kept;
    const size_t before = kept.size();
    const float equal = twin_distance(graph, slot);
    const auto others = std::find_if(candidates.begin(), candidates.end(),
                                     [equal](const Candidate& each) { return each.distance > equal; });
    keep_twins(slot, {candidates.begin(), others}, degree, kept);
    // Behind the twins, which are as near to a candidate as the row itself: they decide nothing.
    const size_t first = kept.size();
    scratch.spare.clear();
    scratch.direct = first;
    for (auto at = others; at != candidates.end(); ++at) {
        const Candidate& candidate = *at;
        if (kept.size() == degree) return;
        if (std::find(kept.data(), kept.data() + before, candidate.slot) != kept.data() + before) continue;
        if (kept.size() > first) {
            prepare_slot(graph, candidate.slot, scratch.coded);
            const Shortcut shortcut = find_shortcut(graph, candidate.distance, first, scratch);
            if (shortcut.distance <= candidate.distance) {
                if (factor * shortcut.distance > candidate.distance) scratch.spare.push_back({candidate, shortcut.at});
                continue;
            }
        }
        kept.push_back(candidate.slot);
        scratch.direct = kept.size();
    }
    for (const PruneScratch::Spare& spare : scratch.spare) {
        if (kept.size() == degree) return;
        prepare_slot(graph, spare.candidate.slot, scratch.coded);
        const float border = spare.candidate.distance / factor;
        if (find_shortcut(graph, border, spare.compare_from, scratch).distance > border)
            kept.push_back(spare.candidate.slot);
    }
    // A row near the middle of all others is on the way to each and leads to few: where it alone was kept, ways around
    // it.
    if (kept.size() >= first + kKeptLeast) return;
    const size_t wanted = std::min<size_t>(degree, first + kKeptWanted);
    for (auto at = others; at != candidates.end() && kept.size() < wanted; ++at) {
        if (std::find(kept.begin(), kept.end(), at->slot) != kept.end()) continue;
        prepare_slot(graph, at->slot, scratch.coded);
        const float border = at->distance / kFactorWhereFew;
        if (find_shortcut(graph, border, first, scratch).distance > border) kept.push_back(at->slot);
    }
}

std::optional<size_t> find_spare(const GraphView& graph, Slot slot, const std::vector<Candidate>& candidates,
                                 float factor, PruneScratch& scratch) {
    const float equal = twin_distance(graph, slot);
    const auto others = std::find_if(candidates.begin(), candidates.end(),
                                     [equal](const Candidate& each) { return each.distance > equal; });
    const auto first = static_cast<size_t>(others - candidates.begin());
    scratch.kept.clear();
    for (const Candidate& candidate : candidates) scratch.kept.push_back(candidate.slot);
    std::optional<size_t> spare;
    for (size_t at = candidates.size(); at > first && (!spare || at + kLookedAt > *spare);) {
        const float distance = candidates[--at].distance;
        scratch.kept.pop_back();
        prepare_slot(graph, candidates[at].slot, scratch.coded);
        const float shortcut = find_shortcut(graph, distance, first, scratch).distance;
        if (factor * shortcut <= distance) return {};
        if (!spare && shortcut <= distance) spare = at;
    }
    return spare.value_or(candidates.size() - 1);
}

void prune_by_dot(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree,
                  PruneScratch& scratch) {
    for (const Candidate& candidate : candidates) {
        if (scratch.kept.size() == degree) return;
        prepare_slot(graph, candidate.slot, scratch.coded);
        scratch.coded.by_dot = true;
        if (find_shortcut(graph, candidate.distance, 0, scratch).distance > candidate.distance)
            scratch.kept.push_back(candidate.slot);
    }
}

}  // namespace vz
