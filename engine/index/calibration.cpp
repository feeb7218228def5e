#include "engine/index/calibration.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 200;
constexpr uint32_t kSampleRowsQuick = 240;
// An effort whose recall is not known to this standard error is measured on as many rows again, up to four times as many: the effort that a
// recall takes must not depend on which rows were drawn.
constexpr float kErrorWanted = 0.002F;
constexpr uint32_t kRounds = 4;
// A growing graph is measured no further than to this recall: greater efforts take most of the time and are asked for by few.
constexpr float kRecallQuick = 0.999F;
constexpr uint32_t kEfforts[] = {10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 500, 800};
constexpr uint32_t kCounts[] = {10, 100};
// More hits than were measured take an effort that grows with their number, by so much for each one, and by a power of it. Hits 10 -> 100 at recall
// 0.98: words 27 -> 76, 25 values 13 -> 42, log-normal dot 20 -> 100, Gaussian 480 -> 900.
constexpr float kEffortEach = 0.9F;
constexpr float kEffortByCount = 0.3F;
constexpr uint32_t kRowsMin = 1000;  // below, every effort is cheap and no sample says much
constexpr uint32_t kTogether = 8;    // sampled rows that one pass over the graph serves
constexpr uint32_t kRowsAtOnce = 64;
constexpr uint32_t kReranked = 8;  // times k: candidates by codes whose exact scores make the truth
// Times k: what a search may score exactly.
constexpr float kReranks[] = {kRerank, 2, 3, 4, 6, 8};

struct Sampled {
    Slot slot = 0;
    CodedRow coded;
    Pool nearest;
    std::vector<float> scores;  // exact ones, in the order of codes
    std::vector<float> best;    // scores, best first
};

uint64_t draw(const BlockHeader& header, uint64_t seed) {
    uint64_t hash = seed;
    const auto mix = [&hash](auto value) {
        hash = (hash ^ std::bit_cast<uint32_t>(value)) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    };
    mix(header.norm);
    mix(header.norm2);
    mix(header.code_sum);
    mix(header.scale);
    mix(header.offset);
    return hash * 0xbf58476d1ce4e5b9ULL;
}

// Drawn by what the rows are, not by where they lie: a graph that was folded is measured with the rows it was measured with before, as far as
// they are still there, and takes the effort it took before.
std::vector<Slot> sample_rows(const GraphView& graph, uint32_t linked, uint64_t seed, uint32_t rows_max) {
    struct Drawn {
        uint64_t lot;
        Slot slot;
    };
    const uint32_t count = std::min(rows_max, linked / 10);
    std::vector<Drawn> drawn;
    const auto is_lower = [](const Drawn& a, const Drawn& b) { return a.lot != b.lot ? a.lot < b.lot : a.slot < b.slot; };
    const auto keep_lowest = [&] {
        if (drawn.size() <= count) return;
        std::nth_element(drawn.begin(), drawn.begin() + count, drawn.end(), is_lower);
        drawn.resize(count);
    };
    for (Slot slot = 0; slot < linked; ++slot) {
        const BlockHeader& header = graph.header(slot);
        if ((header.flags & kAbsentRow) == 0) drawn.push_back({draw(header, seed), slot});
        if (drawn.size() >= 4 * size_t{count} + 1024) keep_lowest();
    }
    keep_lowest();
    std::sort(drawn.begin(), drawn.end(), is_lower);
    std::vector<Slot> sample;
    for (const Drawn& each : drawn) {
        if (graph.rows(each.slot) != nullptr) sample.push_back(each.slot);
    }
    return sample;
}

