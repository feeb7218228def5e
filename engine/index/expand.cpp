#include "engine/index/expand.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vz {
namespace {

constexpr uint32_t kEntriesTried = 4;  // nearest entries, whether they pass or not
constexpr uint32_t kAwayRank = 4;      // times the rank that chance gives the nearest passing entry
constexpr float kAwayEffort =
    0.6F;  // over the share that passes: times the effort that a query away from what passes takes
constexpr float kAwayEffortMax = 8;
constexpr uint32_t kFillShare = 2;  // neighbours of neighbours are asked until 1/2 of a block's worth pass
constexpr uint32_t kFillEach = 2;   // of one neighbour, or as many as fill the place if all give so many

class PassingWalk {
 public:
    PassingWalk(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter)
        : graph_(graph), shape_(graph.shape()), scratch_(scratch), filter_(filter), stamp_(scratch.visited.stamp()) {
        // Neighbours that pass, and neighbours that do not.
        const size_t room = shape_.degree;
        if (scratch.keys.size() < room) scratch.keys.resize(room);
        if (scratch.slots.size() < 2 * room) scratch.slots.resize(2 * room);
        fresh_ = scratch.slots.data();
        failing_ = scratch.slots.data() + room;
    }

    // Scores the entries. Returns how many times the effort the walk takes: more than one where the query lies away
    // from what passes, that is where far more entries are nearer than the nearest one that passes than chance would
    // have it.
    float score_entries_first() {
        const auto& entries = graph_.entries->slots;
        const auto count = static_cast<uint32_t>(entries.size());
        if (scratch_.keys.size() < count) scratch_.keys.resize(count);
        score_entries(graph_, scratch_.coded, scratch_.keys.data());
        scratch_.counters.scored += count;
        float nearest_passing = INFINITY;
        uint32_t passing = 0;
        for (uint32_t i = 0; i < count; ++i) {
            keep_nearest(i);
            if (!filter_(entries[i])) continue;
            ++passing;
            nearest_passing = std::min(nearest_passing, scratch_.keys[i]);
        }
        if (passing == 0) return count == 0 ? 1 : kAwayEffortMax;
        const auto nearer = static_cast<uint32_t>(std::count_if(scratch_.keys.begin(), scratch_.keys.begin() + count,
                                                                [&](float key) { return key < nearest_passing; }));
        if (nearer * passing <= kAwayRank * count) return 1;
        return std::clamp(kAwayEffort * static_cast<float>(count) / static_cast<float>(passing), 1.0F, kAwayEffortMax);
    }

    void begin(std::span<const Slot> seeds) {
        std::array<Slot, kEntriesTried> tried = {};
        for (uint32_t i = 0; i < tried_; ++i) tried[i] = graph_.entries->slots[nearest_[i]];
        begin_at({tried.data(), tried_});
        take(seeds);
    }

    // Whether they pass or not.
    void begin_at(std::span<const Slot> slots) {
        take(slots);
        for (const Slot slot : slots) expand(slot);
    }

    void run() {
        for (Slot slot = scratch_.pool.expand_next(); slot != kNoSlot; slot = scratch_.pool.expand_next()) expand(slot);
    }

    // Scores the passing rows among the neighbours of `slot`, and among theirs while there are fewer than a block has.
    void expand(Slot slot) {
        uint32_t count = 0;
        uint32_t failed = 0;
        const uint32_t wanted = shape_.degree / kFillShare;
        each_neighbour(slot, [&](Slot id) {
            if (is_seen(id)) return true;
            see(id);
            if (filter_(id)) {
                fresh_[count++] = id;
            } else {
                failing_[failed++] = id;
                prefetch_ids(id);
            }
            return true;
        });
        // Twins have the same neighbours: the first ones do not speak for all.
        const uint32_t of_each = std::max(kFillEach, wanted / std::max(failed, 1U));
        for (uint32_t i = 0; i < failed && count < wanted; ++i) {
            const uint32_t until = std::min(wanted, count + of_each);
            each_neighbour(failing_[i], [&](Slot id) {
                // Rows that fail are not marked here: as a neighbour of another row each still leads on.
                if (!is_seen(id) && filter_(id)) {
                    see(id);
                    fresh_[count++] = id;
                }
                return count < until;
            });
        }
        score(count);
        ++scratch_.counters.hops;
    }

 private:
    bool is_seen(Slot id) const { return scratch_.visited.stamps()[id] == stamp_; }
    void see(Slot id) { scratch_.visited.stamps()[id] = stamp_; }

    // Of the scored entries.
    void keep_nearest(uint32_t entry) {
        const float* keys = scratch_.keys.data();
        uint32_t place = tried_ < kEntriesTried ? tried_++ : kEntriesTried;
        for (; place > 0 && keys[entry] < keys[nearest_[place - 1]]; --place) {
            if (place < kEntriesTried) nearest_[place] = nearest_[place - 1];
        }
        if (place < kEntriesTried) nearest_[place] = entry;
    }

    template <class Visit>
    void each_neighbour(Slot slot, Visit&& visit) {
        const Slot* ids = ids_of(shape_, graph_.block(slot));
        for (uint32_t i = 0; i < shape_.degree; ++i) {
            const Slot id = __atomic_load_n(ids + i, __ATOMIC_ACQUIRE);
            if (id == kNoSlot) return;
            if (id >= graph_.slots) {
                ++scratch_.counters.damaged_ids;
                continue;
            }
            if (!visit(id)) return;
        }
    }

    void prefetch_ids(Slot slot) const {
        const auto* ids = reinterpret_cast<const char*>(ids_of(shape_, graph_.block(slot)));
        for (uint32_t byte = 0; byte < 4 * shape_.degree; byte += 64) __builtin_prefetch(ids + byte);
    }

    void take(std::span<const Slot> slots) {
        uint32_t count = 0;
        for (const Slot slot : slots) {
            if (slot >= graph_.slots || is_seen(slot) || !filter_(slot)) continue;
            see(slot);
            fresh_[count++] = slot;
            if (count == shape_.degree) {
                score(count);
                count = 0;
            }
        }
        score(count);
    }

    void score(uint32_t count) {
        float* keys = scratch_.keys.data();
        score_slots(graph_, scratch_.coded, fresh_, count, keys);
        scratch_.counters.scored += count;
        scratch_.pool.insert(keys, fresh_, count);
    }

    const GraphView& graph_;
    const BlockShape& shape_;
    WalkScratch& scratch_;
    const SlotFilter& filter_;
    const uint16_t stamp_;
    Slot* fresh_ = nullptr;
    Slot* failing_ = nullptr;
    std::array<uint32_t, kEntriesTried> nearest_ = {};
    uint32_t tried_ = 0;
};

}  // namespace

void walk_passing(const GraphView& graph, WalkScratch& scratch, const WalkLimits& limits, const SlotFilter& filter,
                  std::span<const Slot> seeds) {
    scratch.visited.reset(graph.slots);
    if (limits.exclude != kNoSlot) scratch.visited.visit(limits.exclude);
    PassingWalk walk(graph, scratch, filter);
    const float times = walk.score_entries_first();
    const auto effort = static_cast<uint32_t>(static_cast<float>(limits.effort) * times);
    scratch.pool.reset(std::max(effort, limits.keep), effort);
    walk.begin(seeds);
    walk.run();
}

void walk_passing_on(const GraphView& graph, WalkScratch& scratch, const SlotFilter& filter,
                     std::span<const Slot> from) {
    PassingWalk walk(graph, scratch, filter);
    walk.begin_at(from);
    walk.run();
}

}  // namespace vz
