// How parts take each other's place while readers and writers go on: growing ones end, sealed ones come.
#include <algorithm>

#include "engine/collection/collection.hpp"

namespace vz {

std::optional<Frozen> Collection::freeze() {
    const std::scoped_lock lock(sequencing_);
    return is_sealed() ? std::nullopt : std::optional(freeze_locked());
}

Frozen Collection::freeze_whole() {
    const std::scoped_lock lock(sequencing_);
    return freeze_locked();
}

std::vector<std::optional<Frozen>> Collection::freeze_together(
    std::span<const std::shared_ptr<Collection>> collections) {
    // The one place where several of these locks are held: in the order of ids, under the mutex of checkpoints.
    std::vector<std::shared_ptr<Collection>> in_order(collections.begin(), collections.end());
    std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) { return a->id() < b->id(); });
    std::vector<std::unique_lock<std::mutex>> locks;
    for (const auto& collection : in_order) locks.emplace_back(collection->sequencing_);
    std::vector<std::optional<Frozen>> frozen;
    for (const auto& collection : collections)
        frozen.push_back(collection->is_sealed() ? std::nullopt : std::optional(collection->freeze_locked()));
    return frozen;
}

Frozen Collection::freeze_locked() {
    Frozen frozen;
    frozen.through = last_lsn();
    frozen.updated_ms = updated_ms_.load(std::memory_order_relaxed);
    frozen.unsealed_bytes = unsealed_bytes();
    frozen.schema = schema();
    frozen.parts = std::atomic_load(&parts_);
    for (const auto& part : *frozen.parts) {
        if (part->growing() != nullptr && part->row_count() != 0) frozen.growing.push_back(part);
    }
    // One that is empty takes what comes.
    if (frozen.growing.empty() || frozen.parts->front()->row_count() == 0) return frozen;
    auto more = std::make_shared<PartList>(*frozen.parts);
    more->insert(more->begin(), std::make_shared<Part>(*frozen.schema));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(more)));
    return frozen;
}

namespace {

// Ends that came while a segment was written.
void carry_ends(Part& part, const std::vector<RowRef>& sources) {
    for (uint32_t row = 0; row < sources.size(); ++row) {
        const Lsn ended = sources[row].part->ended(sources[row].row);
        if (ended != kAlive) part.set_ended(row, ended);
    }
}

}  // namespace

void Collection::publish_sealed(const Frozen& frozen, std::shared_ptr<Part> part, const std::vector<RowRef>& sources) {
    const std::scoped_lock lock(sequencing_);
    if (part != nullptr) carry_ends(*part, sources);
    auto parts = std::make_shared<PartList>();
    const PartList inputs = frozen.inputs();
    for (const auto& each : *std::atomic_load(&parts_)) {
        if (std::find(inputs.begin(), inputs.end(), each) == inputs.end()) parts->push_back(each);
    }
    const auto oldest_growing =
        std::find_if(parts->begin(), parts->end(), [](const auto& each) { return each->sealed() != nullptr; });
    if (part != nullptr) parts->insert(oldest_growing, std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
    through_lsn_.store(frozen.through, std::memory_order_release);
    unsealed_bytes_.fetch_sub(frozen.unsealed_bytes, std::memory_order_relaxed);
}

void Collection::publish_compacted(const PartList& inputs, std::shared_ptr<Part> part,
                                   const std::vector<RowRef>& sources) {
    const std::scoped_lock lock(sequencing_);
    if (part != nullptr) carry_ends(*part, sources);
    auto parts = std::make_shared<PartList>(*std::atomic_load(&parts_));
    std::erase_if(*parts,
                  [&](const auto& each) { return std::find(inputs.begin(), inputs.end(), each) != inputs.end(); });
    if (part != nullptr) parts->push_back(std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
}

void Collection::add_sealed(std::shared_ptr<Part> part, const Bitmap& ended) {
    // A row that the manifest's bitmap names ended before everything that can be read.
    ended.for_each([&](uint32_t row) { part->set_ended(row, 1); });
    const auto live = static_cast<int64_t>(part->row_count() - ended.cardinality());
    sequenced_live_ += live;
    live_.fetch_add(live);
    auto parts = std::make_shared<PartList>(*std::atomic_load(&parts_));
    parts->insert(parts->begin(), std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
}

}  // namespace vz
