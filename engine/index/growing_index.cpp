#include "engine/index/growing_index.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/index/code_guard.hpp"
#include "engine/index/entries.hpp"
#include "engine/index/score.hpp"

namespace vz {
namespace {

constexpr uint32_t kMeanRows = 1024;      // rows whose mean centres the codes
constexpr uint32_t kViewSlotsMin = 4096;  // what a walk allocates at least
// Under the dot metric the longest rows are the answers, so the virtual coordinates must tell rows near their length
// apart. With the largest norm as M, one outlier makes those of all others alike; 0.97 to 0.993 of the rows below M are
// about as good.
constexpr double kLiftQuantile = 0.985;
constexpr float kCodedNormMax = 1e16F;  // the square of a sum of some such rows is still finite
constexpr uint32_t kNormSample = 1U << 16;
constexpr uint32_t kSlotsMax = 0x7fff'ffff;  // a pool keeps a mark in the top bit

}  // namespace

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

}  // namespace vz
