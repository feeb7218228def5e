// Rows of a growing graph get their edges, batch by batch.
#include <algorithm>
#include <array>

#include "engine/index/growing_index.hpp"

namespace vz {

Status GrowingIndex::link(Slot end, Workers& workers) {
    VZ_CHECK(end <= slots_max_);
    const Slot begin = linked();
    if (end <= begin) return {};
    VZ_TRY(choose_layout(end));
    VZ_TRY(guard_codes(end));
    if (scratch_.size() < workers.count()) scratch_.resize(workers.count());
    VZ_TRY(encode(begin, end, workers));
    if (view() == nullptr) publish(std::make_unique<EntrySet>());
    for (Slot at = begin; at < end;) {
        if (workers.is_cancelled()) return failure(VZ_CANCELLED, "linking was cancelled");
        const Slot stop = std::min(end, at + std::clamp(at / 20, 1U, kBatchRows));
        if (stop > view_slots_) publish(std::make_unique<EntrySet>(*view()->entries));
        link_batch(at, stop, workers);
        linked_.store(stop, std::memory_order_release);
        const bool has_first_rows = view()->entries->slots.empty() && has_row(at, stop);
        at = stop;
        if (at >= entries_due_ || has_first_rows) refresh_entries();
    }
    return {};
}

bool GrowingIndex::has_row(Slot begin, Slot end) const {
    const GraphView& graph = *view();
    while (begin < end && graph.is_absent(begin)) ++begin;
    return begin < end;
}

void GrowingIndex::link_batch(Slot begin, Slot end, Workers& workers) {
    const GraphView& graph = *view();
    const BlockShape& shape = graph.shape();
    std::array<uint32_t, kBatchRows> direct = {};
    run_on(workers, end - begin, [&](uint32_t task, uint32_t worker) {
        const Slot slot = begin + task;
        if (graph.is_absent(slot)) return;
        LinkScratch& scratch = scratch_[worker];
        scratch.slots.clear();
        for (Slot mate = begin; mate < end; ++mate) {
            if (mate != slot && !graph.is_absent(mate)) scratch.slots.push_back(mate);
        }
        find_neighbours(graph, options_, slot, scratch.slots, scratch);
        write_ids(slot, scratch.prune.kept);
        direct[task] = static_cast<uint32_t>(scratch.prune.direct);
    });
    edges_.clear();
    for (Slot slot = begin; slot < end; ++slot) {
        const Slot* ids = ids_of(shape, block(slot));
        // Where rows have many near ones in every direction: what leads here by a shortcut does so without an edge.
        const uint32_t wanted = ids[shape.degree - 1] != kNoSlot ? direct[slot - begin] : shape.degree;
        for (uint32_t i = 0; i < shape.degree && ids[i] != kNoSlot; ++i) edges_.push_back({ids[i], slot, i >= wanted});
    }
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) {
        return a.target != b.target ? a.target < b.target : a.source < b.source;
    });
    std::vector<uint32_t> starts;
    for (uint32_t i = 0; i < edges_.size(); ++i) {
        if (i == 0 || edges_[i].target != edges_[i - 1].target) starts.push_back(i);
    }
    starts.push_back(static_cast<uint32_t>(edges_.size()));
    constexpr uint32_t kTargetsATask = 16;
    const auto targets = static_cast<uint32_t>(starts.size() - 1);
    run_on(workers, (targets + kTargetsATask - 1) / kTargetsATask, [&](uint32_t task, uint32_t worker) {
        for (uint32_t i = task * kTargetsATask; i < std::min(targets, (task + 1) * kTargetsATask); ++i) {
            const std::span<const Edge> group(edges_.data() + starts[i], starts[i + 1] - starts[i]);
            add_edges(graph, group.front().target, group, scratch_[worker]);
        }
    });
}

void GrowingIndex::add_edges(const GraphView& graph, Slot target, std::span<const Edge> edges, LinkScratch& scratch) {
    const Slot* ids = ids_of(graph.shape(), graph.block(target));
    auto& neighbours = scratch.slots;
    neighbours.assign(ids, std::find(ids, ids + graph.shape().degree, kNoSlot));
    for (const Edge& edge : edges) {
        if (edge.is_spare && neighbours.size() == options_.degree) continue;
        if (std::find(neighbours.begin(), neighbours.end(), edge.source) != neighbours.end()) continue;
        take_in(graph, options_, target, edge.source, neighbours, scratch);
    }
    write_ids(target, neighbours);
}

// Release: whoever reads an id sees the block it names.
void GrowingIndex::write_ids(Slot slot, std::span<const Slot> ids) {
    const BlockShape& shape = quantizers_.back()->shape();
    Slot* to = ids_of(shape, block(slot));
    for (uint32_t i = 0; i < shape.degree; ++i)
        __atomic_store_n(to + i, i < ids.size() ? ids[i] : kNoSlot, __ATOMIC_RELEASE);
}

}  // namespace vz
