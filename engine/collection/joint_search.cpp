#include "engine/collection/joint_search.hpp"

#include <algorithm>

#include "engine/collection/search_scratch.hpp"
#include "engine/index/joint_search.hpp"

namespace vz {
namespace {

struct Walked {
    Target* answered;  // if this one is
    Target target;     // the rows that the graph links
    FieldGraph graph;
    double shown;  // rows
    PartWork work = {};
};

// Largest first.
std::vector<Walked> choose(const NearestQuery& query, std::span<Target> targets) {
    std::vector<Walked> chosen;
    for (Target& target : targets) {
        const FieldGraph graph = target.part->graph(query.field->id);
        const double ended = ended_share(*target.part);
        if (!is_worth_a_walk(query, graph, kJoinedGraphBytesMin) || ended > kEndedShareWalked) continue;
        Walked& walked = chosen.emplace_back(Walked{&target, target, graph, graph.linked * (1 - ended)});
        walked.target.end = graph.linked;
    }
    if (chosen.empty()) return chosen;
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const Walked& a, const Walked& b) { return a.graph.linked > b.graph.linked; });
    // Keys of different layouts do not compare.
    const Layout layout = chosen[0].graph.view->shape().layout;
    std::erase_if(chosen, [&](const Walked& walked) { return walked.graph.view->shape().layout != layout; });
    return chosen;
}

// A graph that grows may lead beyond its view.
bool is_damaged(const Walked& walked, const SearchScratch& scratch) {
    return walked.target.part->sealed() != nullptr && scratch.walk.counters.damaged_ids != 0;
}

PartReport report_of(const Walked& walked, const SearchScratch& scratch, float estimate) {
    PartReport report;
    report.file = walked.target.part->growing() != nullptr ? 0 : walked.target.part->ref().file;
    report.plan = VZ_PLAN_GRAPH;
    report.rows = walked.graph.linked;
    report.effort = walked.work.effort;
    report.estimate = estimate;
    report.hops = scratch.walk.counters.hops;
    report.scored = scratch.walk.counters.scored;
    report.layout = walked.graph.view->shape().layout;
    report.reranked = walked.work.reranked;
    report.rerank_ns = walked.work.rerank_ns;
    report.ns = walked.work.walk_ns + walked.work.rerank_ns;
    return report;
}

}  // namespace

void search_together(const NearestQuery& query, const ScoreQuery& scored, const SearchEffort& effort,
                     std::span<Target> targets, std::vector<Hit>* hits, SearchReport* report) {
    std::vector<Walked> chosen = choose(query, targets);
    const bool has_large = std::any_of(chosen.begin(), chosen.end(),
                                       [&](const Walked& walked) { return is_worth_a_walk(query, walked.graph); });
    if (chosen.size() < 2 || !has_large || query.k == 0) return;
    double shown = 0;
    double linked = 0;
    for (const Walked& walked : chosen) {
        shown += walked.shown;
        linked += walked.graph.linked;
    }
    EffortChoice choice = effort.of_several(shown, 1 - shown / linked);
    if (effort.is_scan_better(chosen[0].graph, choice, linked)) return;  // of the small ones at least
    std::vector<JointPart> parts;
    for (size_t i = 0; i < chosen.size(); ++i) {
        Walked& walked = chosen[i];
        // One that was found harder than the largest has the say.
        choice.effort = std::max(choice.effort, effort.of_one(walked.graph, 0).effort);
        walked.work.is_timed = report != nullptr && report->has_parts;
        SlotFilter filter = walked.target.filter();
        filter.share = walked.shown / walked.graph.linked;
        SearchScratch& scratch = search_scratch(i);
        scratch.walk.counters = {};
        parts.push_back(
            {walked.graph.view, filter, walked.target.ties(), walked.shown / shown, &walked.work, &scratch});
    }
    JointQuery joint = {query.k, choice.effort, effort.rerank_of_several(shown), nullptr, effort.recall()};
    if (effort.is_by_recall()) {
        joint.far = effort.largest();
        joint.effort_max = effort.effort_of_scan(chosen[0].graph, linked);
    }
    if (!search_together(parts, joint, scored)) return;  // each by itself finds out more
    size_t found = 0;
    for (size_t i = 0; i < chosen.size(); ++i) {
        if (is_damaged(chosen[i], *parts[i].scratch)) return;
        found += parts[i].scratch->hits.size();
    }
    if (found < query.k) return;
    for (size_t i = 0; i < chosen.size(); ++i) {
        const Walked& walked = chosen[i];
        for (const SlotHit& hit : parts[i].scratch->hits) hits->push_back({{walked.target.part, hit.slot}, hit.score});
        walked.answered->answered = walked.graph.linked;
        if (report != nullptr) report->add(report_of(walked, *parts[i].scratch, choice.estimate));
    }
}

}  // namespace vz