// The `k` best scores of each against all other rows. Blocks are read once for all, a few at a time, while they are in the cache.
void find_truths(const GraphView& graph, uint32_t linked, uint32_t k, std::span<Sampled> sampled) {
    const vz_metric metric = graph.quantizer->metric();
    for (Sampled& row : sampled) {
        graph.quantizer->prepare_query(graph.rows(row.slot), row.coded);
        row.nearest.reset(kReranked * k, 1);
    }
    Slot slots[kRowsAtOnce];
    float keys[kRowsAtOnce];
    for (Slot begin = 0; begin < linked; begin += kRowsAtOnce) {
        uint32_t count = 0;
        for (Slot slot = begin; slot < std::min(linked, begin + kRowsAtOnce); ++slot) {
            if (!graph.is_absent(slot)) slots[count++] = slot;
        }
        for (Sampled& row : sampled) {
            score_slots(graph, row.coded, slots, count, keys);
            const Slot* own = std::find(slots, slots + count, row.slot);
            if (own != slots + count) keys[own - slots] = INFINITY;
            row.nearest.insert(keys, slots, count);
        }
    }
    for (Sampled& row : sampled) {
        const ScoreQuery query = make_score_query(metric, graph.rows(row.slot), graph.shape().dim);
        for (uint32_t i = 0; i < row.nearest.size(); ++i) row.scores.push_back(exact_score(graph, query, row.nearest.slot(i)));
        row.best = row.scores;
        std::sort(row.best.begin(), row.best.end(), [&](float a, float b) { return is_similarity(metric) ? a > b : a < b; });
        row.best.resize(std::min<size_t>(row.best.size(), k));
    }
}

float share_found(vz_metric metric, const Sampled& truth, uint32_t k, std::span<const float> scores) {
    const size_t wanted = std::min<size_t>(k, truth.best.size());
    if (wanted == 0) return 1;  // the only row
    const float border = truth.best[wanted - 1];
    const auto found = std::count_if(scores.begin(), scores.end(), [&](float score) {
        return is_similarity(metric) ? score >= border : score <= border;
    });
    return std::min(1.0F, static_cast<float>(found) / static_cast<float>(wanted));
}

// The least that leaves the true ones among those scored exactly, as codes order them.
void choose_rerank(vz_metric metric, std::span<const Sampled> sampled, Curve* curve) {
    for (const float rerank : kReranks) {
        float sum = 0;
        for (const Sampled& row : sampled) {
            const auto scored = std::min(row.scores.size(), static_cast<size_t>(rerank * static_cast<float>(kCounts[0])));
            sum += share_found(metric, row, kCounts[0], std::span(row.scores).first(scored));
        }
        curve->rerank = rerank;
        curve->share = sum / static_cast<float>(sampled.size());
        if (curve->share >= kShareWanted) return;
    }
}

// What the searches of one point of the curve found, by sampled row.
struct Point {
    uint32_t k = 0;
    uint32_t effort = 0;
    std::vector<float> recalls;
    std::vector<WalkCounters> counters;
    CurvePoint measured;  // k 0: not yet

    void search(const GraphView& graph, const Sampled& row, uint32_t rerank, const SlotFilter& filter, size_t at, SearchScratch& scratch) {
        PartQuery part;
        part.filter = filter;
        part.graph = &graph;
        part.k = k;
        part.effort = effort;
        part.rerank = rerank;
        part.exclude = row.slot;
        scratch.walk.counters = {};
        const vz_metric metric = graph.quantizer->metric();
        const ScoreQuery query = make_score_query(metric, graph.rows(row.slot), graph.shape().dim);
        std::vector<float> scores;
        for (const SlotHit& hit : search_part(part, query, scratch)) scores.push_back(hit.score);
        recalls[at] = share_found(metric, row, k, scores);
        counters[at] = scratch.walk.counters;
    }

    void measure() {
        double sum = 0;
        double squares = 0;
        double scored = 0;
        double hops = 0;
        for (size_t i = 0; i < recalls.size(); ++i) {
            sum += static_cast<double>(recalls[i]);
            squares += static_cast<double>(recalls[i]) * static_cast<double>(recalls[i]);
            scored += static_cast<double>(counters[i].scored);
            hops += static_cast<double>(counters[i].hops);
        }
        const auto count = static_cast<double>(recalls.size());
        const double mean = sum / count;
        const double variance = std::max(0.0, squares / count - mean * mean);
        measured = {k,
                    effort,
                    static_cast<float>(mean),
                    static_cast<float>(std::sqrt(variance / count)),
                    static_cast<float>(scored / count),
                    static_cast<float>(hops / count)};
    }
};

}  // namespace

