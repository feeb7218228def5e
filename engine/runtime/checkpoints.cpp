#include "engine/runtime/checkpoints.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/upkeep.hpp"

namespace vz {

Result<Lsn> Checkpoints::take(Collection& collection) {
    const Lock one_at_a_time = exclude();
    VZ_TRY(collection.health());
    std::optional<Frozen> frozen = collection.freeze();
    if (!frozen) return collection.through_lsn();
    const Lsn through = frozen->through;
    std::vector<Frozen> all;
    all.push_back(std::move(*frozen));
    const std::shared_ptr<Collection> one = collection.shared_from_this();
    VZ_TRY(seal_frozen({&one, 1}, std::move(all)));
    clean_up();
    return through;
}

struct Checkpoints::Sealing {
    Sealing(std::shared_ptr<Collection> of, Frozen taken)
        : collection(std::move(of)), frozen(std::move(taken)), live(*frozen.schema, frozen.inputs(), frozen.through) {
        edit.collection = collection->id();
        edit.through_lsn = frozen.through;
        edit.updated_ms = frozen.updated_ms;
    }

    std::shared_ptr<Collection> collection;
    Frozen frozen;
    LiveRows live;
    std::shared_ptr<Part> sealed;  // null: no row lived
    CheckpointOne edit;
};

Status Checkpoints::seal_frozen(std::span<const std::shared_ptr<Collection>> collections, std::vector<Frozen> frozen) {
    if (collections.empty()) return {};
    // Edits queue behind everything sequenced before, so this returns when all of that is durable and visible.
    VZ_TRY(database_.log->commit(ReserveFiles{database_.numbers->peek()}));

    std::vector<Sealing> sealings;
    sealings.reserve(collections.size());
    for (size_t i = 0; i < collections.size(); ++i) sealings.emplace_back(collections[i], std::move(frozen[i]));
    const SegmentStore::Claim file(*database_.segments);
    if (sealings.size() > 1) {
        VZ_TRY(seal_pack(sealings, file.number()));
    } else if (Sealing& one = sealings[0]; !one.live.sources().empty()) {
        VZ_ASSIGN(one.sealed, seal(*one.collection, *one.frozen.schema, one.live, file.number()));
    }
    Edit edit;
    Checkpoint& checkpoint = std::get<Checkpoint>(edit.actions.emplace_back(Checkpoint()));
    Status rest = seal_deletes(sealings);
    for (const Sealing& each : sealings) {
        if (rest.ok()) rest = database_.verify_rows(*each.collection, each.frozen.taken_along);
    }
    if (rest.ok() && !VZ_PLANT(segment_directory_not_synced)) rest = database_.segments->sync();
    if (!rest.ok()) {
        const bool has_file =
            std::any_of(sealings.begin(), sealings.end(), [](const Sealing& each) { return each.sealed != nullptr; });
        if (has_file) database_.segments->discard(file.number());
        return rest;
    }
    for (Sealing& each : sealings) {
        if (each.sealed != nullptr) each.edit.segments.push_back(each.sealed->ref());
        checkpoint.collections.push_back(std::move(each.edit));
    }
    for (const Sealing& each : sealings) {
        if (each.frozen.taken_along.empty()) continue;
        Replace gone;
        gone.collection = each.collection->id();
        for (const auto& part : each.frozen.taken_along) gone.remove.push_back(part->ref().file);
        edit.actions.emplace_back(std::move(gone));
    }
    VZ_TRY(database_.log->commit(std::move(edit)));
    for (Sealing& each : sealings) {
        each.collection->publish_sealed(each.frozen, std::move(each.sealed), each.live.sources());
        database_.notices.changed(each.collection);  // its schema, too, may have changed meanwhile
    }
    return {};
}

Status Checkpoints::take_replayed(std::span<const std::shared_ptr<Collection>> collections) {
    const Lock one_at_a_time = exclude();
    std::vector<std::shared_ptr<Collection>> chosen;
    std::vector<Frozen> frozen;
    for (const auto& collection : collections) {
        std::optional<Frozen> one = collection->freeze();
        if (!one) continue;
        chosen.push_back(collection);
        frozen.push_back(std::move(*one));
    }
    // Nothing is answered before all is replayed: graphs are finished in the background.
    const GraphsWanted wanted = std::exchange(graphs_wanted_, GraphsWanted::kAsTheyAre);
    Status sealed = seal_frozen(chosen, std::move(frozen));
    graphs_wanted_ = wanted;
    return sealed;
}

Result<std::shared_ptr<Part>> Checkpoints::seal(const Collection& collection, const Schema& schema,
                                                const LiveRows& live, uint64_t number) {
    // Nothing says so far that the part is there.
    Result<std::shared_ptr<Part>> sealed = or_out_of_memory([&]() -> Result<std::shared_ptr<Part>> {
        VZ_ASSIGN(const BuiltGraphs graphs, BuiltGraphs::build(schema, live, graphs_wanted_, database_.workers));
        VZ_ASSIGN(std::shared_ptr<Part> part, database_.segments->write(collection, schema, live, graphs, number));
        part->copy_graphs(database_.graph_copies);
        return part;
    });
    if (sealed.status().code() == VZ_OUT_OF_MEMORY) database_.segments->discard(number);
    return sealed;
}

Status Checkpoints::seal_pack(std::span<Sealing> sealings, uint64_t number) {
    std::vector<SegmentStore::Packed> packed;
    for (const Sealing& each : sealings)
        packed.push_back({each.collection.get(), each.frozen.schema.get(), &each.live});
    VZ_ASSIGN(std::vector<std::shared_ptr<Part>> parts, database_.segments->write_pack(packed, number));
    for (size_t i = 0; i < sealings.size(); ++i) sealings[i].sealed = std::move(parts[i]);
    return {};
}

// Of the parts that stay, into one file for all.
Status Checkpoints::seal_deletes(std::span<Sealing> sealings) {
    std::vector<Bitmap> bitmaps;
    std::vector<uint64_t> segments;
    std::vector<CheckpointOne*> owners;
    for (Sealing& each : sealings) {
        const PartList& gone = each.frozen.taken_along;
        for (const auto& part : *each.frozen.parts) {
            if (part->sealed() == nullptr || std::find(gone.begin(), gone.end(), part) != gone.end()) continue;
            Bitmap ended = ended_rows(*part, each.frozen.through);
            if (ended.cardinality() == 0) continue;
            bitmaps.push_back(std::move(ended));
            segments.push_back(part->ref().file);
            owners.push_back(&each.edit);
        }
    }
    if (bitmaps.empty() || VZ_PLANT(checkpoint_forgets_marks)) return {};
    std::vector<DeleteEntry> entries;
    for (size_t i = 0; i < bitmaps.size(); ++i) entries.push_back({segments[i], &bitmaps[i]});
    VZ_ASSIGN(const std::vector<SegmentDeletes> written, database_.segments->write_deletes(entries));
    for (size_t i = 0; i < written.size(); ++i) owners[i]->deletes.push_back(written[i]);
    return {};
}

Result<Lsn> Checkpoints::take_all() {
    std::vector<std::shared_ptr<Collection>> small;
    std::vector<std::shared_ptr<Collection>> large;
    for (const auto& collection : database_.catalogue.list()) {
        if (!collection->health().ok()) continue;
        (growing_bytes(*collection) <= kPackedBytesMax ? small : large).push_back(collection);
    }
    // The small ones first: where the disk is full they may find room, and the logs that go then make more.
    VZ_TRY(take_small(small));
    for (const auto& collection : large) VZ_TRY(take(*collection).take_status());
    Lsn through = UINT64_MAX;
    for (const auto& collection : database_.catalogue.list()) {
        if (collection->health().ok()) through = std::min(through, collection->through_lsn());
    }
    return through == UINT64_MAX ? database_.log->durable() : through;
}

// As many in one file as fit, with those of older files that are hardly used any more.
Status Checkpoints::take_small(std::span<const std::shared_ptr<Collection>> collections) {
    if (collections.size() == 1) return take(*collections[0]).take_status();
    const std::set<uint64_t> thin = thin_packs();
    const auto is_in_thin = [&](const Part& part) {
        return part.sealed() != nullptr && thin.contains(part.ref().file);
    };
    for (size_t next = 0; next < collections.size();) {
        const Lock one_at_a_time = exclude();
        std::vector<std::shared_ptr<Collection>> chosen;
        std::vector<Frozen> frozen;
        uint64_t bytes = 0;
        for (; next < collections.size() && bytes < kPackBytesMax && chosen.size() < kPackSegmentsMax; ++next) {
            const std::shared_ptr<Collection>& collection = collections[next];
            const std::shared_ptr<const PartList> parts = collection->parts();
            const bool moves =
                std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return is_in_thin(*part); });
            std::optional<Frozen> one = moves ? std::optional(collection->freeze_whole()) : collection->freeze();
            if (!one) continue;
            if (moves || !one->growing.empty()) one->take_along(moves ? kPackMovedBytesMax : kPackedBytesMax);
            // One that is set aside here keeps nobody else from being sealed.
            if (!database_.verify_rows(*collection, one->taken_along).ok()) continue;
            for (const auto& part : one->growing) bytes += part->growing()->bytes();
            for (const auto& part : one->taken_along) bytes += part->mapped_bytes();
            chosen.push_back(collection);
            frozen.push_back(std::move(*one));
        }
        VZ_TRY(seal_frozen(chosen, std::move(frozen)));
    }
    const Lock one_at_a_time = exclude();
    clean_up();
    return {};
}

std::set<uint64_t> Checkpoints::thin_packs() const {
    struct Use {
        std::set<uint64_t> offsets;
        uint64_t bytes = 0;
        bool is_pack = false;
    };
    std::map<uint64_t, Use> uses;
    database_.log->read_state([&](const ManifestState& state) {
        for_each_segment(state, [&](const SegmentRef& ref) {
            Use& use = uses[ref.file];
            if (use.offsets.insert(ref.offset).second)
                use.bytes += ref.bytes - (ref.offset != 0 ? kFileHeaderBytes : 0);
            use.is_pack = use.is_pack || ref.offset != 0;
        });
    });
    std::set<uint64_t> thin;
    for (const auto& [file, use] : uses) {
        if (!use.is_pack) continue;
        const Result<uint64_t> bytes = database_.segments->file_bytes(file);
        if (bytes.ok() && use.bytes < *bytes / 2) thin.insert(file);
    }
    return thin;
}

}  // namespace vz
