#include "engine/collection/search.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/base/limits.hpp"
#include "engine/index/search.hpp"

namespace vz {
namespace {

constexpr float kRecallByDefault = 0.98F;
// Nothing is known about how a filter and a query relate.
constexpr float kEffortUnderFilter = 1.5F;
// Rows that have ended fill the frontier of a walk: beyond this share of them effort grows no more.
constexpr float kEndedShareMax = 0.75F;
// A walk for more than this share of the rows meets most of them, one by one: a scan is faster.
constexpr uint32_t kWalkShareMax = 8;

using Clock = std::chrono::steady_clock;

uint64_t ns_since(Clock::time_point begin) { return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count()); }

// One part under one query.
struct Target {
    Part* part = nullptr;
    uint32_t field_id = 0;
    const ReadView* view = nullptr;
    const RowFilter* row_filter = nullptr;
    Slot end = UINT32_MAX;  // rows from here on are not for this step: a walk meets rows that are being linked, and the scan has them

    bool shows(Slot row) const {
        return row < end && view->shows(*part, row) && (row_filter == nullptr || row_filter->passes(*part, row));
    }
    // Whether some row is not to be answered.
    bool hides_rows() const {
        return row_filter != nullptr || part->growing() != nullptr || part->ended_rows() != 0 || part->has_expiry() || part->ref().version_max > view->visible;
    }
    RowSource rows() const {
        return {[](const void* owner, Slot row) {
                    const auto* self = static_cast<const Target*>(owner);
                    return self->part->vector(self->field_id, row);
                },
                this};
    }
    SlotFilter filter() const {
        if (!hides_rows()) return {};
        return {[](const void* owner, Slot row) { return static_cast<const Target*>(owner)->shows(row); }, this};
    }
};

class PartSearch {
 public:
    PartSearch(const NearestQuery& query, const ScoreQuery& scored, const Interruption& stop, const std::vector<CurvePoint>* largest_curve,
               std::vector<Hit>* hits, SearchReport* report)
        : query_(query), scored_(scored), stop_(stop), largest_curve_(largest_curve), hits_(*hits), report_(report) {}

    Status run(const Target& target) {
        // Linked before the rows: what is linked later is scanned.
        const FieldGraph graph = query_.exact ? FieldGraph() : target.part->graph(query_.field->id);
        const uint32_t rows = target.part->row_count();
        const bool is_walked = graph.view != nullptr && graph.linked * scan_bytes(*query_.field) >= kGraphBytesMin &&
                               uint64_t{query_.k} * kWalkShareMax < graph.linked;
        uint32_t scanned_from = 0;
        if (is_walked) {
            begin(target, VZ_PLAN_GRAPH, graph.linked);
            Target linked = target;
            linked.end = graph.linked;
            if (walk_graph(linked, graph)) scanned_from = graph.linked;
            end();
        }
        if (scanned_from >= rows) return {};
        begin(target, VZ_PLAN_EXACT, rows - scanned_from);
        part_report_.is_tail = scanned_from != 0;
        VZ_TRY(scan(target, scanned_from, rows));
        end();
        return {};
    }

 private:
    // False: the graph is damaged, nothing was taken from it.
    bool walk_graph(const Target& target, const FieldGraph& graph) {
        PartQuery part;
        part.graph = graph.view;
        part.k = query_.k;
        part.rerank = query_.rerank;
        part.filter = target.filter();
        part.effort = effort(graph, *target.part);
        std::span<const SlotHit> found = search_part(part, scored_, scratch());
        if (target.part->sealed() != nullptr && scratch().walk.counters.damaged_ids != 0) return false;
        if (found.size() < query_.k) {
            std::vector<Slot> passing;
            for (Slot row = 0; row < graph.linked; ++row) {
                if (target.shows(row)) passing.push_back(row);
            }
            if (found.size() < std::min<size_t>(query_.k, passing.size())) {
                part_report_.plan = VZ_PLAN_FILTER_FIRST;
                found = scan_codes(part, passing, scored_, scratch());
            }
        }
        part_report_.reranked = found.size();
        take(target, found);
        return true;
    }

