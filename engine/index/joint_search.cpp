#include "engine/index/joint_search.hpp"

#include <algorithm>
#include <cmath>

#include "engine/index/part_timer.hpp"

namespace vz {
namespace {

// Fewer rows than these of a part do not show where its nearest ones lie.
constexpr uint32_t kLeastOfPart = 8;

const Pool& met(const JointPart& part) { return part.scratch->walk.pool; }
const Pool& found(const JointPart& part) {
    return part.filter.passes != nullptr ? part.scratch->walk.answers : part.scratch->walk.pool;
}

class JointWalk {
 public:
    JointWalk(std::span<const JointPart> parts, uint32_t effort, uint32_t keep)
        : parts_(parts), effort_(effort), keep_(keep) {}

    // To where each of the `effort` nearest rows of all parts is expanded.
    void run() {
        for (const JointPart& part : parts_) begin(part);
        for (bool goes_on = true; goes_on;) {
            goes_on = false;
            const float within = key_at(effort_, met);
            for (const JointPart& part : parts_) {
                Pool& pool = part.scratch->walk.pool;
                pool.narrow(least(part), within);
                if (!pool.has_next()) continue;
                go_on(part);
                goes_on = true;
            }
        }
    }

    void end() {
        for (const JointPart& part : parts_) {
            const PartTimer timer(part.work, &PartWork::walk_ns);
            end_walk(*part.graph, part.scratch->walk, {effort_, keep_}, part.filter);
        }
    }

    // Whether enough of the `effort` nearest rows of all parts pass.
    bool has_settled(uint32_t k) {
        const float within = key_at(effort_, met);
        if (std::isinf(within)) return true;
        double shown = 0;
        for (const JointPart& part : parts_)
            shown += part.share * (part.filter.passes != nullptr ? part.filter.share : 1);
        const uint32_t least = passing_least(k, effort_, shown);
        uint32_t passing = 0;
        for (const JointPart& part : parts_) {
            const Pool& pool = met(part);
            for (uint32_t i = 0; i < pool.size() && pool.key(i) <= within && passing < least; ++i)
                passing += part.filter.passes == nullptr || part.filter(pool.slot(i)) ? 1 : 0;
        }
        return passing >= least;
    }

    // The key of that rank among the pools of all parts; infinite where there are fewer.
    float key_at(uint32_t rank, const Pool& (*of)(const JointPart&)) {
        keys_.clear();
        for (const JointPart& part : parts_) {
            const Pool& pool = of(part);
            for (uint32_t i = 0; i < std::min(pool.size(), rank); ++i) keys_.push_back(pool.key(i));
        }
        if (keys_.size() < rank) return INFINITY;
        const auto at = keys_.begin() + static_cast<ptrdiff_t>(rank - 1);
        std::nth_element(keys_.begin(), at, keys_.end());
        return *at;
    }

 private:
    uint32_t least(const JointPart& part) const {
        const auto expected = static_cast<uint32_t>(part.share * effort_ / 2);
        return std::min(effort_, std::max(kLeastOfPart, expected));
    }

    void begin(const JointPart& part) {
        const PartTimer timer(part.work, &PartWork::walk_ns);
        begin_walk(*part.graph, part.scratch->walk, {effort_, keep_}, part.filter);
        part.scratch->walk.pool.narrow(least(part), -INFINITY);
        vz::go_on(*part.graph, part.scratch->walk, part.filter);
    }
    void go_on(const JointPart& part) {
        const PartTimer timer(part.work, &PartWork::walk_ns);
        vz::go_on(*part.graph, part.scratch->walk, part.filter);
    }

    std::span<const JointPart> parts_;
    uint32_t effort_;
    uint32_t keep_;
    std::vector<float> keys_;
};

}  // namespace

bool search_together(std::span<const JointPart> parts, const JointQuery& joint, const ScoreQuery& query) {
    uint64_t slots = 0;
    for (const JointPart& part : parts) {
        part.graph->quantizer->prepare_query(query.values, part.scratch->walk.coded);
        slots += part.graph->slots;
    }
    uint32_t effort = std::max(1U, joint.effort);
    JointWalk walk(parts, effort, joint.rerank);
    walk.run();
    if (joint.far != nullptr) {
        const CodedRow& coded = parts[0].scratch->walk.coded;
        float key = walk.key_at(kFarRank, met);
        if (query.metric == VZ_DOT) key /= coded.norm;
        const uint32_t further = effort_of_another_walk(*joint.far, joint.recall, joint.k, effort, key, slots);
        if (further > joint.effort_max) return false;
        if (further != 0) {
            effort = further;
            walk = JointWalk(parts, effort, joint.rerank);
            walk.run();
        }
    }
    if (!walk.has_settled(joint.k)) return false;
    walk.end();
    const float within = walk.key_at(joint.rerank, found);
    for (const JointPart& part : parts) {
        const Pool& pool = found(part);
        uint32_t count = 0;
        while (count < pool.size() && pool.key(count) <= within) ++count;
        PartQuery scored;
        scored.graph = part.graph;
        scored.k = joint.k;
        scored.work = part.work;
        scored.ties = part.ties;
        score_nearest(scored, pool, count, query, *part.scratch);
        if (part.work != nullptr) part.work->effort = effort;
    }
    return true;
}

}  // namespace vz
