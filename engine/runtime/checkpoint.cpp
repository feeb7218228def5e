// Checkpoints: growing rows become sealed files, marks become delete bitmaps, and WALs that nobody needs go. The manifest edit is the
// commit point; until then every file here is an orphan.
#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/upkeep.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {

Status Engine::commit_physical(Action action) {
    Edit edit;
    edit.actions.push_back(std::move(action));
    return commit_physical(std::move(edit));
}

Status Engine::commit_physical(Edit edit) {
    PhysicalEdit commit;
    commit.edit = std::move(edit);
    VZ_TRY(log_->append_edit(commit, true));
    log_->drive(commit);
    return std::move(commit.outcome);
}

Result<Lsn> Engine::checkpoint(Collection& collection) {
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    VZ_TRY(collection.health());
    std::optional<Frozen> frozen = collection.freeze();
    if (!frozen) return collection.through_lsn();
    const Lsn through = frozen->through;
    std::vector<Frozen> all;
    all.push_back(std::move(*frozen));
    const std::shared_ptr<Collection> one = collection.shared_from_this();
    VZ_TRY(checkpoint_frozen({&one, 1}, std::move(all)));
    VZ_TRY(retire_wals());
    VZ_TRY(remove_unnamed());
    return through;
}

struct Engine::Sealing {
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

Status Engine::checkpoint_frozen(std::span<const std::shared_ptr<Collection>> collections, std::vector<Frozen> frozen) {
    if (collections.empty()) return {};
    // Edits queue behind everything sequenced before, so this returns when all of that is durable and visible.
    VZ_TRY(commit_physical(ReserveFiles{numbers_->peek()}));

    std::vector<Sealing> sealings;
    sealings.reserve(collections.size());
    for (size_t i = 0; i < collections.size(); ++i) sealings.emplace_back(collections[i], std::move(frozen[i]));
    const SegmentStore::Claim file(*segments_);
    if (sealings.size() > 1) {
        VZ_TRY(seal_pack(sealings, file.number()));
    } else if (Sealing& one = sealings[0]; !one.live.sources().empty()) {
        VZ_ASSIGN(one.sealed, seal(*one.collection, *one.frozen.schema, one.live, file.number()));
    }
    Edit edit;
    Checkpoint& checkpoint = std::get<Checkpoint>(edit.actions.emplace_back(Checkpoint()));
    Status rest = seal_deletes(sealings);
    if (rest.ok() && !VZ_PLANT(segment_directory_not_synced)) rest = segments_->sync();
    if (!rest.ok()) {
        const bool has_file = std::any_of(sealings.begin(), sealings.end(), [](const Sealing& each) { return each.sealed != nullptr; });
        if (has_file) segments_->discard(file.number());
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
    VZ_TRY(commit_physical(std::move(edit)));
    for (Sealing& each : sealings) {
        each.collection->publish_sealed(each.frozen, std::move(each.sealed), each.live.sources());
        if (settings_.background && wants_compaction(*each.collection)) compacting_.add(each.collection);
        note_altered(each.collection);  // the schema may have changed meanwhile
    }
    return {};
}

Result<std::shared_ptr<Part>> Engine::seal(const Collection& collection, const Schema& schema, const LiveRows& live, uint64_t number) {
    VZ_ASSIGN(const BuiltGraphs graphs, BuiltGraphs::build(schema, live, graphs_wanted_, *workers_));
    VZ_ASSIGN(std::shared_ptr<Part> part, segments_->write(collection, schema, live, graphs, number));
    part->copy_graphs(graph_copies_);
    return part;
}

Status Engine::seal_pack(std::span<Sealing> sealings, uint64_t number) {
    std::vector<SegmentStore::Packed> packed;
    for (const Sealing& each : sealings) packed.push_back({each.collection.get(), each.frozen.schema.get(), &each.live});
    VZ_ASSIGN(std::vector<std::shared_ptr<Part>> parts, segments_->write_pack(packed, number));
    for (size_t i = 0; i < sealings.size(); ++i) sealings[i].sealed = std::move(parts[i]);
    return {};
}

// Of the parts that stay, into one file for all.
Status Engine::seal_deletes(std::span<Sealing> sealings) {
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
    VZ_ASSIGN(const std::vector<SegmentDeletes> written, segments_->write_deletes(entries));
    for (size_t i = 0; i < written.size(); ++i) owners[i]->deletes.push_back(written[i]);
    return {};
}

Result<Lsn> Engine::checkpoint_all() {
    std::vector<std::shared_ptr<Collection>> small;
    for (const auto& collection : catalogue_.list()) {
        if (!collection->health().ok()) continue;
        if (growing_bytes(*collection) <= kPackedBytesMax) {
            small.push_back(collection);
        } else {
            VZ_TRY(checkpoint(*collection).take_status());
        }
    }
    VZ_TRY(checkpoint_small(small));
    Lsn through = UINT64_MAX;
    for (const auto& collection : catalogue_.list()) {
        if (collection->health().ok()) through = std::min(through, collection->through_lsn());
    }
    return through == UINT64_MAX ? log_->durable() : through;
}

// As many in one file as fit, with those of older files that are hardly used any more.
Status Engine::checkpoint_small(std::span<const std::shared_ptr<Collection>> collections) {
    if (collections.size() == 1) return checkpoint(*collections[0]).take_status();
    const std::set<uint64_t> thin = thin_packs();
    const auto is_in_thin = [&](const Part& part) { return part.sealed() != nullptr && thin.contains(part.ref().file); };
    for (size_t next = 0; next < collections.size();) {
        const std::scoped_lock one_at_a_time(checkpoint_mutex_);
        std::vector<std::shared_ptr<Collection>> chosen;
        std::vector<Frozen> frozen;
        uint64_t bytes = 0;
        for (; next < collections.size() && bytes < kPackBytesMax && chosen.size() < kPackSegmentsMax; ++next) {
            const std::shared_ptr<Collection>& collection = collections[next];
            const std::shared_ptr<const PartList> parts = collection->parts();
            const bool moves = std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return is_in_thin(*part); });
            std::optional<Frozen> one = moves ? std::optional(collection->freeze_whole()) : collection->freeze();
            if (!one) continue;
            if (moves || !one->growing.empty()) one->take_along(moves ? kPackMovedBytesMax : kPackedBytesMax);
            for (const auto& part : one->growing) bytes += part->growing()->bytes();
            for (const auto& part : one->taken_along) bytes += part->mapped_bytes();
            chosen.push_back(collection);
            frozen.push_back(std::move(*one));
        }
        VZ_TRY(checkpoint_frozen(chosen, std::move(frozen)));
    }
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    VZ_TRY(retire_wals());
    return remove_unnamed();
}

