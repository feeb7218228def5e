#include "engine/collection/growing_segment.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/base/bytes.hpp"
#include "engine/base/expiry.hpp"
#include "engine/base/limits.hpp"

namespace vz {
namespace {

constexpr size_t kArenaBlockFirst = 4 * kKiB;
constexpr size_t kArenaBlockMax = 1 * kMiB;
constexpr uint32_t kTableFirst = 64;
constexpr uint64_t kHashSeed = 0x5A;

size_t padded_floats(uint32_t dim) { return align_up(dim, 64 / sizeof(float)); }

}  // namespace

std::string_view ByteArena::copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > left_) {
        const size_t usual = std::min(kArenaBlockFirst << std::min<size_t>(blocks_.size(), 8), kArenaBlockMax);
        const size_t size = std::max(usual, bytes.size());
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
        next_ = blocks_.back().get();
        left_ = size;
        total_ += size;
    }
    std::memcpy(next_, bytes.data(), bytes.size());
    const std::string_view copied(next_, bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return copied;
}

GrowingSegment::GrowingSegment(const Schema& schema) {
    for (const VectorFieldSchema& field : schema.fields) {
        fields_.push_back({field.id, field.dim});
        vectors_.push_back(std::make_unique<Chunks<float>>(padded_floats(field.dim)));
    }
    tables_.push_back(std::make_unique<IdTable>(kTableFirst));
    table_.store(tables_.back().get(), std::memory_order_release);
}

bool GrowingSegment::is_for(const Schema& schema) const {
    return std::equal(fields_.begin(), fields_.end(), schema.fields.begin(), schema.fields.end(),
                      [](const Field& own, const VectorFieldSchema& wanted) { return own.id == wanted.id; });
}

void GrowingSegment::insert(IdTable& table, uint32_t row) {
    const IdView& id = rows_.at(row)->id;
    for (auto slot = static_cast<uint32_t>(hash_id(id, kHashSeed)) & table.mask;; slot = (slot + 1) & table.mask) {
        const uint32_t entry = table.slots[slot].load(std::memory_order_relaxed);
        if (entry == 0 || rows_.at(entry - 1)->id == id) {
            table.slots[slot].store(row + 1, std::memory_order_release);
            return;
        }
    }
}

void GrowingSegment::grow_table() {
    IdTable* old = table_.load(std::memory_order_relaxed);
    auto bigger = std::make_unique<IdTable>((old->mask + 1) * 2);
    for (uint32_t slot = 0; slot <= old->mask; ++slot) {
        const uint32_t entry = old->slots[slot].load(std::memory_order_relaxed);
        if (entry != 0) insert(*bigger, entry - 1);
    }
    tables_.push_back(std::move(bigger));
    table_.store(tables_.back().get(), std::memory_order_release);
}

uint32_t GrowingSegment::newest(const IdView& id) const {
    const IdTable& table = *table_.load(std::memory_order_acquire);
    for (auto slot = static_cast<uint32_t>(hash_id(id, kHashSeed)) & table.mask;; slot = (slot + 1) & table.mask) {
        const uint32_t entry = table.slots[slot].load(std::memory_order_acquire);
        if (entry == 0) return kNoRow;
        if (rows_.at(entry - 1)->id == id) return entry - 1;
    }
}

uint32_t GrowingSegment::stage(const NewRow& from) {
    const uint32_t row = row_count_.load(std::memory_order_relaxed);
    rows_.reserve(uint64_t{row} + 1);
    for (const auto& field : vectors_) field->reserve(uint64_t{row} + 1);
    if ((uint64_t{row} + 1) * 2 > table_.load(std::memory_order_relaxed)->mask) grow_table();

    Row* to = new (rows_.at(row)) Row;
    to->version.store(kStaged, std::memory_order_relaxed);
    to->ended.store(kAlive, std::memory_order_relaxed);
    to->id = from.id;
    to->id.text = arena_.copy(from.id.text);
    to->payload = arena_.copy(from.payload);
    to->expiry = from.expiry;
    if (expiry_ms(from.expiry) != 0) has_expiry_.store(true, std::memory_order_release);
    to->present = 0;
    uint64_t row_bytes = sizeof(Row) + from.id.text.size() + from.payload.size();
    for (size_t i = 0; i < fields_.size(); ++i) {
        if (from.vectors == nullptr || from.vectors[i] == nullptr) continue;
        float* vector = vectors_[i]->at(row);
        std::copy_n(from.vectors[i], fields_[i].dim, vector);
        std::fill(vector + fields_[i].dim, vector + padded_floats(fields_[i].dim), 0.0F);
        to->present |= uint64_t{1} << i;
        row_bytes += padded_floats(fields_[i].dim) * sizeof(float);
    }
    to->previous = newest(to->id);
    insert(*table_.load(std::memory_order_relaxed), row);
    bytes_.fetch_add(row_bytes, std::memory_order_relaxed);
    payload_bytes_.fetch_add(from.payload.size(), std::memory_order_relaxed);
    row_count_.store(row + 1, std::memory_order_release);
    return row;
}

uint32_t GrowingSegment::find_latest(const IdView& id) const {
    for (uint32_t row = newest(id); row != kNoRow; row = rows_.at(row)->previous) {
        if (version(row) == kAlive) continue;
        return ended(row) == kAlive ? row : kNoRow;
    }
    return kNoRow;
}

uint32_t GrowingSegment::find(const IdView& id, Lsn visible) const {
    for (uint32_t row = newest(id); row != kNoRow; row = rows_.at(row)->previous) {
        if (is_visible(row, visible)) return row;
    }
    return kNoRow;
}

const float* GrowingSegment::vector(uint32_t field_id, uint32_t row) const {
    for (size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].id == field_id) return (rows_.at(row)->present >> i & 1) != 0 ? vectors_[i]->at(row) : nullptr;
    }
    return nullptr;
}

}  // namespace vz
