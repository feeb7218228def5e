#include "engine/index/prune.hpp"

namespace vz {
namespace {

constexpr uint32_t kTwinsMax = 4;   // edges of length zero, so that duplicates cannot seal each other off
constexpr uint32_t kAtOnce = 8;     // kept neighbours compared before the verdict is looked at

// Whether a kept neighbour is so much nearer to the candidate that the way leads through it.
bool is_dominated(const GraphView& graph, const Candidate& candidate, float factor, uint32_t first, const PruneScratch& scratch) {
    const auto count = static_cast<uint32_t>(scratch.kept.size());
    float distances[kAtOnce];
    for (uint32_t i = first; i < count; i += kAtOnce) {
        const uint32_t some = std::min(kAtOnce, count - i);
        score_slots(graph, scratch.coded, scratch.kept.data() + i, some, distances);
        for (uint32_t j = 0; j < some; ++j) {
            if (factor * distances[j] <= candidate.distance) return true;
        }
    }
    return false;
}

}  // namespace

void prune(const GraphView& graph, const std::vector<Candidate>& candidates, uint32_t degree, float factor, PruneScratch& scratch) {
    scratch.kept.clear();
    uint32_t twins = 0;
    for (const Candidate& candidate : candidates) {
        if (scratch.kept.size() == degree) return;
        if (candidate.distance <= 0.0F) {
            if (twins == kTwinsMax) continue;
            ++twins;
            scratch.kept.push_back(candidate.slot);
            continue;
        }
        // Twins are as near to a candidate as the row itself: they decide nothing.
        if (scratch.kept.size() > twins) {
            prepare_slot(graph, candidate.slot, scratch.coded);
            if (is_dominated(graph, candidate, factor, twins, scratch)) continue;
        }
        scratch.kept.push_back(candidate.slot);
    }
}

}  // namespace vz
