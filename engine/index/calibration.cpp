#include "engine/index/calibration.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/index/search.hpp"

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
// Far queries differ in kind more than from one to the next: few are drawn, and at fewer efforts.
constexpr uint32_t kFarQueries = 64;
constexpr uint32_t kFarQueriesQuick = 48;
constexpr uint32_t kFarEfforts[] = {20, 57, 160, 400, 800};
// Of the rows, how many lie nearer to their tenth nearest than what counts as far.
constexpr double kNearQuantile = 0.95;
constexpr uint32_t kRowsMin = 1000;  // below, every effort is cheap and no sample says much
constexpr uint32_t kTogether = 8;    // sampled rows that one pass over the graph serves
constexpr uint32_t kRowsAtOnce = 64;
constexpr uint32_t kReranked = 8;  // times k: candidates by codes whose exact scores make the truth
// Times k: what a search may score exactly.
constexpr float kReranks[] = {kRerank, 2, 3, 4, 6, 8};

struct Sampled {
    Slot slot = kNoSlot;             // of the row that is the query; kNoSlot: it is none
    const float* values = nullptr;
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
        graph.quantizer->prepare_query(row.values, row.coded);
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
        const ScoreQuery query = make_score_query(metric, row.values, graph.shape().dim);
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

float key_at(double quantile, std::span<const Sampled> sampled, vz_metric metric) {
    std::vector<float> keys;
    for (const Sampled& row : sampled) {
        const float key = far_key(row.nearest, row.coded, metric);
        if (std::isfinite(key)) keys.push_back(key);
    }
    if (keys.empty()) return INFINITY;
    const auto place = keys.begin() + static_cast<ptrdiff_t>(quantile * static_cast<double>(keys.size() - 1));
    std::nth_element(keys.begin(), place, keys.end());
    return *place;
}

// What makes queries of rows that are none: sums of three, with these factors.
struct Mixture {
    float of[3];
};
constexpr Mixture kBetween = {0.5F, 0.5F, 0};
constexpr Mixture kBeyond = {1, 1, -1};

class FarQueries {
 public:
    FarQueries(const GraphView& graph, std::span<const Slot> rows, uint32_t count, const Mixture& mixture) : dim_(graph.shape().dim) {
        const bool is_cosine = graph.quantizer->metric() == VZ_COSINE;
        values_.reserve(size_t{count} * dim_);
        for (uint32_t i = 0; i < count; ++i) {
            values_.resize(values_.size() + dim_);
            float* const query = values_.data() + values_.size() - dim_;
            for (uint32_t j = 0; j < std::size(mixture.of); ++j) {
                const float* row = graph.rows(rows[(i + j) % rows.size()]);
                const float norm = is_cosine ? row_norm(row, dim_) : 1.0F;
                for (uint32_t d = 0; d < dim_ && norm > 0; ++d) query[d] += mixture.of[j] * (row[d] / norm);
            }
            if (!std::all_of(query, query + dim_, [](float value) { return std::isfinite(value); })) values_.resize(values_.size() - dim_);
        }
    }
    uint32_t count() const { return static_cast<uint32_t>(values_.size() / dim_); }
    const float* operator[](uint32_t i) const { return values_.data() + size_t{i} * dim_; }

 private:
    uint32_t dim_;
    std::vector<float> values_;
};

// Measures searches of one graph at a time.
class Measuring {
 public:
    // `linked` as of calibrate(). Rows that were linked meanwhile are not among the true ones: found, they would stand in for some that were
    // missed.
    Measuring(const GraphView& graph, const uint32_t& linked, bool is_growing, Workers& workers)
        : graph_(graph), linked_(linked), workers_(workers), scratch_(workers.count()) {
        if (is_growing) filter_ = {[](const void* end, Slot slot) { return slot < *static_cast<const uint32_t*>(end); }, &linked_};
    }

    void find_truths(uint32_t k, std::vector<Sampled>& sampled) {
        const auto count = static_cast<uint32_t>(sampled.size());
        run_on(workers_, (count + kTogether - 1) / kTogether, [&](uint32_t task, uint32_t) {
            vz::find_truths(graph_, linked_, k, std::span(sampled).subspan(task * kTogether, std::min(kTogether, count - task * kTogether)));
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
    const GraphView& graph_;
    const uint32_t& linked_;
    Workers& workers_;
    SlotFilter filter_;
    std::vector<SearchScratch> scratch_;
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
            choose_rerank(metric, rows, &curve);
            curve.near_key = key_at(kNearQuantile, rows, metric);
        }
        for (Point* point : open) {
            measuring.search(rows, rerank_for(curve, point->k), point);
            if (is_quick && point->measured.recall - point->measured.error >= kRecallQuick) break;
        }
        std::erase_if(open, [](const Point* point) { return point->measured.error <= kErrorWanted; });
    }
    for (const Point& point : points) {
        if (point.measured.k != 0) curve.points.push_back(point.measured);
    }
    if (!std::isfinite(curve.near_key)) return curve;
    for (const Mixture& mixture : {kBetween, kBeyond}) {
        const FarQueries queries(graph, sample, is_quick ? kFarQueriesQuick : kFarQueries, mixture);
        FarCurve far = measuring.measure_far(queries, curve.near_key, rerank_for(curve, kFarRank));
        if (!far.points.empty()) curve.far.push_back(std::move(far));
    }
    std::sort(curve.far.begin(), curve.far.end(), [](const FarCurve& a, const FarCurve& b) { return a.key < b.key; });
    if (curve.far.size() == 2 && !(curve.far[0].key < curve.far[1].key)) curve.far.pop_back();
    return curve;
}

}  // namespace vz