std::set<uint64_t> Engine::thin_packs() const {
    struct Use {
        std::set<uint64_t> offsets;
        uint64_t bytes = 0;
        bool is_pack = false;
    };
    std::map<uint64_t, Use> uses;
    log_->read_state([&](const ManifestState& state) {
        for_each_segment(state, [&](const SegmentRef& ref) {
            Use& use = uses[ref.file];
            if (use.offsets.insert(ref.offset).second) use.bytes += ref.bytes - (ref.offset != 0 ? kFileHeaderBytes : 0);
            use.is_pack = use.is_pack || ref.offset != 0;
        });
    });
    std::set<uint64_t> thin;
    for (const auto& [file, use] : uses) {
        if (!use.is_pack) continue;
        const Result<uint64_t> bytes = segments_->file_bytes(file);
        if (bytes.ok() && use.bytes < *bytes / 2) thin.insert(file);
    }
    return thin;
}

Result<EditOutcome> Engine::drop(std::string_view name, bool only_if_empty, const vz_uuid& request) {
    VZ_ASSIGN(const EditOutcome outcome, catalogue_.drop(name, only_if_empty, request));
    if (settings_.background) {
        const std::scoped_lock lock(maintenance_mutex_);
        files_left_ = true;
        maintenance_wakes_.notify_one();
    } else {
        const std::scoped_lock one_at_a_time(checkpoint_mutex_);
        clean_up();
    }
    return outcome;
}

void Engine::clean_up() {
    Status done = retire_wals();
    if (done.ok()) done = remove_unnamed();
    if (!done.ok()) report(VZ_LOG_WARN, "checkpoint.files_left", done.error().message);
}

Status Engine::retire_wals() {
    // A WAL is needed while some collection has a record in it that no segment holds.
    Lsn needed_above = UINT64_MAX;
    for (const auto& collection : catalogue_.list()) {
        if (collection->last_lsn() > collection->through_lsn() || !collection->health().ok()) {
            needed_above = std::min(needed_above, collection->through_lsn());
        }
    }
    WalRetire retire;
    Lsn last = 0;
    log_->read_state([&](const ManifestState& state) {
        for (size_t i = 0; i + 1 < state.wals.size() && state.wals[i].last_lsn <= needed_above; ++i) {
            retire.below = state.wals[i + 1].number;
            last = state.wals[i].last_lsn;
        }
        if (retire.below == 0) return;
        for (const RequestOutcome& outcome : requests_.between(0, last)) {
            const bool known = std::any_of(state.requests.begin(), state.requests.end(), [&](const RequestOutcome& each) { return each.id == outcome.id; });
            if (!known) retire.requests.push_back(outcome);
        }
    });
    if (retire.below == 0) return {};
    return commit_physical(std::move(retire));
}

}  // namespace vz
