// Edges that change because a row has ended, or because no way leads to one.
#include <algorithm>

#include "engine/index/growing_index.hpp"

namespace vz {

// In-place repair (README.md, Growing): a walk to the victim finds most rows that point at it; each takes the victim's
// nearest neighbours instead.
void GrowingIndex::erase(std::span<const Slot> slots, Workers& workers) {
    if (view() == nullptr) return;
    constexpr uint32_t kReplacements = 3;
    if (scratch_.size() < workers.count()) scratch_.resize(workers.count());
    const GraphView& graph = *view();
    const BlockShape& shape = graph.shape();
    LinkScratch& scratch = scratch_[0];
    for (const Slot victim : slots) {
        if (victim >= linked() || graph.is_absent(victim)) continue;
        prepare_slot(graph, victim, scratch.walk.coded);
        walk(graph, scratch.walk, {options_.build_effort});
        std::vector<Slot> pointing;
        const Pool& pool = scratch.walk.pool;
        for (uint32_t i = 0; i < pool.size(); ++i) pointing.push_back(pool.slot(i));
        std::vector<Slot> of_victim;
        const Slot* victim_ids = ids_of(shape, graph.block(victim));
        for (uint32_t i = 0; i < shape.degree && victim_ids[i] != kNoSlot; ++i) of_victim.push_back(victim_ids[i]);
        for (const Slot source : pointing) {
            const Slot* ids = ids_of(shape, graph.block(source));
            std::vector<Slot> neighbours;
            bool points = false;
            for (uint32_t i = 0; i < shape.degree && ids[i] != kNoSlot; ++i) {
                points = points || ids[i] == victim;
                if (ids[i] != victim) neighbours.push_back(ids[i]);
            }
            if (!points || source == victim) continue;
            const auto count = static_cast<uint32_t>(of_victim.size());
            if (scratch.walk.keys.size() < count) scratch.walk.keys.resize(count);
            prepare_slot(graph, source, scratch.prune.coded);
            score_slots(graph, scratch.prune.coded, of_victim.data(), count, scratch.walk.keys.data());
            std::vector<Candidate> nearest;
            for (uint32_t i = 0; i < count; ++i) {
                const bool known = of_victim[i] == source ||
                                   std::find(neighbours.begin(), neighbours.end(), of_victim[i]) != neighbours.end();
                if (!known) nearest.push_back({scratch.walk.keys[i], of_victim[i]});
            }
            std::sort(nearest.begin(), nearest.end());
            for (uint32_t i = 0; i < std::min<size_t>(kReplacements, nearest.size()); ++i)
                neighbours.push_back(nearest[i].slot);
            if (neighbours.size() <= options_.degree) {
                write_ids(source, neighbours);
            } else {
                choose_among(graph, options_, source, neighbours, scratch);
                write_ids(source, scratch.prune.kept);
            }
        }
    }
}

// An edge to a row that none leads to, from the nearest of the pool that has room; else the nearest one's last edge
// goes there, and on from there to where it led.
void GrowingIndex::lead_to(Slot slot, const Pool& pool) {
    const uint32_t degree = quantizers_.back()->shape().degree;
    const auto ids = [&](Slot of) { return ids_of(quantizers_.back()->shape(), block(of)); };
    const auto room = [&](Slot of) {
        return static_cast<uint32_t>(std::find(ids(of), ids(of) + degree, kNoSlot) - ids(of));
    };
    for (uint32_t i = 0; i < pool.size(); ++i) {
        const uint32_t at = room(pool.slot(i));
        if (at == degree) continue;
        __atomic_store_n(ids(pool.slot(i)) + at, slot, __ATOMIC_RELEASE);
        return;
    }
    if (pool.size() == 0) return;
    Slot& last = ids(pool.slot(0))[degree - 1];
    __atomic_store_n(ids(slot) + std::min(room(slot), degree - 1), last, __ATOMIC_RELEASE);
    __atomic_store_n(&last, slot, __ATOMIC_RELEASE);
}

uint32_t GrowingIndex::connect(Workers& workers) {
    const uint32_t count = linked();
    if (view() == nullptr || count == 0) return 0;
    refresh_entries();
    if (scratch_.size() < workers.count()) scratch_.resize(workers.count());
    const GraphView& graph = *view();
    const BlockShape& shape = graph.shape();
    std::vector<bool> reached(count);
    std::vector<Slot> queue;
    const auto reach = [&](Slot first) {
        reached[first] = true;
        queue.push_back(first);
        while (!queue.empty()) {
            const Slot slot = queue.back();
            queue.pop_back();
            const Slot* ids = ids_of(shape, graph.block(slot));
            for (uint32_t i = 0; i < shape.degree && ids[i] != kNoSlot; ++i) {
                if (reached[ids[i]]) continue;
                reached[ids[i]] = true;
                queue.push_back(ids[i]);
            }
        }
    };
    for (const Slot slot : graph.entries->slots) {
        if (!reached[slot]) reach(slot);
    }
    LinkScratch& scratch = scratch_[0];
    uint32_t found = 0;
    for (Slot slot = 0; slot < count; ++slot) {
        if (reached[slot] || graph.is_absent(slot)) continue;
        ++found;
        prepare_slot(graph, slot, scratch.walk.coded);
        walk(graph, scratch.walk, {options_.build_effort});
        lead_to(slot, scratch.walk.pool);
        reach(slot);
    }
    return found;
}

}  // namespace vz
