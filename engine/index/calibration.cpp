#include "engine/index/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "engine/index/search.hpp"

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 200;
constexpr uint32_t kSampleRowsQuick = 80;
constexpr size_t kEffortsQuick = 10;
constexpr uint32_t kEfforts[] = {10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 500, 800};
constexpr uint32_t kCounts[] = {10, 100};
constexpr uint32_t kRowsMin = 1000;  // below, every effort is cheap and no sample says much

struct Truth {
    Slot slot = 0;
    std::vector<float> best;  // scores, best first
};

std::vector<Slot> sample_rows(const GraphView& graph, uint32_t linked, uint64_t seed, uint32_t rows_max) {
    const uint32_t count = std::min(rows_max, linked / 10);
    std::vector<Slot> sample;
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t low = i * linked / count;
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto slot = static_cast<Slot>(low + (seed >> 33) % ((i + 1) * linked / count - low));
        if (graph.rows(slot) != nullptr) sample.push_back(slot);
    }
    return sample;
}

Truth find_truth(const GraphView& graph, uint32_t linked, Slot slot, std::vector<float>& scores) {
    const vz_metric metric = graph.quantizer->metric();
    const ScoreQuery query = make_score_query(metric, graph.rows(slot), graph.shape().dim);
    scores.clear();
    for (Slot other = 0; other < linked; ++other) {
        if (other != slot && (header_of(graph.block(other)).flags & kAbsentRow) == 0) scores.push_back(exact_score(graph, query, other));
    }
    const size_t kept = std::min<size_t>(scores.size(), kCounts[1]);
    std::partial_sort(scores.begin(), scores.begin() + static_cast<ptrdiff_t>(kept), scores.end(),
                      [&](float a, float b) { return is_similarity(metric) ? a > b : a < b; });
    return {slot, {scores.begin(), scores.begin() + static_cast<ptrdiff_t>(kept)}};
}

float share_found(vz_metric metric, const Truth& truth, uint32_t k, std::span<const SlotHit> hits) {
    const size_t wanted = std::min<size_t>(k, truth.best.size());
    const float border = truth.best[wanted - 1];
    const auto found = std::count_if(hits.begin(), hits.end(), [&](const SlotHit& hit) {
        return is_similarity(metric) ? hit.score >= border : hit.score <= border;
    });
    return std::min(1.0F, static_cast<float>(found) / static_cast<float>(wanted));
}

}  // namespace

std::vector<CurvePoint> calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers) {
    if (linked < kRowsMin) return {};
    const vz_metric metric = graph.quantizer->metric();
    const std::vector<Slot> sample = sample_rows(graph, linked, seed, scope == Calibration::kQuick ? kSampleRowsQuick : kSampleRows);
    const auto count = static_cast<uint32_t>(sample.size());
    if (count == 0) return {};
    const std::span<const uint32_t> counts(kCounts, scope == Calibration::kQuick ? 1 : std::size(kCounts));
    const std::span<const uint32_t> efforts(kEfforts, scope == Calibration::kQuick ? kEffortsQuick : std::size(kEfforts));
    const size_t points = efforts.size() * counts.size();
    std::vector<float> recalls(points * count);
    std::vector<WalkCounters> counters(points * count);
    std::vector<SearchScratch> scratch(workers.count());
    run_on(workers, count, [&](uint32_t i, uint32_t worker) {
        SearchScratch& mine = scratch[worker];
        const Truth truth = find_truth(graph, linked, sample[i], mine.walk.keys);
        const ScoreQuery query = make_score_query(metric, graph.rows(sample[i]), graph.shape().dim);
        size_t point = i;
        for (const uint32_t k : counts) {
            for (const uint32_t effort : efforts) {
                PartQuery part;
                part.graph = &graph;
                part.k = k;
                part.effort = effort;
                part.exclude = sample[i];
                mine.walk.counters = {};
                recalls[point] = share_found(metric, truth, k, search_part(part, query, mine));
                counters[point] = mine.walk.counters;
                point += count;
            }
        }
    });
    std::vector<CurvePoint> curve;
    for (size_t point = 0; point < points; ++point) {
        double sum = 0;
        double squares = 0;
        double scored = 0;
        double hops = 0;
        for (size_t i = point * count; i < (point + 1) * count; ++i) {
            sum += static_cast<double>(recalls[i]);
            squares += static_cast<double>(recalls[i]) * static_cast<double>(recalls[i]);
            scored += static_cast<double>(counters[i].scored);
            hops += static_cast<double>(counters[i].hops);
        }
        const double mean = sum / count;
        const double variance = std::max(0.0, squares / count - mean * mean);
        curve.push_back({counts[point / efforts.size()], efforts[point % efforts.size()], static_cast<float>(mean),
                         static_cast<float>(std::sqrt(variance / count)), static_cast<float>(scored / count), static_cast<float>(hops / count)});
    }
    return curve;
}

EffortChoice effort_for(const std::vector<CurvePoint>& curve, float recall, uint32_t k) {
    const uint32_t without = std::max(4 * k, 100U);
    if (curve.empty()) return {without, 0};
    // The nearer one by ratio, of those measured.
    const uint32_t measured = k <= 31 || curve.back().k == kCounts[0] ? kCounts[0] : kCounts[1];
    const float scale = std::max(1.0F, static_cast<float>(k) / static_cast<float>(measured));
    const CurvePoint* before = nullptr;
    const CurvePoint* chosen = nullptr;
    for (const CurvePoint& point : curve) {
        if (point.k != measured) continue;
        before = chosen;
        chosen = &point;
        if (point.recall - point.error >= recall) break;
    }
    if (chosen == nullptr) return {without, 0};
    const auto scaled = [scale](float effort) { return static_cast<uint32_t>(std::ceil(effort * scale)); };
    const float high = chosen->recall - chosen->error;
    if (before == nullptr || high < recall) return {scaled(static_cast<float>(chosen->effort)), chosen->recall};
    const float low = before->recall - before->error;
    const float share = high > low ? std::clamp((recall - low) / (high - low), 0.0F, 1.0F) : 1.0F;
    const float effort = std::exp(std::log(static_cast<float>(before->effort)) * (1 - share) + std::log(static_cast<float>(chosen->effort)) * share);
    return {scaled(effort), before->recall + share * (chosen->recall - before->recall)};
}

}  // namespace vz
