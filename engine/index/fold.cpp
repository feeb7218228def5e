// A graph that begins with what an older one knows.
#include <algorithm>
#include <cstring>

#include "engine/index/growing_index.hpp"

namespace vz {

Result<std::unique_ptr<GrowingIndex>> GrowingIndex::fold(const IndexOptions& options, RowSource rows, uint32_t slots,
                                                         const FoldInput& input, Workers& workers) {
    VZ_ASSIGN(auto folded, create(options, rows, slots));
    const auto is_kept = [](Slot slot) { return slot != kNoSlot; };
    const auto kept = static_cast<uint32_t>(std::count_if(input.new_slots.begin(), input.new_slots.end(), is_kept));
    VZ_CHECK(kept <= slots);
    const bool wants_fp32 = options.quantization == VZ_QUANTIZATION_NONE;
    const bool is_alike =
        input.graph != nullptr && (!wants_fp32 || input.graph->shape().layout == Layout::kFp32) &&
        (wants_fp32 || options.metric == VZ_MANHATTAN || input.graph->shape().layout != Layout::kFp32) &&
        input.graph->quantizer->metric() == options.metric && kept > 0 &&
        input.graph->shape() == make_block_shape(input.graph->shape().layout, options.dim, options.degree,
                                                 input.graph->shape().header_place());
    if (is_alike && kept * 10 >= input.new_slots.size() * 7) VZ_TRY(folded->adopt(input, kept, workers));
    VZ_TRY(folded->link(slots, workers));
    folded->connect(workers);
    return folded;
}

Status GrowingIndex::adopt(const FoldInput& input, uint32_t kept, Workers& workers) {
    const GraphView& old = *input.graph;
    const BlockShape& shape = old.shape();
    VZ_ASSIGN(Arena arena, Arena::reserve(uint64_t{shape.stride} * slots_max_));
    arenas_.push_back(std::make_unique<Arena>(std::move(arena)));
    quantizers_.push_back(std::make_unique<Quantizer>(options_.metric, shape, options_.seed, old.quantizer->mean()));
    for (Slot slot = 0; slot < input.new_slots.size(); ++slot) {
        if (input.new_slots[slot] == kNoSlot) continue;
        std::memcpy(block(input.new_slots[slot]), old.block(slot), shape.row_bytes());
    }
    choose_lift(kept);
    publish(std::make_unique<EntrySet>());
    if (scratch_.size() < workers.count()) scratch_.resize(workers.count());
    constexpr uint32_t kRowsATask = 64;
    const auto old_count = static_cast<uint32_t>(input.new_slots.size());
    run_on(workers, (old_count + kRowsATask - 1) / kRowsATask, [&](uint32_t task, uint32_t worker) {
        for (Slot slot = task * kRowsATask; slot < std::min(old_count, (task + 1) * kRowsATask); ++slot) {
            if (input.new_slots[slot] != kNoSlot) adopt_ids(input, slot, scratch_[worker]);
        }
    });
    linked_.store(kept, std::memory_order_release);
    refresh_entries();
    return {};
}

void GrowingIndex::adopt_ids(const FoldInput& input, Slot old_slot, LinkScratch& scratch) {
    const BlockShape& shape = input.graph->shape();
    const Slot self = input.new_slots[old_slot];
    auto& neighbours = scratch.slots;
    neighbours.clear();
    size_t had = 0;
    bool is_hurt = false;
    const auto each = [&](Slot of, auto&& visit) {
        const Slot* ids = ids_of(shape, input.graph->block(of));
        for (uint32_t i = 0; i < shape.degree && ids[i] != kNoSlot; ++i) {
            if (ids[i] < input.new_slots.size()) visit(ids[i]);  // a graph that still grows has ids beyond
        }
    };
    const auto add = [&](Slot old_id) {
        const Slot id = input.new_slots[old_id];
        if (id != kNoSlot && id != self) neighbours.push_back(id);
    };
    each(old_slot, [&](Slot id) {
        ++had;
        add(id);
        if (input.new_slots[id] != kNoSlot) return;
        is_hurt = true;
        each(id, add);
    });
    if (!is_hurt) {
        write_ids(self, neighbours);
        return;
    }
    std::sort(neighbours.begin(), neighbours.end());
    neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
    choose_among(*view(), options_, self, neighbours, scratch);
    // No more than it had: with more, each step of a walk takes longer, and hardly fewer are needed.
    if (scratch.prune.kept.size() > had) scratch.prune.kept.resize(had);
    write_ids(self, scratch.prune.kept);
}

}  // namespace vz
