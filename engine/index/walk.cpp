#include "engine/index/walk.hpp"

#include <algorithm>
#include <cstring>

namespace vz {

void Pool::reset(uint32_t limit, uint32_t frontier) {
    if (entries_.size() < limit + size_t{1}) entries_.resize(limit + size_t{1});
    limit_ = limit;
    frontier_ = std::min(limit, frontier);
    size_ = 0;
    cursor_ = 0;
}

// A binary search whose steps are selections: where the key belongs cannot be foreseen, and a wrong guess costs more than the whole search.
uint32_t Pool::rank(float key) const {
    const Entry* first = entries_.data();
    uint32_t left = size_;
    while (left > 1) {
        const uint32_t half = left / 2;
        first += first[half - 1].key <= key ? half : 0;
        left -= half;
    }
    return static_cast<uint32_t>(first - entries_.data()) + (left == 1 && first->key <= key ? 1 : 0);
}

bool Pool::insert(float key, Slot slot) {
    if (size_ == limit_ && !(key < entries_[size_ - 1].key)) return false;
    const uint32_t at = rank(key);
    const uint32_t moved = (size_ == limit_ ? size_ - 1 : size_) - at;
    std::memmove(&entries_[at + 1], &entries_[at], moved * sizeof(Entry));
    entries_[at] = {key, slot};
    if (size_ < limit_) ++size_;
    cursor_ = std::min(cursor_, at);
    return true;
}

Slot Pool::expand_next() {
    while (cursor_ < size_ && (entries_[cursor_].slot & kExpanded) != 0) ++cursor_;
    if (cursor_ >= std::min(size_, frontier_)) return kNoSlot;
    const Slot slot = entries_[cursor_].slot;
    entries_[cursor_].slot |= kExpanded;
    while (cursor_ < size_ && (entries_[cursor_].slot & kExpanded) != 0) ++cursor_;
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
        scratch.pool.insert(best[i], slot);
        if (filter.passes != nullptr && filter(slot)) scratch.answers.insert(best[i], slot);
    }
}

}  // namespace

void walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter) {
    const BlockShape& shape = graph.shape();
    const uint32_t keep = std::max(limits.effort, limits.keep);
    scratch.pool.reset(keep, limits.effort);
    scratch.visited.reset(graph.slots);
    if (filter.passes != nullptr) scratch.answers.reset(keep, keep);
    if (scratch.keys.size() < shape.degree) scratch.keys.resize(shape.degree);
    if (scratch.slots.size() < shape.degree + size_t{1}) scratch.slots.resize(shape.degree + size_t{1});
    if (limits.exclude != kNoSlot) scratch.visited.visit(limits.exclude);
    seed(graph, scratch, filter, limits.exclude);

    Pool& pool = scratch.pool;
    uint16_t* stamps = scratch.visited.stamps();
    const uint16_t stamp = scratch.visited.stamp();
    Slot* fresh = scratch.slots.data();
    float* keys = scratch.keys.data();
    const uint32_t id_lines = (shape.degree * 4 + 63) / 64;
    for (Slot slot = pool.expand_next(); slot != kNoSlot; slot = pool.expand_next()) {
        const Slot next = pool.peek();
        if (next != kNoSlot) {
            const auto* ids = reinterpret_cast<const char*>(ids_of(shape, graph.block(next)));
            for (uint32_t line = 0; line < id_lines; ++line) __builtin_prefetch(ids + 64 * line);
        }
        const Slot* ids = ids_of(shape, graph.block(slot));
        uint32_t count = 0;
        for (uint32_t i = 0; i < shape.degree; ++i) {
            const Slot id = __atomic_load_n(ids + i, __ATOMIC_ACQUIRE);
            if (id == kNoSlot) break;
            if (id >= graph.slots) {
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
        float worst = pool.worst();
        for (uint32_t i = 0; i < count; ++i) {
            if (filter.passes != nullptr && keys[i] < scratch.answers.worst() && filter(fresh[i])) scratch.answers.insert(keys[i], fresh[i]);
            if (keys[i] < worst) {
                pool.insert(keys[i], fresh[i]);
                worst = pool.worst();
            }
        }
    }
}

}  // namespace vz
