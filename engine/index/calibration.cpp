#include "engine/index/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/index/sample.hpp"
#include "engine/index/search.hpp"

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 200;
constexpr uint32_t kSampleRowsQuick = 240;
// An effort whose recall is not known to this standard error is measured on as many rows again, up to four times as
// many: the effort that a recall takes must not depend on which rows were drawn.
constexpr float kErrorWanted = 0.002F;
constexpr uint32_t kRounds = 4;
// A growing graph is measured no further than to this recall: greater efforts take most of the time and are asked for
// by few.
constexpr float kRecallQuick = 0.999F;
constexpr uint32_t kEfforts[] = {10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 500, 800, 1300, 2000, 3200};
// Beyond, few rows need it, and it takes long: measured only where less than kRecallUsual is found with less and more
// is still gained by going further; and in graphs of kRowsPerEffort times as many rows, for all rows of smaller ones
// cost no more than such a walk. One round is enough.
constexpr uint32_t kEffortUsualMax = 800;
constexpr float kRecallUsual = 0.98F;
constexpr float kGainWanted = 0.01F;
constexpr uint32_t kRowsPerEffort = 16;
constexpr uint32_t kCounts[] = {10, 100};
// Far queries differ in kind more than from one to the next: few are drawn, and at fewer efforts.
constexpr uint32_t kFarQueries = 64;
constexpr uint32_t kFarQueriesQuick = 32;
constexpr uint32_t kFarEfforts[] = {20, 57, 160, 400, 800};
// Of the rows, how many lie nearer to their tenth nearest than what counts as far.
constexpr double kNearQuantile = 0.95;
constexpr uint32_t kRowsMin = 1000;  // below, every effort is cheap and no sample says much
constexpr uint32_t kTogether = 8;    // sampled rows that one pass over the graph serves
// Times k: what a search may score exactly.
constexpr float kReranks[] = {kRerank, 2, 3, 4, 6, 8};

