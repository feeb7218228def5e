#include "engine/collection/search.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>

#include "engine/base/limits.hpp"
#include "engine/collection/joint_search.hpp"
#include "engine/collection/plan.hpp"
#include "engine/collection/search_effort.hpp"
#include "engine/collection/search_scratch.hpp"
#include "engine/collection/search_target.hpp"
#include "engine/index/kernels.hpp"
#include "engine/index/search.hpp"

namespace vz {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t ns_since(Clock::time_point begin) {
    return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count());
}

class PartSearch {
 public:
    PartSearch(const NearestQuery& query, const ScoreQuery& scored, const Interruption& stop,
               const SearchEffort& effort, std::vector<Hit>* hits, SearchReport* report)
        : query_(query),
          scored_(scored),
          stop_(stop),
          effort_(effort),
          hits_(*hits),
          report_(report),
          is_reported_(report != nullptr && report->has_parts) {}

    Status run(Target target) {
        // Linked before the rows: what is linked later is scanned.
        const bool has_walk = !query_.exact && target.answered == 0;
        const FieldGraph graph = has_walk ? target.part->graph(query_.field->id) : FieldGraph();
        const uint32_t rows = target.part->row_count();
        bool is_walked = is_worth_a_walk(query_, graph);
        EffortChoice choice;
        if (is_walked) {
            choice = effort_.of_one(graph, ended_share(*target.part));
            is_walked = target.asker != nullptr || !effort_.is_scan_better(graph, choice, graph.linked);
        }
        filter_report_ = {};
        double share = 1;
        if (target.asker != nullptr) VZ_TRY(resolve_filter(&target, rows, is_walked, &share));
        uint32_t scanned_from = target.answered;
        if (is_walked) {
            begin(target, VZ_PLAN_GRAPH, graph.linked);
            Target linked = target;
            linked.end = graph.linked;
            if (search_graph(linked, graph, choice, share)) scanned_from = graph.linked;
            end();
        }
        if (scanned_from < rows) {
            begin(target, VZ_PLAN_EXACT, rows - scanned_from);
            part_report_.is_tail = scanned_from != 0;
            VZ_TRY(scan(target, scanned_from, rows));
            end();
        }
        return target.asker == nullptr ? Status() : target.asker->finish();
    }

 private:
    // Finds the rows that pass, unless so many do that a walk had better ask the few it meets.
    Status resolve_filter(Target* target, uint32_t rows, bool is_walked, double* share) {
        const auto began = is_reported_ ? Clock::now() : Clock::time_point();
        const RowFilter& filter = target->asker->filter();
        VZ_ASSIGN(Candidates found, known_candidates(*target->part, rows, filter, stop_));
        bool is_asked_by_walk = false;
        if (found.rows == nullptr && is_walked) {
            VZ_ASSIGN(*share, estimate_selectivity(*target->part, rows, filter, kFilterSeeds, stop_, &sampled_));
            // A filter that comes back has paid for its bitset once walks have asked as many rows as there are.
            is_asked_by_walk = *share >= kRowByRowShareMin &&
                               target->part->filters().note_asked(filter.text(), kRowsAskedByWalk) < rows;
        }
        if (found.rows == nullptr && !is_asked_by_walk) {
            VZ_ASSIGN(found, find_candidates(*target->part, rows, filter, stop_));
        }
        if (found.rows != nullptr) {
            target->passing = found.rows;
            *share = rows == 0 ? 0 : static_cast<double>(found.rows->count) / rows;
        }
        if (!is_reported_) return {};
        filter_report_.is_filtered = true;
        filter_report_.filter_source = found.source;
        filter_report_.passing = found.rows == nullptr ? 0 : found.rows->count;
        if (found.wanted_index != nullptr) filter_report_.wanted_index = *found.wanted_index;
        filter_report_.filter_ns = ns_since(began);
        return {};
    }

