#include "engine/index/prune.hpp"

namespace vz {
namespace {

constexpr uint32_t kTwinsMax = 4;   // edges of length zero, so that duplicates cannot seal each other off
constexpr uint32_t kAtOnce = 8;     // kept neighbours compared before the verdict is looked at

// The first kept neighbour, from place `first` on, that is nearer to scratch.coded than `distance`, so that the way leads through it:
// where the group it was compared in begins, and the distance to the nearest of that group. The end of kept: none.
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

}  // namespace

void prune(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, float factor, PruneScratch& scratch) {
    auto& kept = scratch.kept;
    const size_t before = kept.size();
    size_t first = before;  // behind the twins, which are as near to a candidate as the row itself: they decide nothing
    scratch.spare.clear();
    for (const Candidate& candidate : candidates) {
        if (kept.size() == degree) return;
        if (std::find(kept.data(), kept.data() + before, candidate.slot) != kept.data() + before) continue;
        if (candidate.distance <= 0.0F) {
            if (first == before + kTwinsMax) continue;
            ++first;
        } else if (kept.size() > first) {
            prepare_slot(graph, candidate.slot, scratch.coded);
            const Shortcut shortcut = find_shortcut(graph, candidate.distance, first, scratch);
            if (shortcut.distance <= candidate.distance) {
                if (factor * shortcut.distance > candidate.distance) scratch.spare.push_back({candidate, shortcut.at});
                continue;
            }
        }
        kept.push_back(candidate.slot);
    }
    for (const PruneScratch::Spare& spare : scratch.spare) {
        if (kept.size() == degree) return;
        prepare_slot(graph, spare.candidate.slot, scratch.coded);
        const float border = spare.candidate.distance / factor;
        if (find_shortcut(graph, border, spare.compare_from, scratch).distance > border) kept.push_back(spare.candidate.slot);
    }
}

void prune_by_dot(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, PruneScratch& scratch) {
    for (const Candidate& candidate : candidates) {
        if (scratch.kept.size() == degree) return;
        prepare_slot(graph, candidate.slot, scratch.coded);
        scratch.coded.by_dot = true;
        if (find_shortcut(graph, candidate.distance, 0, scratch).distance > candidate.distance) scratch.kept.push_back(candidate.slot);
    }
}

}  // namespace vz
