#include "engine/index/curve.hpp"

#include <span>

#include "vectorizer/types.h"

namespace vz {
namespace {

// More hits than were measured take an effort that grows with their number, by so much for each one, and by a power of
// it. Hits 10 -> 100 at recall 0.98: words 27 -> 76, 25 values 13 -> 42, log-normal dot 20 -> 100, Gaussian 480 -> 900.
constexpr float kEffortEach = 0.9F;
constexpr float kEffortByCount = 0.3F;
constexpr uint32_t kLeastCount = 10;  // of hits: measured in any case
constexpr uint32_t kMostCount = 100;
// A graph that has grown beyond this is about to be measured anew: what is scored exactly meanwhile has a bound.
constexpr float kMostGrown = 4;

struct Reached {
    float effort = 0;  // 0: of no point
    float recall = 0;
};

// Between the points of `k` on either side, log-linear in effort.
Reached reach(std::span<const CurvePoint> points, uint32_t k, float recall) {
    const CurvePoint* before = nullptr;
    const CurvePoint* chosen = nullptr;
    for (const CurvePoint& point : points) {
        if (point.k != k) continue;
        before = chosen;
        chosen = &point;
        if (point.recall - point.error >= recall) break;
    }
    if (chosen == nullptr) return {};
    const float high = chosen->recall - chosen->error;
    if (before == nullptr || high < recall) return {static_cast<float>(chosen->effort), chosen->recall};
    const float low = before->recall - before->error;
    const float share = high > low ? std::clamp((recall - low) / (high - low), 0.0F, 1.0F) : 1.0F;
    const float effort = std::exp(std::log(static_cast<float>(before->effort)) * (1 - share) +
                                  std::log(static_cast<float>(chosen->effort)) * share);
    return {effort, before->recall + share * (chosen->recall - before->recall)};
}

// Of the effort at `key`, which is beyond what is near, and `near`.
float factor_at(const Curve& curve, float recall, float near, float key) {
    float from_key = curve.near_key;
    float from = 0;
    for (const FarCurve& kind : curve.far) {
        const float to = std::max(from, std::log(reach(kind.points, kLeastCount, recall).effort / near));
        if (key < kind.key) {
            // In double: keys of large rows may lie further apart than float32 reaches.
            const double share = (static_cast<double>(key) - static_cast<double>(from_key)) /
                                 (static_cast<double>(kind.key) - static_cast<double>(from_key));
            return std::exp(from + static_cast<float>(share) * (to - from));
        }
        from_key = kind.key;
        from = to;
    }
    return std::exp(from);
}

}  // namespace

uint32_t rerank_for(const Curve& curve, uint32_t k, float grown) {
    // How deep codes bury the nearest rows was measured with kLeastCount of them: a single one lies no higher.
    const uint32_t count = curve.rerank > kRerank ? std::max(k, kLeastCount) : k;
    const float rows = curve.rerank * static_cast<float>(count) * std::clamp(grown, 1.0F, kMostGrown);
    return std::max(rerank_least(k), static_cast<uint32_t>(std::ceil(rows)));
}

EffortChoice effort_for(const Curve& curve, float recall, uint32_t k) {
    const uint32_t without = std::max(4 * k, 200U);
    if (curve.points.empty()) return {without, 0};
    // The nearer one by ratio, of those measured.
    const uint32_t measured = k <= 31 || curve.points.back().k == kLeastCount ? kLeastCount : kMostCount;
    const Reached reached = reach(curve.points, measured, recall);
    if (reached.effort == 0) return {without, 0};
    if (k <= measured) return {static_cast<uint32_t>(std::ceil(reached.effort)), reached.recall};
    const float more = static_cast<float>(k) / static_cast<float>(measured);
    const float effort =
        reached.effort * std::pow(more, kEffortByCount) + kEffortEach * static_cast<float>(k - measured);
    return {static_cast<uint32_t>(std::ceil(effort)), reached.recall};
}

uint32_t far_effort(const Curve& curve, float recall, uint32_t k, uint32_t effort, float key) {
    if (curve.far.empty() || !(key > curve.near_key)) return effort;
    const float near = reach(curve.points, kLeastCount, recall).effort;
    if (near == 0) return effort;
    const float more = near * (factor_at(curve, recall, near, key) - 1);
    const float scale = static_cast<float>(effort) / static_cast<float>(effort_for(curve, recall, k).effort);
    return effort + static_cast<uint32_t>(std::ceil(std::min(more * scale, static_cast<float>(VZ_EFFORT_MAX))));
}

}  // namespace vz