    // False: the graph is damaged or does not lead there, nothing was taken from it.
    bool search_graph(const Target& target, const FieldGraph& graph, const EffortChoice& choice, double share) {
        PartQuery part;
        part.graph = graph.view;
        part.k = query_.k;
        part.rerank = effort_.rerank(graph);
        part.filter = target.filter();
        part.ties = target.ties();
        PartWork work;
        work.is_timed = is_reported_;
        part.work = &work;
        const double ended = ended_share(*target.part);
        part.effort = choice.effort;
        part_report_.estimate = choice.estimate;
        if (effort_.is_by_recall() && target.asker == nullptr) {
            part.far = &effort_.curve_of(graph);
            part.recall = effort_.recall();
            part.far_rank = effort_.far_rank(graph);
            part.effort_max = effort_.effort_of_scan(graph, graph.linked);
        }
        FilterPlan plan = FilterPlan::kWalkAll;
        const double of_filter = share;
        share *= 1 - ended;
        part.filter.share = share;
        if (target.asker != nullptr || ended > kEndedShareWalked) {
            plan = choose_plan(*graph.view, query_.field->dim, effort_.curve_of(graph), part.effort,
                               share * graph.linked, share);
            // Without a bitset that would be a scan of payloads: the walk finds what it can first.
            const bool reads_payloads = target.asker != nullptr && target.passing == nullptr;
            if (reads_payloads && plan == FilterPlan::kReadPassing) plan = FilterPlan::kExpand;
        }
        if (plan == FilterPlan::kWalkAll && target.asker != nullptr)
            part.effort = static_cast<uint32_t>(part.effort / std::max(of_filter, kWalkAllShareMin));
        std::span<const SlotHit> found;
        if (plan != FilterPlan::kReadPassing) {
            std::array<Slot, kFilterSeeds> seeds;
            if (plan == FilterPlan::kExpand) {
                if (target.asker == nullptr) sample_shown(target, kFilterSeeds);
                part.seeds = target.passing != nullptr ? some_passing(*target.passing, graph.linked, seeds)
                                                       : std::span<const Slot>(sampled_);
                part.effort = expand_effort(part.effort, share);
                part_report_.plan = VZ_PLAN_EXPAND;
            }
            found = search_part(part, scored_, scratch_);
            part_report_.effort = work.effort;  // far from the rows, or over few of them, it is not that begun with
            if (scratch_.end == SearchScratch::End::kTooFar) return false;
            if (scratch_.end == SearchScratch::End::kUnsettled) found = search_away(target, graph, share, &part);
            if (target.part->sealed() != nullptr && scratch_.walk.counters.damaged_ids != 0) return false;
        }
        if (found.size() < query_.k) {
            const std::vector<Slot> passing = shown_rows(target, graph);
            if (found.size() < std::min<size_t>(query_.k, passing.size())) {
                part_report_.plan = VZ_PLAN_FILTER_FIRST;
                found = scan_codes(part, passing, scored_, scratch_);
            }
        }
        if (plan == FilterPlan::kReadPassing) part_report_.plan = VZ_PLAN_FILTER_FIRST;
        part_report_.layout = graph.view->shape().layout;
        part_report_.reranked = work.reranked;
        part_report_.rerank_ns = work.rerank_ns;
        take(target, found);
        return true;
    }

