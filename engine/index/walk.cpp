#include "engine/index/walk.hpp"

#include <algorithm>
#include <cmath>

namespace vz {

void Pool::reset(uint32_t limit, uint32_t frontier) {
    const size_t lanes = (limit + size_t{kLane} - 1) / kLane;
    if (lanes_.size() < lanes) lanes_.resize(lanes);
    for (size_t i = 0; i < lanes; ++i) std::fill_n(lanes_[i].keys, kLane, INFINITY);
    limit_ = limit;
    frontier_ = std::min(limit, frontier);
    size_ = 0;
    cursor_ = 0;
    least_ = UINT32_MAX;
}

void Pool::insert(const float* keys, const Slot* slots, uint32_t count) {
    const PoolChange change = kernels().insert(lanes_.data(), size_, limit_, keys, slots, count);
    size_ = change.size;
    cursor_ = std::min(cursor_, change.first);
}

void Pool::pass_expanded() {
    while (cursor_ < size_ && (place(cursor_) & kExpanded) != 0) ++cursor_;
}

Slot Pool::expand_next() {
    pass_expanded();
    if (!has_next()) return kNoSlot;
    Slot& next = lanes_[cursor_ / kLane].slots[cursor_ % kLane];
    const Slot slot = next;
    next |= kExpanded;
    pass_expanded();
    return slot;
}

void Visited::reset(uint32_t slots) {
    if (stamps_.size() < slots) stamps_.resize(slots);
    if (++stamp_ == 0) {
        std::fill(stamps_.begin(), stamps_.end(), uint16_t{0});
        stamp_ = 1;
    }
}

namespace {

constexpr uint32_t kSeeds = 4;  // entries that start a walk
// Of fewer that pass, a pool that holds enough of them is long.
constexpr double kAskedAtEndMin = 0.4;
// Rows in the pool beyond as many as have so many passing ones among them on average: by as much more, and so many.
constexpr double kPoolMore = 1.25;
constexpr uint32_t kPoolMoreRows = 8;

bool is_asked_at_end(const SlotFilter& filter) { return filter.passes != nullptr && filter.share >= kAskedAtEndMin; }
// While rows are met.
bool is_asked(const SlotFilter& filter) { return filter.passes != nullptr && !is_asked_at_end(filter); }

uint32_t wanted_of(const WalkLimits& limits) { return limits.keep != 0 ? limits.keep : limits.effort; }

void seed(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter, Slot exclude) {
    const auto& slots = graph.entries->slots;
    const auto count = static_cast<uint32_t>(slots.size());
    if (scratch.keys.size() < count) scratch.keys.resize(count);
    score_entries(graph, scratch.coded, scratch.keys.data());
    scratch.counters.scored += count;
    float best[kSeeds];
    uint32_t at[kSeeds];
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; ++i) {
        if (slots[i] == exclude || (found == kSeeds && !(scratch.keys[i] < best[kSeeds - 1]))) continue;
        uint32_t place = found < kSeeds ? found++ : kSeeds - 1;
        for (; place > 0 && scratch.keys[i] < best[place - 1]; --place) {
            best[place] = best[place - 1];
            at[place] = at[place - 1];
        }
        best[place] = scratch.keys[i];
        at[place] = i;
    }
    for (uint32_t i = 0; i < found; ++i) {
        const Slot slot = slots[at[i]];
        if (!scratch.visited.visit(slot)) continue;
        scratch.pool.insert(&best[i], &slot, 1);
        if (is_asked(filter) && filter(slot)) scratch.answers.insert(&best[i], &slot, 1);
    }
}

// The nearest rows of the pool that pass become the answers. False: it may not have had enough of them.
bool take_passing(WalkScratch& scratch, uint32_t wanted, const SlotFilter& filter) {
    const Pool& pool = scratch.pool;
    scratch.answers.reset(wanted, wanted);
    for (uint32_t i = 0; i < pool.size() && scratch.answers.size() < wanted; ++i) {
        const float key = pool.key(i);
        const Slot slot = pool.slot(i);
        if (filter(slot)) scratch.answers.insert(&key, &slot, 1);
    }
    return scratch.answers.size() == wanted || std::isinf(pool.worst());
}

}  // namespace

bool are_passing(const Pool& met, uint32_t among, uint32_t least, const SlotFilter& filter) {
    if (met.size() < among) return true;
    uint32_t passing = 0;
    for (uint32_t i = 0; i < among && passing < least; ++i) passing += filter(met.slot(i)) ? 1 : 0;
    return passing >= least;
}

void walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter) {
    begin_walk(graph, scratch, limits, filter);
    go_on(graph, scratch, filter);
    end_walk(graph, scratch, limits, filter);
}

void begin_walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter) {
    const BlockShape& shape = graph.shape();
    const uint32_t keep = std::max(limits.effort, limits.keep);
    const uint32_t among = is_asked_at_end(filter)
                               ? static_cast<uint32_t>(wanted_of(limits) / filter.share * kPoolMore) + kPoolMoreRows
                               : 0;
    scratch.pool.reset(std::max(keep, among), limits.effort);
    scratch.visited.reset(graph.slots);
    if (is_asked(filter)) scratch.answers.reset(keep, keep);
    if (scratch.keys.size() < shape.degree) scratch.keys.resize(shape.degree);
    if (scratch.slots.size() < shape.degree + size_t{1}) scratch.slots.resize(shape.degree + size_t{1});
    if (limits.exclude != kNoSlot) scratch.visited.visit(limits.exclude);
    seed(graph, scratch, filter, limits.exclude);
}

void go_on(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter) {
    const BlockShape& shape = graph.shape();
    Pool& pool = scratch.pool;
    uint16_t* stamps = scratch.visited.stamps();
    const uint16_t stamp = scratch.visited.stamp();
    Slot* fresh = scratch.slots.data();
    float* keys = scratch.keys.data();
    const uint32_t id_lines = (shape.degree * 4 + 63) / 64;
    const bool asks = is_asked(filter);
    for (Slot slot = pool.expand_next(); slot != kNoSlot; slot = pool.expand_next()) {
        const Slot next = pool.peek();
        if (next != kNoSlot) {
            const auto* ids = reinterpret_cast<const char*>(ids_of(shape, graph.block(next)));
            for (uint32_t line = 0; line < id_lines; ++line) __builtin_prefetch(ids + 64 * line);
        }
        const Slot* ids = ids_of(shape, graph.block(slot));
        uint32_t count = 0;
        const uint32_t degree = shape.degree;
        const uint32_t slots = graph.slots;
        for (uint32_t i = 0; i < degree; ++i) {
            const Slot id = __atomic_load_n(ids + i, __ATOMIC_ACQUIRE);
            if (id == kNoSlot) break;
            if (id >= slots) {
                ++scratch.counters.damaged_ids;
                continue;
            }
            fresh[count] = id;
            count += stamps[id] != stamp ? 1 : 0;
            stamps[id] = stamp;
        }

        score_slots(graph, scratch.coded, fresh, count, keys);
        ++scratch.counters.hops;
        scratch.counters.scored += count;
        pool.insert(keys, fresh, count);
        for (uint32_t i = 0; i < count && asks; ++i) {
            if (keys[i] < scratch.answers.worst() && filter(fresh[i])) scratch.answers.insert(keys + i, fresh + i, 1);
        }
    }
}

void end_walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter) {
    if (!is_asked_at_end(filter) || take_passing(scratch, wanted_of(limits), filter)) return;
    SlotFilter at_once = filter;
    at_once.share = 0;
    walk(graph, scratch, limits, at_once);
}

}  // namespace vz
