#include "engine/collection/part.hpp"

#include <algorithm>

namespace vz {
namespace {

// A search takes fewer itself before it begins.
constexpr uint32_t kRowsBehindMax = 1024;

template <class Visit>
void for_each_text(const Schema& schema, Visit&& visit) {
    for (const FieldIndexSchema& declared : schema.field_indexes) {
        if (declared.kind == VZ_FIELD_INDEX_TEXT) visit(declared);
    }
}

}  // namespace

void Part::announce(uint32_t field_id, uint32_t begin, uint32_t end) const {
    if (!sealed_ || read_ahead_.has_all || begin >= end) return;
    const float* first = sealed_->vector(field_id, begin);
    const float* last = sealed_->vector(field_id, end - 1);
    if (first == nullptr || last == nullptr) return;
    const Mapping& mapping = sealed_->mapping();
    const auto offset = reinterpret_cast<const std::byte*>(first) - mapping.bytes().data();
    const auto bytes = reinterpret_cast<const std::byte*>(last + 1) - reinterpret_cast<const std::byte*>(first);
    mapping.advise(Mapping::Advice::kWillNeed, static_cast<uint64_t>(offset), static_cast<uint64_t>(bytes));
}

void Part::announce_whole() const {
    if (!sealed_ || read_ahead_.has_all) return;
    const Mapping& mapping = sealed_->mapping();
    mapping.advise(Mapping::Advice::kNormal, 0, mapping.bytes().size());
}

bool Part::wants_indexes(const Schema& schema) const {
    if (!growing_) return !are_those_declared(schema, *indexes());
    bool is_behind = false;
    for_each_text(schema, [&](const FieldIndexSchema& declared) {
        is_behind = is_behind || growing_texts_.at(declared)->rows() + kRowsBehindMax <= growing_->row_count();
    });
    return is_behind;
}

void Part::refresh_indexes(const Schema& schema) {
    if (growing_) {
        growing_texts_.keep_declared(schema);
        for_each_text(schema, [&](const FieldIndexSchema& declared) { growing_text(declared); });
        return;
    }
    const auto known = indexes();
    auto fresh = vz::refresh_indexes(schema, *sealed_, known);
    if (fresh != known) std::atomic_store(&indexes_, std::move(fresh));
}

std::shared_ptr<const GrowingTextIndex> Part::growing_text(const FieldIndexSchema& declared) const {
    const std::shared_ptr<GrowingTextIndex> index = growing_texts_.at(declared);
    index->extend(growing_->row_count(), [this](uint32_t row) { return growing_->payload(row); });
    return index;
}

void Part::distrust(SectionKind kind) {
    switch (kind) {
        case SectionKind::kGraph:
        case SectionKind::kGraphMeta: graphs_distrusted_.store(true, std::memory_order_relaxed); break;
        case SectionKind::kFieldIndex:
        case SectionKind::kTextIndex: std::atomic_store(&indexes_, std::make_shared<const IndexList>()); break;
        case SectionKind::kComponentCounts: {
            const std::scoped_lock lock(counting_);
            counts_distrusted_ = true;
            break;
        }
        default: break;
    }
}

void Part::check_graphs(const Schema& schema) {
    if (!sealed_) return;
    for (const VectorFieldSchema& field : schema.fields) {
        for (const SectionKind kind : {SectionKind::kGraphMeta, SectionKind::kGraph}) {
            if (!sealed_->verify_derived(kind, field.id).ok()) distrust(kind);
        }
    }
}

ComponentCounts& Part::component_counts(const VectorFieldSchema& field) const {
    const std::scoped_lock lock(counting_);
    for (const auto& known : component_counts_) {
        if (known->field_id() == field.id) return *known;
    }
    const bool has_section = sealed_ && !counts_distrusted_;
    auto counts = has_section ? ComponentCounts::of(*sealed_, field) : std::make_unique<ComponentCounts>(field);
    return *component_counts_.emplace_back(std::move(counts));
}

Status check_readable(const PartList& parts) {
    for (const auto& part : parts) {
        if (part->failed())
            return failure(VZ_CORRUPTION, "%s", part->sealed()->check_readable().error().message).field("collection");
    }
    return {};
}

}  // namespace vz
