#include "engine/collection/graphs.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"

namespace vz {
namespace {

constexpr uint32_t kCalibratedRowsMin = 2000;

bool wants_graph(const VectorFieldSchema& field) { return field.index == VZ_INDEX_GRAPH; }

}  // namespace

IndexOptions index_options(const VectorFieldSchema& field) {
    IndexOptions options;
    options.dim = field.dim;
    options.metric = field.metric;
    options.quantization = field.quantization;
    if (field.degree != 0) options.degree = field.degree;
    if (field.build_effort != 0) options.build_effort = field.build_effort;
    // The graph's file keeps the seed: by it a graph built with another effort is known, and one whose field wanted no
    // codes.
    const uint64_t without_codes = field.quantization == VZ_QUANTIZATION_NONE ? 1 : 0;
    options.seed = (without_codes << 63 | uint64_t{field.build_effort} << 32 | field.id) + 1;
    return options;
}

namespace {

bool is_built_as(const IndexOptions& wanted, const BlockShape& shape, uint64_t seed) {
    // `auto` goes by the rows, as they came: codes of either kind, or none where they do not tell rows apart.
    const bool fits = wanted.quantization == VZ_QUANTIZATION_AUTO ||
                      (wanted.quantization == VZ_QUANTIZATION_NONE) == (shape.layout == Layout::kFp32);
    return seed == wanted.seed && fits &&
           shape == make_block_shape(shape.layout, wanted.dim, wanted.degree, shape.header_place());
}

}  // namespace

Status check_index(const VectorFieldSchema& field) {
    Status checked = index_options(field).check();
    if (checked.ok()) return checked;
    const std::string path = std::string("vector_fields.") + checked.error().field;
    return std::move(checked).field(path);
}

uint64_t scan_bytes(const VectorFieldSchema& field) { return align_up(uint64_t{field.dim} * sizeof(float), 64); }

// ---- growing ----

GrowingGraphs::GrowingGraphs(const Schema& schema, const GrowingSegment& rows) {
    for (const VectorFieldSchema& field : schema.fields) {
        if (!wants_graph(field)) continue;
        auto& own = fields_.emplace_back(std::make_unique<Field>());
        own->rows = &rows;
        own->id = field.id;
        own->row_bytes = scan_bytes(field);
        own->options = index_options(field);
        own->slots_max = static_cast<uint32_t>(std::min(kGrowingGraphBytesMax / own->row_bytes, kGrowingGraphSlotsMax));
        tail_bytes_max_ = std::max({tail_bytes_max_, kTailBytesMax, kTailRowsMin * own->row_bytes});
    }
}

FieldGraph GrowingGraphs::field(uint32_t field_id) const {
    for (const auto& field : fields_) {
        if (field->id != field_id) continue;
        const GrowingIndex* index = field->visible.load(std::memory_order_acquire);
        if (index == nullptr) return {};
        const uint32_t linked = index->linked();
        const Curve* curve = field->curve.load(std::memory_order_acquire);
        const float grown =
            curve == nullptr
                ? 1
                : static_cast<float>(linked) / static_cast<float>(field->calibrated_at.load(std::memory_order_relaxed));
        return {linked == 0 ? nullptr : index->view(), linked, curve, grown};
    }
    return {};
}

uint64_t GrowingGraphs::tail_bytes(uint32_t rows) const {
    uint64_t most = 0;
    for (const auto& field : fields_) {
        const GrowingIndex* index = field->visible.load(std::memory_order_acquire);
        const uint32_t linked = index == nullptr ? 0 : index->linked();
        if (linked < rows && linked < field->slots_max) most = std::max(most, (rows - linked) * field->row_bytes);
    }
    return most;
}

Status GrowingGraphs::link(uint32_t end, Workers& workers) {
    const std::scoped_lock lock(linking_);
    for (const auto& field : fields_) {
        if (field->index == nullptr) {
            const RowSource rows = {[](const void* owner, Slot slot) {
                                        const auto* of = static_cast<const Field*>(owner);
                                        return of->rows->vector(of->id, slot);
                                    },
                                    field.get()};
            VZ_ASSIGN(field->index, GrowingIndex::create(field->options, rows, field->slots_max));
            field->visible.store(field->index.get(), std::memory_order_release);
        }
        VZ_TRY(field->index->link(std::min(end, field->slots_max), workers));
    }
    return {};
}

bool GrowingGraphs::wants_calibration(const Field& field) {
    const GrowingIndex* index = field.visible.load(std::memory_order_acquire);
    const uint32_t at = field.calibrated_at.load(std::memory_order_relaxed);
    return index != nullptr && index->linked() >= std::max(kCalibratedRowsMin, at + at / 2);
}

bool GrowingGraphs::wants_calibration() const {
    return std::any_of(fields_.begin(), fields_.end(), [](const auto& field) { return wants_calibration(*field); });
}

void GrowingGraphs::calibrate(Workers& workers) {
    for (const auto& field : fields_) {
        if (!wants_calibration(*field)) continue;
        const FieldGraph graph = this->field(field->id);
        field->curves.push_back(std::make_unique<const Curve>(
            vz::calibrate(*graph.view, graph.linked, field->id, Calibration::kQuick, workers)));
        field->calibrated_at = graph.linked;
        field->curve.store(field->curves.back().get(), std::memory_order_release);
    }
}

bool GrowingGraphs::is_as_declared(const VectorFieldSchema& declared) const {
    for (const auto& field : fields_) {
        if (field->id != declared.id) continue;
        const IndexOptions wanted = index_options(declared);
        return field->options.degree == wanted.degree && field->options.quantization == wanted.quantization &&
               field->options.seed == wanted.seed;
    }
    return true;
}

uint64_t GrowingGraphs::bytes() const {
    uint64_t sum = 0;
    for (const auto& field : fields_) {
        const GrowingIndex* index = field->visible.load(std::memory_order_acquire);
        if (index != nullptr) sum += index->bytes();
    }
    return sum;
}

// ---- sealed ----

SealedGraphs::SealedGraphs(const Schema& schema, const SealedSegment& segment) {
    const auto open = [&](Field& field, std::span<const std::byte> meta_bytes) -> Status {
        VZ_TRY(segment.verify_derived(SectionKind::kGraphMeta, field.id));
        VZ_ASSIGN(IndexMeta meta, decode_index_meta(meta_bytes));
        const VectorFieldSchema& known = *schema.field_by_id(field.id);
        if (meta.shape.dim != known.dim || meta.metric != known.metric || meta.slots != segment.row_count()) {
            return failure(VZ_CORRUPTION, "index: the graph is of other rows");
        }
        VZ_ASSIGN(field.mapped,
                  SealedIndex::open(std::move(meta), segment.derived(SectionKind::kGraph, field.id), field.rows()));
        field.index.store(field.mapped.get(), std::memory_order_release);
        return {};
    };
    for (const VectorFieldSchema& known : schema.fields) {
        const auto meta = segment.derived(SectionKind::kGraphMeta, known.id);
        if (meta.empty()) continue;
        auto field = std::make_unique<Field>();
        field->segment = &segment;
        field->id = known.id;
        const Status opened = open(*field, meta);
        if (opened.ok()) {
            fields_.push_back(std::move(field));
        } else {
            problems_.emplace_back(opened.error().message);
        }
    }
}

RowSource SealedGraphs::Field::rows() const {
    return {[](const void* owner, Slot slot) {
                const auto* of = static_cast<const Field*>(owner);
                return of->segment->vector(of->id, slot);
            },
            this};
}

void SealedGraphs::copy_to_memory(MemoryBudget& budget) {
    for (const auto& field : fields_) {
        // What cannot be copied is searched where it lies.
        if (field->copy == nullptr) static_cast<void>(copy(*field, budget).ok());
    }
}

// A walk reads blocks all over the graph: of a map, whose pages are mostly small ones, each is a miss of the TLB.
Status SealedGraphs::copy(Field& field, MemoryBudget& budget) {
    const IndexMeta& meta = field.mapped->meta();
    const auto blocks =
        field.segment->derived(SectionKind::kGraph, field.id).first(uint64_t{meta.shape.stride} * meta.indexed_slots);
    std::optional<MemoryBudget::Share> share = budget.take(blocks.size());
    if (!share || blocks.empty()) return {};
    VZ_ASSIGN(Arena arena, Arena::reserve(blocks.size()));
    std::memcpy(arena.data(), blocks.data(), blocks.size());
    const Mapping& mapping = field.segment->mapping();
    if (mapping.failed()) return {};
    VZ_ASSIGN(std::unique_ptr<SealedIndex> index, SealedIndex::open(meta, {arena.data(), blocks.size()}, field.rows()));
    field.copy = std::make_unique<Copy>(Copy{std::move(*share), std::move(arena), std::move(index)});
    field.index.store(field.copy->index.get(), std::memory_order_release);
    copied_bytes_.fetch_add(blocks.size(), std::memory_order_relaxed);
    mapping.advise(Mapping::Advice::kRelease, static_cast<uint64_t>(blocks.data() - mapping.bytes().data()),
                   blocks.size());
    return {};
}

std::vector<std::string> SealedGraphs::find_problems() const {
    std::vector<std::string> found = problems_;
    for (const auto& field : fields_) {
        const Slot slot = field->mapped->find_bad_link();
        if (slot != kNoSlot) found.push_back("index: a link of row " + std::to_string(slot) + " leads nowhere");
    }
    return found;
}

uint64_t SealedGraphs::bytes() const {
    uint64_t sum = 0;
    for (const auto& field : fields_) sum += field->segment->derived(SectionKind::kGraph, field->id).size();
    return sum;
}

bool SealedGraphs::is_as_declared(const VectorFieldSchema& declared) const {
    for (const auto& field : fields_) {
        if (field->id == declared.id)
            return is_built_as(index_options(declared), field->mapped->meta().shape, field->mapped->meta().seed);
    }
    return true;
}

FieldGraph SealedGraphs::field(uint32_t field_id) const {
    for (const auto& field : fields_) {
        if (field->id != field_id) continue;
        const SealedIndex* index = field->index.load(std::memory_order_acquire);
        return {index->view(), index->meta().indexed_slots, &index->meta().curve};
    }
    return {};
}

}  // namespace vz