    // The rows near the query fail: a walk over those that pass begins all over the part, or all of these are read. An
    // empty answer stands for that.
    std::span<const SlotHit> search_away(const Target& target, const FieldGraph& graph, double share, PartQuery* part) {
        const uint32_t effort = kAwayEffort * expand_effort(effort_.of_one(graph, 0).effort, share);
        const double row_ns = scan_row_ns(*graph.view, query_.field->dim);
        const double walk = kAwaySeeds * row_ns +
                            kExpandCost * walk_ns(*graph.view, query_.field->dim, effort_.curve_of(graph), effort);
        if (share * graph.linked * row_ns <= walk) return {};
        std::array<Slot, kAwaySeeds> seeds;
        if (target.passing != nullptr) {
            part->seeds = some_passing(*target.passing, graph.linked, seeds);
        } else {
            sample_shown(target, kAwaySeeds);
            part->seeds = sampled_;
        }
        part->effort = effort;
        part->filter.share = 0;
        part->far = nullptr;
        part_report_.plan = VZ_PLAN_EXPAND;
        const std::span<const SlotHit> found = search_part(*part, scored_, scratch_);
        part_report_.effort = part->work->effort;
        return found;
    }

    // Evenly spread over those that pass.
    static std::span<const Slot> some_passing(const PassingRows& passing, uint32_t end, std::span<Slot> out) {
        const uint32_t step = std::max<uint32_t>(1, static_cast<uint32_t>(passing.words.size() / out.size()));
        size_t count = 0;
        for (size_t word = 0; word < passing.words.size() && count < out.size(); word += step) {
            size_t at = word;
            while (at < std::min<size_t>(word + step, passing.words.size()) && passing.words[at] == 0) ++at;
            if (at == std::min<size_t>(word + step, passing.words.size())) continue;
            const auto row = static_cast<Slot>(at * 64 + static_cast<size_t>(std::countr_zero(passing.words[at])));
            if (row < end) out[count++] = row;
        }
        return out.first(count);
    }

    // Evenly spread over all rows, each the next one that is shown.
    void sample_shown(const Target& target, uint32_t count) {
        sampled_.clear();
        const uint32_t step = std::max(1U, target.end / count);
        for (Slot begin = 0; begin < target.end; begin += step) {
            const Slot end = std::min(target.end, begin + step);
            Slot row = begin;
            while (row < end && !target.shows(row)) ++row;
            if (row < end) sampled_.push_back(row);
        }
    }

    // Those that have the vector.
    static std::vector<Slot> shown_rows(const Target& target, const FieldGraph& graph) {
        std::vector<Slot> shown;
        if (target.passing != nullptr) {
            shown.reserve(target.passing->count);
            target.passing->for_each([&](Slot row) {
                if (row < graph.linked && target.view->shows(*target.part, row) && !graph.view->is_absent(row))
                    shown.push_back(row);
            });
            return shown;
        }
        for (Slot row = 0; row < graph.linked; ++row) {
            if (target.shows(row) && !graph.view->is_absent(row)) shown.push_back(row);
        }
        return shown;
    }

    Status scan(const Target& target, uint32_t from, uint32_t to) {
        ExactScan scan;
        scan.rows = target.rows();
        if (target.part->sealed() != nullptr) {
            const auto packed = target.part->sealed()->packed_vectors(target.field_id);
            scan.packed = packed.first;
            scan.stride = packed.stride;
        }
        scan.k = query_.k;
        scan.filter = target.filter();
        scan.ties = target.ties();
        for (uint32_t at = from; at < to; at = scan.end) {
            VZ_TRY(stop_.check());
            scan.limit = worst_wanted();
            scan.begin = at;
            scan.end = std::min(to, at + kRowsBetweenChecks);
            target.part->announce(target.field_id, scan.begin, scan.end);
            take(target, scan_exact(scan, scored_, scratch_));
        }
        return {};
    }

    // The k-th best score so far.
    std::optional<float> worst_wanted() {
        if (query_.k == 0 || hits_.size() < query_.k) return {};
        scores_.clear();
        for (const Hit& hit : hits_) {
            if (!std::isnan(hit.score)) scores_.push_back(hit.score);  // of a damaged row
        }
        if (scores_.size() < query_.k) return {};
        const auto last = scores_.begin() + query_.k - 1;
        if (is_similarity(query_.field->metric)) {
            std::nth_element(scores_.begin(), last, scores_.end(), std::greater<>());
        } else {
            std::nth_element(scores_.begin(), last, scores_.end());
        }
        return *last;
    }