    uint32_t effort(const FieldGraph& graph, const Part& part) {
        uint32_t effort = query_.effort != 0 ? query_.effort : query_.recall == 0 ? query_.field->search_effort : 0;
        if (effort == 0) {
            static const std::vector<CurvePoint> kNoCurve;
            const std::vector<CurvePoint>* curve = graph.curve != nullptr && !graph.curve->empty() ? graph.curve : largest_curve_;
            const EffortChoice choice = effort_for(curve != nullptr ? *curve : kNoCurve, query_.recall != 0 ? query_.recall : kRecallByDefault, query_.k);
            effort = choice.effort;
            part_report_.estimate = choice.estimate;
            const float ended = static_cast<float>(part.ended_rows()) / static_cast<float>(std::max(part.row_count(), 1U));
            effort = static_cast<uint32_t>(std::ceil(static_cast<float>(effort) / (1 - std::min(ended, kEndedShareMax))));
            if (query_.filter != nullptr) {
                effort = static_cast<uint32_t>(std::ceil(static_cast<float>(effort) * kEffortUnderFilter));
                part_report_.estimate = 0;
            }
        }
        part_report_.effort = effort;
        return effort;
    }

    Status scan(const Target& target, uint32_t from, uint32_t to) {
        ExactScan scan;
        scan.rows = target.rows();
        scan.k = query_.k;
        scan.filter = target.filter();
        for (uint32_t at = from; at < to; at = scan.end) {
            VZ_TRY(stop_.check());
            scan.begin = at;
            scan.end = std::min(to, at + kRowsBetweenChecks);
            take(target, scan_exact(scan, scored_, scratch()));
        }
        return {};
    }

    void take(const Target& target, std::span<const SlotHit> found) {
        for (const SlotHit& hit : found) hits_.push_back({{target.part, hit.slot}, hit.score});
    }

    void begin(const Target& target, uint32_t plan, uint32_t rows) {
        scratch().walk.counters = {};
        part_report_ = {};
        part_report_.file = target.part->growing() != nullptr ? 0 : target.part->ref().file;
        part_report_.plan = plan;
        part_report_.rows = rows;
        if (report_ != nullptr) began_ = Clock::now();
    }

    void end() {
        if (report_ == nullptr) return;
        part_report_.hops = scratch().walk.counters.hops;
        part_report_.scored = scratch().walk.counters.scored;
        part_report_.ns = ns_since(began_);
        report_->parts.push_back(part_report_);
    }

    // Two bytes for each row of the largest part that the thread has searched.
    static SearchScratch& scratch() {
        thread_local SearchScratch scratch;
        return scratch;
    }

    const NearestQuery& query_;
    const ScoreQuery& scored_;
    const Interruption& stop_;
    const std::vector<CurvePoint>* largest_curve_;
    std::vector<Hit>& hits_;
    SearchReport* report_;
    PartReport part_report_;
    Clock::time_point began_;
};

// Of the largest sealed part: what growing ones go by.
const std::vector<CurvePoint>* largest_curve(const ReadView& view, uint32_t field_id) {
    const std::vector<CurvePoint>* curve = nullptr;
    uint32_t linked = 0;
    for (const auto& part : *view.parts) {
        const FieldGraph graph = part->graph(field_id);
        if (graph.curve == nullptr || graph.curve->empty() || graph.linked <= linked) continue;
        linked = graph.linked;
        curve = graph.curve;
    }
    return curve;
}

// Sorts the hits of all parts and keeps the k best within the limit.
void merge(const NearestQuery& query, std::vector<Hit>* hits) {
    const bool greater = is_similarity(query.field->metric);
    if (query.score_limit) {
        const float limit = *query.score_limit;
        std::erase_if(*hits, [&](const Hit& hit) { return greater ? !(hit.score >= limit) : !(hit.score <= limit); });
    }
    const auto better = [greater](const Hit& a, const Hit& b) {
        if (a.score != b.score) return greater ? a.score > b.score : a.score < b.score;
        return a.row.part->id(a.row.row) < b.row.part->id(b.row.row);
    };
    const size_t kept = std::min<size_t>(query.k, hits->size());
    std::partial_sort(hits->begin(), hits->begin() + static_cast<std::ptrdiff_t>(kept), hits->end(), better);
    hits->resize(kept);
}

}  // namespace

Result<std::vector<Hit>> search_nearest(const ReadView& view, const NearestQuery& query, const Interruption& stop, SearchReport* report) {
    VZ_TRY(stop.check());
    const ScoreQuery scored = make_score_query(query.field->metric, query.values, query.field->dim);
    std::vector<Hit> hits;
    PartSearch search(query, scored, stop, largest_curve(view, query.field->id), &hits, report);
    for (const auto& part : *view.parts) VZ_TRY(search.run({part.get(), query.field->id, &view, query.filter}));
    const auto began = report != nullptr ? Clock::now() : Clock::time_point();
    merge(query, &hits);
    if (report != nullptr) report->merge_ns = ns_since(began);
    return hits;
}

}  // namespace vz
