#include "engine/index/prune.hpp"

namespace vz {
namespace {

constexpr uint32_t kTwinsMax = 4;   // edges of length zero, so that duplicates cannot seal each other off
constexpr uint32_t kAtOnce = 8;     // kept neighbours compared before the verdict is looked at

// Whether a neighbour kept from place `first` on is so much nearer to scratch.coded than `distance` that the way leads through it.
bool is_dominated(const GraphView& graph, float distance, float factor, size_t first, const PruneScratch& scratch) {
    const size_t count = scratch.kept.size();
    float distances[kAtOnce];
    for (size_t i = first; i < count; i += kAtOnce) {
        const auto some = static_cast<uint32_t>(std::min<size_t>(kAtOnce, count - i));
        score_slots(graph, scratch.coded, scratch.kept.data() + i, some, distances);
        for (uint32_t j = 0; j < some; ++j) {
            if (factor * distances[j] <= distance) return true;
        }
    }
    return false;
}

}  // namespace

void prune(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, float factor, PruneScratch& scratch) {
    auto& kept = scratch.kept;
    const size_t before = kept.size();
    uint32_t twins = 0;
    for (const Candidate& candidate : candidates) {
        if (kept.size() == degree) return;
        if (std::find(kept.data(), kept.data() + before, candidate.slot) != kept.data() + before) continue;
        if (candidate.distance <= 0.0F) {
            if (twins == kTwinsMax) continue;
            ++twins;
            kept.push_back(candidate.slot);
            continue;
        }
        // Twins are as near to a candidate as the row itself: they decide nothing.
        if (kept.size() > before + twins) {
            prepare_slot(graph, candidate.slot, scratch.coded);
            if (is_dominated(graph, candidate.distance, factor, before + twins, scratch)) continue;
        }
        kept.push_back(candidate.slot);
    }
}

void prune_by_dot(const GraphView& graph, float norm, const std::vector<Candidate>& candidates, uint32_t degree, PruneScratch& scratch) {
    for (const Candidate& candidate : candidates) {
        if (scratch.kept.size() == degree) return;
        prepare_slot(graph, candidate.slot, scratch.coded);
        scratch.coded.by_dot = true;
        // The key of the row itself, as the candidate sees it.
        const float from = graph.header(candidate.slot).norm;
        const float key = candidate.distance + from * from - norm * norm;
        if (!is_dominated(graph, key, 1.0F, 0, scratch)) scratch.kept.push_back(candidate.slot);
    }
}

}  // namespace vz
