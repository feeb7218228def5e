#include "engine/index/growing_index.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/index/code_guard.hpp"
#include "engine/index/entries.hpp"
#include "engine/index/score.hpp"

namespace vz {
namespace {

constexpr uint32_t kMeanRows = 1024;      // rows whose mean centres the codes
constexpr uint32_t kBatchRows = 64;       // linked at a time, by all workers
constexpr uint32_t kViewSlotsMin = 4096;  // what a walk allocates at least
// Under the dot metric the longest rows are the answers, so the virtual coordinates must tell rows near their length
// apart. With the largest norm as M, one outlier makes those of all others alike; 0.97 to 0.993 of the rows below M are
// about as good.
constexpr double kLiftQuantile = 0.985;
constexpr float kCodedNormMax = 1e16F;  // the square of a sum of some such rows is still finite
constexpr uint32_t kNormSample = 1U << 16;
constexpr uint32_t kSlotsMax = 0x7fff'ffff;  // a pool keeps a mark in the top bit

}  // namespace

Status IndexOptions::check() const {
    if (dim == 0 || dim > VZ_DIM_MAX)
        return failure(VZ_INVALID_ARGUMENT, "dim must be 1 to 65536").reason(VZ_REASON_RANGE).field("dim");
    if (metric < VZ_COSINE || metric > VZ_MANHATTAN)
        return failure(VZ_INVALID_ARGUMENT, "no such metric").reason(VZ_REASON_METRIC).field("metric");
    if (degree < VZ_DEGREE_MIN || degree > VZ_DEGREE_MAX)
        return failure(VZ_INVALID_ARGUMENT, "degree must be 4 to 256").reason(VZ_REASON_RANGE).field("degree");
    if (build_effort < VZ_BUILD_EFFORT_MIN || build_effort > VZ_BUILD_EFFORT_MAX) {
        return failure(VZ_INVALID_ARGUMENT, "build_effort must be 8 to 4096")
            .reason(VZ_REASON_RANGE)
            .field("build_effort");
    }
    if (quantization > VZ_QUANTIZATION_SQ8)
        return failure(VZ_UNSUPPORTED, "no such quantization").field("quantization");
    if (metric == VZ_MANHATTAN && quantization == VZ_QUANTIZATION_SQ8) {
        return failure(VZ_UNSUPPORTED, "sq8 does not keep manhattan distances").field("quantization");
    }
    return {};
}

struct GrowingIndex::Published {
    std::unique_ptr<EntrySet> entries;
    GraphView view;
};

GrowingIndex::GrowingIndex(const IndexOptions& options, RowSource rows, uint32_t slots_max)
    : options_(options), rows_(rows), slots_max_(slots_max) {}

GrowingIndex::~GrowingIndex() = default;

Result<std::unique_ptr<GrowingIndex>> GrowingIndex::create(const IndexOptions& options, RowSource rows,
                                                           uint32_t slots_max) {
    VZ_TRY(options.check());
    if (slots_max > kSlotsMax) return failure(VZ_LIMIT_EXCEEDED, "a graph has at most 2^31 - 1 slots");
    return std::unique_ptr<GrowingIndex>(new GrowingIndex(options, rows, slots_max));
}

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
    write_ids(self, scratch.prune.kept);
}

std::span<const std::byte> GrowingIndex::blocks() const {
    if (quantizers_.empty()) return {};
    return {arenas_.back()->data(), size_t{quantizers_.back()->shape().stride} * linked()};
}

std::byte* GrowingIndex::block(Slot slot) {
    return arenas_.back()->data() + size_t{quantizers_.back()->shape().stride} * slot;
}

uint64_t GrowingIndex::bytes() const {
    const GraphView* graph = view();
    if (graph == nullptr) return 0;
    return uint64_t{graph->shape().stride} * linked() + graph->entries->blocks.size();
}

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

// The first row that is not bytes moves the graph to codes of another kind; its edges stay.
Status GrowingIndex::choose_layout(Slot end) {
    const bool may_be_bytes = options_.quantization != VZ_QUANTIZATION_NONE && options_.metric != VZ_COSINE;
    const bool is_bytes = quantizers_.empty() || quantizers_.back()->shape().layout == Layout::kBytes;
    if (!quantizers_.empty() && !is_bytes) return {};
    bool all_bytes = may_be_bytes;
    for (Slot slot = linked(); slot < end && all_bytes; ++slot) {
        const float* row = rows_(slot);
        all_bytes = row == nullptr || Quantizer::are_bytes(row, options_.dim);
    }
    if (all_bytes && !quantizers_.empty()) return {};
    if (all_bytes) return start(Layout::kBytes, end);
    const bool fp32 = options_.quantization == VZ_QUANTIZATION_NONE || options_.metric == VZ_MANHATTAN;
    return start(fp32 ? Layout::kFp32 : Layout::kSq8, end);
}

bool GrowingIndex::may_drop_codes() const {
    return options_.quantization == VZ_QUANTIZATION_AUTO && !quantizers_.empty() &&
           quantizers_.back()->shape().layout == Layout::kSq8;
}

// Data whose nearest rows 8 bits a value cannot tell apart is walked in fp32, unless SQ8 was asked for. Looked at anew
// as it grows. So is a row whose squared norm leaves float32, as headers keep it.
Status GrowingIndex::guard_codes(Slot end) {
    if (!may_drop_codes()) return {};
    if (options_.metric != VZ_COSINE && has_longer(linked(), end, kCodedNormMax)) return start(Layout::kFp32, end);
    if (end < 64 || end / 4 < guarded_at_) return {};
    guarded_at_ = end;
    constexpr double kShareLeast = 0.95;
    if (share_found_by_codes(*quantizers_.back(), rows_, end) >= kShareLeast) return {};
    return start(Layout::kFp32, end);
}