Curve calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers) {
    if (linked < kRowsMin) return {};
    const bool is_quick = scope == Calibration::kQuick;
    const uint32_t rounds = is_quick ? 1 : kRounds;
    const std::vector<Slot> sample = sample_rows(graph, linked, seed, is_quick ? kSampleRowsQuick : kRounds * kSampleRows);
    if (sample.empty()) return {};
    std::vector<Point> points;
    for (const uint32_t k : std::span(kCounts, is_quick ? 1 : std::size(kCounts))) {
        for (const uint32_t effort : kEfforts) points.push_back({k, effort, {}, {}, {}});
    }
    std::vector<Point*> open;
    for (Point& point : points) open.push_back(&point);
    // Rows that were linked meanwhile are not among the true ones: found, they would stand in for some that were missed.
    SlotFilter filter;
    if (is_quick) filter = {[](const void* end, Slot slot) { return slot < *static_cast<const uint32_t*>(end); }, &linked};
    Curve curve;
    std::vector<SearchScratch> scratch(workers.count());
    for (uint32_t round = 0; round < rounds && !open.empty(); ++round) {
        std::vector<Slot> drawn;  // each round others
        for (size_t i = round; i < sample.size(); i += rounds) drawn.push_back(sample[i]);
        uint32_t k_max = 0;
        const size_t before = open.front()->recalls.size();
        for (Point* point : open) {
            point->recalls.resize(before + drawn.size());
            point->counters.resize(before + drawn.size());
            k_max = std::max(k_max, point->k);
        }
        const auto count = static_cast<uint32_t>(drawn.size());
        std::vector<Sampled> rows(count);
        for (uint32_t i = 0; i < count; ++i) rows[i].slot = drawn[i];
        run_on(workers, (count + kTogether - 1) / kTogether, [&](uint32_t task, uint32_t) {
            find_truths(graph, linked, k_max, std::span(rows).subspan(task * kTogether, std::min(kTogether, count - task * kTogether)));
        });
        if (round == 0) choose_rerank(graph.quantizer->metric(), rows, &curve);
        for (Point* point : open) {
            const uint32_t rerank = rerank_for(curve, point->k);
            run_on(workers, count, [&](uint32_t task, uint32_t worker) {
                point->search(graph, rows[task], rerank, filter, before + task, scratch[worker]);
            });
            point->measure();
            if (is_quick && point->measured.recall - point->measured.error >= kRecallQuick) break;
        }
        std::erase_if(open, [](const Point* point) { return point->measured.error <= kErrorWanted; });
    }
    for (const Point& point : points) {
        if (point.measured.k != 0) curve.points.push_back(point.measured);
    }
    return curve;
}

uint32_t rerank_for(const Curve& curve, uint32_t k) {
    return std::max(rerank_least(k), static_cast<uint32_t>(std::ceil(curve.rerank * static_cast<float>(k))));
}

EffortChoice effort_for(const Curve& curve, float recall, uint32_t k) {
    const uint32_t without = std::max(4 * k, 100U);
    if (curve.points.empty()) return {without, 0};
    // The nearer one by ratio, of those measured.
    const uint32_t measured = k <= 31 || curve.points.back().k == kCounts[0] ? kCounts[0] : kCounts[1];
    const CurvePoint* before = nullptr;
    const CurvePoint* chosen = nullptr;
    for (const CurvePoint& point : curve.points) {
        if (point.k != measured) continue;
        before = chosen;
        chosen = &point;
        if (point.recall - point.error >= recall) break;
    }
    if (chosen == nullptr) return {without, 0};
    const auto scaled = [k, measured](float effort) {
        if (k <= measured) return static_cast<uint32_t>(std::ceil(effort));
        const float more = static_cast<float>(k) / static_cast<float>(measured);
        return static_cast<uint32_t>(std::ceil(effort * std::pow(more, kEffortByCount) + kEffortEach * static_cast<float>(k - measured)));
    };
    const float high = chosen->recall - chosen->error;
    if (before == nullptr || high < recall) return {scaled(static_cast<float>(chosen->effort)), chosen->recall};
    const float low = before->recall - before->error;
    const float share = high > low ? std::clamp((recall - low) / (high - low), 0.0F, 1.0F) : 1.0F;
    const float effort = std::exp(std::log(static_cast<float>(before->effort)) * (1 - share) + std::log(static_cast<float>(chosen->effort)) * share);
    return {scaled(effort), before->recall + share * (chosen->recall - before->recall)};
}

}  // namespace vz