// The least that leaves the true ones among those scored exactly, as codes order them.
void choose_rerank(vz_metric metric, std::span<const Sampled> sampled, Curve* curve) {
    for (const float rerank : kReranks) {
        float sum = 0;
        for (const Sampled& row : sampled) {
            const auto scored =
                std::min(row.scores.size(), static_cast<size_t>(rerank * static_cast<float>(kCounts[0])));
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

    void search(const GraphView& graph, const Sampled& row, uint32_t rerank, const SlotFilter& filter, size_t at,
                SearchScratch& scratch) {
        PartQuery part;
        part.filter = filter;
        part.graph = &graph;
        part.k = k;
        part.effort = effort;
        part.rerank = rerank;
        part.exclude = row.slot;
        scratch.walk.counters = {};
        const vz_metric metric = graph.quantizer->metric();
        const ScoreQuery query = make_score_query(metric, row.values, graph.shape().dim);
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

bool is_worth_going_on(const CurvePoint& before, const CurvePoint& last) {
    return last.k != 0 && last.recall - last.error < kRecallUsual && last.recall - before.recall >= kGainWanted;
}

// Measures searches of one graph at a time.
class Measuring {
 public:
    // `linked` as of calibrate(). Rows that were linked meanwhile are not among the true ones: found, they would stand
    // in for some that were missed.
    Measuring(const GraphView& graph, const uint32_t& linked, bool is_growing, Workers& workers)
        : graph_(graph), linked_(linked), workers_(workers), scratch_(workers.count()) {
        if (is_growing) filter_ = {&passes, this};
    }

    // From here on.
    void leave_out(std::vector<Slot> slots) {
        left_out_ = std::move(slots);
        filter_ = {&passes, this};
    }

    void find_truths(uint32_t k, std::vector<Sampled>& sampled) {
        const auto count = static_cast<uint32_t>(sampled.size());
        run_on(workers_, (count + kTogether - 1) / kTogether, [&](uint32_t task, uint32_t) {
            vz::find_truths(
                graph_, linked_, k, left_out_,
                std::span(sampled).subspan(task * kTogether, std::min(kTogether, count - task * kTogether)));
        });
    }

    // Adds searches for all of `sampled`, whose truth is known, to those of `point`.
    void search(std::span<const Sampled> sampled, uint32_t rerank, Point* point) {
        const size_t before = point->recalls.size();
        point->recalls.resize(before + sampled.size());
        point->counters.resize(before + sampled.size());
        run_on(workers_, static_cast<uint32_t>(sampled.size()), [&](uint32_t task, uint32_t worker) {
            point->search(graph_, sampled[task], rerank, filter_, before + task, scratch_[worker]);
        });
        point->measure();
    }

    // Without points where such queries are no further from the rows than `beyond`.
    FarCurve measure_far(const FarQueries& queries, float beyond, uint32_t rerank) {
        std::vector<Sampled> sampled(queries.count());
        for (uint32_t i = 0; i < queries.count(); ++i) sampled[i].values = queries[i];
        find_truths(kFarRank, sampled);
        FarCurve curve;
        curve.key = key_at(0.5, sampled, graph_.quantizer->metric());
        if (!std::isfinite(curve.key) || !(curve.key > beyond)) return curve;
        for (const uint32_t effort : kFarEfforts) {
            Point point = {kFarRank, effort, {}, {}, {}};
            search(sampled, rerank, &point);
            curve.points.push_back(point.measured);
            if (point.measured.recall - point.measured.error >= kRecallQuick) break;
        }
        return curve;
    }

 private:
    static bool passes(const void* self, Slot slot) {
        const auto& measuring = *static_cast<const Measuring*>(self);
        const auto& left_out = measuring.left_out_;
        return slot < measuring.linked_ && !std::binary_search(left_out.begin(), left_out.end(), slot);
    }

    const GraphView& graph_;
    const uint32_t& linked_;
    std::vector<Slot> left_out_;  // ascending
    Workers& workers_;
    SlotFilter filter_;
    std::vector<SearchScratch> scratch_;
};

}  // namespace

Curve calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers) {
    if (linked < kRowsMin) return {};
    const bool is_quick = scope == Calibration::kQuick;
    const uint32_t rounds = is_quick ? 1 : kRounds;
    const std::vector<Slot> sample =
        sample_rows(graph, linked, seed, is_quick ? kSampleRowsQuick : kRounds * kSampleRows);
    if (sample.empty()) return {};
    std::vector<Point> points;
    for (const uint32_t k : std::span(kCounts, is_quick ? 1 : std::size(kCounts))) {
        for (const uint32_t effort : kEfforts) {
            if (effort <= kEffortUsualMax || effort <= linked / kRowsPerEffort)
                points.push_back({k, effort, {}, {}, {}});
        }
    }
    std::vector<Point*> open;
    for (Point& point : points) open.push_back(&point);
    const vz_metric metric = graph.quantizer->metric();
    Measuring measuring(graph, linked, is_quick, workers);
    Curve curve;
    for (uint32_t round = 0; round < rounds && !open.empty(); ++round) {
        std::vector<Slot> drawn;  // each round others
        for (size_t i = round; i < sample.size(); i += rounds) drawn.push_back(sample[i]);
        uint32_t k_max = 0;
        for (const Point* point : open) k_max = std::max(k_max, point->k);
        std::vector<Sampled> rows(drawn.size());
        for (size_t i = 0; i < drawn.size(); ++i) {
            rows[i].slot = drawn[i];
            rows[i].values = graph.rows(drawn[i]);
        }
        measuring.find_truths(k_max, rows);
        if (round == 0) {
            std::vector<Slot> popular = near_to_many(graph, linked, rows);
            if (!popular.empty()) {
                measuring.leave_out(std::move(popular));
                measuring.find_truths(k_max, rows);
            }
            choose_rerank(metric, rows, &curve);
            curve.near_key = key_at(kNearQuantile, rows, metric);
        }
        for (Point* point : open) {
            const bool is_usual = point->effort <= kEffortUsualMax;
            if (!is_usual && (round != 0 || !is_worth_going_on(point[-2].measured, point[-1].measured))) continue;
            measuring.search(rows, rerank_for(curve, point->k), point);
            if (is_quick && point->measured.recall - point->measured.error >= kRecallQuick) break;
        }
        std::erase_if(open, [](const Point* point) { return point->measured.error <= kErrorWanted; });
    }
    for (const Point& point : points) {
        if (point.measured.k != 0) curve.points.push_back(point.measured);
    }
    if (!std::isfinite(curve.near_key)) return curve;
    const uint32_t far_queries = is_quick ? kFarQueriesQuick : kFarQueries;
    const auto rows = compared_rows(graph, std::span(sample).first(std::min<size_t>(sample.size(), far_queries)));
    for (const FarKind kind : {FarKind::kBetween, FarKind::kBeyond, FarKind::kOpposite, FarKind::kAnywhere}) {
        const FarQueries queries(rows, far_queries, kind);
        FarCurve far = measuring.measure_far(queries, curve.near_key, rerank_for(curve, kFarRank));
        if (!far.points.empty()) curve.far.push_back(std::move(far));
    }
    std::sort(curve.far.begin(), curve.far.end(), [](const FarCurve& a, const FarCurve& b) { return a.key < b.key; });
    const auto is_no_further = [](const FarCurve& a, const FarCurve& b) { return !(a.key < b.key); };
    curve.far.erase(std::unique(curve.far.begin(), curve.far.end(), is_no_further), curve.far.end());
    return curve;
}

}  // namespace vz