bool GrowingIndex::has_longer(Slot begin, Slot end, float norm) const {
    for (Slot slot = begin; slot < end; ++slot) {
        const float* row = rows_(slot);
        if (row != nullptr && row_norm(row, options_.dim) > norm) return true;
    }
    return false;
}

Result<bool> GrowingIndex::drop_codes() {
    if (!may_drop_codes()) return false;
    VZ_TRY(start(Layout::kFp32, linked()));
    return true;
}

Status GrowingIndex::start(Layout layout, Slot sample_end) {
    const BlockShape shape = choose_block_shape(layout, options_.dim, options_.degree, options_.metric);
    std::vector<float> mean;
    if (layout == Layout::kSq8) {
        std::vector<const float*> sample;
        for (Slot slot = 0; slot < sample_end && sample.size() < kMeanRows; ++slot) {
            if (const float* row = rows_(slot)) sample.push_back(row);
        }
        mean = Quantizer::mean_of(options_.metric, options_.dim, sample);
    }
    VZ_ASSIGN(Arena arena, Arena::reserve(uint64_t{shape.stride} * slots_max_));
    auto quantizer = std::make_unique<Quantizer>(options_.metric, shape, options_.seed, std::move(mean));
    if (!quantizers_.empty()) {
        const BlockShape& old = quantizers_.back()->shape();
        const std::byte* old_blocks = arenas_.back()->data();
        std::vector<float> scratch;
        for (Slot slot = 0; slot < linked(); ++slot) {
            std::byte* to = arena.data() + size_t{shape.stride} * slot;
            const std::byte* from = old_blocks + size_t{old.stride} * slot;
            if (const float* row = rows_(slot)) {
                quantizer->encode(row, to, scratch);
            } else {
                std::memcpy(to + shape.header_at, from + old.header_at, sizeof(BlockHeader));
            }
            std::memcpy(ids_of(shape, to), ids_of(old, from), shape.degree * sizeof(Slot));
        }
    }
    arenas_.push_back(std::make_unique<Arena>(std::move(arena)));
    quantizers_.push_back(std::move(quantizer));
    if (view() != nullptr) refresh_entries();
    return {};
}

Status GrowingIndex::encode(Slot begin, Slot end, Workers& workers) {
    constexpr uint32_t kRowsATask = 64;
    const Quantizer& quantizer = *quantizers_.back();
    run_on(workers, (end - begin + kRowsATask - 1) / kRowsATask, [&](uint32_t task, uint32_t worker) {
        const Slot first = begin + task * kRowsATask;
        for (Slot slot = first; slot < std::min(end, first + kRowsATask); ++slot) {
            std::byte* to = block(slot);
            if (const float* row = rows_(slot)) {
                quantizer.encode(row, to, scratch_[worker].row);
            } else {
                BlockHeader absent = {};
                absent.flags = kAbsentRow;
                std::memcpy(to + quantizer.shape().header_at, &absent, sizeof absent);
            }
            std::memset(ids_of(quantizer.shape(), to), 0xff, quantizer.shape().degree * sizeof(Slot));
        }
    });
    if (options_.metric == VZ_DOT && end / 2 >= lift_at_) {
        choose_lift(end);
        if (view() != nullptr) publish(std::make_unique<EntrySet>(*view()->entries));
    }
    return {};
}

void GrowingIndex::choose_lift(Slot end) {
    std::vector<float> norms;
    const Slot step = std::max(1U, end / kNormSample);
    for (Slot slot = 0; slot < end; slot += step) {
        const BlockHeader& header = header_of(quantizers_.back()->shape(), block(slot));
        if ((header.flags & kAbsentRow) == 0) norms.push_back(header.norm);
    }
    lift_at_ = end;
    if (norms.empty()) return;
    const auto place = norms.begin() + static_cast<ptrdiff_t>(kLiftQuantile * static_cast<double>(norms.size() - 1));
    std::nth_element(norms.begin(), place, norms.end());
    lift_norm_ = *place;
}

void GrowingIndex::publish(std::unique_ptr<EntrySet> entries) {
    const uint64_t ahead = std::max<uint64_t>(kViewSlotsMin, 2 * uint64_t{linked()} + kBatchRows);
    view_slots_ = std::max(view_slots_, static_cast<uint32_t>(std::min<uint64_t>(ahead, slots_max_)));
    auto next = std::make_unique<Published>();
    next->view = {quantizers_.back().get(), arenas_.back()->data(), entries.get(), rows_, view_slots_, lift_norm_};
    next->entries = std::move(entries);
    published_.push_back(std::move(next));
    view_.store(&published_.back()->view, std::memory_order_release);
}

void GrowingIndex::refresh_entries() {
    const uint32_t count = linked();
    if (scratch_.empty()) scratch_.resize(1);
    const GraphView graph = {quantizers_.back().get(), arenas_.back()->data(), nullptr, rows_, count, lift_norm_};
    publish(choose_entries(graph, options_.seed, scratch_[0].walk));
    // Many of them are there for clusters that each need one: new clusters have none yet.
    entries_due_ = view()->entries->slots.size() > least_entries(count) ? count + count / 4 : 2 * count;
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
