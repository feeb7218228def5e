// Best-first search of a graph: from the entry set, always on from the nearest row not yet expanded (README.md, A
// walk).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/index/graph.hpp"

namespace vz {

// The nearest rows met so far, nearest first, `limit` of them; those among the first `frontier` that are not yet
// expanded are still to be walked from.
class Pool {
 public:
    void reset(uint32_t limit, uint32_t frontier);
    // From here on rows beyond the `least` nearest are expanded only where their key is `within` or less.
    void narrow(uint32_t least, float within) {
        least_ = least;
        within_ = within;
    }
    // In turn; those no nearer than the last of a full pool are left out.
    void insert(const float* keys, const Slot* slots, uint32_t count);
    // The nearest row not expanded, now marked so. kNoSlot: none.
    Slot expand_next();
    // The one that expand_next() would take; kNoSlot: none.
    Slot peek() const { return has_next() ? place(cursor_) : kNoSlot; }
    bool has_next() const {
        return cursor_ < std::min(size_, frontier_) && (cursor_ < least_ || key(cursor_) <= within_);
    }

    float worst() const { return lanes_[(limit_ - 1) / kLane].keys[(limit_ - 1) % kLane]; }
    uint32_t size() const { return size_; }
    float key(uint32_t i) const { return lanes_[i / kLane].keys[i % kLane]; }
    Slot slot(uint32_t i) const { return place(i) & ~kExpanded; }

 private:
    static constexpr Slot kExpanded = 0x8000'0000;
    static constexpr uint32_t kLane = 16;

    Slot place(uint32_t i) const { return lanes_[i / kLane].slots[i % kLane]; }
    void pass_expanded();

    std::vector<PoolLane> lanes_;
    uint32_t limit_ = 0;
    uint32_t frontier_ = 0;
    uint32_t size_ = 0;
    uint32_t cursor_ = 0;  // the nearest not expanded
    uint32_t least_ = UINT32_MAX;
    float within_ = 0;
};

// 16-bit stamps by slot: nothing of the size of the graph is cleared for a walk.
class Visited {
 public:
    void reset(uint32_t slots);
    // True the first time.
    bool visit(Slot slot) {
        const bool fresh = stamps_[slot] != stamp_;
        stamps_[slot] = stamp_;
        return fresh;
    }
    uint16_t* stamps() { return stamps_.data(); }
    uint16_t stamp() const { return stamp_; }

 private:
    std::vector<uint16_t> stamps_;
    uint16_t stamp_ = 0;
};

struct WalkCounters {
    uint64_t hops = 0;
    uint64_t scored = 0;
    uint64_t damaged_ids = 0;  // ids beyond the graph: the section is damaged
};

// What a walk needs beside the graph. One thread's, in cache lines of its own; grows, then stays.
struct alignas(64) WalkScratch {
    Pool pool;
    Pool answers;
    Visited visited;
    CodedRow coded;
    std::vector<float> keys;
    std::vector<Slot> slots;
    WalkCounters counters;
};

// Rows that may be answers; rows that fail are walked through.
struct SlotFilter {
    bool (*passes)(const void* owner, Slot slot) = nullptr;  // null: all
    const void* owner = nullptr;
    // Of the rows, how many pass, about; 0: it is not known. Where many do, they are asked of the nearest alone, once
    // the walk is over, and each row that it meets is not.
    double share = 0;
    bool operator()(Slot slot) const { return passes(owner, slot); }
};

struct WalkLimits {
    uint32_t effort = 1;     // the walk goes on while one of so many nearest rows is not expanded
    uint32_t keep = 0;       // rows kept in the pool, if that is more
    Slot exclude = kNoSlot;  // a row that is neither walked from nor kept
};

// Whether at least `least` of the `among` nearest rows that a walk has met pass; and where it has met no more.
bool are_passing(const Pool& met, uint32_t among, uint32_t least, const SlotFilter& filter);

// Fills scratch.pool with the nearest rows to scratch.coded; if there is a filter, scratch.answers with those that
// pass: `keep` of them, or `effort` without it.
void walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter = {});

// The same in steps: the entries; on from what the pool has, as far as it goes, once or more; and the answers.
void begin_walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter);
void go_on(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter);
void end_walk(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter);

}  // namespace vz