    void take(const Target& target, std::span<const SlotHit> found) {
        for (const SlotHit& hit : found) hits_.push_back({{target.part, hit.slot}, hit.score});
    }

    void begin(const Target& target, uint32_t plan, uint32_t rows) {
        scratch_.walk.counters = {};
        part_report_ = filter_report_;
        part_report_.file = target.part->growing() != nullptr ? 0 : target.part->ref().file;
        part_report_.plan = plan;
        part_report_.rows = rows;
        if (is_reported_) began_ = Clock::now();
    }

    void end() {
        if (report_ == nullptr) return;
        if (is_reported_) {
            part_report_.hops = scratch_.walk.counters.hops;
            part_report_.scored = scratch_.walk.counters.scored;
            part_report_.ns = ns_since(began_);
        }
        report_->add(part_report_);
    }

    const NearestQuery& query_;
    const ScoreQuery& scored_;
    const Interruption& stop_;
    const SearchEffort& effort_;
    std::vector<Hit>& hits_;
    SearchReport* report_;
    const bool is_reported_;    // in full
    PartReport filter_report_;  // what reports of this part begin with
    PartReport part_report_;
    SearchScratch& scratch_ = search_scratch();
    std::vector<float> scores_;  // of hits_
    std::vector<Slot> sampled_;  // rows that pass, of a part whose passing rows are not known
    Clock::time_point began_;
};

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
    // Those of one part are, and a heap would undo it first. Scores of a damaged row may be no numbers: std::sort must
    // not see them.
    if (!std::is_sorted(hits->begin(), hits->end(), better))
        std::partial_sort(hits->begin(), hits->begin() + static_cast<std::ptrdiff_t>(kept), hits->end(), better);
    hits->resize(kept);
}

}  // namespace

void SearchReport::add(const PartReport& part) {
    plan = plan == 0 || plan == part.plan ? part.plan : VZ_PLAN_MIXED;
    effort = std::max(effort, part.effort);
    if (has_parts) parts.push_back(part);
}

bool are_finite(const float* values, uint32_t dim) {
    // What is not finite makes the sum so; large values do, too, without being to blame.
    if (std::isfinite(kernels().dot(values, values, dim))) return true;
    return std::all_of(values, values + dim, [](float value) { return std::isfinite(value); });
}

Result<std::vector<Hit>> search_nearest(const ReadView& view, const NearestQuery& query, const Interruption& stop,
                                        SearchReport* report) {
    VZ_TRY(stop.check());
    const ScoreQuery scored = make_score_query(query.field->metric, query.values, query.field->dim);
    std::vector<Hit> hits;
    std::optional<RowAsker> asker;
    if (query.filter != nullptr) asker.emplace(*query.filter, stop);
    std::vector<Target> targets;
    targets.reserve(view.parts->size());
    for (const auto& part : *view.parts) {
        Target& target = targets.emplace_back();
        target.part = part.get();
        target.field_id = query.field->id;
        target.view = &view;
        target.asker = asker ? &*asker : nullptr;
        target.all_visible = part->growing() == nullptr && part->ended_rows() == 0 && !part->has_expiry();
    }
    const SearchEffort effort(query, LargestCurve::of(view, query.field->id));
    if (!query.exact && !asker) search_together(query, scored, effort, targets, &hits, report);
    PartSearch search(query, scored, stop, effort, &hits, report);
    for (const Target& target : targets) VZ_TRY(search.run(target));
    const bool is_timed = report != nullptr && report->has_parts;
    const auto began = is_timed ? Clock::now() : Clock::time_point();
    merge(query, &hits);
    if (is_timed) report->merge_ns = ns_since(began);
    if (report != nullptr && report->plan == 0) report->plan = VZ_PLAN_EXACT;  // of nothing
    return hits;
}

}  // namespace vz
